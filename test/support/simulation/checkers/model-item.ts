/**
 * An item as the rules say that it must be after what was accepted: a second, small implementation of the bookkeeping,
 * written from the rules and not from the product. It knows only what checkers compare.
 */
import type { Intent, Token } from '../../../../shared/pipeline/index.ts';
import { type Row, roleIn } from './rulebook.ts';

export interface ModelStage {
	readonly kind: string;
	readonly failure?: string | undefined;
	readonly resumeTo?: ModelStage | undefined;
}

export interface ModelTries {
	readonly reworks: number;
	readonly mergeFailures: { readonly kind: string; readonly count: number } | null;
	readonly freeFixups: number;
	readonly totalAttempts: number;
}

export interface Shown {
	readonly branch: string;
	readonly mergeBase: string;
}

export interface ModelItem {
	readonly key: string;
	readonly number: number;
	readonly type: string;
	readonly dependsOn: readonly string[];
	readonly parent: string | null;
	readonly held: boolean;
	readonly labels: readonly string[];
	readonly review: string | null;
	readonly stage: ModelStage;
	readonly token: Token | null;
	readonly holder: string | null;
	readonly role: string | null;
	readonly result: { readonly commit: string; readonly base: string } | null;
	readonly approval: Shown | null;
	readonly tries: ModelTries;
}

type Args = Readonly<Record<string, unknown>>;

export const noTries: ModelTries = { reworks: 0, mergeFailures: null, freeFixups: 0, totalAttempts: 0 };

export const text = (args: Args, name: string): string | undefined => {
	const value = args[name];
	return typeof value === 'string' ? value : undefined;
};
const texts = (value: unknown): readonly string[] | undefined =>
	Array.isArray(value) ? [...new Set(value.map(String))] : undefined;

export function innermostOf(stage: ModelStage): ModelStage {
	const isPause = stage.kind === 'frozen' || stage.kind === 'blocked';
	return isPause && stage.resumeTo ? innermostOf(stage.resumeTo) : stage;
}

/** A new item. */
export function added(intent: Intent, number: number): ModelItem {
	const args = intent.args ?? {};
	return {
		key: intent.item,
		number,
		type: text(args, 'type') ?? 'story',
		dependsOn: texts(args.dependsOn) ?? [],
		parent: text(args, 'parent') ?? null,
		held: args.held === true,
		labels: texts(args.labels) ?? [],
		review: text(args, 'review') ?? null,
		stage: { kind: args.upcoming === true ? 'upcoming' : 'backlog' },
		token: null,
		holder: null,
		role: null,
		result: null,
		approval: null,
		tries: noTries,
	};
}

/** Events that have no row. Undefined: it is none of them. `at`: the revision that the event made, with its term. */
export function recorded(item: ModelItem, intent: Intent, at: Token): ModelItem | undefined {
	const args = intent.args ?? {};
	switch (intent.event) {
		case 'edit':
			return {
				...item,
				dependsOn: texts(args.dependsOn) ?? item.dependsOn,
				labels: texts(args.labels) ?? item.labels,
				type: text(args, 'type') ?? item.type,
				...('parent' in args ? { parent: text(args, 'parent') ?? null } : {}),
				...('held' in args ? { held: args.held === true } : {}),
				...('review' in args ? { review: text(args, 'review') ?? null } : {}),
			};
		case 'grant': {
			const tries = { ...item.tries, totalAttempts: item.tries.totalAttempts + 1 };
			return { ...item, token: at, holder: text(args, 'holder') ?? null, role: text(args, 'role') ?? null, tries };
		}
		case 'release':
			return letGo(item);
		case 'attemptFailed':
			return { ...letGo(item), tries: reworked(item.tries, text(args, 'gateKind')) };
		case 'result':
			return { ...item, result: resultOf(args) };
		default:
			return undefined;
	}
}

/** A row of the table and everything that it leaves on the item. */
export function moved(item: ModelItem, intent: Intent, row: Row): ModelItem {
	const stage = destination(item, intent, row);
	const isPause = stage.kind === 'frozen' || stage.kind === 'blocked';
	const spent = row.clearsToken ? { token: null, holder: null } : {};
	const role = row.clearsToken || !(isPause || roleIn(stage) === item.role) ? null : item.role;
	return { ...item, ...spent, stage, role, ...left(item, intent) };
}

function destination({ stage }: ModelItem, { event, args = {} }: Intent, row: Row): ModelStage {
	if (row.to === 'resumeTo') {
		const back = stage.resumeTo ?? { kind: 'unknown' };
		return event === 'unblock' && back.kind.startsWith('mergeFailure') ? { kind: 'merge' } : back;
	}
	if (row.to === 'blocked' || row.to === 'frozen') return { kind: row.to, resumeTo: stage };
	if (row.to === 'mergeFailure') return { kind: row.to, failure: text(args, 'kind') };
	if (row.to === 'mergeFailureFinal') return { kind: row.to, failure: stage.failure };
	return { kind: row.to };
}

function left(item: ModelItem, { event, by, args = {} }: Intent): Partial<ModelItem> {
	const gateKind = text(args, 'gateKind');
	const { tries } = item;
	switch (event) {
		case 'start':
			return by === 'user' ? { held: false } : {};
		case 'defer':
			return { held: true, approval: null };
		case 'submit':
		case 'submitForQa':
		case 'submitForReview':
			return resultOf(args) ? { result: resultOf(args), approval: null } : {};
		case 'qaFailed':
			return { approval: null, tries: reworked(tries, gateKind) };
		case 'approve':
			return { approval: shownOf(args) };
		case 'requestChanges':
		case 'reopen':
			return { tries: noTries, approval: null };
		case 'landed':
		case 'foundOnMain':
			return { tries: noTries };
		case 'resultLost':
			return { result: null, approval: null };
		case 'mergeFailed': {
			const kind = text(args, 'kind') ?? 'other';
			const count = tries.mergeFailures?.kind === kind ? tries.mergeFailures.count + 1 : 1;
			const freeFixups = isFree(tries, gateKind) ? tries.freeFixups + 1 : tries.freeFixups;
			return { tries: { ...tries, freeFixups, mergeFailures: { kind, count } } };
		}
		case 'fixup':
			return { approval: null, tries: { ...tries, totalAttempts: tries.totalAttempts + 1 } };
		case 'unblock':
			return shownOf(args) ? { tries: noTries, approval: shownOf(args) } : { tries: noTries };
		default:
			return {};
	}
}

function letGo(item: ModelItem): ModelItem {
	const { kind } = innermostOf(item.stage);
	const waits = kind === 'mergeFailure' || kind === 'mergeFailureFinal';
	return { ...item, token: waits ? item.token : null, holder: null, role: null };
}

function reworked(tries: ModelTries, gateKind: string | undefined): ModelTries {
	if (isFree(tries, gateKind)) return { ...tries, freeFixups: tries.freeFixups + 1 };
	return { ...tries, reworks: tries.reworks + 1 };
}

function isFree({ freeFixups }: ModelTries, gateKind: string | undefined): boolean {
	return ['format', 'lint', 'docs'].includes(gateKind ?? '') && freeFixups < 3;
}

function resultOf(args: Args): ModelItem['result'] {
	const [commit, base] = [text(args, 'commit'), text(args, 'base')];
	return commit && base ? { commit, base } : null;
}

export function shownOf(args: Args): Shown | null {
	const [branch, mergeBase] = [text(args, 'branch'), text(args, 'mergeBase')];
	return branch && mergeBase && text(args, 'main') ? { branch, mergeBase } : null;
}

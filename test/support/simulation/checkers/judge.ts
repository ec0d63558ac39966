/**
 * What is wrong with one accepted or refused intent, by the rules alone: given the item as the model has it before, who
 * may what, and the commits. Each finding names the invariant that it breaks.
 */
import type { HistoryEntry, Intent, Token } from '../../../../shared/pipeline/index.ts';
import type { SimObjects } from '../../../../shared/ports/sim/index.ts';
import { pathsChanged, sameChange } from './changes.ts';
import { type ModelItem, shownOf, text } from './model-item.ts';
import type { RightsBook } from './rights-book.ts';
import { caps, roleIn, rowOf } from './rulebook.ts';

export interface Finding {
	readonly invariant: number;
	readonly what: string;
}

export interface Case {
	readonly entry: HistoryEntry;
	readonly intent: Intent;
	readonly item: ModelItem | undefined;
	readonly items: ReadonlyMap<string, ModelItem>;
	/** Keys of items that were archived as completed and are gone. */
	readonly completed: ReadonlySet<string>;
	/** Keys that were deleted, and when that was. */
	readonly deleted: ReadonlyMap<string, Token>;
	readonly rights: RightsBook;
	readonly project: string;
	/** The id of the node that is the project's home. */
	readonly home: string;
	/** Ids of every node that was ever the project's home. */
	readonly homes: ReadonlySet<string>;
	readonly objects: SimObjects;
	/** Everything that main contains. */
	readonly isOnMain: (commit: string) => boolean;
	/** A home has lost what it had said: main may know more than the facts. */
	readonly hasLost: boolean;
}

const recordEvents: ReadonlySet<string> = new Set([
	'add',
	'edit',
	'delete',
	'grant',
	'release',
	'attemptFailed',
	'result',
]);
const workers: ReadonlySet<string> = new Set(['agent', 'gates']);

const nodeOf = (author: string): string => author.slice(0, author.indexOf('.'));
const dutyOf = (author: string): string => author.slice(author.lastIndexOf('.') + 1);
const same = (a: Token | null | undefined, b: Token | null | undefined): boolean =>
	!!a && !!b && a[0] === b[0] && a[1] === b[1];

/** Everything that is wrong with it. */
export function judge(one: Case): readonly Finding[] {
	if (one.intent.event === 'void') return [];
	const isApplied = one.entry.outcome === 'applied';
	return isApplied ? [...wrongActor(one), ...wrongToken(one), ...wrongStep(one)] : wronglyRefused(one);
}

const duties: Readonly<Record<string, readonly string[]>> = {
	home: ['system', 'scheduler', 'landing'],
	work: ['agent', 'gates'],
	edge: ['user'],
};

function wrongActor({ intent, item, rights, homes, home, project }: Case): readonly Finding[] {
	const { author, by, who, event } = intent;
	const node = nodeOf(author);
	const found = (words: string): readonly Finding[] => [{ invariant: 13, what: `${nameOf(intent)}: ${words}` }];
	if (event === 'grant') {
		const holder = text(intent.args ?? {}, 'holder') ?? '';
		if (!rights.mayWork(nodeOf(holder), project)) return found(`${holder} may not work for the project`);
		if (!rights.mayTake(nodeOf(holder), home)) return found(`${holder} drains and takes nothing new`);
		const lacking = neededBy(item).filter((label) => !rights.hasLabel(nodeOf(holder), label));
		if (lacking.length > 0) return found(`${holder} has not the label ${lacking.join(', ')}, which it needs`);
	}
	if (!(duties[dutyOf(author)] ?? []).includes(by)) return found(`its author may not act as ${by}`);
	if (homes.has(node)) return [];
	if (by !== 'user') return found(`a node that is no home acts as ${by}`);
	return rights.maySpeak(node, who, home) ? [] : found(`${node} does not speak for ${who ?? 'nobody'}`);
}

const neededBy = (item: ModelItem | undefined): readonly string[] =>
	(item?.labels ?? []).flatMap((label) => (label.startsWith('needs:') ? [label.slice('needs:'.length)] : []));

function wrongToken({ intent, item }: Case): readonly Finding[] {
	const { by, token, author, onBehalfOf, event } = intent;
	if (!item || event === 'add') return [];
	const found = (words: string): readonly Finding[] => [{ invariant: 4, what: `${nameOf(intent)}: ${words}` }];
	if ((workers.has(by) || by === 'landing') && !same(token, item.token)) {
		return found(`accepted under ${token?.join('.') ?? 'no token'}, the item has ${item.token?.join('.') ?? 'none'}`);
	}
	if (workers.has(by) && (onBehalfOf ?? author) !== item.holder) {
		return found(`it is by ${onBehalfOf ?? author}, the holder is ${item.holder ?? 'nobody'}`);
	}
	return [];
}

function wrongStep(one: Case): readonly Finding[] {
	const { intent, item, entry } = one;
	const found = (invariant: number, words: string): readonly Finding[] => [
		{ invariant, what: `${nameOf(intent)}: ${words}` },
	];
	if (intent.event === 'add') return item ? found(14, 'the item was there already') : wrongDependencies(one, undefined);
	if (!item) return found(14, 'applied to an item that is not there');
	if (entry.from !== item.stage.kind)
		return found(2, `recorded from ${entry.from}, the item was in ${item.stage.kind}`);
	if (recordEvents.has(intent.event)) return wrongRecord(one, item);
	const row = rowOf(intent.event, item.stage.kind);
	if (!row) return found(2, `no row leads there from ${item.stage.kind}`);
	if (!row.by.includes(intent.by)) return found(13, `no row lets ${intent.by} do it from ${item.stage.kind}`);
	const missing = row.needs.filter((name) => intent.args?.[name] === undefined || intent.args[name] === null);
	if (missing.length > 0) return found(2, `accepted without ${missing.join(', ')}`);
	return wrongGuard(one, item).map((finding) => ({ ...finding, what: `${nameOf(intent)}: ${finding.what}` }));
}

function wrongRecord(one: Case, item: ModelItem): readonly Finding[] {
	const { intent, entry } = one;
	const found = (invariant: number, words: string): readonly Finding[] => [
		{ invariant, what: `${nameOf(intent)} (revision ${entry.revision}): ${words}` },
	];
	if (intent.event === 'delete') {
		if (intent.by !== 'user') return found(13, 'only a person deletes');
		const waiting = [...one.items.values()].filter((other) => waitsFor(other, item) && !isOver(other));
		return waiting.flatMap(({ number }) => found(8, `#${number} still waits for it`));
	}
	if (intent.event === 'edit') return wrongDependencies(one, item);
	if (intent.event !== 'grant') return [];
	if (item.role !== null) return found(5, `${item.holder} works on it already as ${item.role}`);
	if (item.stage.kind === 'coding' && item.token !== null) return found(5, `the token ${item.token.join('.')} is out`);
	if (roleIn(item.stage) !== text(intent.args ?? {}, 'role')) return found(5, `nobody works in ${item.stage.kind} so`);
	const { tries, stage } = item;
	if (tries.totalAttempts >= caps.totalAttempts)
		return found(11, `attempt ${tries.totalAttempts + 1} of at most ${caps.totalAttempts}`);
	const isLoop = stage.kind === 'coding' || stage.kind === 'mergeFailure';
	if (isLoop && tries.reworks >= caps.reworks) return found(11, `${tries.reworks} reworks were made`);
	if (isLoop && (tries.mergeFailures?.count ?? 0) >= caps.mergeFailures) return found(11, 'landing failed too often');
	return [];
}

const waitsFor = (other: ModelItem, { key }: ModelItem): boolean =>
	other.dependsOn.includes(key) || other.parent === key;
const isOver = ({ stage }: ModelItem): boolean => stage.kind === 'done' || stage.kind === 'archived';

/** What an item is to wait for is there, and does not wait for it. */
function wrongDependencies({ intent, items, completed }: Case, item: ModelItem | undefined): readonly Finding[] {
	const { dependsOn, parent } = intent.args ?? {};
	if (!Array.isArray(dependsOn) && typeof parent !== 'string') return [];
	const named = Array.isArray(dependsOn) ? dependsOn.map(String) : (item?.dependsOn ?? []);
	const nowhere = named.filter((key) => !items.has(key) && !completed.has(key) && !item?.dependsOn.includes(key));
	const found = nowhere.map((key) => ({
		invariant: 8,
		what: `${nameOf(intent)}: it depends on ${key}, which is not there`,
	}));
	const behind = reachedFrom(named, items);
	const above = typeof parent === 'string' ? parent : item?.parent;
	const isCircle = behind.has(intent.item) || (above && behind.has(above));
	return isCircle ? [...found, { invariant: 12, what: `${nameOf(intent)}: it waits for itself` }] : found;
}

/** Everything that has to be done before these are, and they themselves: an epic waits for its children. */
function reachedFrom(keys: readonly string[], items: ReadonlyMap<string, ModelItem>): ReadonlySet<string> {
	const reached = new Set<string>();
	const next = [...keys];
	for (let key = next.pop(); key !== undefined; key = next.pop()) {
		if (reached.has(key)) continue;
		reached.add(key);
		next.push(...(items.get(key)?.dependsOn ?? []));
		for (const child of items.values()) if (child.parent === key) next.push(child.key);
	}
	return reached;
}

function wrongGuard(
	{ intent, items, completed, deleted, objects, isOnMain, hasLost }: Case,
	item: ModelItem,
): readonly Finding[] {
	const args = intent.args ?? {};
	switch (intent.event) {
		case 'start': {
			if (item.type === 'epic') return [{ invariant: 10, what: 'an epic is not worked on itself' }];
			if (intent.by === 'scheduler' && (item.held || item.labels.includes('hold'))) {
				return [{ invariant: 12, what: 'it is held and was started by itself' }];
			}
			if (intent.by === 'user' && args.force === true) return [];
			const unmet = item.dependsOn.filter((key) => !isDone(items.get(key)) && !completed.has(key));
			return unmet.length === 0 ? [] : [{ invariant: 8, what: `started before ${unmet.join(', ')}` }];
		}
		case 'complete': {
			if (item.type !== 'epic' && item.type !== 'spike') return [{ invariant: 9, what: `a ${item.type} ends on main` }];
			const children = [...items.values()].filter(({ parent }) => parent === item.key);
			const isWhole = children.length > 0 && children.every(isDone);
			return item.type === 'epic' && intent.by !== 'user' && !isWhole
				? [{ invariant: 10, what: 'the epic was completed before its children' }]
				: [];
		}
		case 'foundOnMain':
			// Between the last look at the item and its landing nothing is folded, and after a crash main is read first.
			// A key that was deleted and added again has the landing of its first life, and never gets another [I3].
			return item.stage.kind === 'merge' || hasLost || isBefore(args.token, deleted.get(item.key))
				? []
				: [{ invariant: 9, what: `it landed while it was in ${item.stage.kind}` }];
		case 'fixup':
			return item.stage.failure === 'gates' ? [] : [{ invariant: 11, what: `a fixup after ${item.stage.failure}` }];
		case 'qaPassed':
		case 'qaFailed':
			return item.role === 'qa' ? [] : [{ invariant: 13, what: 'the coder judges its own change' }];
		case 'approve':
		case 'unblock':
			return wrongApproval({ item, shown: shownOf(args), objects });
		case 'submit':
		case 'submitForQa':
		case 'submitForReview':
			return [
				...wrongResult({ args, objects, isOnMain }),
				...(intent.event === 'submit' ? changedJudge(args, objects) : []),
			];
		default:
			return [];
	}
}

/** Whether a token was given before that time. */
function isBefore(token: unknown, time: Token | undefined): boolean {
	if (!Array.isArray(token) || time === undefined) return false;
	const [term, revision] = token;
	return term < time[0] || (term === time[0] && revision < time[1]);
}

function wrongApproval(of: {
	readonly item: ModelItem;
	readonly shown: ReturnType<typeof shownOf>;
	readonly objects: SimObjects;
}): readonly Finding[] {
	const { item, shown, objects } = of;
	if (!shown || !item.result) return [];
	const now = { base: item.result.base, commit: item.result.commit };
	const isSame = sameChange(objects, { base: shown.mergeBase, commit: shown.branch }, now);
	return isSame === false ? [{ invariant: 9, what: `what was shown (${shown.branch}) is not what it is now` }] : [];
}

/** A change that did not grow on main brings with it what nobody judged. */
function wrongResult({
	args,
	objects,
	isOnMain,
}: { readonly args: object } & Pick<Case, 'objects' | 'isOnMain'>): readonly Finding[] {
	const [commit, base] = [text(args as never, 'commit'), text(args as never, 'base')];
	if (!commit || !base || !objects.has(commit) || !objects.has(base)) return [];
	if (!isOnMain(base)) return [{ invariant: 9, what: `its base ${base} is no commit of main` }];
	return objects.ancestry(commit as never).has(base as never)
		? []
		: [{ invariant: 9, what: `${commit} did not grow on its base ${base}` }];
}

/** Whoever changes how changes are judged needs a person who has looked. */
function changedJudge(args: object, objects: SimObjects): readonly Finding[] {
	const [commit, base] = [text(args as never, 'commit'), text(args as never, 'base')];
	if (!commit || !base || !objects.has(commit) || !objects.has(base)) return [];
	const own = [...pathsChanged(objects, { base, commit })].filter((path) => path.startsWith('.gangline/'));
	return own.map((path) => ({ invariant: 9, what: `it changes ${path}, and no person is asked` }));
}

/** A refusal whose reason is not so. */
function wronglyRefused({ intent, item, entry, rights, homes }: Case): readonly Finding[] {
	const refusal = entry.outcome.slice('refused:'.length);
	const { by, token, author, onBehalfOf } = intent;
	const found = (invariant: number, words: string): readonly Finding[] => [
		{ invariant, what: `${nameOf(intent)}: refused as ${refusal}, but ${words}` },
	];
	if (refusal === 'staleToken' && item && same(token, item.token)) return found(4, 'it has the token of the item');
	if (refusal === 'unknownItem' && item) return found(14, 'the item is there');
	if (refusal === 'alreadyExists' && !item) return [];
	const isPerson = by === 'user' && !homes.has(nodeOf(author));
	const isHolder = onBehalfOf !== undefined && item?.holder === onBehalfOf && same(token, item.token);
	if (refusal === 'notAuthorised' && isHolder && homes.has(nodeOf(author))) return found(4, 'its holder says it');
	if (
		refusal === 'notAuthorised' &&
		isPerson &&
		!rights.isUnsettled &&
		rights.alwaysSpoke(nodeOf(author), intent.who)
	) {
		return found(13, 'its person may');
	}
	const row = item && !recordEvents.has(intent.event) ? rowOf(intent.event, item.stage.kind) : undefined;
	if (refusal === 'notAllowed' && row && !['start', 'complete', 'fixup'].includes(intent.event)) {
		return found(2, `a row leads there from ${item?.stage.kind}`);
	}
	return [];
}

export function isDone(item: ModelItem | undefined): boolean {
	return item?.stage.kind === 'done';
}

/** As findings name it. */
export function nameOf({ event, by, item, author, n }: Pick<Intent, 'event' | 'by' | 'item' | 'author' | 'n'>): string {
	return `${event} of ${item} by ${by} (${author}#${n})`;
}

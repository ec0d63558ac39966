/**
 * Events beside the table: they make, change and remove the record of an item, give and take the right to work on it,
 * and report work. Each is a pure step from an item to the next one, or a refusal in the order that intent.ts lists.
 */
import { readAs } from '../ports/read-as.ts';
import {
	type AddArguments,
	addArguments,
	type EditArguments,
	editArguments,
	readEvent,
	readFields,
} from './arguments.ts';
import { afterFailedAttempt, letGo, withNewResult } from './books.ts';
import type { Draft } from './draft.ts';
import { isKnown, type ProjectRulesContext } from './guards.ts';
import type { Intent, Refusal } from './intent.ts';
import type { Item } from './item.ts';
import { keySchema } from './item-schema.ts';
import { idOf, whoOf } from './sequence.ts';
import { innermost, mayRun } from './transition.ts';
import { attemptsSpent, countAttempt, noTries } from './tries.ts';

/** What an intent comes to: the item after it (null: it is gone), or why not. */
export type Step =
	| { readonly ok: true; readonly item: Item | null; readonly reason?: string | undefined }
	| { readonly ok: false; readonly refusal: Refusal };

export interface StepInput {
	readonly intent: Intent;
	readonly draft: Draft;
	readonly context: ProjectRulesContext;
}

/** Makes the record of a new item under the next number. */
export function add({ intent, draft }: StepInput): Step {
	const { by, item: key } = intent;
	if (by !== 'user' && by !== 'agent' && by !== 'system') return refuse('notYours');
	if (by === 'agent' && weakensReview(intent.args)) return refuse('notYours');
	if (isKnown(draft, key)) return refuse('alreadyExists');
	const read = readFields(addArguments, intent.args, ['title']);
	if (!read.ok) return refuse(read.refusal);
	const item = newItem(read.args, intent, draft.nextNumber);
	if (!readAs(keySchema, key).success || !fitsIn(item, draft, [])) return refuse('invalid');
	return { ok: true, item };
}

export type ItemStep = (item: Item, input: StepInput) => Step;

/** The record events that need their item, by name; a Map, because `constructor` is no event. */
export const itemSteps: ReadonlyMap<string, ItemStep> = new Map<string, ItemStep>([
	['edit', edit],
	['delete', remove],
	['grant', grant],
	['release', release],
	['attemptFailed', attemptFailed],
	['result', result],
]);

function edit(item: Item, { intent, draft }: StepInput): Step {
	if (item.stage.kind === 'archived') return refuse('notAllowed');
	if (intent.by !== 'user' && intent.by !== 'agent') return refuse('notYours');
	if (intent.by === 'agent' && decidesAboutItself(intent.args)) return refuse('notYours');
	if (Object.keys(intent.args ?? {}).length === 0) return refuse('missingArgument');
	const read = readFields(editArguments, intent.args);
	if (!read.ok) return refuse(read.refusal);
	const next = { ...item, ...read.args };
	if (!typeMayChange(item, read.args, draft) || !fitsIn(next, draft, item.dependsOn)) return refuse('invalid');
	return { ok: true, item: next };
}

/** Nobody who may still need it may be left with a name that means nothing. */
function remove(item: Item, { intent, draft }: StepInput): Step {
	if (intent.by !== 'user') return refuse('notYours');
	const needed = [...draft.dependentsOf(item.key), ...draft.childrenOf(item.key)].some(
		({ stage }) => !isOver(stage.kind),
	);
	return needed ? refuse('invalid') : { ok: true, item: null };
}

/**
 * Gives one node the right to work: nobody else may have it [I5]. In qa and after a failed merge the token still names
 * the accepted result while nobody works; the grant replaces it, and what comes under the old one is stale from then on.
 */
function grant(item: Item, { intent, draft }: StepInput): Step {
	const role = mayRun(item.stage);
	const taken = item.role !== null || (item.stage.kind === 'coding' && item.token !== null);
	if (role === null || taken || item.type === 'epic' || attemptsSpent(item.tries)) return refuse('notAllowed');
	if (intent.by !== 'system') return refuse('notYours');
	const read = readEvent(intent.args, ['holder', 'role']);
	if (!read.ok) return refuse(read.refusal);
	const { holder = '' } = read.args;
	if (read.args.role !== role) return refuse('notAllowed');
	if (!isWorker(draft, holder)) return refuse('invalid');
	const token = [draft.facts.term, draft.revision + 1] as const;
	const tries = countAttempt(item.tries);
	return { ok: true, item: { ...item, token, holder, role, tries, changedAt: intent.at[0] } };
}

/** In merge and reviewHold the work is done and its token is what lands: there is nothing to release. */
function release(item: Item, { intent }: StepInput): Step {
	const { kind } = innermost(item.stage);
	const replaceable = kind === 'qa' || kind === 'mergeFailure' || kind === 'mergeFailureFinal';
	const held = item.role !== null || (replaceable && item.holder !== null);
	if (!held) return refuse('notAllowed');
	if (intent.by !== 'system') return refuse('notYours');
	const read = readEvent(intent.args ?? {}, []);
	if (!read.ok) return refuse(read.refusal);
	return { ok: true, item: letGo(item, intent), reason: read.args.reason };
}

function attemptFailed(item: Item, { intent }: StepInput): Step {
	if (item.role === null) return refuse('notAllowed');
	if (intent.by !== 'gates') return refuse('notYours');
	const read = readEvent(intent.args, ['reason']);
	if (!read.ok) return refuse(read.refusal);
	return { ok: true, item: afterFailedAttempt(item, { intent, args: read.args }), reason: read.args.reason };
}

function result(item: Item, { intent, context }: StepInput): Step {
	const recovers = item.stage.kind === 'mergeFailure' || item.stage.kind === 'mergeFailureFinal';
	if (!recovers || item.role !== 'mergemaster') return refuse('notAllowed');
	if (intent.by !== 'gates') return refuse('notYours');
	const read = readEvent(intent.args, ['commit', 'base']);
	if (!read.ok) return refuse(read.refusal);
	return { ok: true, item: withNewResult(item, { intent, args: read.args }, context) };
}

function newItem({ upcoming, ...fields }: AddArguments, intent: Intent, number: number): Item {
	return {
		...fields,
		key: intent.item,
		number,
		origin: { by: intent.by, who: whoOf(intent) },
		addedAs: idOf(intent),
		createdAt: intent.at[0],
		changedAt: intent.at[0],
		stage: { kind: upcoming ? 'upcoming' : 'backlog' },
		token: null,
		holder: null,
		role: null,
		result: null,
		approval: null,
		lastFailure: null,
		words: [],
		tries: noTries,
	};
}

/** Names only what is there (or was named before), belongs to an epic, and waits for itself in no way. */
function fitsIn(item: Item, draft: Draft, before: readonly string[]): boolean {
	const named = item.dependsOn.every((key) => before.includes(key) || isKnown(draft, key));
	const { parent } = item;
	if (!named || item.dependsOn.includes(item.key)) return false;
	const known = draft.item(item.key);
	if (parent !== null && parent !== known?.parent && draft.item(parent)?.type !== 'epic') return false;
	// A new item that belongs to nobody cannot be waited for yet; an unchanged one closes no circle.
	const unchanged = known && known.parent === parent && known.dependsOn === item.dependsOn;
	return unchanged || (!known && parent === null) || !draft.wouldCircle(item);
}

/** An epic keeps its type while it has children; what is worked on does not become one. */
function typeMayChange(item: Item, { type }: EditArguments, draft: Draft): boolean {
	if (type === undefined || (type === 'epic') === (item.type === 'epic')) return true;
	if (item.type === 'epic') return draft.childrenOf(item.key).length === 0;
	return item.stage.kind === 'upcoming' || item.stage.kind === 'backlog';
}

/** An agent may ask for a person, never for less [I13]. */
function weakensReview(args: Intent['args'] = {}): boolean {
	const { review = null } = args;
	return review !== null && review !== 'human';
}

/** How an item is reviewed, who does it, whether it starts and what it is are a person's decisions [I13]. */
function decidesAboutItself(args: Intent['args'] = {}): boolean {
	return ['review', 'agent', 'held', 'type'].some((field) => Object.hasOwn(args, field));
}

function isWorker(draft: Draft, author: string): boolean {
	const { authors } = draft.facts;
	if (!Object.hasOwn(authors, author)) return false;
	return authors[author]?.some((right) => right === 'hold' || right === 'agent' || right === 'gates') ?? false;
}

function isOver(kind: Item['stage']['kind']): boolean {
	return kind === 'done' || kind === 'archived';
}

function refuse(refusal: Refusal): Step {
	return { ok: false, refusal };
}

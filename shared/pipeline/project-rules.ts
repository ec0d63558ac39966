/**
 * The rules of a real project for `foldIntents`: the table, its guards, the record events, the bookkeeping and the
 * history. Deterministic and without a clock: the home and every view come to the same answers from the same facts
 * and intents, except where the home alone can look (the context). Every applied intent raises the revision by one.
 */
import { readEvent } from './arguments.ts';
import { moved } from './books.ts';
import { Draft } from './draft.ts';
import { explainRefusal } from './explain.ts';
import type { ProjectFacts } from './facts.ts';
import { type FoldRules, mayActAs, refusedByToken } from './fold.ts';
import { guard, neededBy, openTo, type ProjectRulesContext } from './guards.ts';
import type { By, Intent, IntentId, Outcome, Refusal } from './intent.ts';
import type { Item } from './item.ts';
import { withItems, withoutItems } from './item-table.ts';
import { withPayload } from './payloads.ts';
import { add, itemSteps, type Step } from './record-events.ts';
import { idOf, type Settled, whoOf } from './sequence.ts';
import type { StageKind } from './stage.ts';
import { rowFor, transition } from './transition.ts';

/** One line of what happened: an intent that was applied, or refused and why. */
export interface HistoryEntry {
	readonly id: IntentId;
	/** The project's revision after it; a refusal does not raise it. */
	readonly revision: number;
	readonly item: string;
	/** Null where there is no such item. */
	readonly number: number | null;
	readonly event: string;
	/** Null before an item is added. */
	readonly from: StageKind | null;
	/** Null after an item is deleted. */
	readonly to: StageKind | null;
	readonly by: By;
	readonly who: string;
	/** Wall ms of the intent. */
	readonly at: number;
	/** Of an applied one: what its author gave. Of a refused one: why, in a sentence for its author. */
	readonly reason: string | null;
	readonly outcome: Extract<Outcome, 'applied' | `refused:${string}`>;
}

export interface ProjectFold extends Settled {
	/** The facts after the fold. */
	readonly state: ProjectFacts;
	readonly history: readonly HistoryEntry[];
	/** Keys of items that were added, changed or deleted. */
	readonly changed: readonly string[];
}

/** The third argument of `foldIntents` for a project. */
export function projectRules(context: ProjectRulesContext): FoldRules<ProjectFacts, ProjectFold> {
	return {
		begin(facts) {
			const draft = new Draft(facts);
			const history: HistoryEntry[] = [];
			const judge = (intent: Intent): Refusal | null => {
				const before = draft.item(intent.item);
				const step = decide(intent, { draft, context });
				if (step.ok) {
					accept(draft, { intent, before, after: step.item });
					history.push(applied(intent, { step, before, revision: draft.revision }));
					return null;
				}
				history.push(refused(intent, { refusal: step.refusal, before, draft }));
				return step.refusal;
			};
			const finish: ReturnType<FoldRules<ProjectFacts, ProjectFold>['begin']>['finish'] = (settled) => {
				const { revision, nextNumber, table, changed } = draft;
				const fields = { revision, nextNumber, acceptedUpTo: settled.acceptedUpTo };
				const state = withItems({ ...withoutItems(facts), ...fields }, table);
				return { ...settled, ...{ state, history, changed } };
			};
			return { judge, finish };
		},
	};
}

interface Surroundings {
	readonly draft: Draft;
	readonly context: ProjectRulesContext;
}

function decide(intent: Intent, { draft, context }: Surroundings): Step {
	const { speaksFor = () => true } = context;
	const isAuthorised = mayActAs(draft.facts.authors, intent) && (intent.by !== 'user' || speaksFor(intent));
	if (!isAuthorised) return { ok: false, refusal: 'notAuthorised' };
	if (intent.event === 'void') return { ok: true, item: draft.item(intent.item) ?? null };
	if (intent.event === 'add') return add({ intent, draft, context });
	const item = draft.item(intent.item);
	if (!item) return { ok: false, refusal: 'unknownItem' };
	const byToken = refusedByToken(item, intent, draft.facts.authors);
	if (byToken) return { ok: false, refusal: byToken };
	const step = itemSteps.get(intent.event);
	return step ? step(item, { intent, draft, context }) : move(item, intent, { draft, context });
}

/** A row of the table with everything the project adds to it. */
function move(item: Item, intent: Intent, { draft, context }: Surroundings): Step {
	const result = transition(item.stage, intent);
	if (!result.ok) return result;
	const closed = openTo(item, intent.event, intent.by);
	if (closed) return { ok: false, refusal: closed };
	const needs = [...(rowFor(item.stage.kind, intent.event)?.needs ?? []), ...neededBy(item, intent.event)];
	const read = readEvent(intent.args, needs);
	if (!read.ok) return read;
	const { args } = read;
	const refusal = guard(item, { intent, args, draft, context });
	if (refusal) return { ok: false, refusal };
	const stage = withPayload(result.stage, item, { intent, args });
	const next = moved(item, { intent, args, stage, clearsToken: result.clearsToken });
	return { ok: true, item: next, reason: args.reason ?? args.words ?? args.detail };
}

interface Change {
	readonly intent: Intent;
	readonly before: Item | undefined;
	readonly after: Item | null;
}

function accept(draft: Draft, { intent, before, after }: Change): void {
	draft.revision += 1;
	if (intent.event === 'void') return;
	if (after === null) {
		if (before) draft.remove(before);
		return;
	}
	if (!before) draft.nextNumber += 1;
	draft.put(after);
}

interface AppliedStep {
	readonly step: Extract<Step, { ok: true }>;
	readonly before: Item | undefined;
	readonly revision: number;
}

function applied(intent: Intent, { step, before, revision }: AppliedStep): HistoryEntry {
	return {
		...origin(intent),
		revision,
		number: (step.item ?? before)?.number ?? null,
		from: before?.stage.kind ?? null,
		to: step.item?.stage.kind ?? null,
		reason: step.reason ?? null,
		outcome: 'applied',
	};
}

interface RefusedStep {
	readonly refusal: Refusal;
	readonly before: Item | undefined;
	readonly draft: Draft;
}

function refused(intent: Intent, { refusal, before, draft }: RefusedStep): HistoryEntry {
	const { kind } = before?.stage ?? { kind: null };
	return {
		...origin(intent),
		revision: draft.revision,
		number: before?.number ?? null,
		from: kind,
		to: kind,
		reason: explainRefusal({ refusal, intent, item: before ?? null, lookup: draft }),
		outcome: `refused:${refusal}`,
	};
}

function origin(intent: Intent): Pick<HistoryEntry, 'id' | 'item' | 'event' | 'by' | 'who' | 'at'> {
	const { item, event, by, at } = intent;
	return { id: idOf(intent), item, event, by, who: whoOf(intent), at: at[0] };
}

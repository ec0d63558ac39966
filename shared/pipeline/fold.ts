/**
 * How intents become facts: `foldIntents` is run by the home to accept, and by everyone else to lay pending intents over
 * the last facts. A pure function of its arguments, which it never changes. With two arguments it judges by the table
 * alone; the third adds a project's rules (project-rules.ts). Authority is checked here for both, before anything else.
 */
import type { Intent, Refusal, Right, StagedItem } from './intent.ts';
import { type Judge, type Settled, settle } from './sequence.ts';
import { sameToken } from './stage.ts';
import { transition } from './transition.ts';

/** The least that can be folded over. */
export interface FoldState<Record_ extends StagedItem = StagedItem> {
	/** Per author the number of its last intent that was applied or refused. */
	readonly acceptedUpTo: Readonly<Record<string, number>>;
	/** What each author may: from the registry, never from what its entries say. */
	readonly authors: Readonly<Record<string, readonly Right[]>>;
	readonly items: Readonly<Record<string, Record_>>;
}

export interface FoldResult<Record_ extends StagedItem = StagedItem> extends Settled {
	readonly items: Readonly<Record<string, Record_>>;
}

/** Rules for one kind of state. `begin` makes the working copy of one fold. */
export interface FoldRules<State, Result> {
	begin(state: State): { readonly judge: Judge; finish(settled: Settled): Result };
}

/** Each intent is applied, refused, a duplicate or waiting for its author's earlier ones; none is dropped [I14]. */
export function foldIntents<Record_ extends StagedItem>(
	state: FoldState<Record_>,
	intents: readonly Intent[],
): FoldResult<Record_>;
export function foldIntents<State extends FoldState, Result>(
	state: State,
	intents: readonly Intent[],
	rules: FoldRules<State, Result>,
): Result;
export function foldIntents(
	state: FoldState,
	intents: readonly Intent[],
	rules: FoldRules<FoldState, unknown> = tableRules,
): unknown {
	const { judge, finish } = rules.begin(state);
	return finish(settle(state.acceptedUpTo, intents, judge));
}

/** Whether the author may act as what it says. */
export function mayActAs(authors: FoldState['authors'], { author, by }: Pick<Intent, 'author' | 'by'>): boolean {
	return hasRight(authors, author, by);
}

/**
 * What agents and the system do with an item's work is bound to its token and, for workers, to its holder [I4]: who
 * writes is the holder, or may speak for holders and names this one.
 */
export function refusedByToken(
	item: StagedItem,
	intent: Intent,
	authors: FoldState['authors'],
): 'staleToken' | 'notAuthorised' | null {
	const { by, token, author, onBehalfOf } = intent;
	const works = by === 'agent' || by === 'gates';
	if ((works || by === 'landing') && !sameToken(item.token, token)) return 'staleToken';
	if (!works) return null;
	if (onBehalfOf !== undefined && !hasRight(authors, author, 'relay')) return 'notAuthorised';
	return (onBehalfOf ?? author) === item.holder ? null : 'notAuthorised';
}

function hasRight(authors: FoldState['authors'], author: string, right: Right): boolean {
	return Object.hasOwn(authors, author) && (authors[author]?.includes(right) ?? false);
}

const tableRules: FoldRules<FoldState, FoldResult> = {
	begin(state) {
		const items = new Map(Object.entries(state.items));
		const judge = (intent: Intent): Refusal | null => {
			if (!mayActAs(state.authors, intent)) return 'notAuthorised';
			const item = items.get(intent.item);
			if (!item) return 'unknownItem';
			const refused = refusedByToken(item, intent, state.authors);
			if (refused) return refused;
			const moved = transition(item.stage, intent);
			if (!moved.ok) return moved.refusal;
			const spent = moved.clearsToken ? { token: null, holder: null } : {};
			items.set(intent.item, { ...item, ...spent, stage: moved.stage });
			return null;
		};
		return { judge, finish: (settled) => ({ items: Object.fromEntries(items), ...settled }) };
	},
};

/**
 * How a project's facts lie in its index: one flat map, key → one small JSON text. What changes apart lies apart, since
 * an overwritten text costs every replica memory: an item and its counters, each author, each author's refusals.
 *
 *     meta         term, revision, next number, clocks, hash of all other records, the home's signature
 *     i/<key>      an item without its counters
 *     t/<key>      its counters
 *     a/<author>   as what it may act, up to which number it is accepted
 *     x/<author>   refusals that its author may not have seen yet, by number
 *     c/<key>      how an item ended that is gone and that others depend on
 *     s/<number>   a segment of items that are gone: its hash, how many
 *
 * Values become texts here and nowhere else; read-index.ts makes values of them again.
 */
import { canonicalJson } from '../log/index.ts';
import { emptyFacts, type IntentId, type Item, type ProjectFacts, tableOf } from '../pipeline/index.ts';
import { recordCharactersMax } from './limits.ts';
import type { RecordChange } from './signed-records.ts';

/** Why an intent was refused, kept until its author can be expected to know. */
export interface RefusalRecord {
	readonly reason: string;
	readonly detail?: string;
}

/** Everything that an index says. */
export interface IndexState {
	readonly facts: ProjectFacts;
	readonly refusals: Readonly<Record<IntentId, RefusalRecord>>;
}

export const emptyState: IndexState = { facts: emptyFacts(), refusals: {} };

/** The records in which `next` differs from `state`, refusals apart. */
export function changesBetween(state: ProjectFacts, next: ProjectFacts): readonly RecordChange[] {
	return [
		...changedItems(state, next),
		...authorChanges(state, next),
		...changedKeys(state.closedDependencies ?? {}, next.closedDependencies ?? {}).map((key): RecordChange => {
			const reason = own(next.closedDependencies ?? {}, key);
			return [`c/${key}`, reason && canonicalJson(reason)];
		}),
		...changedKeys(state.segments ?? {}, next.segments ?? {}).map((number): RecordChange => {
			const name = own(next.segments ?? {}, number);
			return [`s/${number}`, name && canonicalJson(name)];
		}),
	];
}

/** The refusal records behind `changes`; null forgets one. Beyond `max` per author the oldest are forgotten. */
export function refusalChanges(
	refusals: IndexState['refusals'],
	changes: Readonly<Record<IntentId, RefusalRecord | null>>,
	max: number,
): readonly RecordChange[] {
	if (Object.keys(changes).length === 0) return [];
	const next: Record<string, RefusalRecord | null> = { ...refusals, ...changes };
	const authors = new Set(Object.keys(changes).map((id) => id.slice(0, id.lastIndexOf('#'))));
	return [...authors].map((author): RecordChange => {
		const kept = Object.entries(next)
			.filter(([id, refusal]) => refusal && id.slice(0, id.lastIndexOf('#')) === author)
			.map(([id, refusal]) => [Number(id.slice(id.lastIndexOf('#') + 1)), refusal] as const)
			.sort(([a], [b]) => a - b)
			.slice(-max);
		return [`x/${author}`, kept.length > 0 ? textWithin(kept) : undefined];
	});
}

/** Each with its reason; the newest with their sentence too, as far as one record holds them. */
function textWithin(kept: readonly (readonly [n: number, refusal: RefusalRecord | null])[]): string {
	const text = canonicalJson(Object.fromEntries(kept));
	if (text.length <= recordCharactersMax) return text;
	let over = text.length - recordCharactersMax;
	const cut = kept.map(([n, refusal]) => {
		if (over <= 0 || refusal?.detail === undefined) return [n, refusal] as const;
		const { detail, ...rest } = refusal;
		over -= canonicalJson({ detail }).length - 1;
		return [n, rest] as const;
	});
	return canonicalJson(Object.fromEntries(cut));
}

function changedItems(state: ProjectFacts, next: ProjectFacts): readonly RecordChange[] {
	const [before, after] = [tableOf(state), tableOf(next)];
	return after.changedSince(before).flatMap((key) => itemChanges(key, before.get(key), after.get(key)));
}

function itemChanges(key: string, before: Item | undefined, after: Item | undefined): readonly RecordChange[] {
	const [was, is] = [before && textsOf(before), after && textsOf(after)];
	return [...changed(`i/${key}`, was?.fields, is?.fields), ...changed(`t/${key}`, was?.tries, is?.tries)];
}

interface ItemTexts {
	readonly fields: string;
	readonly tries: string;
}

/** Texts by item: items are values, so each is written out once, however often it is compared. */
const itemTexts = new WeakMap<Item, ItemTexts>();

/** The item was read from these texts. */
export function rememberTexts(item: Item, texts: ItemTexts): void {
	itemTexts.set(item, texts);
}

function textsOf(item: Item): ItemTexts {
	const known = itemTexts.get(item);
	if (known) return known;
	const { tries, ...fields } = item;
	const texts = { fields: canonicalJson(fields), tries: canonicalJson(tries) };
	itemTexts.set(item, texts);
	return texts;
}

function authorChanges(state: ProjectFacts, next: ProjectFacts): readonly RecordChange[] {
	if (state.authors === next.authors && state.acceptedUpTo === next.acceptedUpTo) return [];
	const authors = new Set([
		...changedKeys(state.authors, next.authors),
		...changedKeys(state.acceptedUpTo, next.acceptedUpTo),
	]);
	return [...authors].flatMap((author) => changed(`a/${author}`, authorText(state, author), authorText(next, author)));
}

function authorText(facts: ProjectFacts, author: string): string | undefined {
	const acts = own(facts.authors, author);
	const upTo = own(facts.acceptedUpTo, author);
	return acts === undefined && upTo === undefined ? undefined : canonicalJson({ acts, upTo });
}

function changed(key: string, before: string | undefined, after: string | undefined): readonly RecordChange[] {
	return before === after ? [] : [[key, after]];
}

function changedKeys(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
	if (before === after) return [];
	const keys = Object.keys(after).filter((key) => own(before, key) !== after[key]);
	return [...keys, ...Object.keys(before).filter((key) => !Object.hasOwn(after, key))];
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
	return Object.hasOwn(record, key) ? record[key] : undefined;
}

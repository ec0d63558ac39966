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
 * Texts become values here, once, by a schema; values become texts nowhere else.
 */
import { z } from 'zod';
import { canonicalJson, parseJson } from '../log/index.ts';
import {
	emptyFacts,
	type IntentId,
	type Item,
	itemSchema,
	type ProjectFacts,
	type Right,
	type SegmentName,
} from '../pipeline/index.ts';
import { ganglineError } from '../ports/index.ts';
import { metaKey, type RecordChange } from './signed-records.ts';

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

const count = z.int().min(0);
const right = z.enum(['user', 'agent', 'gates', 'landing', 'scheduler', 'system', 'hold', 'relay']);
const authorSchema = z.strictObject({ acts: z.array(right).exactOptional(), upTo: count.exactOptional() });
const refusalSchema = z.strictObject({ reason: z.string().max(100), detail: z.string().max(1000).exactOptional() });
const refusalsSchema = z.record(z.string().regex(/^[1-9]\d{0,15}$/), refusalSchema);
const closedSchema = z.enum([
	'completed',
	'abandoned',
	'superseded',
	'rejected',
	'blocked',
	'mergeFailed',
	'reviewHeld',
]);
const segmentSchema = z.strictObject({ hash: z.string().regex(/^[0-9a-f]{64}$/), items: z.int().min(1) });
const metaSchema = z.strictObject({
	v: z.literal(1),
	term: count,
	revision: count,
	nextNumber: z.int().min(1),
	/** What the writers' clocks are behind this publication. */
	clocks: z.record(z.string().regex(/^\d{1,10}$/), count),
	/** RecordTree over all other records. */
	root: z.string().regex(/^[0-9a-f]{64}$/),
	signature: z.string().max(100),
});

export type Meta = z.output<typeof metaSchema>;

export const emptyState: IndexState = { facts: emptyFacts(), refusals: {} };

export function parseMeta(text: string): Meta {
	return parse(metaKey, metaSchema, text);
}

/** The records in which `next` differs from `state`, refusals apart. */
export function changesBetween(state: ProjectFacts, next: ProjectFacts): readonly RecordChange[] {
	return [
		...changedKeys(state.items, next.items).flatMap((key) =>
			itemChanges(key, own(state.items, key), own(next.items, key)),
		),
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
	const next: Record<string, RefusalRecord | null> = { ...refusals, ...changes };
	const authors = new Set(Object.keys(changes).map((id) => id.slice(0, id.lastIndexOf('#'))));
	return [...authors].map((author): RecordChange => {
		const kept = Object.entries(next)
			.filter(([id, refusal]) => refusal && id.slice(0, id.lastIndexOf('#')) === author)
			.map(([id, refusal]) => [Number(id.slice(id.lastIndexOf('#') + 1)), refusal] as const)
			.sort(([a], [b]) => a - b)
			.slice(-max);
		return [`x/${author}`, kept.length > 0 ? canonicalJson(Object.fromEntries(kept)) : undefined];
	});
}

/**
 * The state behind `changed` keys, whose texts `get` has. Values of other keys stay the very same objects. Throws
 * MALFORMED for what no home of ours publishes.
 */
export function readRecords(
	state: IndexState,
	changed: Iterable<string>,
	get: (key: string) => string | undefined,
): IndexState {
	const draft = new Draft(state);
	const itemKeys = new Set<string>();
	for (const key of changed) {
		const name = key.slice(2);
		if (key === metaKey) draft.meta(get(key));
		else if (key.startsWith('i/') || key.startsWith('t/')) itemKeys.add(name);
		else if (key.startsWith('a/')) draft.author(name, get(key));
		else if (key.startsWith('x/')) draft.refusals(name, get(key));
		else if (key.startsWith('c/')) draft.closed(name, get(key));
		else if (key.startsWith('s/')) draft.segment(name, get(key));
		else
			throw ganglineError(
				'MALFORMED',
				`the index has a record ${JSON.stringify(key.slice(0, 80))}, which means nothing`,
			);
	}
	for (const key of itemKeys) draft.item(key, get(`i/${key}`), get(`t/${key}`));
	return draft.finish();
}

/** Copies a part of the state when it is first changed. */
class Draft {
	readonly #refusals: Map<string, RefusalRecord>;
	readonly #items: Map<string, Item>;
	readonly #acts: Map<string, readonly Right[]>;
	readonly #upTo: Map<string, number>;
	readonly #closed: Map<string, z.output<typeof closedSchema>>;
	readonly #segments: Map<string, SegmentName>;
	readonly #touched = new Set<'items' | 'authors' | 'closed' | 'segments' | 'refusals'>();
	readonly #state: IndexState;
	#meta: Pick<Meta, 'term' | 'revision' | 'nextNumber'>;

	constructor(state: IndexState) {
		this.#state = state;
		this.#meta = state.facts;
		this.#refusals = new Map(Object.entries(state.refusals));
		this.#items = new Map(Object.entries(state.facts.items));
		this.#acts = new Map(Object.entries(state.facts.authors));
		this.#upTo = new Map(Object.entries(state.facts.acceptedUpTo));
		this.#closed = new Map(Object.entries(state.facts.closedDependencies ?? {}));
		this.#segments = new Map(Object.entries(state.facts.segments ?? {}));
	}

	meta(text: string | undefined): void {
		if (text === undefined) throw ganglineError('MALFORMED', 'the index has lost its meta record');
		this.#meta = parseMeta(text);
	}

	item(key: string, text: string | undefined, triesText: string | undefined): void {
		this.#touched.add('items');
		if (text === undefined) {
			this.#items.delete(key);
			return;
		}
		const fields: unknown = parseJson(text);
		const value =
			typeof fields === 'object' && fields !== null && triesText !== undefined
				? { ...fields, tries: parseJson(triesText) }
				: fields;
		const item = check(`i/${key}`, itemSchema, value);
		if (item.key !== key) throw ganglineError('MALFORMED', `the record i/${key} holds the item ${item.key}`);
		this.#items.set(key, deepFreeze(item));
	}

	author(author: string, text: string | undefined): void {
		this.#touched.add('authors');
		const record = text === undefined ? {} : parse(`a/${author}`, authorSchema, text);
		set(this.#acts, author, record.acts && Object.freeze(record.acts));
		set(this.#upTo, author, record.upTo);
	}

	refusals(author: string, text: string | undefined): void {
		this.#touched.add('refusals');
		for (const id of this.#refusals.keys()) if (id.slice(0, id.lastIndexOf('#')) === author) this.#refusals.delete(id);
		const records = text === undefined ? {} : parse(`x/${author}`, refusalsSchema, text);
		for (const [n, record] of Object.entries(records)) this.#refusals.set(`${author}#${n}`, Object.freeze(record));
	}

	closed(key: string, text: string | undefined): void {
		this.#touched.add('closed');
		set(this.#closed, key, text === undefined ? undefined : parse(`c/${key}`, closedSchema, text));
	}

	segment(number: string, text: string | undefined): void {
		this.#touched.add('segments');
		const name = text === undefined ? undefined : Object.freeze(parse(`s/${number}`, segmentSchema, text));
		set(this.#segments, number, name);
	}

	finish(): IndexState {
		const { facts, refusals } = this.#state;
		const { term, revision, nextNumber } = this.#meta;
		const closedDependencies = this.#touched.has('closed')
			? this.#closed.size > 0 && toRecord(this.#closed)
			: facts.closedDependencies;
		const segments = this.#touched.has('segments')
			? this.#segments.size > 0 && toRecord(this.#segments)
			: facts.segments;
		return Object.freeze({
			facts: Object.freeze({
				term,
				revision,
				nextNumber,
				acceptedUpTo: this.#touched.has('authors') ? toRecord(this.#upTo) : facts.acceptedUpTo,
				authors: this.#touched.has('authors') ? toRecord(this.#acts) : facts.authors,
				items: this.#touched.has('items') ? toRecord(this.#items) : facts.items,
				...(closedDependencies && { closedDependencies }),
				...(segments && { segments }),
			}),
			refusals: this.#touched.has('refusals') ? toRecord(this.#refusals) : refusals,
		});
	}
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

function textsOf(item: Item): ItemTexts {
	const known = itemTexts.get(item);
	if (known) return known;
	const { tries, ...fields } = item;
	const texts = { fields: canonicalJson(fields), tries: canonicalJson(tries) };
	itemTexts.set(item, texts);
	return texts;
}

function authorChanges(state: ProjectFacts, next: ProjectFacts): readonly RecordChange[] {
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
	const keys = Object.keys(after).filter((key) => own(before, key) !== after[key]);
	return [...keys, ...Object.keys(before).filter((key) => !Object.hasOwn(after, key))];
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
	return Object.hasOwn(record, key) ? record[key] : undefined;
}

function set<T>(map: Map<string, T>, key: string, value: T | undefined): void {
	if (value === undefined) map.delete(key);
	else map.set(key, value);
}

/** `fromEntries` defines own properties, whatever the key is called. */
function toRecord<T>(map: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
	return Object.freeze(Object.fromEntries(map));
}

function parse<T>(key: string, schema: z.ZodType<T>, text: string): T {
	return check(key, schema, parseJson(text));
}

function check<T>(key: string, schema: z.ZodType<T>, value: unknown): T {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	throw ganglineError(
		'MALFORMED',
		`the record ${key} of the index is not as expected: ${z.prettifyError(result.error)}`,
	);
}

function deepFreeze<T>(value: T): T {
	if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
		Object.freeze(value);
		for (const part of Object.values(value)) deepFreeze(part);
	}
	return value;
}

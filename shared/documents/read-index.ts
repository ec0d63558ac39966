/**
 * What the records of an index say, as facts. Each publication changes few of them, so the state behind it is made from
 * the state before: what did not change stays the very same frozen object, and nothing is copied whose records are
 * untouched. Everything read has passed its schema, once.
 */
import { parseJson } from '../log/index.ts';
import { type Item, itemSchema, type ProjectFacts, type Right, tableOf, withItems } from '../pipeline/index.ts';
import { ganglineError } from '../ports/index.ts';
import { type IndexState, type RefusalRecord, rememberTexts } from './index-records.ts';
import {
	authorSchema,
	checkRecord,
	closedSchema,
	type Meta,
	parseMeta,
	parseRecord,
	refusalsSchema,
	segmentSchema,
} from './index-schemas.ts';
import { metaKey } from './signed-records.ts';

/**
 * The state behind `changed` keys. Values of other keys stay the very same objects. Throws MALFORMED for what no home of
 * ours publishes.
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

class Draft {
	readonly #state: IndexState;
	readonly #items = new Map<string, Item | null>();
	readonly #acts: Copy<readonly Right[]>;
	readonly #upTo: Copy<number>;
	readonly #refusals: Copy<RefusalRecord>;
	readonly #closed: Copy<NonNullable<ProjectFacts['closedDependencies']>[string]>;
	readonly #segments: Copy<NonNullable<ProjectFacts['segments']>[string]>;
	#meta: Pick<Meta, 'term' | 'revision' | 'nextNumber'>;

	constructor(state: IndexState) {
		const { facts, refusals } = state;
		this.#state = state;
		this.#meta = facts;
		this.#acts = new Copy(facts.authors);
		this.#upTo = new Copy(facts.acceptedUpTo);
		this.#refusals = new Copy(refusals);
		this.#closed = new Copy(facts.closedDependencies ?? {});
		this.#segments = new Copy(facts.segments ?? {});
	}

	meta(text: string | undefined): void {
		if (text === undefined) throw ganglineError('MALFORMED', 'the index has lost its meta record');
		this.#meta = parseMeta(text);
	}

	item(key: string, fields: string | undefined, tries: string | undefined): void {
		this.#items.set(key, fields === undefined ? null : readItem(key, fields, tries));
	}

	author(author: string, text: string | undefined): void {
		const record = text === undefined ? {} : parseRecord(`a/${author}`, authorSchema, text);
		this.#acts.set(author, record.acts && Object.freeze(record.acts));
		this.#upTo.set(author, record.upTo);
	}

	refusals(author: string, text: string | undefined): void {
		for (const id of this.#refusals.keys()) {
			if (id.slice(0, id.lastIndexOf('#')) === author) this.#refusals.set(id, undefined);
		}
		const records = text === undefined ? {} : parseRecord(`x/${author}`, refusalsSchema, text);
		for (const [n, record] of Object.entries(records)) this.#refusals.set(`${author}#${n}`, Object.freeze(record));
	}

	closed(key: string, text: string | undefined): void {
		this.#closed.set(key, text === undefined ? undefined : parseRecord(`c/${key}`, closedSchema, text));
	}

	segment(number: string, text: string | undefined): void {
		const name = text === undefined ? undefined : Object.freeze(parseRecord(`s/${number}`, segmentSchema, text));
		this.#segments.set(number, name);
	}

	finish(): IndexState {
		const { term, revision, nextNumber } = this.#meta;
		const [closed, segments] = [this.#closed.record, this.#segments.record];
		const fields = {
			...{ term, revision, nextNumber, acceptedUpTo: this.#upTo.record, authors: this.#acts.record },
			...(!isEmpty(closed) && { closedDependencies: closed }),
			...(!isEmpty(segments) && { segments }),
		};
		const items = tableOf(this.#state.facts).with(this.#items).compacted();
		return Object.freeze({ facts: withItems(fields, items), refusals: this.#refusals.record });
	}
}

/** A record that is copied when it is first changed. */
class Copy<T> {
	readonly #before: Readonly<Record<string, T>>;
	#after: Map<string, T> | undefined;

	constructor(before: Readonly<Record<string, T>>) {
		this.#before = before;
	}

	keys(): readonly string[] {
		return [...this.#entries.keys()];
	}

	set(key: string, value: T | undefined): void {
		if (value === undefined) this.#entries.delete(key);
		else this.#entries.set(key, value);
	}

	/** `fromEntries` defines own properties, whatever the key is called. */
	get record(): Readonly<Record<string, T>> {
		return this.#after ? Object.freeze(Object.fromEntries(this.#after)) : this.#before;
	}

	get #entries(): Map<string, T> {
		this.#after ??= new Map(Object.entries(this.#before));
		return this.#after;
	}
}

function readItem(key: string, fieldsText: string, triesText: string | undefined): Item {
	const fields: unknown = parseJson(fieldsText);
	const value =
		typeof fields === 'object' && fields !== null && triesText !== undefined
			? { ...fields, tries: parseJson(triesText) }
			: fields;
	const item = checkRecord(`i/${key}`, itemSchema, value);
	if (item.key !== key) throw ganglineError('MALFORMED', `the record i/${key} holds the item ${item.key}`);
	deepFreeze(item);
	if (triesText !== undefined) rememberTexts(item, { fields: fieldsText, tries: triesText });
	return item;
}

function isEmpty(record: object): boolean {
	for (const key in record) if (Object.hasOwn(record, key)) return false;
	return true;
}

function deepFreeze<T>(value: T): T {
	if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
		Object.freeze(value);
		for (const part of Object.values(value)) deepFreeze(part);
	}
	return value;
}

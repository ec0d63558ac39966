/**
 * Items as a value that can be changed at little cost. `ProjectFacts.items` is a plain record of all items, and copying
 * ten thousand of them for each intent would cost more than everything else about it. So facts are made over a table: a
 * record that stays as it is, and the few items that have changed since. The record of all items is made when somebody
 * reads `items`, once, and is the same value in every respect.
 */
import type { ProjectFacts } from './facts.ts';
import type { Item } from './item.ts';

/** What becomes of items: null removes one. */
export type ItemChanges = ReadonlyMap<string, Item | null>;

type Items = Readonly<Record<string, Item>>;

/** Changes that are laid over a record before a new one is made: copying so many costs a few microseconds. */
const changesMax = 256;

export class ItemTable {
	readonly #base: Items;
	readonly #changes: ItemChanges;
	#record: Items | undefined;

	/** Over a record that nobody changes any more. */
	constructor(base: Items, changes: ItemChanges = new Map()) {
		this.#base = base;
		this.#changes = changes;
		if (changes.size === 0) this.#record = base;
	}

	/** Own keys only: an item called `constructor` is there when somebody added it. */
	get(key: string): Item | undefined {
		const changed = this.#changes.get(key);
		if (changed !== undefined) return changed ?? undefined;
		return Object.hasOwn(this.#base, key) ? this.#base[key] : undefined;
	}

	/** All items, frozen; in the order in which they came. */
	get record(): Items {
		this.#record ??= made(this.#base, this.#changes);
		return this.#record;
	}

	with(changes: ItemChanges): ItemTable {
		if (changes.size === 0) return this;
		if (this.#record) return new ItemTable(this.#record, changes);
		const all = new Map(this.#changes);
		for (const [key, item] of changes) all.set(key, item);
		return new ItemTable(this.#base, all);
	}

	/** The same items, with few changes over the record. */
	compacted(): ItemTable {
		return this.#changes.size > changesMax ? new ItemTable(this.record) : this;
	}

	/** Keys whose items differ, came or went since `earlier`. Cheap where this one was made from it. */
	changedSince(earlier: ItemTable): readonly string[] {
		const keys = this.#mayDiffer(earlier);
		return [...keys].filter((key) => earlier.get(key) !== this.get(key));
	}

	#mayDiffer(earlier: ItemTable): Iterable<string> {
		if (this.#base === earlier.#record) return this.#changes.keys();
		if (this.#base === earlier.#base) return new Set([...earlier.#changes.keys(), ...this.#changes.keys()]);
		return new Set([...Object.keys(earlier.record), ...Object.keys(this.record)]);
	}
}

/** By the facts that were made over them, and by their records: facts that were spread have only the record. */
const tables = new WeakMap<object, ItemTable>();

/** The items of facts, without making a record of them. */
export function tableOf(facts: Pick<ProjectFacts, 'items'>): ItemTable {
	const known = tables.get(facts);
	if (known) return known;
	const { items } = facts;
	const table = tables.get(items) ?? new ItemTable(items);
	tables.set(items, table);
	return table;
}

/** Frozen facts with other items. */
export function withItems(facts: Omit<ProjectFacts, 'items'>, table: ItemTable): ProjectFacts {
	const made: ProjectFacts = Object.freeze({
		...withoutItems(facts),
		get items() {
			const { record } = table;
			tables.set(record, table);
			return record;
		},
	});
	tables.set(made, table);
	return made;
}

/** Facts with other fields and the same items. */
export function withFields(facts: ProjectFacts, fields: Partial<Omit<ProjectFacts, 'items'>>): ProjectFacts {
	return withItems({ ...withoutItems(facts), ...fields }, tableOf(facts));
}

/** Everything but the items, which a spread would make a record of. */
export function withoutItems(facts: Omit<ProjectFacts, 'items'>): Omit<ProjectFacts, 'items'> {
	const { term, revision, nextNumber, acceptedUpTo, authors, closedDependencies, segments } = facts;
	return {
		...{ term, revision, nextNumber, acceptedUpTo, authors },
		...(closedDependencies && { closedDependencies }),
		...(segments && { segments }),
	};
}

function made(base: Items, changes: ItemChanges): Items {
	const record: Record<string, Item> = { ...base };
	for (const [key, item] of changes) {
		if (item === null) delete record[key];
		// Defined, not assigned: a key such as `__proto__` is a key like any other.
		else if (Object.hasOwn(record, key)) record[key] = item;
		else Object.defineProperty(record, key, { value: item, enumerable: true, configurable: true, writable: true });
	}
	return Object.freeze(record);
}

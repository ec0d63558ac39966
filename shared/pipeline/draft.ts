/**
 * The working copy of one fold over a project: the facts it began with, and what has changed since. The only place where
 * the rules write; the facts themselves are never touched, nor copied.
 */
import { findCircle } from './dependencies.ts';
import { type Lookup, lookupIn, type ProjectFacts } from './facts.ts';
import type { Item } from './item.ts';
import { type ItemTable, tableOf } from './item-table.ts';
import type { ArchiveReason } from './stage.ts';

export class Draft implements Lookup {
	readonly facts: ProjectFacts;
	revision: number;
	nextNumber: number;
	readonly #table: ItemTable;
	readonly #changes = new Map<string, Item | null>();
	/** Epic → children and item → those that name it as a dependency; made when first asked for. */
	#backward: { readonly children: Links; readonly dependents: Links } | undefined;

	constructor(facts: ProjectFacts) {
		this.facts = facts;
		this.revision = facts.revision;
		this.nextNumber = facts.nextNumber;
		this.#table = tableOf(facts);
	}

	item(key: string): Item | undefined {
		const changed = this.#changes.get(key);
		return changed === undefined ? this.#table.get(key) : (changed ?? undefined);
	}

	closed(key: string): ArchiveReason | undefined {
		return lookupIn(this.facts).closed(key);
	}

	put(item: Item): void {
		const before = this.item(item.key);
		this.#changes.set(item.key, item);
		if (this.#backward && (before?.parent !== item.parent || before?.dependsOn !== item.dependsOn)) {
			if (before) this.#unlink(before);
			this.#link(item);
		}
	}

	remove(item: Item): void {
		this.#changes.set(item.key, null);
		if (this.#backward) this.#unlink(item);
	}

	childrenOf(epic: string): readonly Item[] {
		return this.#found(this.#links().children.get(epic));
	}

	dependentsOf(key: string): readonly Item[] {
		return this.#found(this.#links().dependents.get(key));
	}

	/** Whether `item`, put as it is, would wait for itself. */
	wouldCircle(item: Item): boolean {
		const waitsFor = (key: string): readonly string[] => {
			const { dependsOn = [] } = key === item.key ? item : (this.item(key) ?? {});
			const children = this.childrenOf(key).flatMap((child) => (child.key === item.key ? [] : [child.key]));
			return key === item.parent ? [...dependsOn, ...children, item.key] : [...dependsOn, ...children];
		};
		return findCircle(item.key, { waitsFor, through: true }) !== null;
	}

	/** Keys of items that were added, changed or deleted. */
	get changed(): readonly string[] {
		return [...this.#changes.keys()];
	}

	/** The items as they are now. */
	get table(): ItemTable {
		return this.#table.with(this.#changes);
	}

	#links(): { readonly children: Links; readonly dependents: Links } {
		if (!this.#backward) {
			this.#backward = { children: new Map(), dependents: new Map() };
			for (const item of Object.values(this.table.record)) this.#link(item);
		}
		return this.#backward;
	}

	#link(item: Item): void {
		const { children, dependents } = this.#links();
		if (item.parent !== null) linkTo(children, item.parent).add(item.key);
		for (const key of item.dependsOn) linkTo(dependents, key).add(item.key);
	}

	#unlink(item: Item): void {
		const { children, dependents } = this.#links();
		if (item.parent !== null) children.get(item.parent)?.delete(item.key);
		for (const key of item.dependsOn) dependents.get(key)?.delete(item.key);
	}

	#found(keys: ReadonlySet<string> = new Set()): readonly Item[] {
		return [...keys].flatMap((key) => this.item(key) ?? []);
	}
}

type Links = Map<string, Set<string>>;

function linkTo(links: Links, key: string): Set<string> {
	const known = links.get(key);
	if (known) return known;
	const made = new Set<string>();
	links.set(key, made);
	return made;
}

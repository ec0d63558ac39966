/**
 * Who waits for whom. A dependency is satisfied by done, or by archived as completed; archived for another reason never
 * becomes so by itself and is shown to a person. An epic waits for its children, so a child that depends on its epic is
 * a circle too. Everything here is derived from records on read.
 */
import { type Lookup, lookupIn, type ProjectFacts } from './facts.ts';
import type { Item } from './item.ts';
import type { ArchiveReason, StageKind } from './stage.ts';

export interface UnmetDependency {
	readonly key: string;
	/** Null where the item is not in the index. */
	readonly number: number | null;
	/** `closed` may be reopened; `archived` and `unknown` need a person to edit the dependency. */
	readonly why: 'notDone' | 'closed' | 'archived' | 'unknown';
	readonly stage: StageKind | null;
	/** Of archived. */
	readonly reason: ArchiveReason | null;
}

type Known = Pick<ProjectFacts, 'items' | 'closedDependencies'>;

/** Whether this item, as a dependency of another, is out of the way. */
export function satisfies({ stage }: Pick<Item, 'stage'>): boolean {
	return stage.kind === 'done' || (stage.kind === 'archived' && stage.reason === 'completed');
}

/** What an item still waits for, in the order in which it names them. */
export function unmetDependencies(facts: Known, item: Pick<Item, 'dependsOn'>): readonly UnmetDependency[] {
	return unmetIn(lookupIn(facts), item);
}

export function unmetIn(lookup: Lookup, { dependsOn }: Pick<Item, 'dependsOn'>): readonly UnmetDependency[] {
	return dependsOn.flatMap((key) => unmet(lookup, key) ?? []);
}

/** One unmet dependency in words; `name` is what people call the item. */
export function explainUnmet({ why, stage, reason }: UnmetDependency, name: string): string {
	switch (why) {
		case 'notDone':
			return `${name} is in ${stage}`;
		case 'closed':
			return `${name} is ${stage}: reopen it or take it out of the dependencies`;
		case 'archived':
			return `${name} was archived as ${reason ?? 'unknown'}: take it out of the dependencies`;
		case 'unknown':
			return `${name} is not there any more: take it out of the dependencies`;
	}
}

/**
 * Items that can start by themselves, smallest number first: in the backlog, everything they depend on satisfied, not
 * held (by flag or by the label `hold`), and no epic.
 */
export function readyItems(facts: Known): readonly Item[] {
	const lookup = lookupIn(facts);
	return Object.values(facts.items)
		.filter((item) => item.stage.kind === 'backlog' && item.type !== 'epic' && !isHeld(item))
		.filter((item) => unmetIn(lookup, item).length === 0)
		.sort((a, b) => a.number - b.number);
}

export function isHeld({ held, labels }: Pick<Item, 'held' | 'labels'>): boolean {
	return held || labels.includes('hold');
}

/**
 * A circle among items, as the keys on it, the first not repeated; null where there is none. Edges lead from an item to
 * its dependencies and from an epic to its children.
 */
export function dependencyCycle(
	items: Readonly<Record<string, Pick<Item, 'dependsOn' | 'parent'>>>,
): readonly string[] | null {
	const edges = new Map<string, string[]>();
	for (const [key, { dependsOn }] of Object.entries(items)) edges.set(key, [...dependsOn]);
	for (const [key, { parent }] of Object.entries(items)) if (parent !== null) edges.get(parent)?.push(key);
	const seen = new Set<string>();
	for (const start of edges.keys()) {
		const circle = findCircle(start, { waitsFor: (key) => edges.get(key) ?? [], seen });
		if (circle) return circle;
	}
	return null;
}

/**
 * The first circle that a walk from `start` meets, or, with `through`, only one that comes back to `start`. Depth first
 * without recursion: a chain of ten thousand items is legal. `seen` may be shared between walks of one graph.
 */
export function findCircle(
	start: string,
	graph: {
		readonly waitsFor: (key: string) => Iterable<string>;
		readonly seen?: Set<string>;
		readonly through?: boolean;
	},
): readonly string[] | null {
	const { waitsFor, seen = new Set<string>(), through = false } = graph;
	if (seen.has(start)) return null;
	const path: string[] = [];
	const rest: Iterator<string>[] = [];
	const onPath = new Set<string>();
	const enter = (key: string): void => {
		seen.add(key);
		onPath.add(key);
		path.push(key);
		rest.push(waitsFor(key)[Symbol.iterator]());
	};
	enter(start);
	for (let top = rest.at(-1); top; top = rest.at(-1)) {
		const { value: next, done } = top.next();
		if (done) {
			rest.pop();
			onPath.delete(path.pop() ?? '');
		} else if (through ? next === start : onPath.has(next)) {
			return path.slice(path.indexOf(next));
		} else if (!seen.has(next)) {
			enter(next);
		}
	}
	return null;
}

function unmet(lookup: Lookup, key: string): UnmetDependency | null {
	const item = lookup.item(key);
	if (!item) {
		const reason = lookup.closed(key) ?? null;
		if (reason === 'completed') return null;
		if (reason) return { key, number: null, why: 'archived', stage: 'archived', reason };
		return { key, number: null, why: 'unknown', stage: null, reason: null };
	}
	if (satisfies(item)) return null;
	const { number, stage } = item;
	if (stage.kind === 'archived')
		return { key, number, why: 'archived', stage: 'archived', reason: stage.reason ?? null };
	const closed = stage.kind === 'abandoned' || stage.kind === 'superseded' || stage.kind === 'rejected';
	return { key, number, why: closed ? 'closed' : 'notDone', stage: stage.kind, reason: null };
}

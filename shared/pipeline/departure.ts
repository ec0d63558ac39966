/**
 * Items that leave the facts for a segment: archived for good, found by search, carried by no replica in memory. What
 * remains must not miss them: how each ended is written down for those that still depend on it, and forgotten when the
 * last of those is gone too. Pure.
 */
import type { ProjectFacts } from './facts.ts';
import type { Item } from './item.ts';
import type { ArchiveReason } from './stage.ts';

export interface Departure {
	/** The facts without the items. */
	readonly facts: ProjectFacts;
	/** By number. */
	readonly gone: readonly Item[];
}

/** Which archived items may leave now, by number: an epic leaves only after its children. */
export function mayLeave({ items }: Pick<ProjectFacts, 'items'>): readonly Item[] {
	const parents = new Set(Object.values(items).flatMap(({ parent }) => parent ?? []));
	return Object.values(items)
		.filter(({ key, stage }) => stage.kind === 'archived' && !parents.has(key))
		.sort((a, b) => a.number - b.number);
}

/** Takes those of `leaving` that may leave out of the facts. */
export function depart(facts: ProjectFacts, leaving: readonly Item[]): Departure {
	const keys = new Set(leaving.map(({ key }) => key));
	const gone = mayLeave(facts).filter(({ key }) => keys.has(key));
	const away = new Set(gone.map(({ key }) => key));
	const items = Object.fromEntries(Object.entries(facts.items).filter(([key]) => !away.has(key)));
	const needed = new Set(Object.values(items).flatMap(({ dependsOn }) => dependsOn));
	const ended = new Map(gone.map(({ key, stage }) => [key, reasonOf(stage)]));
	const closed = [...Object.entries(facts.closedDependencies ?? {}), ...ended].filter(([key]) => needed.has(key));
	const { closedDependencies: _before, ...rest } = facts;
	return {
		facts: { ...rest, items, ...(closed.length > 0 && { closedDependencies: Object.fromEntries(closed) }) },
		gone,
	};
}

function reasonOf(stage: Item['stage']): ArchiveReason {
	return (stage.kind === 'archived' && stage.reason) || 'completed';
}

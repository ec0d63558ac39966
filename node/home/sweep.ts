/**
 * Which closed items leave the live board by themselves: two weeks after they were closed, and the oldest beyond five
 * hundred whatever their age, so that the index stays bounded [I15]. Pure.
 */
import type { Item, ProjectFacts } from '../../shared/pipeline/index.ts';

const retentionMs = 14 * 24 * 60 * 60 * 1000;
const closedKeptMax = 500;

const swept: ReadonlySet<string> = new Set(['done', 'abandoned', 'superseded', 'rejected']);

/** Oldest first. */
export function dueForArchive(facts: Pick<ProjectFacts, 'items'>, now: number): readonly Item[] {
	const closed = Object.values(facts.items)
		.filter(({ stage }) => swept.has(stage.kind))
		.sort((a, b) => a.changedAt - b.changedAt || a.number - b.number);
	const excess = Math.max(0, closed.length - closedKeptMax);
	return closed.filter(({ changedAt }, index) => index < excess || now - changedAt >= retentionMs);
}

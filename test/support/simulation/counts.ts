/** What a run went through, counted from its trace. */
import type { SeedCounts, SimEvent } from './types.ts';
import type { World } from './world.ts';

export function countsOf(world: World, trace: readonly SimEvent[]): SeedCounts {
	const history = trace.flatMap((event) => (event.kind === 'published' ? event.history : []));
	const applied = history.filter(({ outcome }) => outcome === 'applied');
	const count = (kind: SimEvent['kind']): number => trace.filter((event) => event.kind === kind).length;
	return {
		landings: trace.filter((event) => event.kind === 'mainMoved' && event.by === 'landing').length,
		conflicts: applied.filter(({ event, reason }) => event === 'mergeFailed' && /conflict/.test(reason ?? '')).length,
		refusals: history.filter(({ outcome }) => outcome !== 'applied').length,
		salvages: salvagesOf(world, trace),
		crashes: count('crash'),
		longPartitions: trace.filter((event) => event.kind === 'faultHealed' && event.fault === 'longPartition').length,
		wishes: count('wish'),
		steps: world.step,
		simulatedMs: Math.round(world.clock.monotonic()),
	};
}

/** Commits of agents that are kept on a ref though no accepted result names them. */
function salvagesOf(world: World, trace: readonly SimEvent[]): number {
	const results = new Set<string>();
	for (const book of world.books.values()) {
		for (const { id, outcome } of book.history) {
			const commit = book.intents.get(id)?.args?.commit;
			if (outcome === 'applied' && typeof commit === 'string') results.add(commit);
		}
	}
	return trace.filter((event) => event.kind === 'agentCommitted' && !results.has(event.commit)).length;
}

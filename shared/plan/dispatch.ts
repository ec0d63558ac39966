/**
 * What really ran at once. Judged from lifecycle events in the order of their numbers, never from clocks and never from
 * what an agent says of itself. An equal base shows isolation, not concurrency.
 */
export interface DispatchEvidence {
	/** How many subtasks were handed out. */
	readonly dispatched: number;
	/** In any order; an event that came twice counts once. */
	readonly events: readonly LifecycleEvent[];
	/** What each run was based on. */
	readonly baseCommits: readonly string[];
	readonly claimedConcurrent: boolean;
}

export interface LifecycleEvent {
	readonly seq: number;
	readonly subtask: string;
	readonly kind: 'started' | 'finished' | 'failed';
}

export type DispatchOutcome =
	| 'isolationViolation'
	| 'unknown'
	| 'concurrent'
	| 'hostSequential'
	| 'phantomParallel'
	| 'sequential';

/** The first rule that fits decides. */
export function classifyDispatch(evidence: DispatchEvidence): {
	readonly outcome: DispatchOutcome;
	readonly maxInFlight: number;
} {
	const maxInFlight = mostAtOnce(evidence.events);
	return { outcome: outcomeOf(evidence, maxInFlight), maxInFlight };
}

function outcomeOf(evidence: DispatchEvidence, maxInFlight: number): DispatchOutcome {
	const { dispatched, events, baseCommits, claimedConcurrent } = evidence;
	if (new Set(baseCommits).size > 1) return 'isolationViolation';
	if (events.length === 0) return 'unknown';
	if (dispatched >= 2) return maxInFlight >= 2 ? 'concurrent' : 'hostSequential';
	// One was handed out and two ran: the evidence contradicts itself.
	if (maxInFlight >= 2) return 'unknown';
	return claimedConcurrent ? 'phantomParallel' : 'sequential';
}

function mostAtOnce(events: readonly LifecycleEvent[]): number {
	const running = new Set<string>();
	let most = 0;
	for (const { subtask, kind } of [...events].sort((a, b) => a.seq - b.seq)) {
		if (kind === 'started') running.add(subtask);
		else running.delete(subtask);
		most = Math.max(most, running.size);
	}
	return most;
}

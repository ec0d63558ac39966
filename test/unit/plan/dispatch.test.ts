import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { classifyDispatch, type DispatchEvidence, type DispatchOutcome } from '../../../shared/plan/index.ts';

interface Case extends DispatchEvidence {
	readonly name: string;
	readonly outcome: DispatchOutcome;
	readonly maxInFlight: number;
}

const { cases }: { cases: readonly Case[] } = JSON.parse(
	readFileSync(new URL('../../fixtures/spec/dispatch-evidence.json', import.meta.url), 'utf8'),
);

describe('the given cases', () => {
	for (const { name, outcome, maxInFlight, ...evidence } of cases) {
		test(name, () => {
			const events = evidence.events;
			for (const order of [events, [...events].reverse(), [...events, ...events]]) {
				expect(classifyDispatch({ ...evidence, events: order })).toStrictEqual({ outcome, maxInFlight });
			}
		});
	}
});

test('a subtask that is run again is one in flight, and an end without a start is none', () => {
	const base = { dispatched: 1, baseCommits: ['c0'], claimedConcurrent: false };
	const again = ['started', 'failed', 'started', 'finished'] as const;
	const events = again.map((kind, seq) => ({ seq, subtask: 'a', kind }));
	expect(classifyDispatch({ ...base, events })).toEqual({ outcome: 'sequential', maxInFlight: 1 });
	const ended = [{ seq: 1, subtask: 'a', kind: 'finished' } as const];
	expect(classifyDispatch({ ...base, dispatched: 0, events: ended })).toEqual({
		outcome: 'sequential',
		maxInFlight: 0,
	});
	expect(classifyDispatch({ ...base, dispatched: 2, events: ended })).toEqual({
		outcome: 'hostSequential',
		maxInFlight: 0,
	});
	expect(classifyDispatch({ ...base, baseCommits: ['c0', 'c1'], events: [] })).toEqual({
		outcome: 'isolationViolation',
		maxInFlight: 0,
	});
});

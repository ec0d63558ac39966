import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextAfterSession, type RecoveryState, recoveryCaps, type SessionTrace } from '../../../node/agents/index.ts';

interface Spec {
	readonly caps: { readonly noProgress: number; readonly total: number };
	readonly cases: readonly {
		readonly name: string;
		readonly sessions: readonly (SessionTrace & { readonly decision: string })[];
	}[];
}

const file = new URL('../../fixtures/spec/commit-recovery.json', import.meta.url);
const spec = JSON.parse(readFileSync(file, 'utf8')) as Spec;

function decide(sessions: readonly SessionTrace[]): string[] {
	let state: RecoveryState | undefined;
	return sessions.map((session) => {
		const next = nextAfterSession(state, session);
		state = next.state;
		return next.decision;
	});
}

describe('nextAfterSession', () => {
	test.each(spec.cases.map((one) => [one.name, one] as const))('decides as the rule says: %s', (_, { sessions }) => {
		expect(decide(sessions)).toEqual(sessions.map(({ decision }) => decision));
	});

	test('has the caps of the rule', () => {
		expect(recoveryCaps).toEqual(spec.caps);
	});

	test('does not change the state that it is given', () => {
		const dirty: SessionTrace = { exit: 'finished', dirty: 1, newCommits: 0, diff: 'd', filesRead: ['a'] };
		const { state } = nextAfterSession(undefined, dirty);
		const before = JSON.stringify(state);
		nextAfterSession(state, { ...dirty, filesRead: ['b'] });
		expect(JSON.stringify(state)).toBe(before);
	});

	test('[I11] ends every recovery within its caps, whatever the sessions do', () => {
		const session = fc.record({
			exit: fc.constantFrom('finished', 'forced', 'inactive', 'overBudget') as fc.Arbitrary<SessionTrace['exit']>,
			dirty: fc.constant(1),
			newCommits: fc.constant(0),
			diff: fc.constantFrom('d1', 'd2', 'd3'),
			filesRead: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
		});
		fc.assert(
			fc.property(fc.array(session, { minLength: recoveryCaps.total, maxLength: 20 }), (sessions) => {
				const decisions = decide(sessions);
				const end = decisions.findIndex((decision) => decision.startsWith('block'));
				expect(end).toBeGreaterThanOrEqual(0);
				expect(end).toBeLessThan(recoveryCaps.total);
			}),
		);
	});

	test('[I11] decides each session of any history as the words of the rule say, also over restarts', () => {
		const session: fc.Arbitrary<SessionTrace> = fc.record({
			exit: fc.constantFrom('finished', 'forced', 'rateLimited', 'inactive', 'overBudget'),
			dirty: fc.constantFrom(0, 1, 7, true, false),
			newCommits: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 3),
			diff: fc.constantFrom('d1', 'd1', 'd2', ''),
			filesRead: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 }),
		});
		fc.assert(
			fc.property(fc.array(session, { maxLength: 30 }), (sessions) => {
				let state: RecoveryState | undefined;
				for (const [index, one] of sessions.entries()) {
					const next = nextAfterSession(state, one);
					expect(next.decision).toBe(inWords(sessions.slice(0, index), one));
					// A node that begins anew reads it back from its store.
					state = next.state && (JSON.parse(JSON.stringify(next.state)) as RecoveryState);
				}
			}),
			{ numRuns: 500 },
		);
	});
});

/** The rule sentence by sentence, from the whole history instead of a state. */
function inWords(before: readonly SessionTrace[], now: SessionTrace): string {
	if (now.newCommits > 0) return 'gates';
	if (now.exit === 'rateLimited') return 'wait';
	if (!now.dirty) return 'noWork';
	const clears = (one: SessionTrace) => one.newCommits > 0 || one.exit === 'rateLimited';
	const since = before.slice(before.findLastIndex(clears) + 1).filter(({ dirty }) => Boolean(dirty));
	const all = [...since, now];
	let noProgress = 0;
	for (const [index, one] of all.entries()) {
		if (one.exit === 'forced') continue;
		const earlier = all.slice(0, index);
		const read = new Set(earlier.flatMap(({ filesRead }) => filesRead));
		const progressed = one.diff !== earlier.at(-1)?.diff || one.filesRead.some((path) => !read.has(path));
		noProgress = index === 0 || progressed ? 1 : noProgress + 1;
	}
	if (all.length >= recoveryCaps.total) return 'block(total)';
	return noProgress >= recoveryCaps.noProgress ? 'block(noProgress)' : 'respawn';
}

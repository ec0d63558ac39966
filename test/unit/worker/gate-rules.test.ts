import { describe, expect, test } from 'vitest';
import { decideRuns, type GateOutcome, type GateRunSeen, judgeRun } from '../../../node/worker/gate-rules.ts';

const empty = { kind: 'empty', killed: 0 } as const;
const seen = (
	change: {
		exit?: GateRunSeen['end']['exit'];
		timedOut?: boolean;
		tail?: string;
		tree?: GateRunSeen['end']['tree'];
	} = {},
	more: Partial<GateRunSeen> = {},
): GateRunSeen => ({
	end: { exit: { kind: 'code', code: 0 }, timedOut: false, tail: '', tree: empty, ...change },
	tests: null,
	changed: [],
	...more,
});
const code = (number: number) => ({ kind: 'code', code: number }) as const;
const tests = (passed: number, failed: number, skipped = 0) => ({ tests: { passed, failed, skipped } });

const cases: readonly [name: string, run: GateRunSeen, expected: GateOutcome][] = [
	['a good end', seen(), { outcome: 'passed', why: '' }],
	['a good end with a runner that is not known', seen({}, { tests: null }), { outcome: 'passed', why: '' }],
	[
		'a bad end',
		seen({ exit: code(2), tail: 'a\nlint: 3 problems\n\n' }),
		{ outcome: 'failed', why: 'it ended with 2: lint: 3 problems' },
	],
	['failing tests', seen({ exit: code(1) }, tests(209, 3)), { outcome: 'failed', why: '3 of 212 tests failed' }],
	['failing tests with a good exit', seen({}, tests(2, 1)), { outcome: 'passed', why: '' }],
	[
		'a missing command',
		seen({ exit: code(127), tail: 'sh: vitest: not found' }),
		{ outcome: 'error', why: 'it could not be run (ended with 127): sh: vitest: not found' },
	],
	[
		'a file without the right to run',
		seen({ exit: code(126) }),
		{ outcome: 'error', why: 'it could not be run (ended with 126)' },
	],
	[
		'no start',
		seen({ exit: { kind: 'notStarted', reason: 'x' } }),
		{ outcome: 'error', why: 'it could not be started: x' },
	],
	[
		'a time-out, though it ended well at last',
		seen({ timedOut: true }),
		{ outcome: 'error', why: 'it was not done after 9 s' },
	],
	['no test', seen({}, tests(0, 0)), { outcome: 'error', why: 'no test was executed' }],
	['only skipped tests', seen({}, tests(0, 0, 5)), { outcome: 'error', why: 'no test was executed' }],
	[
		'a changed tree',
		seen({}, { changed: ['a', 'b', 'c', 'd', 'e'] }),
		{ outcome: 'error', why: 'it changed the tree that it tests: a, b, c and 2 more' },
	],
	[
		'survivors',
		seen({ tree: { kind: 'survivors', pids: [4, 5] } }),
		{ outcome: 'error', why: 'its processes 4, 5 could not be ended' },
	],
	[
		'a signal',
		seen({ exit: { kind: 'signal', signal: 'SIGSEGV' } }),
		{ outcome: 'failed', why: 'it was ended by SIGSEGV' },
	],
];

describe('judgeRun', () => {
	test.each(cases)('judges %s', (_, run, expected) => {
		expect(judgeRun({ kind: 'test', timeout_seconds: 9 }, run)).toEqual(expected);
	});

	test('asks only gates of the kind test for tests', () => {
		expect(judgeRun({ kind: 'build', timeout_seconds: 9 }, seen({}, tests(0, 0)))).toEqual({
			outcome: 'passed',
			why: '',
		});
	});
});

describe('decideRuns', () => {
	const outcomes: Record<string, GateOutcome> = {
		p: { outcome: 'passed', why: '' },
		f: { outcome: 'failed', why: 'no' },
		e: { outcome: 'error', why: 'off' },
	};
	test.each([
		['p', 1, 'passed'],
		['p', 3, 'passed'],
		['f', 1, 'failed'],
		['f', 2, 'failed'],
		['f', 3, null],
		['fp', 3, null],
		['ff', 3, 'failed'],
		['fpp', 3, 'passed'],
		['fpf', 3, 'failed'],
		['e', 3, 'error'],
		['fe', 3, 'error'],
		['', 3, null],
	])('after %s of at most %i says %s', (runs, runsMax, expected) => {
		const seenSoFar = [...runs].map((letter) => outcomes[letter] ?? { outcome: 'failed', why: '' }) as GateOutcome[];
		expect(decideRuns(seenSoFar, runsMax)?.outcome ?? null).toBe(expected);
	});
});

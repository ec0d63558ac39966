import { describe, expect, it } from 'vitest';
import { failingTests } from '../../../gateway/cli/failing-tests.ts';
import { describeGreen, redMain } from '../../../gateway/cli/init-verdict.ts';
import type { GateVerdict } from '../../../shared/protocol/work.ts';

function verdict(...gates: Partial<GateVerdict>[]): Parameters<typeof describeGreen>[1] {
	const full = gates.map(
		(gate): GateVerdict => ({
			gate: 'test',
			kind: 'test',
			outcome: 'passed',
			why: '',
			tail: '',
			seconds: 1,
			tests: null,
			runs: 1,
			...gate,
		}),
	);
	return { tree: 't', gateSet: 'g', passed: full.every(({ outcome }) => outcome === 'passed'), gates: full };
}

describe('the verdict in words', () => {
	it('counts tests and seconds of a green main', () => {
		const seen = verdict(
			{ gate: 'setup', kind: 'setup', seconds: 2.04 },
			{ seconds: 11.7, tests: { passed: 212, failed: 0, skipped: 3 } },
		);
		expect(describeGreen('main', seen)).toBe(
			['main is green: 212 tests, 14 s', '  setup  2 s', '  test   12 s  212 tests, 3 skipped'].join('\n'),
		);
	});

	it('claims nothing where there are no gates', () => {
		expect(describeGreen('main', verdict())).toBe('nothing was checked on main: there are no gates');
	});

	it('names gate, failing tests and last lines of a red main', () => {
		const tail = `${'noise\n'.repeat(20)}not ok 3 - adds numbers\n1..3\n`;
		const error = redMain('trunk', verdict({ outcome: 'failed', why: 'exit 1', tail }));
		expect(error.code).toBe('MAIN_IS_RED');
		expect(error.message).toMatch(
			/^trunk is red: the gate test failed: exit 1\nfailing:\n {2}adds numbers\nits last lines:/,
		);
		expect(error.message).toContain('  1..3');
		expect(error.message.split('\n').length).toBeLessThan(18);
		expect(error.hint).toContain('gangline init');
	});

	it('sends a failed set-up to [setup]', () => {
		const error = redMain('main', verdict({ gate: 'setup', kind: 'setup', outcome: 'error', why: 'exit 127' }));
		expect(error.message).toBe('main is red: the set-up could not judge: exit 127');
		expect(error.hint).toContain('[setup]');
	});
});

describe('failingTests', () => {
	const outputs: readonly [string, string, string][] = [
		['vitest', ' FAIL  test/a.test.ts > adds > numbers', 'test/a.test.ts > adds > numbers'],
		['jest', '  ✕ adds numbers (5 ms)', 'adds numbers'],
		['node', '✖ adds numbers (0.31ms)', 'adds numbers'],
		['TAP', 'not ok 2 - adds # time=3ms', 'adds'],
		['pytest', 'FAILED tests/test_a.py::test_add - assert 1 == 2', 'tests/test_a.py::test_add'],
		['unittest', 'FAIL: test_add (tests.test_a.Adds.test_add)', 'test_add (tests.test_a.Adds.test_add)'],
		['go', '--- FAIL: TestAdd (0.00s)', 'TestAdd'],
		['cargo', 'test tests::adds ... FAILED', 'tests::adds'],
		['rspec', 'rspec ./spec/a_spec.rb:3 # adds', './spec/a_spec.rb:3'],
		['maven', '[ERROR]   AddTest.adds:12 expected 2', 'AddTest.adds:12'],
	];
	for (const [runner, line, name] of outputs) {
		it(`reads the name from ${runner}`, () => {
			expect(failingTests(`ok\n${line}\n${line}\ndone`)).toEqual([name]);
		});
	}

	it('stops at ten', () => {
		const many = Array.from({ length: 50 }, (_, index) => `--- FAIL: Test${index} (0s)`).join('\n');
		expect(failingTests(many)).toHaveLength(10);
	});
});

/**
 * The verdict on main in words: "212 tests, 14 s" when it is green, the gate, its failing tests and its last lines when
 * it is red. Only words; whether it is green was decided by the node.
 */
import { type GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import type { GateVerdict, TreeVerdict } from '../../shared/protocol/work.ts';
import { failingTests } from './failing-tests.ts';
import { indent, plain } from './output.ts';
import { count } from './words.ts';

const lastLinesMax = 12;

/** One line for all gates and one for each. */
export function describeGreen(branch: string, verdict: TreeVerdict): string {
	if (verdict.gates.length === 0) return `nothing was checked on ${branch}: there are no gates`;
	const seconds = round(verdict.gates.reduce((sum, gate) => sum + gate.seconds, 0));
	const tests = countTests(verdict.gates);
	const seen = tests === 0 ? count(verdict.gates.length, 'gate') : count(tests, 'test');
	const width = Math.max(...verdict.gates.map(({ gate }) => gate.length), 0);
	const rows = verdict.gates.map((gate) => `  ${gate.gate.padEnd(width)}  ${round(gate.seconds)} s${testWords(gate)}`);
	return [`${branch} is green: ${seen}, ${seconds} s`, ...rows].join('\n');
}

/** MAIN_IS_RED, naming the first gate that did not pass. */
export function redMain(branch: string, verdict: TreeVerdict): GanglineError {
	const bad = verdict.gates.find(({ outcome }) => outcome !== 'passed');
	if (bad === undefined)
		return ganglineError('MAIN_IS_RED', `${branch} is red, but no gate said why`, { data: { verdict } });
	const what = bad.kind === 'setup' ? 'the set-up' : `the gate ${bad.gate}`;
	const tests = failingTests(plain(bad.tail));
	const last = plain(bad.tail).trimEnd().split('\n').slice(-lastLinesMax).join('\n');
	const lines = [
		`${branch} is red: ${what} ${bad.outcome === 'error' ? 'could not judge' : 'failed'}: ${bad.why}`,
		...(tests.length === 0 ? [] : ['failing:', indent(tests.join('\n'))]),
		...(last === '' ? [] : ['its last lines:', indent(last)]),
	];
	const hint =
		bad.kind === 'setup'
			? 'Correct [setup] in .gangline/project.toml (or the project), commit, and check again: gangline init'
			: `Correct the project, or the gate ${bad.gate} in .gangline/project.toml, commit, and check again: gangline init`;
	return ganglineError('MAIN_IS_RED', lines.join('\n'), { hint, data: { verdict } });
}

function countTests(gates: readonly GateVerdict[]): number {
	return gates.reduce((sum, { tests }) => sum + (tests === null ? 0 : tests.passed + tests.failed), 0);
}

function testWords(gate: GateVerdict): string {
	if (gate.tests === null) return '';
	const skipped = gate.tests.skipped === 0 ? '' : `, ${gate.tests.skipped} skipped`;
	return `  ${count(gate.tests.passed, 'test')}${skipped}`;
}

/** 0.4, 3.2, 14: one digit after the point only where it says something. */
function round(seconds: number): number {
	return seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds);
}

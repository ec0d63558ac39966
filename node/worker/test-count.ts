/**
 * How many tests a gate's output says it ran. Pure. Evidence, never a verdict: the exit code decides, the count only
 * shows that nothing ran, or that fewer ran than on main. Several summaries in one output (workspaces, packages) are
 * added; where no runner is recognised the answer is null, not zero.
 */
import type { TestCount } from '../../shared/protocol/work.ts';
import { readTap, testRunners } from './test-runners.ts';

/** Everything that a terminal would swallow: colours, cursor movement, links, carriage returns. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const escapes = /\u001b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

export function countTests(output: string): TestCount | null {
	const text = output.replace(escapes, '').replaceAll('\r\n', '\n').replaceAll('\r', '\n');
	const summaries = testRunners.flatMap((read) => read(text));
	const found = summaries.length > 0 ? summaries : readTap(text);
	return found.length === 0 ? null : found.reduce(add);
}

function add(a: TestCount, b: TestCount): TestCount {
	return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

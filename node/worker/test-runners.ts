/**
 * The closing words of test runners, one reader each: text without escapes in, one count per summary out. A reader is
 * anchored to whole lines that only its runner writes, so that no output is counted by two of them.
 */
import type { TestCount } from '../../shared/protocol/work.ts';

export type RunnerReader = (text: string) => readonly TestCount[];

/** A runner closes with a line; what is longer is somebody's output. */
const summaryCharactersMax = 2_000;

/** A summary of words with numbers before them: `3 passed`, `1 failed`. */
function worded(line: string, words: { passed: RegExp; failed: RegExp; skipped: RegExp }): TestCount {
	const summary = line.slice(0, summaryCharactersMax);
	const sum = (word: RegExp): number => {
		let total = 0;
		for (const match of summary.matchAll(/(?<!\d)(\d+) ([a-z]+)/g))
			if (word.test(match[2] ?? '')) total += Number(match[1]);
		return total;
	};
	return { passed: sum(words.passed), failed: sum(words.failed), skipped: sum(words.skipped) };
}

const plainWords = {
	passed: /^(passed|pass|passing)$/,
	failed: /^(failed|fail|failing)$/,
	skipped: /^(skipped|todo|pending|ignored)$/,
};

/** A summary that tells a total and what of it did not pass. */
function fromTotal(total: number, failed: number, skipped: number): TestCount {
	return { passed: Math.max(0, total - failed - skipped), failed, skipped };
}

function each(text: string, pattern: RegExp, read: (match: readonly string[]) => TestCount): TestCount[] {
	return [...text.matchAll(pattern)].map((match) => read(match.map((group) => group ?? '')));
}

function named(text: string, name: string): number {
	return Number(new RegExp(`${name}s?[:=] ?(\\d+)`, 'i').exec(text)?.[1] ?? 0);
}

/** ` Tests  1 failed | 34 passed | 2 skipped (37)`, `No test files found`. */
const vitest: RunnerReader = (text) => [
	...each(text, /^ *Tests {2}((?:\d+ [a-z ]+(?: \| )?)+)\(\d+\)/gm, ([, words = '']) => worded(words, plainWords)),
	...each(text, /^No test files found, exiting with code/gm, () => fromTotal(0, 0, 0)),
];

/** `Tests:       1 failed, 2 skipped, 3 passed, 6 total`. */
const jest: RunnerReader = (text) => [
	...each(text, /^Tests: +((?:\d+ [a-z]+, )*\d+ total)/gm, ([, words = '']) => worded(words, plainWords)),
	...each(text, /^No tests found, exiting with code/gm, () => fromTotal(0, 0, 0)),
];

/** `  3 passing (5ms)`, then `  1 pending` and `  1 failing` where there are any. */
const mocha: RunnerReader = (text) =>
	each(text, /^ *\d+ passing \([^)\n]*\)\n(?: *\d+ (?:pending|failing)\n?)*/gm, ([words = '']) =>
		worded(words, plainWords),
	);

/** `# tests 3`, `# pass 2`, … in TAP; the same lines after `ℹ` for people. */
const nodeTest: RunnerReader = (text) =>
	each(text, /^[#ℹ] tests \d+\n(?:[#ℹ] [a-z_]+ [\d.]+\n?)+/gmu, ([block = '']) => {
		const of = (word: string): number => Number(new RegExp(`[#ℹ] ${word} (\\d+)`, 'u').exec(block)?.[1] ?? 0);
		return { passed: of('pass'), failed: of('fail') + of('cancelled'), skipped: of('skipped') + of('todo') };
	});

/** `=== 1 failed, 2 passed in 0.12s ===`, the same bare with -q, `no tests ran in 0.01s`. */
const pytest: RunnerReader = (text) => [
	...each(text, /^(?:=+ )?((?:\d+ [a-z]+(?: [a-z]+)?, )*\d+ [a-z]+) in [\d.]+s\b/gm, ([, words = '']) =>
		worded(words, { passed: /^(passed|xpassed)$/, failed: /^(failed|errors?)$/, skipped: /^(skipped|xfailed)$/ }),
	),
	...each(text, /^(?:=+ )?(?:\d+ [a-z]+, )*no tests ran in [\d.]+s/gm, () => fromTotal(0, 0, 0)),
];

/** `Ran 3 tests in 0.001s`, then `OK (skipped=1)` or `FAILED (failures=1, errors=1)`. */
const unittest: RunnerReader = (text) =>
	each(text, /^Ran (\d+) tests? in [\d.]+s\n\n?((?:OK|FAILED|NO TESTS RAN)[^\n]*)?/gm, ([, total, end = '']) =>
		fromTotal(
			Number(total),
			named(end, '\\bfailure') + named(end, '\\berror') + named(end, 'unexpected successe'),
			named(end, 'skipped') + named(end, 'expected failure'),
		),
	);

/** Tests where they are named (-json, -v), otherwise packages: `ok  pkg 0.1s`, `FAIL pkg 0.1s`, `? pkg [no test files]`. */
const goTest: RunnerReader = (text) => {
	const json = text.split('\n').flatMap((line) => goLine(line) ?? []);
	if (json.length > 0) return json;
	const verbose = each(text, /^ *--- (PASS|FAIL|SKIP): \S/gm, ([, action]) => goResult(action?.toLowerCase()));
	if (/^=== RUN /m.test(text)) return verbose;
	return each(
		text,
		/^(?:(ok) {2}\t\S+\t(?:[\d.]+s|\(cached\))(?:\tcoverage: [^\n]*?)?( ?\t?\[no tests to run\])?|(FAIL)\t\S+(?:\t[\d.]+s| \[[^\]\n]+\])|\? +\t\S+\t\[no test files\])$/gm,
		([, ok, none, fail]) => ({ passed: ok && !none ? 1 : 0, failed: fail ? 1 : 0, skipped: 0 }),
	);
};

/** `{"Action":"pass",…,"Test":"TestA"}`; step by step, because one pattern for it takes hours over a long line. */
function goLine(line: string): TestCount | null {
	if (!line.startsWith('{') || !line.endsWith('}')) return null;
	const found = /"Action":"(pass|fail|skip)"/.exec(line);
	return found && line.includes('"Test":"', found.index) ? goResult(found[1]) : null;
}

function goResult(action: string | undefined): TestCount {
	return { passed: action === 'pass' ? 1 : 0, failed: action === 'fail' ? 1 : 0, skipped: action === 'skip' ? 1 : 0 };
}

/** `test result: ok. 3 passed; 0 failed; 1 ignored; …`, one per crate and for the documentation. */
const cargoTest: RunnerReader = (text) =>
	each(text, /^test result: [^\n]*$/gm, ([words = '']) => worded(words, plainWords));

/** `     Summary [   0.012s] 3 tests run: 2 passed, 1 failed, 1 skipped`. */
const nextest: RunnerReader = (text) =>
	each(text, /^ *Summary \[[^\]\n]*\] [\d/]+ tests? run: ([^\n]*)$/gm, ([, words = '']) =>
		worded(words.replaceAll(/\([^()]*\)/g, ''), { ...plainWords, failed: /^(failed|timed|exec)$/ }),
	);

/** `[INFO] Tests run: 5, Failures: 1, Errors: 0, Skipped: 1`: the sum of a module; a line of a class tells its time too. */
const surefire: RunnerReader = (text) =>
	each(text, /^(?:\[[A-Z]+\] )?Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+) *$/gm, (found) => {
		const [total = 0, failures = 0, errors = 0, skipped = 0] = found.slice(1).map(Number);
		return fromTotal(total, failures + errors, skipped);
	});

/** `5 tests completed, 1 failed, 2 skipped`; Gradle says nothing when all pass. */
const gradle: RunnerReader = (text) =>
	each(text, /^(\d+) tests? completed((?:, \d+ [a-z]+)*)$/gm, ([, total, rest = '']) => {
		const { failed, skipped } = worded(rest, plainWords);
		return fromTotal(Number(total), failed, skipped);
	});

/** `5 examples, 1 failure, 2 pending`, `, 1 error occurred outside of examples`. */
const rspec: RunnerReader = (text) =>
	each(text, /^(\d+) examples?, (\d+) failures?(?:, (\d+) pending)?(?:, (\d+) errors? occurred)?/gm, (found) => {
		const [total = 0, failures = 0, pending = 0, errors = 0] = found.slice(1).map(Number);
		return { ...fromTotal(total, failures, pending), failed: failures + errors };
	});

/** `5 runs, 8 assertions, 1 failures, 0 errors, 2 skips`; `5 tests, …` of the older one. */
const minitest: RunnerReader = (text) =>
	each(text, /^(\d+) (?:runs|tests), \d+ assertions, ((?:\d+ [a-z]+(?:, )?)+)/gm, ([, total, rest = '']) => {
		const { failed, skipped } = worded(rest, {
			passed: /^$/,
			failed: /^(failures?|errors?)$/,
			skipped: /^(skips?|pendings?|omissions?)$/,
		});
		return fromTotal(Number(total), failed, skipped);
	});

/** `OK (5 tests, 8 assertions)`, `Tests: 5, Assertions: 8, Failures: 1, Skipped: 2.`, `No tests executed!`. */
const phpunit: RunnerReader = (text) => [
	...each(text, /^OK \((\d+) tests?, \d+ assertions?\)/gm, ([, total]) => fromTotal(Number(total), 0, 0)),
	...each(text, /^Tests: (\d+), Assertions: \d+([^\n]*)\.$/gm, ([, total, rest = '']) =>
		fromTotal(
			Number(total),
			named(rest, 'Failure') + named(rest, 'Error'),
			named(rest, 'Skipped') + named(rest, 'Incomplete'),
		),
	),
	...each(text, /^No tests executed!/gm, () => fromTotal(0, 0, 0)),
];

/** `80% tests passed, 1 tests failed out of 5`, `No tests were found!!!`. */
const ctest: RunnerReader = (text) => [
	...each(text, /^\d+% tests passed, (\d+) tests? failed out of (\d+)/gm, ([, failed, total]) =>
		fromTotal(Number(total), Number(failed), 0),
	),
	...each(text, /^No tests were found!!!/gm, () => fromTotal(0, 0, 0)),
];

/** `Files=2, Tests=5, …` after `Failed 1/2 test programs. 1/5 subtests failed.` */
const prove: RunnerReader = (text) =>
	each(
		text,
		/(?:^Failed \d+\/\d+ test programs\. (\d+)\/\d+ subtests failed\.\n)?^Files=\d+, Tests=(\d+),/gm,
		([, failed, total]) => fromTotal(Number(total), Number(failed), 0),
	);

/** `5 tests, 1 failure, 2 skipped` of the pretty formatter. */
const bats: RunnerReader = (text) =>
	each(text, /^ *(\d+) tests?, (\d+) failures?(?:, (\d+) skipped)?(?: in [\d.]+ seconds)?$/gm, (found) => {
		const [total = 0, failures = 0, skipped = 0] = found.slice(1).map(Number);
		return fromTotal(total, failures, skipped);
	});

/** `Passed!  - Failed:     0, Passed:     5, Skipped:     1, Total: …`, and the older block `Total tests: 6`. */
const dotnet: RunnerReader = (text) => [
	...each(
		text,
		/^ *(?:Passed|Failed|Skipped)! +- Failed: +(\d+), Passed: +(\d+), Skipped: +(\d+),/gm,
		([, failed, passed, skipped]) => ({
			passed: Number(passed),
			failed: Number(failed),
			skipped: Number(skipped),
		}),
	),
	...each(text, /^Total tests: (\d+)[^\n]*\n((?: +(?:Passed|Failed|Skipped): \d+\n?)*)/gm, ([, total, rest = '']) =>
		fromTotal(Number(total), named(rest, 'Failed'), named(rest, 'Skipped')),
	),
];

export const testRunners: readonly RunnerReader[] = [
	...[vitest, jest, mocha, nodeTest, pytest, unittest, goTest, cargoTest, nextest],
	...[surefire, gradle, rspec, minitest, phpunit, ctest, prove, bats, dotnet],
];

/** Plain TAP, for what has no better summary: `ok 1 - name`, `not ok 2`, `# skip`; subtests are inside their parent. */
export const readTap: RunnerReader = (text) => {
	if (!/^1\.\.\d+/m.test(text)) return [];
	const results = each(text, /^(not )?ok\b(?: \d+)?([^\n]*)$/gm, ([, not, rest = '']) => {
		if (/# (?:skip|todo)/i.test(rest)) return { passed: 0, failed: 0, skipped: 1 };
		return { passed: not ? 0 : 1, failed: not ? 1 : 0, skipped: 0 };
	});
	return results.length > 0 ? results : /^1\.\.0/m.test(text) ? [fromTotal(0, 0, 0)] : [];
};

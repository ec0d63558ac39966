/**
 * The names of failing tests, read from the end of a runner's output for people. Only names are taken, nothing is
 * decided from them: which gate failed and how it ended says what follows.
 */

/** Each pattern's first group is a test's name as its runner prints it. */
const patterns: readonly RegExp[] = [
	/^\s*(?:FAIL|✗|×|✕|✖)\s{1,2}(\S.*?)(?:\s+\(?\d+(?:\.\d+)?\s?m?s\)?)?$/u, // vitest, jest, mocha, node's spec reporter
	/^\s*not ok \d+ - (.+?)(?: # .*)?$/, // TAP
	/^FAILED (\S+::.+?)(?: - .*)?$/, // pytest
	/^(?:FAIL|ERROR): (\w+ \([\w.]+\))/, // unittest
	/^\s*--- FAIL: (\S+)/, // go test
	/^test (\S+) \.\.\. FAILED$/, // cargo test
	/^rspec (\S+:\d+)/, // RSpec
	/^\[ERROR\]\s+(\S+\.\S+:\d+)/, // Maven Surefire
];

const namesMax = 10;
/** A longer line is no name, and would make the patterns think for long. */
const lineCharactersMax = 500;

/** At most ten names, in the order of the output, each once. */
export function failingTests(output: string): readonly string[] {
	const names = new Set<string>();
	for (const whole of output.split('\n')) {
		const line = whole.trimEnd().slice(0, lineCharactersMax);
		const name = patterns.map((pattern) => pattern.exec(line)?.[1]).find((match) => match !== undefined);
		if (name !== undefined && !/^failing tests:?$/i.test(name)) names.add(name.trim());
	}
	return [...names].slice(0, namesMax);
}

/*
 * Adds up the JSON reports of vitest in a folder: names the tests that were left out, then those that failed, each with
 * the first line of its error, then `N passed, N failed` alone on the last line. The failures come last because where a
 * run is watched from afar only its last lines are shown; at most ten, so that they all are. A report that is missing or
 * broken is a failure of its kind and shown by the step that made it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const namedMax = 10;
const lineLengthMax = 300;

const folder = process.argv[2];
const leftOut = [];
const failures = [];
let passed = 0;
for (const name of readdirSync(folder).sort()) {
	const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
	passed += report.numPassedTests;
	for (const file of report.testResults) {
		const path = relative(process.cwd(), file.name);
		for (const test of file.assertionResults) {
			if (test.status === 'pending' || test.status === 'skipped') leftOut.push(`left out: ${test.fullName}`);
			if (test.status === 'failed') failures.push(failure(path, test.fullName, test.failureMessages[0]));
		}
		// A file that could not be loaded, or whose preparation failed, may have no failed test to count.
		const none = !file.assertionResults.some((test) => test.status === 'failed');
		if (file.status === 'failed' && none) failures.push(failure(path, 'the file itself', file.message));
	}
}
for (const line of leftOut) console.log(line);
for (const line of failures.slice(0, namedMax)) console.log(line);
if (failures.length > namedMax) console.log(`FAIL and ${failures.length - namedMax} more, named above where they ran`);
console.log(`${passed} passed, ${failures.length} failed`);

/** One line, because a message may be a page: where, what, and how the error begins. */
function failure(path, title, message) {
	const lines = stripVTControlCharacters(message ?? '').split('\n');
	const first = lines.map((line) => line.trim()).find((line) => line !== '') ?? 'no message';
	const line = `FAIL ${path} > ${title}: ${first}`;
	return line.length > lineLengthMax ? `${line.slice(0, lineLengthMax)}…` : line;
}

/*
 * Adds up the JSON reports of vitest in a folder: names the tests that were left out, then `N passed, N failed` alone on
 * the last line. A report that is missing or broken is a failure of its kind and shown by the step that made it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
let passed = 0;
let failed = 0;
for (const name of readdirSync(folder).sort()) {
	const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
	passed += report.numPassedTests;
	failed += report.numFailedTests;
	// A file that could not be loaded has no tests to count.
	failed += report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
	for (const file of report.testResults) {
		for (const test of file.assertionResults) {
			if (test.status === 'pending' || test.status === 'skipped') console.log(`left out: ${test.fullName}`);
		}
	}
}
console.log(`${passed} passed, ${failed} failed`);

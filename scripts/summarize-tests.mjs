/*
 * summarize-tests FOLDER [STEP …]: adds up the reports of scripts/report-tests.mjs in a folder. Names what was left out, a
 * suite in one line; then the steps that failed, then the tests, each with the first line of its error; then
 * `N passed, N failed` alone on the last line. Nothing stands between the failures and the end, and at most ten are named,
 * because where a run is watched from afar some twenty lines are shown, those around its first failure or its last ones.
 * A report that is missing or broken is a failure of its kind and shown by the step that made it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const namedMax = 10;
const lineLengthMax = 300;

const [folder, ...failedSteps] = process.argv.slice(2);
const reports = readdirSync(folder)
	.sort()
	.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const failed = reports.flatMap((report) => report.failed);
for (const name of bySuite(reports.flatMap((report) => report.leftOut))) console.log(`left out: ${name}`);
for (const step of failedSteps) console.log(`FAILED: ${step}`);
for (const one of failed.slice(0, namedMax)) console.log(line(one));
if (failed.length > namedMax) console.log(`FAIL and ${failed.length - namedMax} more, named above where they ran`);
console.log(`${reports.reduce((sum, report) => sum + report.passed, 0)} passed, ${failed.length} failed`);

/** The name of a test that is the only one of its outermost suite, or the suite and how many of it there are. */
function bySuite(leftOut) {
	const suites = new Map();
	for (const one of leftOut) {
		const suite = one.split(' > ')[0];
		suites.set(suite, [...(suites.get(suite) ?? []), one]);
	}
	return [...suites].map(([suite, tests]) => (tests.length === 1 ? tests[0] : `${suite} > ${tests.length} tests`));
}

/** One line, because a message may be a page: where, what, and how the error begins. */
function line({ file, title, message }) {
	const lines = stripVTControlCharacters(message).split('\n');
	const first = lines.map((one) => one.trim()).find((one) => one !== '') ?? 'no message';
	const whole = `FAIL ${file} > ${title}: ${first}`;
	return whole.length > lineLengthMax ? `${whole.slice(0, lineLengthMax)}…` : whole;
}

/*
 * Adds up the reports of scripts/report-tests.mjs in a folder: names the tests that were left out, then those that failed,
 * each with the first line of its error, then `N passed, N failed` alone on the last line. The failures come last because
 * where a run is watched from afar only its last lines are shown; at most ten, so that they all are. A report that is
 * missing or broken is a failure of its kind and shown by the step that made it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const namedMax = 10;
const lineLengthMax = 300;

const folder = process.argv[2];
const reports = readdirSync(folder)
	.sort()
	.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const failed = reports.flatMap((report) => report.failed);
for (const name of reports.flatMap((report) => report.leftOut)) console.log(`left out: ${name}`);
for (const one of failed.slice(0, namedMax)) console.log(line(one));
if (failed.length > namedMax) console.log(`FAIL and ${failed.length - namedMax} more, named above where they ran`);
console.log(`${reports.reduce((sum, report) => sum + report.passed, 0)} passed, ${failed.length} failed`);

/** One line, because a message may be a page: where, what, and how the error begins. */
function line({ file, title, message }) {
	const lines = stripVTControlCharacters(message).split('\n');
	const first = lines.map((one) => one.trim()).find((one) => one !== '') ?? 'no message';
	const whole = `FAIL ${file} > ${title}: ${first}`;
	return whole.length > lineLengthMax ? `${whole.slice(0, lineLengthMax)}…` : whole;
}

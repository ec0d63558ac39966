/**
 * Where tests are watched from afar only the last lines of a run are shown. So these lines must say which tests failed and
 * why; a run whose one failure nobody could name has to be run again. The runs here are real ones, of files that fail.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const house = resolve('.');
let folder: string;

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'summary-'));
	symlinkSync(join(house, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The summary of a run of these files: name → source. */
function summaryOfRun(files: Record<string, string>): string[] {
	const reports = mkdtempSync(join(folder, 'reports-'));
	const tests = mkdtempSync(join(folder, 'tests-'));
	writeFileSync(join(tests, 'package.json'), '{ "type": "module" }');
	for (const [name, source] of Object.entries(files)) writeFileSync(join(tests, name), source);
	const vitest = join(house, 'node_modules/vitest/vitest.mjs');
	const reporter = join(house, 'scripts/report-tests.mjs');
	const env = { ...process.env, GANGLINE_TEST_REPORT: join(reports, 'unit.json') };
	spawnSync(process.execPath, [vitest, 'run', '--root', tests, '--reporter', reporter], { cwd: tests, env });
	return summary(reports);
}

function summary(reports: string, ...failedSteps: string[]): string[] {
	const script = join(house, 'scripts/summarize-tests.mjs');
	return execFileSync(process.execPath, [script, reports, ...failedSteps], { encoding: 'utf8' })
		.trimEnd()
		.split('\n');
}

describe('the summary of a test run', () => {
	it('ends with what failed by name, the first line of each error, and the counts', () => {
		const lines = summaryOfRun({
			'a.test.ts': `
				import { test } from 'vitest';
				test('lands once', () => {});
				test('lands twice', () => { throw new Error('\\u001b[31mwaited 5 s\\u001b[39m\\nat somewhere') });
				test.skipIf(true)('needs docker', () => {});`,
			'b.test.ts': `
				import { beforeAll, describe, test } from 'vitest';
				describe('a home', () => {
					beforeAll(() => { throw new Error('no port') });
					test('starts', () => {});
				});`,
			'c.test.ts': `import './absent.ts';`,
			'd.test.ts': `
				import { test } from 'vitest';
				test('goes on', async () => { Promise.reject(new TypeError('thrown aside')); await new Promise(setImmediate) });`,
		});

		expect(lines.filter((line) => line.startsWith('left out: '))).toEqual(
			expect.arrayContaining(['left out: needs docker', 'left out: a home > starts']),
		);
		const failures = lines.slice(2, -1);
		expect(failures).toHaveLength(4);
		expect(failures).toContain('FAIL a.test.ts > lands twice: waited 5 s');
		expect(failures).toContain('FAIL b.test.ts > around a home: no port');
		expect(failures).toContainEqual(expect.stringMatching(/^FAIL c\.test\.ts > the file itself: .*absent\.ts/));
		expect(failures).toContain('FAIL nobody caught > TypeError: thrown aside');
		expect(lines.at(-1)).toBe('2 passed, 4 failed');
	});

	it('names a suite that was left out once, and puts nothing between the first failure and the end', () => {
		const reports = mkdtempSync(join(folder, 'reports-'));
		const leftOut = ['a home > starts', 'a gate > is quick', 'a home > stops > at once', 'alone'];
		const failed = [{ file: 'a.test.ts', title: 'lands', message: 'no' }];
		writeFileSync(join(reports, 'unit.json'), JSON.stringify({ passed: 2, leftOut, failed }));

		expect(summary(reports, 'unit tests', 'demo')).toEqual([
			'left out: a home > 2 tests',
			'left out: a gate > is quick',
			'left out: alone',
			...['FAILED: unit tests', 'FAILED: demo', 'FAIL a.test.ts > lands: no', '2 passed, 1 failed'],
		]);
	});

	it('names at most ten, and says how many more there are', () => {
		const reports = mkdtempSync(join(folder, 'reports-'));
		const failed = Array.from({ length: 13 }, (_, at) => ({
			file: 'a.test.ts',
			title: `case ${at}`,
			message: 'x'.repeat(1000),
		}));
		writeFileSync(join(reports, 'unit.json'), JSON.stringify({ passed: 0, leftOut: [], failed }));

		const lines = summary(reports);
		expect(lines).toHaveLength(12);
		expect(lines[9]).toMatch(/^FAIL a\.test\.ts > case 9: x+…$/);
		expect(lines.every((line) => line.length <= 301)).toBe(true);
		expect(lines.slice(10)).toEqual(['FAIL and 3 more, named above where they ran', '0 passed, 13 failed']);
	});
});

/**
 * Where tests are watched from afar only the last lines of a run are shown. So these lines must say which tests failed and
 * why; a run whose one failure nobody could name has to be run again.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = resolve('scripts/summarize-tests.mjs');

interface ToldTest {
	readonly title: string;
	readonly status: 'passed' | 'failed' | 'pending';
	readonly message?: string;
}

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'summary-'));
	mkdirSync(join(folder, 'reports'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A report as vitest writes it, as far as the script reads it. */
function report(kind: string, tests: readonly ToldTest[], file: { message?: string } = {}): void {
	const assertionResults = tests.map(({ title, status, message }) => ({
		fullName: title,
		status,
		failureMessages: message === undefined ? [] : [message],
	}));
	const failed = file.message !== undefined || tests.some((test) => test.status === 'failed');
	const name = join(folder, `test/${kind}/a.test.ts`);
	const testResults = [{ name, status: failed ? 'failed' : 'passed', message: file.message ?? '', assertionResults }];
	const numPassedTests = tests.filter((test) => test.status === 'passed').length;
	writeFileSync(join(folder, 'reports', `${kind}.json`), JSON.stringify({ numPassedTests, testResults }));
}

function summary(): string[] {
	const told = execFileSync(process.execPath, [script, 'reports'], { cwd: folder, encoding: 'utf8' });
	return told.trimEnd().split('\n');
}

describe('the summary of a test run', () => {
	it('ends with the failed tests by name, the first line of each error, and the counts', () => {
		report('e2e', [
			{ title: 'lands once', status: 'passed' },
			{ title: 'lands twice', status: 'failed', message: '\u001b[31mError: waited 5 s\u001b[39m\n    at somewhere' },
			{ title: 'needs docker', status: 'pending' },
		]);
		report('unit', [{ title: 'adds', status: 'passed' }]);

		expect(summary()).toEqual([
			'left out: needs docker',
			'FAIL test/e2e/a.test.ts > lands twice: Error: waited 5 s',
			'2 passed, 1 failed',
		]);
	});

	it('counts and names a file that could not be loaded, or whose preparation failed', () => {
		report('unit', [], { message: 'SyntaxError: unexpected end' });
		report('contract', [{ title: 'stores', status: 'pending' }], { message: '\nError: the hook timed out' });

		expect(summary()).toEqual([
			'left out: stores',
			'FAIL test/contract/a.test.ts > the file itself: Error: the hook timed out',
			'FAIL test/unit/a.test.ts > the file itself: SyntaxError: unexpected end',
			'0 passed, 2 failed',
		]);
	});

	it('names at most ten, and says how many more there are', () => {
		const tests = Array.from({ length: 13 }, (_, index) => ({
			title: `case ${index}`,
			status: 'failed' as const,
			message: 'x'.repeat(1000),
		}));
		report('unit', tests);

		const lines = summary();
		expect(lines).toHaveLength(12);
		expect(lines[9]).toMatch(/^FAIL test\/unit\/a\.test\.ts > case 9: x+…$/);
		expect(lines.every((line) => line.length <= 301)).toBe(true);
		expect(lines.slice(10)).toEqual(['FAIL and 3 more, named above where they ran', '0 passed, 13 failed']);
	});
});

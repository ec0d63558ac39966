import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../../gateway/cli/output.ts';
import { renderTable, type TableOptions } from '../../../gateway/cli/table.ts';

/** As a terminal of that width shows it; undefined is a pipe. */
function lines(options: TableOptions, columns: number | undefined): readonly string[] {
	const sink = { isTTY: columns !== undefined, columns, write: () => undefined };
	const context = { env: { NO_COLOR: '1' }, stdout: sink, stderr: sink } as unknown as Parameters<
		typeof renderTable
	>[0];
	const out = createOutput(context, { json: false, color: false });
	return renderTable(context, out, options).split('\n');
}

const board: TableOptions = {
	head: ['item', 'title', 'stage', 'who', 'note'],
	rows: [
		['#1', 'Format everything', 'review', '', 'a person approves each change of this project, and so on for long'],
		['#2', 'Prices are rounded down to ten cents', 'backlog, held', '', ''],
	],
	elastic: [4, 1, 3],
};

describe('a table', () => {
	it.each([120, 80, 60])('never wraps on a terminal of %i columns', (columns) => {
		for (const line of lines(board, columns)) expect(line.length).toBeLessThanOrEqual(columns);
	});

	it('takes from the widest column and drops what is empty, so that titles stay readable', () => {
		const [head = '', first = ''] = lines(board, 80);
		expect(head).not.toContain('who');
		expect(first).toMatch(/^#1 {4}Format everything +review +a person .*…$/);
	});

	it('gives a pipe whole lines and every column', () => {
		const [head = '', first = ''] = lines(board, undefined);
		expect(head).toContain('who');
		expect(first).toContain('and so on for long');
	});

	it.each([120, 80, 60])('never wraps wide characters on a terminal of %i columns, nor cuts one in two', (columns) => {
		const rows = [
			['#1', '修复登录重定向并保留查询参数'.repeat(3), 'review', '', ''],
			['#2', '👩‍💻🎉'.repeat(40), '', '', ''],
		];
		for (const line of lines({ ...board, rows }, columns)) {
			expect(stringWidth(line)).toBeLessThanOrEqual(columns);
			expect(line.isWellFormed()).toBe(true);
			expect(line).not.toMatch(/\u200d…/);
		}
	});
});

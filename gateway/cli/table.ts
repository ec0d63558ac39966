/** Columns for people. Widths fit the terminal by shortening one column; a pipe gets whole lines. */

import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import type { CliContext } from './context.ts';
import type { Output } from './output.ts';
import { shorten } from './words.ts';

const noBorders = Object.fromEntries(
	['top', 'bottom', 'left', 'right', 'mid', 'top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left'].map(
		(at) => [at, ''],
	),
);

export interface TableOptions {
	readonly head: readonly string[];
	readonly rows: readonly (readonly string[])[];
	/** The column that gives way when the terminal is too narrow. */
	readonly elastic: number;
}

export function renderTable(context: CliContext, out: Output, options: TableOptions): string {
	const rows = narrowed(options, context.stdout.columns);
	const table = new Table({
		head: options.head.map((text) => out.paint('dim', text)),
		style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
		chars: { ...noBorders, 'bottom-right': '', 'left-mid': '', 'mid-mid': '', 'right-mid': '', middle: '' },
	});
	table.push(...rows.map((row) => [...row]));
	return table
		.toString()
		.split('\n')
		.map((line) => line.trimEnd())
		.join('\n');
}

function narrowed({ head, rows, elastic }: TableOptions, columns: number | undefined): readonly (readonly string[])[] {
	if (columns === undefined) return rows;
	const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => widthOf(row[at] ?? ''))) + 2);
	const excess = widths.reduce((sum, width) => sum + width, 0) - columns;
	if (excess <= 0) return rows;
	const room = Math.max(12, (widths[elastic] ?? 0) - 2 - excess);
	return rows.map((row) =>
		row.map((cell, at) => (at === elastic ? shorten(stripVTControlCharacters(cell), room) : cell)),
	);
}

function widthOf(text: string): number {
	return stripVTControlCharacters(text).length;
}

/** Columns for people. On a terminal a line never wraps: the widest columns give way; a pipe gets whole lines. */

import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import stringWidth from 'string-width';
import type { CliContext } from './context.ts';
import type { Output } from './output.ts';

const noBorders = Object.fromEntries(
	['top', 'bottom', 'left', 'right', 'mid', 'top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left'].map(
		(at) => [at, ''],
	),
);

export interface TableOptions {
	readonly head: readonly string[];
	readonly rows: readonly (readonly string[])[];
	/** The columns that give way when the terminal is too narrow, the widest first. */
	readonly elastic: readonly number[];
}

/** Below this a column says nothing any more. */
const elasticMin = 8;
const gap = 2;

export function renderTable(context: CliContext, out: Output, options: TableOptions): string {
	const { head, rows } = narrowed(options, context.stdout.columns);
	const table = new Table({
		head: head.map((text) => out.paint('dim', text)),
		style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap },
		chars: { ...noBorders, 'bottom-right': '', 'left-mid': '', 'mid-mid': '', 'right-mid': '', middle: '' },
	});
	table.push(...rows.map((row) => [...row]));
	return table
		.toString()
		.split('\n')
		.map((line) => line.trimEnd())
		.join('\n');
}

function narrowed(options: TableOptions, columns: number | undefined): Pick<TableOptions, 'head' | 'rows'> {
	const widths = widthsOf(options);
	if (columns === undefined || totalOf(widths) <= columns) return options;
	const { head, rows, elastic } = withoutEmpty(options);
	const room = shrunk(widthsOf({ head, rows }), elastic, columns);
	const fit = (cell: string, at: number): string =>
		widthOf(cell) <= (room[at] ?? 0) ? cell : shorten(stripVTControlCharacters(cell), room[at] ?? 0);
	return { head: head.map(fit), rows: rows.map((row) => row.map(fit)) };
}

/** A column that says nothing of any row is the first to go. */
function withoutEmpty({ head, rows, elastic }: TableOptions): TableOptions {
	const kept = head.flatMap((_title, at) => (rows.some((row) => row[at] !== '') ? [at] : []));
	const pick = (row: readonly string[]): string[] => kept.map((at) => row[at] ?? '');
	return {
		head: pick(head),
		rows: rows.map(pick),
		elastic: elastic.map((at) => kept.indexOf(at)).filter((at) => at >= 0),
	};
}

/** Takes from the widest elastic column until all fit, or none can give more. */
function shrunk(widths: readonly number[], elastic: readonly number[], columns: number): readonly number[] {
	const room = [...widths];
	for (let excess = totalOf(room) - columns; excess > 0; excess -= 1) {
		const widest = elastic.reduce((best, at) => ((room[at] ?? 0) > (room[best] ?? 0) ? at : best), elastic[0] ?? 0);
		if ((room[widest] ?? 0) <= elasticMin) break;
		room[widest] = (room[widest] ?? 0) - 1;
	}
	return room;
}

/** Cut in the middle of nothing: the beginning and `…`. */
function shorten(text: string, width: number): string {
	let begin = '';
	for (const { segment } of new Intl.Segmenter().segment(text)) {
		if (widthOf(begin) + widthOf(segment) > width - 1) break;
		begin += segment;
	}
	return `${begin}…`;
}

function widthsOf({ head, rows }: Pick<TableOptions, 'head' | 'rows'>): readonly number[] {
	return head.map((title, at) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[at] ?? ''))));
}

/** The last column's gap is cut off. */
function totalOf(widths: readonly number[]): number {
	return widths.reduce((sum, width) => sum + width + gap, -gap);
}

/** In columns of the terminal, as the library counts them: a Chinese character or a picture takes two. */
function widthOf(text: string): number {
	return stringWidth(text);
}

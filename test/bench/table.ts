/** The results as a table for people: what was measured, beside what, how many times as much, and whether that will do. */
import type { BenchResult, Figures, Goal } from './result.ts';

const heads = ['', 'p50', 'p99', 'cpu', 'beside', 'p50', 'p99', 'cpu', 'ratio', 'goal', ''] as const;

export function tableOf(results: readonly BenchResult[]): string {
	const rows = [heads, ...results.map(rowOf)];
	const widths = heads.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
	const isText = (column: number): boolean => column === 0 || column === 4 || column >= 9;
	return rows
		.map((row) =>
			row
				.map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
				.join('  ')
				.trimEnd(),
		)
		.join('\n');
}

function rowOf({ name, unit, ours, peer, ratio, goals, met }: BenchResult): readonly string[] {
	return [
		`${name}, ${unit}`,
		...three(ours),
		peer?.name ?? '',
		...(peer ? three(peer) : ['', '', '']),
		ratio === null ? '' : `${ratio}`,
		goals.map(wordsOf).join(', '),
		met === null
			? ''
			: met
				? 'met'
				: `MISSED (${goals
						.filter((goal) => !goal.met)
						.map(missed)
						.join(', ')})`,
	];
}

const three = ({ p50, p99, cpuMs }: Figures): readonly string[] => [
	`${p50}`,
	`${p99}`,
	cpuMs === null ? '' : `${cpuMs} ms`,
];

const wordsOf = ({ of, atMost, atLeast }: Goal): string =>
	`${of} ${atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`}`;

const missed = ({ of, actual }: { readonly of: string; readonly actual: number }): string => `${of} ${actual}`;

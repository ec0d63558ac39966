/**
 * What a benchmark says, and the arithmetic on it: figures of many runs, the ratio to a peer measured in the same run,
 * the goals and whether they are met, and what got slower since an earlier run. Pure, so that a test can hold it: a
 * benchmark whose sums are wrong is worse than none.
 */
import { z } from 'zod';

const figuresSchema = z.object({
	p50: z.number(),
	p90: z.number(),
	p99: z.number(),
	min: z.number(),
	max: z.number(),
	samples: z.number(),
	/** Processor time of one operation in ms, all processes together; null where it was not asked. */
	cpuMs: z.number().nullable(),
});
export type Figures = z.output<typeof figuresSchema>;

const goalSchema = z.object({
	/** Which figure: one of ours, or how many times as much as the peer's (`ratio` of wall time, `cpuRatio`). */
	of: z.enum(['p50', 'p99', 'max', 'cpuMs', 'ratio', 'cpuRatio']),
	atMost: z.number().optional(),
	atLeast: z.number().optional(),
});
export type Goal = z.output<typeof goalSchema>;

const resultSchema = z.object({
	name: z.string(),
	unit: z.string(),
	ours: figuresSchema,
	peer: figuresSchema.extend({ name: z.string() }).nullable(),
	/** Ours in units of the peer's: the median over the rounds, so a machine that slows down between rounds adds nothing. */
	ratio: z.number().nullable(),
	/** The same of processor time. */
	cpuRatio: z.number().nullable(),
	goals: z.array(goalSchema.extend({ actual: z.number(), met: z.boolean() })),
	/** Null where nothing is demanded. */
	met: z.boolean().nullable(),
	note: z.string(),
});
export type BenchResult = z.output<typeof resultSchema>;

export const reportSchema = z.object({
	at: z.string(),
	machine: z.string(),
	quick: z.boolean(),
	results: z.array(
		resultSchema.extend({
			/** Load average of the last minute, before and after. */
			load: z.tuple([z.number(), z.number()]),
			/** What share of a core a busy loop got before and after; less than 1 where others wanted it too. */
			share: z.tuple([z.number(), z.number()]),
		}),
	),
});
export type Report = z.output<typeof reportSchema>;

/** Figures of one side: `samples` in the unit of the result. */
export function figuresOf(samples: readonly number[], cpuMs: number | null = null): Figures {
	if (samples.length === 0) throw new RangeError('no samples');
	const sorted = [...samples].sort((a, b) => a - b);
	return {
		p50: rounded(quantile(sorted, 0.5)),
		p90: rounded(quantile(sorted, 0.9)),
		p99: rounded(quantile(sorted, 0.99)),
		min: rounded(sorted[0] ?? 0),
		max: rounded(sorted.at(-1) ?? 0),
		samples: sorted.length,
		cpuMs: cpuMs === null ? null : rounded(cpuMs),
	};
}

/** The nearest rank, of sorted values: a figure that was really measured. */
export function quantile(sorted: readonly number[], share: number): number {
	const rank = Math.max(1, Math.ceil(share * sorted.length));
	return sorted[rank - 1] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
	return quantile(
		[...values].sort((a, b) => a - b),
		0.5,
	);
}

/** The middle of ours / theirs, round by round; null without a peer. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): number | null {
	const pairs = ours.flatMap((own, round) => {
		const other = theirs[round];
		return other !== undefined && other > 0 ? [own / other] : [];
	});
	return pairs.length === 0 ? null : rounded(median(pairs));
}

export interface Measured {
	readonly name: string;
	readonly unit: string;
	readonly ours: Figures;
	readonly peer?: (Figures & { readonly name: string }) | null;
	readonly ratio?: number | null;
	readonly goals?: readonly Goal[];
	readonly note?: string;
}

/** A result with its goals judged. */
export function judged({ name, unit, ours, peer = null, ratio = null, goals = [], note = '' }: Measured): BenchResult {
	const cpuRatio =
		ours.cpuMs === null || peer === null || peer.cpuMs === null || peer.cpuMs === 0
			? null
			: rounded(ours.cpuMs / peer.cpuMs);
	const told = goals.map((goal) => {
		const actual = { ...ours, ratio, cpuRatio }[goal.of] ?? Number.NaN;
		return { ...goal, actual, met: actual <= (goal.atMost ?? actual) && actual >= (goal.atLeast ?? actual) };
	});
	const met = told.length === 0 ? null : told.every((goal) => goal.met);
	return { name, unit, ours, peer, ratio, cpuRatio, goals: told, met, note };
}

/** How much worse counts: less is the noise of one machine on one day. */
const worseBy = 1.2;

export interface Change {
	readonly name: string;
	readonly words: string;
	readonly isSlower: boolean;
}

/**
 * What changed since an earlier run. Slower is only what is slower by every measure that both runs have: wall time, the
 * ratio to the peer of the same run, processor time. One alone may be another program's doing.
 */
export function compared(now: readonly BenchResult[], before: readonly BenchResult[]): readonly Change[] {
	return now.flatMap((result) => {
		const earlier = before.find(({ name, unit }) => name === result.name && unit === result.unit);
		if (!earlier) return [];
		const isMore = result.goals.some(({ atLeast }) => atLeast !== undefined) || result.unit === 'per second';
		const factor = (a: number | null, b: number | null): number | null =>
			a === null || b === null || a <= 0 || b <= 0 ? null : isMore ? b / a : a / b;
		const factors = [
			factor(result.ours.p50, earlier.ours.p50),
			factor(result.ratio, earlier.ratio),
			...(isMore ? [] : [factor(result.ours.cpuMs, earlier.ours.cpuMs)]),
		].filter((one) => one !== null);
		const isSlower = factors.length > 0 && factors.every((one) => one > worseBy);
		const isFaster = factors.length > 0 && factors.every((one) => one < 1 / worseBy);
		if (!isSlower && !isFaster) return [];
		const words = `${result.name}: ${earlier.ours.p50} → ${result.ours.p50} ${result.unit}`;
		return [{ name: result.name, words: `${isSlower ? 'slower' : 'faster'}  ${words}`, isSlower }];
	});
}

/** Three significant digits, or whole numbers. */
export function rounded(value: number): number {
	return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

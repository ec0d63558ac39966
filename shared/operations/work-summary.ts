/**
 * What was done for an item, in sum: from the runs that its home remembers (the newest fifty), wherever they were. Pure.
 */
import { z } from 'zod';
import type { FileEdits } from '../protocol/file-edits.ts';

/** Runs of one item that edit the same file again and again have not found what is wrong: from so many on it is said. */
export const thrashRunsMin = 3;
/** Named in an answer; the others are counted. */
const filesNamedMax = 50;

const amounts = { costUsd: z.number(), inputTokens: z.int(), outputTokens: z.int() };

const touchedSchema = z.object({
	path: z.string(),
	edits: z.int().describe('How often, over all runs'),
	runs: z.int().describe('In how many of them'),
});

export const workSummarySchema = z.object({
	runs: z.int().describe('That are remembered'),
	silent: z.int().describe('Of these, how many did not say what they edited: they run, broke off, or only look'),
	by: z
		.array(
			z.object({
				role: z.string(),
				agent: z.string().nullable(),
				runtime: z.string().nullable(),
				runs: z.int(),
				...amounts,
			}),
		)
		.describe('By role and agent, in the order in which they began'),
	...amounts,
	files: z.array(touchedSchema).describe('Edited, most often first; at most 50'),
	filesTotal: z.int(),
	thrash: z.array(touchedSchema).describe(`Files that ${thrashRunsMin} runs or more edited: they go round in circles`),
});
export type WorkSummary = z.output<typeof workSummarySchema>;

/** One run, as far as the sum needs it. */
export interface SummedRun {
	readonly role: string;
	readonly agent: string | null;
	readonly runtime?: string | null;
	readonly costUsd: number;
	readonly inputTokens: number;
	readonly outputTokens: number;
	/** Null, or not there: nobody knows. */
	readonly edits?: readonly FileEdits[] | null;
}

export const noWork: WorkSummary = {
	...{ runs: 0, silent: 0, by: [], costUsd: 0, inputTokens: 0, outputTokens: 0 },
	...{ files: [], filesTotal: 0, thrash: [] },
};

/**
 * The sum. Its measure of thrash: a file that at least three runs edited; what one run edits a hundred times is work, what
 * every try edits again is none that held.
 */
export function workSummary(runs: readonly SummedRun[]): WorkSummary {
	const by = new Map<string, WorkSummary['by'][number]>();
	const files = new Map<string, WorkSummary['files'][number]>();
	for (const run of runs) {
		const { role, agent, runtime = null } = run;
		const name = JSON.stringify([role, agent, runtime]);
		const before = by.get(name) ?? { role, agent, runtime, runs: 0, costUsd: 0, inputTokens: 0, outputTokens: 0 };
		by.set(name, { ...before, runs: before.runs + 1, ...plus(before, run) });
		for (const { path, count } of run.edits ?? []) {
			const known = files.get(path) ?? { path, edits: 0, runs: 0 };
			files.set(path, { path, edits: known.edits + count, runs: known.runs + 1 });
		}
	}
	const sorted = [...files.values()].sort((a, b) => b.edits - a.edits || (a.path < b.path ? -1 : 1));
	const again = sorted.filter((file) => file.runs >= thrashRunsMin).sort((a, b) => b.runs - a.runs);
	return {
		runs: runs.length,
		silent: runs.filter(({ edits = null }) => edits === null).length,
		by: [...by.values()],
		...runs.reduce(plus, { costUsd: 0, inputTokens: 0, outputTokens: 0 }),
		files: sorted.slice(0, filesNamedMax),
		filesTotal: sorted.length,
		thrash: again.slice(0, filesNamedMax),
	};
}

type Amounts = Pick<WorkSummary, 'costUsd' | 'inputTokens' | 'outputTokens'>;

function plus(a: Amounts, b: Amounts): Amounts {
	return {
		costUsd: a.costUsd + b.costUsd,
		inputTokens: a.inputTokens + b.inputTokens,
		outputTokens: a.outputTokens + b.outputTokens,
	};
}

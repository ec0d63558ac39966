/** What the runs of an item did, in sum. */
import { expect, it } from 'vitest';
import { itemDetailSchema } from '../../../shared/operations/item-views.ts';
import { noWork, type SummedRun, workSummary } from '../../../shared/operations/work-summary.ts';
import { itemDetail } from '../../support/tiny-items.ts';

const run = (part: Partial<SummedRun> = {}): SummedRun => ({
	...{ role: 'coder', agent: 'ada', runtime: 'codex', costUsd: 1, inputTokens: 10, outputTokens: 1 },
	...part,
});
const edits = (...paths: string[]) => paths.map((path) => ({ path, count: 2 }));

it('adds up by role, agent and runtime, and counts who told nothing', () => {
	const summary = workSummary([
		run({ edits: edits('a') }),
		run({ role: 'qa', agent: 'quinn', runtime: 'claude-code' }),
		run({ edits: null }),
		run({ agent: 'bea', runtime: null, edits: [] }),
	]);
	expect(summary).toMatchObject({ runs: 4, silent: 2, costUsd: 4, inputTokens: 40, outputTokens: 4 });
	expect(summary.by.map(({ role, agent, runtime, runs, costUsd }) => [role, agent, runtime, runs, costUsd])).toEqual([
		['coder', 'ada', 'codex', 2, 2],
		['qa', 'quinn', 'claude-code', 1, 1],
		['coder', 'bea', null, 1, 1],
	]);
});

it('calls it thrash when three runs edit the same file, and not when one does so often', () => {
	const often = { path: 'once.ts', count: 100 };
	const tries = [run({ edits: [often, ...edits('again.ts')] }), run({ edits: edits('again.ts', 'other.ts') })];
	expect(workSummary(tries).thrash).toEqual([]);
	const third = workSummary([...tries, run({ edits: edits('again.ts') })]);
	expect(third.thrash).toEqual([{ path: 'again.ts', edits: 6, runs: 3 }]);
	expect(third.files.map(({ path }) => path)).toEqual(['once.ts', 'again.ts', 'other.ts']);
});

it('names fifty files and counts the others', () => {
	const many = run({ edits: Array.from({ length: 200 }, (_, at) => ({ path: `f${at}`, count: 1 })) });
	expect(workSummary([many])).toMatchObject({ filesTotal: 200, files: { length: 50 } });
});

it('is empty in the answer of a home that knows none', () => {
	const { work, ...older } = itemDetail({ number: 1 });
	expect(work).toEqual(noWork);
	expect(itemDetailSchema.parse(older).work).toEqual(noWork);
});

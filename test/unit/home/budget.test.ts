import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allowances } from '../../../node/home/allowances.ts';
import { allowanceFor, type Budget } from '../../../node/home/budget.ts';
import { costView } from '../../../node/home/cost-view.ts';
import { RunBook } from '../../../node/home/run-book.ts';
import { parseNodeId } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog } from '../../../shared/ports/sim/index.ts';
import { projectConfigSchema } from '../../../shared/project/index.ts';
import type { Task, WorkReport } from '../../../shared/protocol/work.ts';

const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const there = parseNodeId('n0000000000000002');
const nothing = { spent: 0, reserved: 0 };
const gone = (more: object = {}) => ({ item: nothing, day: nothing, project: nothing, ...more });

function settings(budget: Budget) {
	const agent = [{ name: 'ada', runtime: 'claude-code', max_cost_usd: 2 }];
	return projectConfigSchema.parse({ id: project, name: 'shop', branch: 'main', agent, budget });
}

function task(key: string, revision: number): Task {
	const words = { title: 't', type: 'story', description: '', words: [], lastFailure: null };
	const item = { key, number: 1, ...words };
	const main = 'a'.repeat(40);
	return { project, item, role: 'coder', agent: 'ada', token: [1, revision], main, startFrom: null };
}

const report = (costUsd: number): WorkReport => ({
	kind: 'stopped',
	reason: 'r',
	commit: null,
	usage: { costUsd, inputTokens: 10, outputTokens: 1, seconds: 1 },
});

describe('allowanceFor', () => {
	it('gives what the agent may cost, or what is left of the smallest budget', () => {
		expect(allowanceFor({}, gone(), 2)).toEqual({ kind: 'granted', usd: 2 });
		const left = gone({ day: { spent: 3, reserved: 1 } });
		expect(allowanceFor({ item_usd: 10, day_usd: 5 }, left, 2)).toEqual({ kind: 'granted', usd: 1 });
	});

	it('says which budget is used up, and whether it may come back', () => {
		const spent = allowanceFor({ item_usd: 5 }, gone({ item: { spent: 5.1, reserved: 0 } }), 2);
		expect(spent).toMatchObject({ kind: 'usedUp', scope: 'item', reserved: false });
		const promised = allowanceFor({ day_usd: 5 }, gone({ day: { spent: 1, reserved: 4 } }), 2);
		expect(promised).toMatchObject({ kind: 'usedUp', scope: 'day', reserved: true });
		expect(promised.kind === 'usedUp' && promised.why).toBe(
			'the budget for today (UTC) is used up: $1.00 spent and $4.00 promised to what runs of $5.00 (budget.day_usd)',
		);
	});
});

describe('a mesh that spends', () => {
	const step = fc.oneof(
		{ weight: 4, arbitrary: fc.record({ do: fc.constant('grant' as const), item: fc.constantFrom('a', 'b', 'c') }) },
		{
			weight: 4,
			arbitrary: fc.record({
				do: fc.constant('spend' as const),
				run: fc.nat(9),
				share: fc.double({ min: 0, max: 1, noNaN: true }),
			}),
		},
		{ weight: 3, arbitrary: fc.record({ do: fc.constant('report' as const), run: fc.nat(9), twice: fc.boolean() }) },
		{ weight: 1, arbitrary: fc.record({ do: fc.constant('cutOff' as const), run: fc.nat(9) }) },
		{ weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
		{ weight: 1, arbitrary: fc.record({ do: fc.constant('tomorrow' as const) }) },
	);

	it('[I11] [I15] never spends more than its budgets, whoever is cut off, reports twice or begins anew', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
				const disk = new SimDisk();
				const clock = new SimClock();
				const open = async () =>
					RunBook.open(await openSimStore(disk, { log: new SimLog() }), project, () => clock.now());
				let runs = await open();
				let home = new Allowances({ runs, clock });
				const config = settings({ item_usd: 3, day_usd: 7, project_usd: 11 });
				/** What each worker was given and has spent; a worker never asks the home again. */
				const given: { task: Task; spent: number; isCutOff: boolean; isOver: boolean; day: number }[] = [];
				let day = 0;
				for (const [index, one] of steps.entries()) {
					const run = 'run' in one ? given[one.run] : undefined;
					if (one.do === 'grant') {
						const granted = await home.promise(task(one.item, index + 1), there, config);
						if (granted) given.push({ task: granted, spent: 0, isCutOff: false, isOver: false, day });
					} else if (one.do === 'spend' && run && !run.isOver) {
						run.spent += ((run.task.allowanceUsd ?? Number.POSITIVE_INFINITY) - run.spent) * one.share;
					} else if (one.do === 'report' && run && !run.isCutOff) {
						run.isOver = true;
						for (let n = one.twice ? 2 : 1; n > 0; n--) await home.settle(run.task, report(run.spent), there);
					} else if (one.do === 'cutOff' && run) {
						run.isCutOff = true;
					} else if (one.do === 'restart') {
						disk.crash();
						runs = await open();
						home = new Allowances({ runs, clock });
					} else if (one.do === 'tomorrow') {
						await clock.advance(86_400_000);
						day += 1;
					}
					const really = (of: (one: (typeof given)[number]) => boolean) =>
						given.filter(of).reduce((sum, { spent }) => sum + spent, 0);
					expect(really(() => true)).toBeLessThanOrEqual(11 + 1e-9);
					for (const key of ['a', 'b', 'c']) {
						expect(really((other) => other.task.item.key === key)).toBeLessThanOrEqual(3 + 1e-9);
					}
					const promised = runs.costs.promises().reduce((sum, { usd }) => sum + usd, 0);
					expect(runs.costs.costUsd() + promised).toBeLessThanOrEqual(11 + 1e-9);
				}
			}),
			{ numRuns: 150 },
		);
	});

	it('[I12] books what was promised to a node that is gone for good on one day, and on no other', async () => {
		const clock = new SimClock();
		const runs = await RunBook.open(await openSimStore(new SimDisk(), { log: new SimLog() }), project, () =>
			clock.now(),
		);
		const home = new Allowances({ runs, clock });
		const config = settings({ day_usd: 3 });
		const granted = await home.promise(task('a', 1), there, config);
		const usd = granted?.allowanceUsd ?? 0;
		expect(usd).toBeGreaterThan(0);
		await home.giveUp(() => false);
		expect(runs.costs.promises()).toHaveLength(1);
		await home.giveUp((node) => node === there);
		expect(runs.costs.gone('a')).toMatchObject({
			day: { spent: usd, reserved: 0 },
			project: { spent: usd, reserved: 0 },
		});
		await clock.advance(86_400_000);
		expect(runs.costs.gone('a')).toMatchObject({ day: { spent: 0, reserved: 0 }, project: { spent: usd } });
		await home.settle(task('a', 1), report(usd), there);
		expect(runs.costs.costUsd()).toBe(usd);
	});

	it('books what another agent used in a run on that one, once, also where the run goes on', async () => {
		const clock = new SimClock();
		const store = await openSimStore(new SimDisk(), { log: new SimLog() });
		const runs = await RunBook.open(store, project, () => clock.now());
		const home = new Allowances({ runs, clock });
		const looked = { costUsd: 0.25, inputTokens: 4, outputTokens: 1, seconds: 1 };
		const said = { ...report(1), shares: [{ agent: 'rita', usage: looked }] };
		for (const revision of [1, 1]) await home.settle(task('a', revision), said, there);
		await home.promise(task('a', 1), there, settings({ item_usd: 3 }));
		await home.settle(task('a', 1), said, there);
		for (const { costs } of [runs, await RunBook.open(store, project, () => clock.now())]) {
			expect(costs.costUsd('a')).toBe(2);
			expect(costs.rows().map(({ agent, costUsd, inputTokens }) => [agent, costUsd, inputTokens])).toEqual([
				['ada', 1.5, 12],
				['rita', 0.5, 8],
			]);
		}
	});

	it('counts a report that comes twice once, and a run that goes on twice', async () => {
		const clock = new SimClock();
		const runs = await RunBook.open(await openSimStore(new SimDisk(), { log: new SimLog() }), project, () =>
			clock.now(),
		);
		const home = new Allowances({ runs, clock });
		const config = settings({ item_usd: 3 });
		const granted = await home.promise(task('a', 1), there, config);
		expect(granted?.allowanceUsd).toBe(2);
		expect((await home.promise(task('a', 1), there, config))?.allowanceUsd).toBe(2);
		await home.settle(task('a', 1), report(1), there);
		await home.settle(task('a', 1), report(1), there);
		expect(runs.costs.costUsd('a')).toBe(1);
		await home.promise(task('a', 1), there, config);
		await home.settle(task('a', 1), report(0.5), there);
		expect(runs.costs.costUsd('a')).toBe(1.5);
		expect(await home.promise(task('a', 2), there, settings({ item_usd: 1.55 }))).toBeNull();
		const view = costView({ ledger: runs.costs, views: new Map(), nodeName: () => 'laptop', budget: config.budget });
		expect(view).toMatchObject({
			total: { costUsd: 1.5, inputTokens: 20, runs: 1 },
			items: [{ name: '#1', costUsd: 1.5 }],
			nodes: [{ name: 'laptop' }],
			agentDays: [{ costUsd: 1.5, day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) }],
			promised: [],
		});
	});
});

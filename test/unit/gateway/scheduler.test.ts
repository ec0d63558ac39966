import { describe, expect, it } from 'vitest';
import { Scheduler } from '../../../gateway/scheduler/index.ts';
import type { PlacementTask } from '../../../shared/placement/index.ts';
import type { NodeId, ProjectId } from '../../../shared/ports/index.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';
import type { WorkerState } from '../../../shared/protocol/worker-state.ts';
import { drain, revoke } from '../../../shared/registry/index.ts';
import { blog, idNo, shop, smallMesh } from '../../support/registry-facts.ts';

function task(project: ProjectId, number: number, as: Partial<PlacementTask> = {}): PlacementTask {
	const workspace = `01JZ00000000000000000000${String(number).padStart(2, '0')}`;
	return {
		...{ id: `${project}/${workspace}`, project, workspace, role: 'coder', rank: number, runtime: 'shell' },
		...{ agent: null, account: null, labels: [], pin: null },
		...as,
	};
}

function state(node: NodeId, as: Partial<WorkerState> = {}): WorkerState {
	const standing = (project: ProjectId) => ({
		project,
		qualified: true,
		reason: null,
		saw: null,
		main: null,
		agents: [],
		clones: [],
	});
	return {
		...{ author: `${node}.0011aabb.work`, slots: { free: 2, total: 2 }, shortage: null, load: 0 },
		...{ free: { memoryMb: 9_000, diskMb: 9_000 }, floor: { memoryMb: 100, diskMb: 100 }, runtimes: ['shell'] },
		...{ busy: [], reporting: [], projects: [standing(shop), standing(blog)] },
		...as,
	};
}

function scheduler(states: ReadonlyMap<NodeId, WorkerState>, facts = smallMesh()) {
	const clock = new SimClock();
	return {
		clock,
		scheduler: new Scheduler({ facts: () => facts, clock, workerOf: (node) => states.get(node) ?? null }),
	};
}

const both = new Map([3, 4].map((number) => [idNo(number), state(idNo(number))]));

describe('the scheduler', () => {
	it('gives tasks to those who work for the project, and no node more than its slots', () => {
		const tasks = [1, 2, 3, 4, 5].map((number) => task(shop, number));
		const { assignments, waiting } = scheduler(both).scheduler.decide(tasks);
		const counts = [3, 4].map((number) => assignments.filter(({ node }) => node === idNo(number)).length);
		expect(counts).toEqual([2, 2]);
		expect(waiting).toHaveLength(1);
		expect(scheduler(both).scheduler.decide([task(blog, 1)]).assignments).toMatchObject([{ node: idNo(3) }]);
	});

	it('shares slots between projects that ask one after the other', () => {
		const states = new Map([[idNo(3), state(idNo(3))]]);
		const { clock, scheduler: one } = scheduler(states);
		expect(one.decide([task(shop, 1), task(shop, 2)]).assignments).toHaveLength(2);
		const full = one.decide([task(blog, 1)]);
		expect(full.assignments).toEqual([]);
		expect(full.nodes.find(({ name }) => name === 'builder')).toMatchObject({
			takes: false,
			reasons: ['all of its 2 slots are taken'],
		});
		return clock.advance(16_000).then(() => {
			expect(one.decide([task(blog, 1)]).assignments).toHaveLength(1);
		});
	});

	it('counts a task once when the worker says itself that it runs', () => {
		const first = task(shop, 1);
		const running = { project: shop, key: first.workspace, role: 'coder', token: [1, 1] } as const;
		const states = new Map([[idNo(3), state(idNo(3))]]);
		const { scheduler: one } = scheduler(states);
		expect(one.decide([first]).assignments).toHaveLength(1);
		const busy = [{ ...running, run: 'r', agent: 'shell', what: 'agent', since: 1, lastLine: null, pids: [] }];
		states.set(idNo(3), state(idNo(3), { slots: { free: 1, total: 2 }, busy }));
		expect(one.decide([task(shop, 2)]).assignments).toHaveLength(1);
		expect(one.decide([task(shop, 3)]).assignments).toHaveLength(0);
	});

	it('says of each worker why it takes nothing', () => {
		const facts = drain(smallMesh(), idNo(3), 20);
		const unqualified = [
			{
				project: shop,
				qualified: false,
				reason: 'gate test failed on main',
				saw: null,
				main: null,
				agents: [],
				clones: [],
			},
		];
		const states = new Map([
			[idNo(3), state(idNo(3))],
			[idNo(4), state(idNo(4), { projects: unqualified, shortage: 'the disk is full' })],
		]);
		const { nodes, waiting, assignments } = scheduler(states, facts).scheduler.decide([task(shop, 1)]);
		expect(assignments).toEqual([]);
		expect(waiting).toHaveLength(1);
		expect(nodes).toEqual([
			{ node: idNo(2), name: 'laptop', takes: false, reasons: ['nothing was heard of it lately'] },
			{ node: idNo(3), name: 'builder', takes: false, reasons: ['it is being drained'] },
			{
				node: idNo(4),
				name: 'shopper',
				takes: false,
				reasons: ['the disk is full', 'not qualified: gate test failed on main'],
			},
		]);
	});

	it('[I13] gives nothing to who was revoked', () => {
		const facts = revoke(smallMesh(), idNo(3), 20);
		expect(scheduler(both, facts).scheduler.decide([task(blog, 1)])).toMatchObject({
			assignments: [],
			nodes: [{ name: 'laptop' }, { name: 'shopper' }],
		});
	});
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Placement, type PlacementNode, type PlacementTask, place } from '../../../shared/placement/index.ts';

const now = 1_000_000;

function node(id: string, parts: Partial<PlacementNode> = {}): PlacementNode {
	return {
		id,
		duties: ['work'],
		projects: 'any',
		qualified: true,
		draining: false,
		labels: ['linux'],
		runtimes: ['shell', 'claude-code'],
		agents: ['claude'],
		slots: 2,
		used: 0,
		load: 0,
		free: { memoryMb: 4000, diskMb: 9000 },
		floor: { memoryMb: 500, diskMb: 1000 },
		limitedUntil: {},
		repositories: [],
		clones: [],
		sessions: [],
		...parts,
	};
}

function task(id: string, parts: Partial<PlacementTask> = {}): PlacementTask {
	const rank = Number(id.replace(/\D/g, '')) || 0;
	const rest = { project: 'p', workspace: id, role: 'coder', runtime: 'shell', agent: null, account: null } as const;
	return { id, rank, ...rest, labels: [], pin: null, ...parts };
}

function nodeOf({ assignments }: Placement, id: string): string | undefined {
	return assignments.find((one) => one.task === id)?.node;
}

const manyTasks = (count: number): PlacementTask[] => Array.from({ length: count }, (_, at) => task(`t${at}`));
const manyNodes = (count: number, parts: Partial<PlacementNode> = {}): PlacementNode[] => {
	return Array.from({ length: count }, (_, at) => node(`n${at}`, parts));
};

describe('a node that does not fit is not used, and the reason says so', () => {
	const cases: readonly (readonly [reason: string, unfit: Partial<PlacementNode>, wish?: Partial<PlacementTask>])[] = [
		['do no work', { duties: ['home', 'relay'] }],
		['did not pass their own checks', { qualified: false }],
		['are draining', { draining: true }],
		['are below their floor of memory or disk', { free: { memoryMb: 499, diskMb: 9000 } }],
		['are below their floor of memory or disk', { free: { memoryMb: 4000, diskMb: 999 } }],
		['are not for project p', { projects: ['q'] }],
		['cannot run codex', {}, { runtime: 'codex' }],
		['do not have agent claude', { agents: [] }, { agent: 'claude' }],
		['lack label gpu', { labels: ['linux'] }, { labels: ['linux', 'gpu'] }],
		['wait for the limit of me', { limitedUntil: { me: now + 1 } }, { account: 'me' }],
		['are not other, where it is pinned', {}, { pin: 'other' }],
		['declined (n1)', {}, { declinedBy: ['n1'] }],
		['have no free slot', { used: 2 }],
		['have no free slot', { slots: 0 }],
	];

	test('for each condition', () => {
		for (const [reason, unfit, wish] of cases) {
			const { assignments, waiting } = place([task('t1', wish)], [node('n1', unfit)], now);
			expect(assignments).toEqual([]);
			expect(waiting).toEqual([{ task: 't1', reason: `of 1 nodes 1 ${reason}` }]);
		}
		expect(place([task('t1')], [], now).waiting).toEqual([{ task: 't1', reason: 'there is no node' }]);
	});

	test('counts nodes by the first condition that they fail', () => {
		const nodes = [node('a', { draining: true, used: 2 }), node('b', { used: 2 }), node('c', { used: 2 })];
		const { waiting } = place([task('t1')], nodes, now);
		expect(waiting[0]?.reason).toBe('of 3 nodes 1 are draining, 2 have no free slot');
	});

	test('and one that fits is', () => {
		const wish = { project: 'p', agent: 'claude', account: 'me', labels: ['linux'], pin: 'n1', declinedBy: ['n2'] };
		const fit = node('n1', {
			projects: ['q', 'p'],
			limitedUntil: { me: now, other: now + 9 },
			free: { memoryMb: 500, diskMb: 1000 },
		});
		expect(nodeOf(place([task('t1', wish)], [node('n2'), fit], now), 't1')).toBe('n1');
		expect(nodeOf(place([task('t1', { account: 'constructor' })], [fit], now), 't1')).toBe('n1');
	});
});

describe('the best node is taken and says why', () => {
	test('a session that can be resumed outweighs everything, a clone a busier machine', () => {
		const busy = { used: 3, slots: 4, load: 2 };
		const idle = node('idle', { clones: ['t1'], repositories: ['p'] });
		const warm = place([task('t1')], [idle, node('warm', { ...busy, sessions: ['t1'] })], now);
		expect(warm.assignments).toEqual([
			{ task: 't1', node: 'warm', reasons: ['its session can be resumed there', '3 of 4 slots in use, load 2.00'] },
		]);
		const cloned = place(
			[task('t1')],
			[node('idle'), node('cloned', { clones: ['t1'], load: 0.5, used: 1, slots: 4 })],
			now,
		);
		expect(cloned.assignments[0]).toMatchObject({
			node: 'cloned',
			reasons: ['its clone is there', expect.any(String)],
		});
		const near = place([task('t1')], [node('far'), node('near', { repositories: ['p'], used: 1, slots: 4 })], now);
		expect(near.assignments[0]).toMatchObject({
			node: 'near',
			reasons: ['the repository is there', expect.any(String)],
		});
	});

	test('what draws one task to a node does not draw the next one', () => {
		const nodes = [node('a', { clones: ['t1'], load: 0.5 }), node('b', { sessions: ['t1'] }), node('c')];
		const { assignments } = place([task('t1'), task('t2')], nodes, now);
		expect(assignments.map((one) => one.node)).toEqual(['b', 'c']);
	});

	test('then the emptier and the less loaded one', () => {
		expect(nodeOf(place([task('t1')], [node('a', { used: 1 }), node('b')], now), 't1')).toBe('b');
		expect(nodeOf(place([task('t1')], [node('a', { load: 0.9 }), node('b', { load: 0.1 })], now), 't1')).toBe('b');
	});

	test('two tasks go to two idle machines and not both to one', () => {
		for (let round = 0; round < 20; round += 1) {
			const { assignments } = place([task(`x${round}`), task(`y${round}`)], [node('a'), node('b')], now);
			expect(assignments.map((one) => one.node).sort()).toEqual(['a', 'b']);
		}
	});

	test('where slots are scarce the smaller rank goes first', () => {
		const tasks = [task('late', { rank: 9 }), task('early', { rank: 1 }), task('middle', { rank: 5 })];
		const { assignments, waiting } = place(tasks, [node('a')], now);
		expect(assignments.map((one) => one.task)).toEqual(['early', 'middle']);
		expect(waiting.map((one) => one.task)).toEqual(['late']);
	});
});

describe('equal nodes', () => {
	test('share the tasks by hash, and say so', () => {
		const { assignments } = place(manyTasks(1000), manyNodes(20, { slots: 1000 }), now);
		const perNode = new Map<string, number>();
		for (const one of assignments) perNode.set(one.node, (perNode.get(one.node) ?? 0) + 1);
		expect(perNode.size).toBe(20);
		expect(Math.min(...perNode.values())).toBeGreaterThan(20);
		expect(Math.max(...perNode.values())).toBeLessThan(100);
		expect(assignments[0]?.reasons).toContain('one of 20 equal nodes, chosen by hash');
	});

	test('a node that goes moves only its own tasks, and one that comes takes only what it gets', () => {
		const tasks = manyTasks(1000);
		const nodes = manyNodes(20, { slots: 1000 });
		const before = place(tasks, nodes, now);
		for (const gone of ['n0', 'n7', 'n19']) {
			const after = place(
				tasks,
				nodes.filter(({ id }) => id !== gone),
				now,
			);
			const moved = tasks.filter(({ id }) => nodeOf(before, id) !== nodeOf(after, id));
			expect(moved.length).toBeGreaterThan(10);
			expect(moved.every(({ id }) => nodeOf(before, id) === gone)).toBe(true);
		}
	});
});

test('any tasks and nodes: each task once, no slot twice, the same answer in any order, every condition kept', () => {
	const anyNode = fc.record({
		slots: fc.nat(3),
		used: fc.nat(2),
		load: fc.constantFrom(0, 0.3, 0.9),
		draining: fc.nat(5).map((of) => of === 0),
		labels: fc.subarray(['x', 'y']),
		projects: fc.oneof(fc.constant<'any'>('any'), fc.subarray(['p', 'q'])),
		limitedUntil: fc.constantFrom({}, { me: now + 5 }),
		clones: fc.subarray(['t0', 't1', 't2']),
	});
	const anyTask = fc.record({
		project: fc.constantFrom('p', 'q'),
		labels: fc.subarray(['x', 'y']),
		account: fc.constantFrom(null, 'me'),
		pin: fc.constantFrom(null, null, null, 'n1'),
		rank: fc.nat(3),
	});
	let assigned = 0;
	let waited = 0;
	const given = fc.tuple(fc.array(anyTask, { maxLength: 12 }), fc.array(anyNode, { maxLength: 40 }));
	const property = fc.property(given, ([taskParts, nodeParts]) => {
		const tasks = taskParts.map((parts, at) => task(`t${at}`, parts));
		const nodes = nodeParts.map((parts, at) => node(`n${at}`, parts));
		const before = structuredClone({ tasks, nodes });
		const placed = place(tasks, nodes, now);
		expect(place([...tasks].reverse(), [...nodes].reverse(), now)).toEqual(placed);
		expect({ tasks, nodes }).toEqual(before);
		expect([...placed.assignments, ...placed.waiting].map((one) => one.task).sort()).toEqual(
			tasks.map(({ id }) => id).sort(),
		);
		for (const { id, slots, used } of nodes) {
			const taken = placed.assignments.filter((one) => one.node === id).length;
			if (taken > 0) expect(used + taken).toBeLessThanOrEqual(slots);
		}
		const fits = (wish: PlacementTask, on: PlacementNode): boolean =>
			!on.draining &&
			(on.projects === 'any' || on.projects.includes(wish.project)) &&
			wish.labels.every((label) => on.labels.includes(label)) &&
			!(wish.account !== null && (on.limitedUntil[wish.account] ?? 0) > now) &&
			(wish.pin === null || wish.pin === on.id);
		const taken = (id: string): number => placed.assignments.filter((one) => one.node === id).length;
		for (const wish of tasks) {
			const on = nodes.find(({ id }) => id === nodeOf(placed, wish.id));
			if (on) expect(fits(wish, on)).toBe(true);
			// Who waits could have had no slot that is still free.
			else expect(nodes.filter((other) => fits(wish, other) && other.used + taken(other.id) < other.slots)).toEqual([]);
		}
		assigned += placed.assignments.length;
		waited += placed.waiting.length;
	});
	fc.assert(property, { numRuns: 200 });
	expect(Math.min(assigned, waited)).toBeGreaterThan(50);
});

test('the work grows no faster than tasks times nodes, and not at all with what does not fit', () => {
	const work = (tasks: number, nodes: number, parts: Partial<PlacementNode> = {}): number => {
		return place(manyTasks(tasks), manyNodes(nodes, { slots: 1000, ...parts }), now).considered;
	};
	expect(work(100, 50)).toBe(5000);
	expect(work(200, 50)).toBe(10_000);
	expect(work(100, 100)).toBe(10_000);
	expect(work(2000, 200)).toBe(400_000);
	expect(work(2000, 200, { draining: true })).toBe(0);
	expect(work(2000, 200, { slots: 1 })).toBeLessThan((200 * 201) / 2 + 1);
});

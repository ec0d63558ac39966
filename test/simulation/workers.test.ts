/** One home and its workers on other nodes, through cuts, crashes and late results, over the twins of the ports. */
import { afterEach, describe, expect, test } from 'vitest';
import { SimRandom } from '../../shared/ports/sim/index.ts';
import { workOffer, workReport, workState } from '../../shared/protocol/work-methods.ts';
import { makeItem } from '../support/facts.ts';
import { WorkMesh, type WorkMeshOptions } from '../support/work-mesh.ts';

let mesh: WorkMesh;
afterEach(() => mesh.stop());

const begin = async (options: WorkMeshOptions = {}, seed: string | number = 1): Promise<WorkMesh> => {
	mesh = await WorkMesh.start(seed, options);
	return mesh;
};
/** Keys of items for ever, short in the tests. */
const key = (name: string): string => `01K${name.toUpperCase().padStart(23, '0')}`;
const a = key('a');
const b = key('b');
const isDone = (key: string) => (): boolean => mesh.item(key).stage.kind === 'done';
const kept = async (key: string): Promise<readonly string[]> =>
	(await mesh.home.disk.git.refs(`refs/gangline/attempts/${key}`)).map(({ commit }) => commit);
/** Whose attempt runs at an item now. */
const workerAt = (key: string) => mesh.workers.find(({ live }) => (live.get(key) ?? 0) > 0);
const holder = (key: string) => mesh.workers.find(({ node }) => mesh.item(key).holder?.startsWith(`${node}.`));

const waiting = ['held', 'after', 'idea', 'cold', 'alone', 'done'];
const stagesThatWait = ['backlog', 'backlog', 'upcoming', 'frozen', 'blocked', 'reviewHold'];

/** One item in each way in which an item waits for a person. */
async function addWaiting(): Promise<void> {
	const script = '```sh\ntrue\n```';
	const say = (name: string, event: string, args: object = {}) => ({
		...{ by: 'user', who: 'ada', item: key(name), event, args: event === 'add' ? { title: name, ...args } : args },
	});
	const drafts = [
		say('held', 'add', { description: script, held: true }),
		say('after', 'add', { description: script, dependsOn: [key('held')] }),
		say('idea', 'add', { description: script, upcoming: true }),
		say('cold', 'add', { description: script }),
		say('cold', 'freeze'),
		// Nobody is there who could do it.
		say('alone', 'add', { description: 'Think.' }),
		say('done', 'add', { description: script, review: 'human' }),
	];
	await mesh.during(mesh.home.home.submit('edge', drafts as Parameters<typeof mesh.home.home.submit>[1]));
	await mesh.until(() => mesh.item(key('done')).stage.kind === 'reviewHold');
}

describe('workers of other nodes', () => {
	test('[I3] [I5] share the items, and each lands once', async () => {
		await begin({ workers: 3, slots: 2 });
		const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(key);
		await mesh.add(...keys);
		await mesh.until(() => keys.every((key) => isDone(key)()));
		expect([...(await mesh.landed())].sort()).toEqual(keys);
		expect(mesh.workers.map(({ made }) => made.length).every((count) => count > 0)).toBe(true);
		expect(mesh.items().map(({ tries }) => tries.totalAttempts)).toEqual(keys.map(() => 0));
	});

	test('[I12] begin nothing in an hour without work, so that no model is asked', async () => {
		await begin({ workers: 2, slots: 2 });
		const begun = (): number => mesh.workers.reduce((sum, worker) => sum + worker.begun, 0);
		await mesh.run(3_600_000);
		expect(begun()).toBe(0);
		await mesh.add(a, b);
		await mesh.until(() => isDone(a)() && isDone(b)());
		expect(begun()).toBe(2);
		await addWaiting();
		expect(begun()).toBe(3);
		await mesh.run(3_600_000);
		expect(begun()).toBe(3);
		expect(waiting.map((name) => mesh.item(key(name)).stage.kind)).toEqual(stagesThatWait);
	});

	test('decline at no cost to the item, which goes to another', async () => {
		await begin({ workers: 2, workMs: [1_000, 1_000] });
		const [full] = mesh.workers;
		if (!full) throw new Error('no worker');
		full.declines = 'the fan is loud';
		const keys = ['a', 'b', 'c', 'd'].map(key);
		await mesh.add(...keys);
		await mesh.until(() => keys.every((one) => isDone(one)()));
		expect(full.made).toEqual([]);
		expect(mesh.home.disk.history.filter(({ event }) => event === 'grant')).toHaveLength(4);
		expect(mesh.home.log.lines.some(({ fields }) => fields?.reason === 'the fan is loud')).toBe(true);
	});

	test('[I4] [I7] one that is cut off goes on, is shown as unknown, and delivers its result when it is back', async () => {
		await begin({ workers: 1, workMs: [20_000, 20_000] });
		await mesh.add(a);
		await mesh.until(() => workerAt(a) !== undefined);
		const one = mesh.worker(0);
		mesh.net.partition(mesh.home.identity.nodeId, one.node);
		await mesh.run(35_000);
		expect(one.teller.awayMs(mesh.home.identity.nodeId)).toBeGreaterThan(20_000);
		expect(mesh.home.pool.silentMs(mesh.item(a).holder ?? '')).toBeGreaterThan(30_000);
		expect(mesh.item(a).stage.kind).toBe('coding');
		expect(one.made).toHaveLength(1);
		await mesh.run(120_000);
		mesh.net.heal();
		await mesh.until(isDone(a), 60_000);
		expect(mesh.item(a).lastFailure).toBeNull();
		expect(mesh.home.disk.history.filter(({ event }) => event === 'grant')).toHaveLength(1);
		expect(await kept(a)).toEqual([one.made[0]?.commit]);
	});

	test('[I3] [I4] [I7] a lost one loses its item; its late result is refused, kept, and acknowledged', async () => {
		await begin({ workers: 2, lostAfterSeconds: 60, workMs: [40_000, 40_000] });
		await mesh.add(a);
		await mesh.until(() => workerAt(a) !== undefined);
		const loser = workerAt(a);
		if (!loser) throw new Error('nobody works');
		mesh.net.partition(mesh.home.identity.nodeId, loser.node);
		await mesh.until(() => isDone(a)() && loser.made.length === 1, 300_000);
		const winner = mesh.workers.find((worker) => worker !== loser && worker.made.length > 0);
		expect(winner?.made).toHaveLength(1);
		expect(await mesh.landed()).toEqual([a]);
		mesh.net.heal();
		await mesh.until(() => loser.worker.reporting.length === 0, 120_000);
		expect(await mesh.landed()).toEqual([a]);
		expect(new Set(await kept(a))).toEqual(new Set([loser.made[0]?.commit, winner?.made[0]?.commit]));
		expect(mesh.home.disk.history.filter(({ outcome }) => outcome === 'refused:staleToken')).toHaveLength(1);
	});

	test('[I5] a loser that comes back in the middle is told to stop', async () => {
		await begin({ workers: 2, lostAfterSeconds: 60, workMs: [200_000, 200_000] });
		await mesh.add(a);
		await mesh.until(() => workerAt(a) !== undefined);
		const loser = workerAt(a);
		mesh.net.partition(mesh.home.identity.nodeId, loser?.node ?? mesh.worker(0).node);
		await mesh.until(() => holder(a) !== loser && holder(a) !== undefined, 200_000);
		expect(loser?.live.get(a)).toBe(1);
		mesh.net.heal();
		await mesh.until(() => (loser?.live.get(a) ?? 0) === 0, 60_000);
		expect(loser?.made).toEqual([]);
		await mesh.until(isDone(a));
		expect(await mesh.landed()).toEqual([a]);
	});

	test('[I12] an impatient item does not wait for a silent worker longer than it takes to notice', async () => {
		await begin({ workers: 2, workMs: [50_000, 50_000] });
		const draft = { by: 'user' as const, who: 'ada', item: a, event: 'add' };
		const args = { title: 'a', description: '```sh\ntrue\n```', labels: ['impatient'] };
		await mesh.during(mesh.home.home.submit('edge', [{ ...draft, args }]));
		await mesh.until(() => workerAt(a) !== undefined);
		const first = holder(a);
		mesh.net.partition(mesh.home.identity.nodeId, first?.node ?? mesh.worker(0).node);
		await mesh.run(25_000);
		expect(holder(a)).toBe(first);
		await mesh.until(() => holder(a) !== undefined && holder(a) !== first, 60_000);
	});

	test('[I5] a home that begins anew finds its workers busy and goes on with them', async () => {
		await begin({ workers: 2, workMs: [60_000, 60_000] });
		await mesh.add(a, b);
		await mesh.until(() => workerAt(a) !== undefined && workerAt(b) !== undefined);
		mesh.home.crash();
		await mesh.run(2_000);
		await mesh.during(mesh.home.start());
		await mesh.until(() => isDone(a)() && isDone(b)(), 180_000);
		expect(mesh.home.disk.history.filter(({ event }) => event === 'grant')).toHaveLength(2);
		expect([...(await mesh.landed())].sort()).toEqual([a, b]);
	});

	test('[I11] [I12] a worker that dies in the middle gets its item again, or another does, and the try is counted', async () => {
		await begin({ workers: 1, workMs: [30_000, 30_000] });
		await mesh.add(a);
		await mesh.until(() => workerAt(a) !== undefined);
		mesh.worker(0).crash();
		await mesh.run(3_000);
		await mesh.during(mesh.worker(0).start());
		await mesh.until(() => workerAt(a) !== undefined, 60_000);
		expect(mesh.item(a).tries.totalAttempts).toBe(2);
		await mesh.until(isDone(a), 120_000);
	});

	test('[I6] a result whose worker died before the home heard of it counts under its own grant', async () => {
		await begin({ workers: 1, workMs: [20_000, 20_000] });
		await mesh.add(a);
		await mesh.until(() => workerAt(a) !== undefined);
		const one = mesh.worker(0);
		mesh.net.partition(mesh.home.identity.nodeId, one.node);
		await mesh.until(() => one.worker.reporting.length === 1, 60_000);
		one.crash();
		mesh.net.heal();
		await mesh.during(one.start());
		await mesh.until(isDone(a), 120_000);
		expect(mesh.home.disk.history.filter(({ event }) => event === 'grant')).toHaveLength(1);
	});

	test('[I6] [I12] one that is here and has not opened the project yet keeps its item, for as long as it is waited for', async () => {
		await begin({ workers: 1, workMs: [20_000, 20_000] });
		await mesh.add(a);
		await mesh.until(() => workerAt(a) !== undefined);
		const one = mesh.worker(0);
		one.crash();
		const early = { ...one.state(), author: `${one.node}.00000009.work`, busy: [], reporting: [], projects: [] };
		for (let passed = 0; passed < 590; passed += 5) {
			mesh.home.pool.heard(one.node, early);
			await mesh.run(5_000);
		}
		expect(mesh.item(a).holder).toBe(`${one.node}.00000001.work`);
		await mesh.until(() => mesh.item(a).holder === null, 60_000);
	});

	test('[I13] a revoked one loses its item at once, and nothing of it is heard any more', async () => {
		await begin({ workers: 2, workMs: [30_000, 30_000] });
		await mesh.add(a);
		await mesh.until(() => workerAt(a) !== undefined);
		const revoked = workerAt(a);
		if (!revoked) throw new Error('nobody works');
		revoked.standing = 'gone';
		await mesh.until(() => holder(a) !== undefined && holder(a) !== revoked, 60_000);
		await mesh.until(isDone(a), 120_000);
		const landedBy = mesh.workers.find((worker) => worker !== revoked);
		expect(landedBy?.made).toHaveLength(1);
		expect(await kept(a)).toEqual([landedBy?.made[0]?.commit]);
	});
});

describe('an accepted result whose commits are not at the home', () => {
	/** As after the home was put back from a backup, or moved without its refs. */
	async function accepted(): Promise<void> {
		await begin({ workers: 2, workMs: [2_000, 2_000] });
		const [one] = mesh.workers;
		const main = await mesh.home.disk.git.main();
		if (!one || main === null) throw new Error('nothing to begin with');
		const commit = await one.commitOn(main, { key: a, title: 'Made before' }, [1, 1]);
		const state = makeItem(a, {
			...{ number: 1, token: [1, 1], holder: `${one.node}.00000001.work`, result: { commit, base: main } },
			...{ stage: { kind: 'merge' }, description: '```sh\ntrue\n```' },
		});
		const { facts } = mesh.home.disk;
		mesh.home.disk.facts = { ...facts, revision: 5, nextNumber: 2, items: { [a]: state } };
	}

	test('[I7] is fetched from who made it, and lands', async () => {
		await accepted();
		await mesh.until(isDone(a), 120_000);
		expect(mesh.home.disk.history.map(({ event }) => event)).toEqual(['landed']);
		expect(await kept(a)).toEqual([mesh.worker(0).made[0]?.commit]);
	});

	test('[I12] goes back to be done again when who made it is gone for good', async () => {
		await accepted();
		mesh.worker(0).standing = 'gone';
		mesh.worker(0).crash();
		await mesh.until(isDone(a), 120_000);
		expect(mesh.home.disk.history.map(({ event }) => event)).toEqual(['resultLost', 'grant', 'submit', 'landed']);
	});
});

describe('a pool in bad weather', () => {
	const seeds = [11, 12, 13, 14, 15, 16];

	test.each(seeds)(
		'[I3] [I4] [I5] [I7] [I11] [I12] comes through with every item landed once (seed %i)',
		async (seed) => {
			await begin({ workers: 3, slots: 2, lostAfterSeconds: 90, workMs: [3_000, 60_000] }, seed);
			const random = new SimRandom(`weather ${seed}`);
			const keys = Array.from({ length: 10 }, (_, i) => key(`b${i}`));
			await mesh.add(...keys);
			let faults = 0;
			for (let round = 0; round < 14; round++) {
				const worker = mesh.worker(random.below(3));
				const fault = random.pick(['cut', 'crash', 'home', 'break', 'none']);
				if (fault !== 'none') faults += 1;
				if (fault === 'cut') mesh.net.partition(mesh.home.identity.nodeId, worker.node);
				if (fault === 'break') mesh.net.breakLinks(mesh.home.identity.nodeId, worker.node);
				if (fault === 'crash' && worker.isUp) worker.crash();
				if (fault === 'home') {
					mesh.home.crash();
					await mesh.run(500);
					await mesh.during(mesh.home.start());
				}
				await mesh.run(5_000 + random.below(60_000));
				if (random.below(2) === 0) mesh.net.heal();
				for (const one of mesh.workers) if (!one.isUp && random.below(2) === 0) await mesh.during(one.start());
			}
			mesh.net.heal();
			for (const one of mesh.workers) if (!one.isUp) await mesh.during(one.start());
			const isOver = (): boolean => mesh.items().every(({ stage }) => ['done', 'blocked'].includes(stage.kind));
			await mesh.until(isOver, 900_000);
			await mesh.until(() => mesh.workers.every(({ worker }) => worker.reporting.length === 0), 300_000);
			expect(faults).toBeGreaterThan(3);
			expect(mesh.broken).toEqual([]);
			const landed = await mesh.landed();
			const done = mesh.items().filter(({ stage }) => stage.kind === 'done');
			expect([...landed].sort()).toEqual(done.map(({ key }) => key).sort());
			expect(done.length).toBeGreaterThan(8);
			for (const item of mesh.items()) expect(item.tries.totalAttempts).toBeLessThanOrEqual(12);
			await expectEachResultOnce();
		},
	);
});

/** [I4] [I7]: per token at most one result was applied; every result that was reported is on a ref of the home. */
async function expectEachResultOnce(): Promise<void> {
	const submits = mesh.home.disk.history.filter(({ event, outcome }) => event === 'submit' && outcome === 'applied');
	const tokens = submits.map(({ id }) => mesh.home.disk.logs.find(({ author, n }) => `${author}#${n}` === id)?.token);
	expect(new Set(tokens.map(String)).size).toBe(tokens.length);
	for (const { made } of mesh.workers) {
		for (const { key, token, commit } of made) {
			const refs = await mesh.home.disk.git.refs(`refs/gangline/attempts/${key}`);
			const ref = refs.find((one) => one.ref.endsWith(`/${token}`));
			if (ref) expect(ref.commit).toBe(commit);
		}
	}
}

describe('a worker that lies', () => {
	const usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 0 };
	const verdict = { tree: 'x', gateSet: 'x', passed: true, gates: [] };

	/** The task of `a`, granted to one worker, and the other, which was granted nothing. */
	async function granted() {
		await begin({ workers: 2, workMs: [60_000, 60_000] });
		const main = await mesh.home.disk.git.main();
		await mesh.add(a);
		await mesh.until(() => workerAt(a) !== undefined);
		const rightful = workerAt(a);
		const liar = mesh.workers.find((worker) => worker !== rightful);
		const { token, title } = mesh.item(a);
		if (!rightful || !liar || main === null || token === null) throw new Error('nothing was granted');
		const item = { key: a, number: 1, title, type: 'story', description: '', words: [], lastFailure: null };
		const task = { project: '01K0000000000000000000000A', item, role: 'coder', agent: 'shell' } as const;
		return { rightful, liar, main, task: { ...task, token, main, startFrom: null } };
	}

	test('[I4] [I13] about an item that another holds is refused and changes nothing', async () => {
		const { liar, main, task } = await granted();
		const commit = await liar.commitOn(main, task.item, task.token);
		const said = { kind: 'result', commit, base: main, verdict, usage } as const;
		await expect(mesh.home.work.report(liar.node, task, said)).rejects.toMatchObject({ code: 'FORBIDDEN' });
		expect(mesh.item(a).stage.kind).toBe('coding');
		expect(await kept(a)).toEqual([]);
	});

	test('[I15] about grants that were never given leaves neither commits nor records', async () => {
		const { liar, main, task } = await granted();
		const token = [1, 9_999] as const;
		const commit = await liar.commitOn(main, task.item, token);
		await mesh.during(
			mesh.home.work.report(liar.node, { ...task, token }, { kind: 'result', commit, base: main, verdict, usage }),
		);
		expect(await kept(a)).toEqual([]);
		expect(mesh.home.log.lines.some(({ event }) => event === 'report.ofNoGrant')).toBe(true);
	});

	test('[I7] [I15] about grants of a home before this one are kept, so many of an item and no more', async () => {
		const { rightful, main, task } = await granted();
		const { facts } = mesh.home.disk;
		mesh.home.disk.facts = { ...facts, term: 3 };
		for (let n = 1; n <= 30; n++) {
			// One that was damaged goes on with seconds since 1970, also when others have given it up.
			const token = [n % 2 === 0 ? 2 : 1_750_000_031, n] as const;
			const commit = await rightful.commitOn(main, task.item, token);
			const report = { kind: 'result', commit, base: main, verdict, usage } as const;
			await mesh.during(mesh.home.work.report(rightful.node, { ...task, token }, report));
		}
		const refs = await kept(a);
		expect(refs.length).toBeGreaterThan(10);
		expect(refs.length).toBeLessThanOrEqual(20);
		const names = (await mesh.home.disk.git.refs(`refs/gangline/attempts/${a}`)).map(({ ref }) => ref);
		expect(names.filter((ref) => ref.includes('/1750000031.')).length).toBeGreaterThan(4);
		expect(mesh.item(a).result).toBeNull();
	});

	test('[I9] about where its commits began has failed', async () => {
		const { rightful, main, task } = await granted();
		const hidden = await rightful.commitOn(main, { key: key('z'), title: 'Nobody sees this' }, task.token);
		const commit = await rightful.commitOn(hidden, task.item, task.token);
		await mesh.during(
			mesh.home.work.report(rightful.node, task, { kind: 'result', commit, base: hidden, verdict, usage }),
		);
		expect(mesh.item(a).lastFailure?.reason).toMatch(/is no commit of main/);
		expect(mesh.item(a).result).toBeNull();
	});

	test('[I13] about who it is, or for what it works, is not heard', async () => {
		const { liar, rightful, task } = await granted();
		const { state } = liar;
		const posing = { ...state(), author: `${rightful.node}.00000009.work` };
		await expect(mesh.during(liar.ask(workState, posing))).rejects.toMatchObject({ code: 'FORBIDDEN' });
		liar.standing = 'barred';
		const report = { kind: 'blocked', reason: 'no', commit: null, usage } as const;
		await expect(mesh.during(liar.ask(workReport, { task, report }))).rejects.toMatchObject({ code: 'FORBIDDEN' });
		await expect(mesh.during(rightful.askWorker(liar, workOffer, { task }))).rejects.toMatchObject({
			code: 'FORBIDDEN',
		});
	});
});

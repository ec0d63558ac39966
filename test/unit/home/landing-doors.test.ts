/** What keeps a landing from going on, and what becomes of it then: the remote, a pause, pull requests, the check, lies. */
import { describe, expect, it } from 'vitest';
import { type CommitId, ganglineError } from '../../../shared/ports/index.ts';
import { itemInMerge, SimDiskOfProject, type SimLandingParts } from '../../support/sim-home.ts';

const key = '01K0000000000000000000000A';

/** One item in the queue, whose change is `files` on a main of one file. */
async function oneInQueue(files: Readonly<Record<string, string>> = { 'a.txt': 'one\n', 'b.txt': 'b\n' }) {
	const disk = new SimDiskOfProject();
	const base = await disk.begin({ 'a.txt': 'one\n' });
	const commit = await disk.commit(files, base);
	await itemInMerge(disk.start(), { key, commit, base });
	return { disk, base, commit };
}

const start = (disk: SimDiskOfProject, doors: SimLandingParts['doors']) => disk.start(undefined, undefined, doors);
const stageOf = (disk: SimDiskOfProject) => disk.facts.items[key]?.stage;

describe('a landing', () => {
	it('waits with the reason while the remote cannot be brought in, and lands when it can', async () => {
		const { disk, base } = await oneInQueue();
		let answer: string | null = 'origin was rewritten';
		const { queue } = start(disk, { bringIn: async () => answer });
		await queue.pass();
		expect(queue.trouble).toBe('origin was rewritten');
		expect(await disk.git.main()).toBe(base);
		answer = null;
		await queue.pass();
		expect(queue.trouble).toBeNull();
		expect(stageOf(disk)?.kind).toBe('done');
	});

	it('that somebody has taken back leaves no trouble behind, whatever it waited for', async () => {
		const { disk } = await oneInQueue();
		const { queue, home } = start(disk, { bringIn: async () => 'origin was rewritten' });
		await queue.pass();
		expect(queue.trouble).toBe('origin was rewritten');
		await home.submit('edge', [{ by: 'user', who: 'ada', item: key, event: 'abandon', args: {} }]);
		expect(queue.queue()).toEqual([]);
		await queue.pass();
		expect(queue.trouble).toBeNull();
	});

	it('moves nothing while the project is paused, and lands when it goes on', async () => {
		const { disk, base } = await oneInQueue();
		let isPaused = true;
		const { queue } = start(disk, { isPaused: () => isPaused });
		await queue.pass();
		expect(await disk.git.main()).toBe(base);
		expect(stageOf(disk)?.kind).toBe('merge');
		isPaused = false;
		await queue.pass();
		expect(stageOf(disk)?.kind).toBe('done');
	});

	it('whose gates are ended by a pause counts as neither good nor bad, and is judged when it goes on', async () => {
		const { disk, base } = await oneInQueue();
		let [isPaused, judged] = [false, 0];
		const judge = (): boolean => {
			judged += 1;
			if (judged === 1) throw ganglineError('STOPPING', 'the gates were stopped before they were done');
			return true;
		};
		const { queue } = disk.start(judge, undefined, { isPaused: () => isPaused });
		await queue.pass();
		isPaused = true;
		await queue.pass();
		expect([judged, stageOf(disk)?.kind, await disk.git.main()]).toEqual([1, 'merge', base]);
		expect(queue.trouble).toBeNull();
		isPaused = false;
		await queue.pass();
		expect([judged, stageOf(disk)?.kind]).toEqual([2, 'done']);
	});

	it('by pull request is offered and left in the queue, and counts when main has it', async () => {
		const { disk, base, commit } = await oneInQueue();
		const offered: CommitId[] = [];
		let merged: CommitId | null = null;
		const { queue } = start(disk, {
			propose: async (_item, candidate) => offered.push(candidate.commit) > 0,
			merged: async () => merged,
		});
		await queue.pass();
		expect(offered).toHaveLength(1);
		expect(await disk.git.main()).toBe(base);
		expect(stageOf(disk)?.kind).toBe('merge');
		await disk.git.moveMain(commit, base);
		merged = commit;
		await queue.pass();
		expect(stageOf(disk)).toMatchObject({ kind: 'done', commit });
	});

	it('[I9] with which the independent check disagrees stops the queue, and says so', async () => {
		const { disk } = await oneInQueue();
		const { queue } = start(disk, { check: async () => 'a path of another item changed' });
		await queue.pass();
		expect(stageOf(disk)?.kind).toBe('done');
		expect(queue.trouble).toMatch(/check of landing #1 .* disagrees: a path of another item changed/);
		const main = await disk.git.main();
		await queue.pass();
		expect(await disk.git.main()).toBe(main);
	});

	it('[I3] of which nobody heard whether main moved is read from main, and recorded once', async () => {
		const { disk } = await oneInQueue();
		const { queue } = start(disk, {});
		let isKilled = false;
		disk.onStep = (step) => {
			if (step !== 'git.moveMain' || isKilled) return;
			isKilled = true;
			throw new Error('git was killed before it had moved main');
		};
		await queue.pass();
		expect(isKilled).toBe(true);
		expect(stageOf(disk)?.kind).toBe('done');
		const landed = (await disk.git.firstParents({})).filter(({ landing }) => landing?.item === key);
		expect(landed).toHaveLength(1);
	});

	it('[I12] that main overtakes each time goes back to the queue after a few builds', async () => {
		const { disk } = await oneInQueue();
		let pushes = 0;
		const { queue } = start(disk, {
			propose: async (_item, { tip }) => {
				pushes += 1;
				if (pushes > 5) return false;
				await disk.git.moveMain(await disk.commit({ 'a.txt': 'one\n', 'p.txt': `${pushes}\n` }, tip), tip);
				return false;
			},
		});
		await queue.pass();
		expect(pushes).toBe(5);
		expect(stageOf(disk)?.kind).toBe('merge');
		await queue.pass();
		expect(stageOf(disk)?.kind).toBe('done');
	});

	it('of what main has already has failed, and so has a result that is its own base', async () => {
		const same = await oneInQueue({ 'a.txt': 'one\n' });
		await start(same.disk, {}).queue.pass();
		expect(stageOf(same.disk)).toMatchObject({ kind: 'mergeFailure', failure: 'emptyDiff' });
		const disk = new SimDiskOfProject();
		const base = await disk.begin({ 'a.txt': 'one\n' });
		await itemInMerge(disk.start(), { key, commit: base, base });
		await start(disk, {}).queue.pass();
		expect(stageOf(disk)).toMatchObject({ kind: 'mergeFailure', failure: 'noCommits' });
	});

	it('without an accepted result has failed, and nothing is built', async () => {
		const { disk, base } = await oneInQueue();
		const item = disk.facts.items[key];
		if (!item) throw new Error('the item is not there');
		disk.facts = { ...disk.facts, items: { [key]: { ...item, result: null } } };
		await start(disk, {}).queue.pass();
		expect(await disk.git.main()).toBe(base);
		expect(stageOf(disk)).toMatchObject({ kind: 'mergeFailure', failure: 'noCommits' });
	});

	it('whose commits are not here waits for them, and the next one lands', async () => {
		const { disk, base } = await oneInQueue();
		const other = '01K0000000000000000000000B';
		const process = start(disk, {});
		await itemInMerge(process, { key: other, commit: await disk.commit({ 'a.txt': 'one\n', c: 'c' }, base), base });
		const item = disk.facts.items[key];
		if (!item?.result) throw new Error('the item has no result');
		const result = { ...item.result, commit: 'f'.repeat(40) };
		disk.facts = { ...disk.facts, items: { ...disk.facts.items, [key]: { ...item, result } } };
		await process.queue.pass();
		expect(stageOf(disk)?.kind).toBe('merge');
		expect(disk.facts.items[other]?.stage.kind).toBe('done');
	});

	it('[I3] that came back to main from elsewhere is found when there is nothing else to land', async () => {
		const { disk } = await oneInQueue();
		await start(disk, {}).queue.pass();
		const main = await disk.git.main();
		const { facts } = disk;
		const item = facts.items[key];
		if (!item || main === null) throw new Error('nothing landed');
		// As after a backup from before the landing, when main comes back from a checkout.
		disk.facts = { ...facts, items: { [key]: { ...item, stage: { kind: 'coding' } } } };
		await start(disk, {}).queue.pass();
		expect(stageOf(disk)).toMatchObject({ kind: 'done', commit: main });
	});

	it('[I3] that a rival has made with the same commit is found on main, and not made again', async () => {
		const { disk } = await oneInQueue();
		const { queue } = start(disk, {
			propose: async (_item, { commit, tip }) => {
				await disk.git.moveMain(commit, tip);
				return false;
			},
		});
		await queue.pass();
		expect(stageOf(disk)).toMatchObject({ kind: 'done', commit: await disk.git.main() });
		expect((await disk.git.firstParents({})).filter(({ landing }) => landing?.item === key)).toHaveLength(1);
	});

	it('[I9] over which main moves in the last moment is built again on what came', async () => {
		const { disk, base } = await oneInQueue();
		const pushed = await disk.commit({ 'a.txt': 'one\n', 'p.txt': 'p\n' }, base);
		let isPushed = false;
		disk.onStep = (step) => {
			if (step !== 'git.moveMain' || isPushed) return;
			isPushed = true;
			void disk.git.moveMain(pushed, base);
		};
		await start(disk, {}).queue.pass();
		const [tip, before] = await disk.git.firstParents({});
		expect(before?.commit).toBe(pushed);
		expect(stageOf(disk)).toMatchObject({ kind: 'done', commit: tip?.commit });
	});

	it('has failed where main has no commit to land on', async () => {
		const disk = new SimDiskOfProject();
		const base = await disk.commit({ 'a.txt': 'one\n' }, null);
		await itemInMerge(disk.start(), { key, commit: await disk.commit({ 'a.txt': 'two\n' }, base), base });
		await start(disk, {}).queue.pass();
		expect(stageOf(disk)).toMatchObject({ kind: 'mergeFailure', detail: 'main has no commit yet' });
	});

	it('[I9] by pull request is recorded under no grant where the item has none', async () => {
		const { disk, commit } = await oneInQueue();
		const item = disk.facts.items[key];
		if (!item) throw new Error('the item is not there');
		disk.facts = { ...disk.facts, items: { [key]: { ...item, token: null } } };
		await start(disk, { merged: async () => commit }).queue.pass();
		expect(stageOf(disk)).toMatchObject({ kind: 'done', commit });
	});

	it('[I13] that an agent has judged needs no approval of a person besides', async () => {
		const { disk } = await oneInQueue();
		const process = start(disk, {});
		await process.home.submit('edge', [
			{ by: 'user', who: 'ada', item: key, event: 'edit', args: { review: 'agent' } },
		]);
		await process.queue.pass();
		expect(stageOf(disk)?.kind).toBe('done');
	});
});

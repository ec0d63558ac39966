import { describe, expect, it } from 'vitest';
import type { LandingMade } from '../../../node/home/landing-journal.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import type { GateVerdict } from '../../../shared/protocol/work.ts';
import { itemInMerge, SimDiskOfProject } from '../../support/sim-home.ts';
import { passedGate } from '../../support/sim-worker.ts';

const keys = ['01K0000000000000000000000A', '01K0000000000000000000000B', '01K0000000000000000000000C'];

/** Three items in the queue, each with a file of its own. */
async function queueOfThree(): Promise<SimDiskOfProject> {
	const disk = new SimDiskOfProject();
	const base = await disk.begin({ 'readme.txt': 'hello\n' });
	const process = disk.start();
	await process.queue.recover();
	for (const key of keys) {
		const commit = await disk.commit({ 'readme.txt': 'hello\n', [`${key}.txt`]: key }, base);
		await itemInMerge(process, { key, commit, base });
	}
	return disk;
}

/** Keys on main's first-parent chain, oldest first. */
async function landedKeys(disk: SimDiskOfProject): Promise<readonly string[]> {
	disk.onStep = () => {};
	const commits = await disk.git.firstParents();
	return commits.flatMap(({ landing }) => (landing ? [landing.item] : [])).reverse();
}

describe('LandingQueue', () => {
	it('lands what waits in the order in which it came', async () => {
		const disk = await queueOfThree();
		await disk.start().queue.pass();
		expect(await landedKeys(disk)).toEqual(keys);
		for (const key of keys) expect(disk.facts.items[key]?.stage.kind).toBe('done');
	});

	it('blames nobody and waits while main itself is red', async () => {
		const disk = await queueOfThree();
		const process = disk.start(() => false);
		await process.queue.pass();
		expect(await landedKeys(disk)).toEqual([]);
		expect(process.queue.trouble).toBe('main is red');
		for (const key of keys) expect(disk.facts.items[key]?.stage.kind).toBe('merge');
	});

	it('sends a change that fails a gate back with what failed', async () => {
		const disk = await queueOfThree();
		const green = disk.objects.treeId((await disk.git.main()) as CommitId);
		await disk.start((tree) => tree === green).queue.pass();
		expect(await landedKeys(disk)).toEqual([]);
		expect(disk.facts.items[keys[0] ?? '']?.stage).toMatchObject({ kind: 'mergeFailure', failure: 'gates' });
	});

	it('names a conflict and moves nothing', async () => {
		const disk = new SimDiskOfProject();
		const base = await disk.begin({ 'a.txt': 'one\n' });
		const process = disk.start();
		for (const [index, key] of keys.slice(0, 2).entries()) {
			await itemInMerge(process, { key, commit: await disk.commit({ 'a.txt': `two ${index}\n` }, base), base });
		}
		await process.queue.pass();
		expect(await landedKeys(disk)).toEqual([keys[0]]);
		expect(disk.facts.items[keys[1] ?? '']?.stage).toMatchObject({ kind: 'mergeFailure', failure: 'conflict' });
	});

	it('[I13] lands nothing that a person must approve and has not', async () => {
		const disk = new SimDiskOfProject();
		const base = await disk.begin({ 'a.txt': 'one\n' });
		const process = disk.start();
		const [key = ''] = keys;
		await itemInMerge(process, { key, commit: await disk.commit({ 'a.txt': 'two\n' }, base), base });
		await process.home.submit('edge', [
			{ by: 'user', who: 'ada', item: key, event: 'edit', args: { review: 'human' } },
		]);
		await process.queue.pass();
		expect(await landedKeys(disk)).toEqual([]);
		expect(disk.facts.items[key]?.stage).toMatchObject({ kind: 'mergeFailure', failure: 'other' });
	});

	it('[I13] asks a person where the tests that ran here are fewer than on main, whatever was said of them', async () => {
		const disk = new SimDiskOfProject();
		const base = await disk.begin({ 'a.txt': 'one\n' });
		const main = disk.objects.treeId(base);
		const ran = (passed: number): GateVerdict => ({ ...passedGate, tests: { passed, failed: 0, skipped: 0 } });
		const process = disk.start(undefined, (tree) => [ran(tree === main ? 12 : 3)]);
		const [key = ''] = keys;
		const commit = await disk.commit({ 'a.txt': 'two\n' }, base);
		await itemInMerge(process, { key, commit, base });
		await process.queue.pass();
		expect(await landedKeys(disk)).toEqual([]);
		const reason = expect.stringContaining('it runs 3 tests where main runs 12: gangline diff 1');
		expect(disk.facts.items[key]?.stage).toMatchObject({ kind: 'blocked', reason });
		await process.home.submit('edge', [
			{ by: 'user', who: 'ada', item: key, event: 'unblock', args: { branch: commit, main: base, mergeBase: base } },
		]);
		await process.queue.pass();
		expect(await landedKeys(disk)).toEqual([key]);
	});

	it('stops and says so when main was rewritten', async () => {
		const disk = await queueOfThree();
		const process = disk.start();
		await process.queue.recover();
		const other = await disk.commit({ 'other.txt': 'x' }, null);
		await disk.git.moveMain(other, (await disk.git.main()) as CommitId);
		await expect(process.queue.pass()).rejects.toThrow(/does not follow it/);
		expect(process.queue.trouble).toContain('does not follow it');
	});

	it('[I12] goes on after git failed once, whatever it was doing', async () => {
		let steps = 0;
		const counted = await queueOfThree();
		counted.onStep = () => {
			steps += 1;
		};
		await counted.start().queue.pass();
		for (let fails = 1; fails <= steps; fails++) {
			const disk = await queueOfThree();
			let step = 0;
			disk.onStep = (name) => {
				step += 1;
				if (step === fails && name.startsWith('git.')) throw new Error('git was killed');
			};
			const { queue } = disk.start();
			await queue.pass().catch(() => {});
			await queue.pass();
			expect(queue.trouble).toBeNull();
			// One that could not be looked at lets the others go first.
			expect([...(await landedKeys(disk))].sort()).toEqual(keys);
		}
	});

	it('[I3] [I6] lands each item exactly once when the home dies at any step of a landing', async () => {
		let steps = 0;
		const counted = await queueOfThree();
		counted.onStep = () => {
			steps += 1;
		};
		await counted.start().queue.pass();
		expect(steps).toBeGreaterThan(40);
		for (let deadline = 1; deadline <= steps; deadline += 1) {
			const disk = await queueOfThree();
			let step = 0;
			disk.onStep = (name) => {
				step += 1;
				// A dead process does nothing more: every later step fails too.
				if (step >= deadline) throw new Error(`killed at ${name}`);
			};
			await disk
				.start()
				.queue.pass()
				.catch(() => {});
			disk.onStep = () => {};
			const next = disk.start();
			await next.queue.recover();
			await next.home.settlePending();
			await next.queue.pass();
			expect([...(await landedKeys(disk))].sort(), `killed at step ${deadline}`).toEqual(keys);
			for (const key of keys) expect(disk.facts.items[key]?.stage.kind, `step ${deadline}`).toBe('done');
		}
	});

	it('[I9] checks each landing, also where the home dies between the landing and its check', async () => {
		const checkedOf = (disk: SimDiskOfProject, checked: Set<string>) => ({
			check: async ({ item }: LandingMade) => {
				disk.onStep('check');
				checked.add(item.key);
				return null;
			},
		});
		let steps = 0;
		const counted = await queueOfThree();
		counted.onStep = () => {
			steps += 1;
		};
		await counted.start(undefined, undefined, checkedOf(counted, new Set())).queue.pass();
		for (let deadline = 1; deadline <= steps; deadline += 1) {
			const disk = await queueOfThree();
			const checked = new Set<string>();
			let step = 0;
			disk.onStep = (name) => {
				step += 1;
				if (step >= deadline) throw new Error(`killed at ${name}`);
			};
			const dying = disk.start(undefined, undefined, checkedOf(disk, checked));
			await dying.queue.pass().catch(() => {});
			disk.onStep = () => {};
			const next = disk.start(undefined, undefined, checkedOf(disk, checked));
			await next.queue.recover();
			await next.home.settlePending();
			await next.queue.pass();
			expect([...checked].sort(), `killed at step ${deadline}`).toEqual(keys);
			expect(disk.journal.made).toBeNull();
		}
	});

	it('[I9] stops at a landing of the process before with which the check disagrees, before anything else lands', async () => {
		const disk = await queueOfThree();
		const killed = async () => {
			throw new Error('killed');
		};
		const dying = disk.start(undefined, undefined, { check: killed });
		await dying.queue.pass().catch(() => {});
		expect(dying.queue.trouble).toContain('the check of landing #1');
		const { queue } = disk.start(undefined, undefined, { check: async () => 'change: a.txt' });
		await queue.recover();
		await queue.pass();
		expect(queue.trouble).toContain('disagrees: change: a.txt');
		expect(await landedKeys(disk)).toEqual(keys.slice(0, 1));
	});
});

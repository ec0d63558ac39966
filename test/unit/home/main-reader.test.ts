/** What main says has landed, read in pieces, over repeats, and where main is not what it was. */
import { describe, expect, it } from 'vitest';
import { MainReader } from '../../../node/home/main-reader.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import { SimDiskOfProject } from '../../support/sim-home.ts';

const key = '01K0000000000000000000000A';
const person = { name: 'Ada', email: 'ada@example.org' };

async function land(disk: SimDiskOfProject, onto: CommitId, item: string | null): Promise<CommitId> {
	const tree = await disk.git.treeOf(onto);
	const landing = item === null ? {} : { landing: { item, token: [1, 1] as const, gatedTree: tree } };
	const commit = await disk.git.createCommit({
		tree,
		parents: [onto],
		message: 'x',
		author: person,
		atMs: 0,
		...landing,
	});
	await disk.git.moveMain(commit, onto);
	return commit;
}

describe('what main says', () => {
	it('is nothing before there is a main', async () => {
		const reader = new MainReader(new SimDiskOfProject().git);
		expect(await reader.read()).toBeNull();
		expect(reader.tip).toBeNull();
	});

	it('[I3] of an item that is there twice is its first landing, whichever read finds it', async () => {
		const disk = new SimDiskOfProject();
		const first = await land(disk, await disk.begin({ 'a.txt': 'a\n' }), key);
		const reader = new MainReader(disk.git);
		const second = await land(disk, first, key);
		await reader.read();
		expect(reader.landing(key)?.commit).toBe(first);
		await land(disk, second, key);
		await reader.read();
		expect(reader.landing(key)?.commit).toBe(first);
	});

	it('[I3] is complete however long it was not read: more commits than one look of git brings', async () => {
		const disk = new SimDiskOfProject();
		let tip = await land(disk, await disk.begin({ 'a.txt': 'a\n' }), key);
		const landed = tip;
		for (let n = 0; n < 4_998; n++) tip = await land(disk, tip, null);
		const exactly = new MainReader(disk.git);
		expect(await exactly.read()).toBe(tip);
		expect(exactly.landing(key)?.commit).toBe(landed);
		tip = await land(disk, tip, null);
		const more = new MainReader(disk.git);
		expect(await more.read()).toBe(tip);
		expect(more.landing(key)?.commit).toBe(landed);
	});

	it('[I9] is an error when main is gone that was there', async () => {
		const disk = new SimDiskOfProject();
		await disk.begin({ 'a.txt': 'a\n' });
		let isGone = false;
		const { git } = disk;
		const reader = new MainReader({
			main: async () => (isGone ? null : git.main()),
			firstParents: (options) => git.firstParents(options),
			isAncestor: (one, two) => git.isAncestor(one, two),
		});
		await reader.read();
		isGone = true;
		await expect(reader.read()).rejects.toMatchObject({ code: 'LANDING_DISAGREES' });
	});
});

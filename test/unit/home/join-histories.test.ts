/** Commits of others become a main whose first parents are the main that was. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinHistories } from '../../../node/home/join-histories.ts';
import { MainReader } from '../../../node/home/main-reader.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import { itemA, person, realGit } from '../../support/git.ts';

let under: Awaited<ReturnType<typeof realGit>>;
let base: CommitId;
beforeEach(async () => {
	under = await realGit();
	base = await under.commit([], { 'a.txt': 'a\n' });
});
afterEach(() => under.dispose());

const join = (main: CommitId, theirs: CommitId) =>
	joinHistories(under.git, { main, theirs, message: 'Merge origin/main', author: async () => person, atMs: 1 });

describe('joining histories', () => {
	it('takes commits on top of main as they are, and nothing where main has them', async () => {
		const next = await under.commit([base], { 'a.txt': 'b\n' });
		expect(await join(base, next)).toEqual({ kind: 'continued', commit: next });
		expect(await join(next, base)).toEqual({ kind: 'nothing' });
		expect(await join(base, base)).toEqual({ kind: 'nothing' });
	});

	it('[I3] keeps main first where someone merged main into theirs, with exactly their tree', async () => {
		const main = await under.commit([base], { 'a.txt': 'a\n', 'landed.txt': 'x\n' });
		const theirs = await under.commit([base], { 'a.txt': 'theirs\n' });
		const pulled = await under.commit([theirs, main], { 'a.txt': 'theirs\n', 'landed.txt': 'x\n' });
		const joined = await join(main, pulled);
		expect(joined.kind).toBe('continued');
		if (joined.kind !== 'continued') return;
		expect(await under.git.treeOf(joined.commit)).toBe(await under.git.treeOf(pulled));
		const [first] = await under.git.firstParents({ tip: joined.commit, until: main });
		expect(first).toMatchObject({ commit: joined.commit, parent: main });
		expect(await under.git.isAncestor(pulled, joined.commit)).toBe(true);
	});

	it('merges what went apart, or names the paths that conflict', async () => {
		const main = await under.commit([base], { 'a.txt': 'main\n' });
		const beside = await under.commit([base], { 'a.txt': 'a\n', 'b.txt': 'b\n' });
		expect(await join(main, beside)).toMatchObject({ kind: 'merged' });
		expect(await join(main, await under.commit([base], { 'a.txt': 'theirs\n' }))).toEqual({
			kind: 'conflict',
			paths: ['a.txt'],
		});
	});
});

describe('MainReader', () => {
	it('[I3] remembers landings that a merge the other way round took off the chain, and refuses a rewritten main', async () => {
		const tree = await under.git.treeOf(await under.commit([base], { 'a.txt': 'a\n', 'x.txt': 'x\n' }));
		const landing = { item: itemA, token: [1, 2], gatedTree: tree } as const;
		const options = { tree, parents: [base], message: 'Landed', author: person, atMs: 1, landing };
		const landed = await under.git.createCommit(options);
		await under.git.moveMain(landed, null);
		const reader = new MainReader(under.git);
		await reader.read();
		const theirs = await under.commit([base], { 'a.txt': 'theirs\n' });
		const pulled = await under.commit([theirs, landed], { 'a.txt': 'theirs\n', 'x.txt': 'x\n' });
		await under.git.moveMain(pulled, landed);
		expect(await reader.read()).toBe(pulled);
		expect(reader.landing(itemA)?.commit).toBe(landed);
		await under.git.moveMain(theirs, pulled);
		await expect(reader.read()).rejects.toMatchObject({ code: 'LANDING_DISAGREES' });
	});
});

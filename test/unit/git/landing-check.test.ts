/** The independent check agrees with good landings and names what is wrong with bad ones. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disagreement } from '../../../node/home/independent-check.ts';
import type { Candidate } from '../../../node/home/landing.ts';
import { MainReader } from '../../../node/home/main-reader.ts';
import { type CanonicalRepository, checkLanding, type LandingClaim } from '../../../shared/git/index.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import { environment, itemA, itemB, person, realGit, type TestFiles, temporaryFolder } from '../../support/git.ts';

const folder = temporaryFolder();
const lines = (count: number, change: Readonly<Record<number, string>> = {}): string =>
	Array.from({ length: count }, (_, index) => `${change[index] ?? `line ${index}`}\n`).join('');
const baseFiles = { 'a.txt': lines(30), 'b.txt': lines(30) };
let git: CanonicalRepository;
let commit: Awaited<ReturnType<typeof realGit>>['commit'];
let dispose: () => Promise<void>;
let base: CommitId;

beforeAll(async () => {
	({ git, commit, dispose } = await realGit());
	base = await commit([], baseFiles);
});
afterAll(async () => {
	await dispose();
	folder.remove();
});

const land = async (parent: CommitId, files: TestFiles | CommitId, item = itemA): Promise<CommitId> => {
	const tree = typeof files === 'string' ? files : await git.treeOf(await commit([], files));
	const landing = { item, token: [1, 1] as const, gatedTree: tree };
	return git.createCommit({ tree, parents: [parent], message: 'Land', author: person, atMs: 0, landing });
};
const check = async (landed: CommitId, reviewed: CommitId, more: Partial<LandingClaim> = {}) =>
	checkLanding({
		gitDir: git.path,
		environment,
		temporaryFolder: folder.path,
		landed,
		item: itemA,
		gatedTree: await git.treeOf(landed),
		reviewed: { base, commit: reviewed },
		earlier: [],
		...more,
	});
/** Main and an item's branch from the base, merged and landed. */
const merged = async (main: TestFiles, item: TestFiles) => {
	const [ours, theirs] = [await land(base, main, itemB), await commit([base], item)];
	const result = await git.merge({ ours, theirs });
	if (result.kind !== 'clean') throw new Error('the test needs a clean merge');
	return { ours, theirs, landed: await land(ours, result.tree) };
};

describe('a landing agrees', () => {
	it('when its diff is the reviewed one', async () => {
		const reviewed = await commit([base], { ...baseFiles, 'a.txt': lines(30, { 4: 'x' }) });
		expect(await check(await land(base, reviewed && (await git.treeOf(reviewed))), reviewed)).toEqual({
			kind: 'agrees',
			by: 'patch',
		});
	});

	it('when main changed around it, close by, and by renames on either side', async () => {
		const near = await merged(
			{ ...baseFiles, 'a.txt': lines(30, { 4: 'main' }) },
			{ ...baseFiles, 'a.txt': lines(30, { 7: 'item' }) },
		);
		expect(await check(near.landed, near.theirs)).toEqual({ kind: 'agrees', by: 'merge' });
		const mainRenames = await merged(
			{ 'moved.txt': lines(30), 'b.txt': lines(30) },
			{ ...baseFiles, 'a.txt': lines(30, { 7: 'item' }) },
		);
		expect(await check(mainRenames.landed, mainRenames.theirs)).toMatchObject({ kind: 'agrees' });
		const itemRenames = await merged(
			{ ...baseFiles, 'a.txt': lines(30, { 7: 'main' }) },
			{ 'moved.txt': lines(30, { 20: 'item' }), 'b.txt': lines(30) },
		);
		expect(await check(itemRenames.landed, itemRenames.theirs)).toMatchObject({ kind: 'agrees' });
	});

	it('when everything of it was there already', async () => {
		const both = { ...baseFiles, 'a.txt': lines(30, { 4: 'x' }) };
		const { landed, theirs } = await merged(both, both);
		expect(await check(landed, theirs)).toMatchObject({ kind: 'agrees' });
	});

	it('when a revert lies between two landings of one item', async () => {
		const first = await land(base, { ...baseFiles, 'a.txt': lines(30, { 1: 'x' }) });
		const revert = await land(first, baseFiles, itemB);
		const reviewed = await commit([base], { ...baseFiles, 'a.txt': lines(30, { 2: 'y' }) });
		const landed = await land(revert, await git.treeOf(reviewed));
		const earlier = [
			{ item: itemA, commit: first },
			{ item: itemB, commit: revert, reverts: itemA },
		];
		expect(await check(landed, reviewed, { earlier })).toEqual({ kind: 'agrees', by: 'patch' });
		const twice = await check(landed, reviewed, { earlier: earlier.slice(0, 1) });
		expect(twice).toMatchObject({ kind: 'disagrees', what: 'twice' });
	});
});

describe('[I9] a landing disagrees', () => {
	it('when its tree is not the gated one', async () => {
		const landed = await land(base, { a: '1' });
		expect(await check(landed, landed, { gatedTree: base })).toMatchObject({ kind: 'disagrees', what: 'tree' });
	});

	it('when an earlier landing is not below it', async () => {
		const first = await land(base, { ...baseFiles, 'b.txt': lines(30, { 1: 'x' }) }, itemB);
		const reviewed = await commit([base], { ...baseFiles, 'a.txt': lines(30, { 2: 'y' }) });
		const landed = await land(base, await git.treeOf(reviewed));
		const verdict = await check(landed, reviewed, { earlier: [{ item: itemB, commit: first }] });
		expect(verdict).toMatchObject({ kind: 'disagrees', what: 'history', detail: expect.stringContaining(first) });
	});

	it.each([
		['another file', { ...baseFiles, 'b.txt': lines(30, { 1: 'main' }) }],
		['other lines of the same file', { ...baseFiles, 'a.txt': lines(30, { 1: 'main' }) }],
		['a new file', { ...baseFiles, 'c.txt': 'new\n' }],
	])('when a wrong merge base undid what had landed in %s', async (_where, main) => {
		const ours = await land(base, main, itemB);
		const reviewed = await commit([base], { ...baseFiles, 'a.txt': lines(30, { 20: 'item' }) });
		const landed = await land(ours, await git.treeOf(reviewed));
		expect(await check(landed, reviewed)).toMatchObject({ kind: 'disagrees', what: 'change' });
	});

	it('when something that nobody reviewed came along, or a part is missing', async () => {
		const reviewed = await commit([base], { ...baseFiles, 'a.txt': lines(30, { 20: 'item' }), 'n.txt': 'n\n' });
		const more = await land(base, { ...baseFiles, 'a.txt': lines(30, { 20: 'item', 25: 'smuggled' }), 'n.txt': 'n\n' });
		expect(await check(more, reviewed)).toMatchObject({ kind: 'disagrees', what: 'change' });
		const less = await land(base, { ...baseFiles, 'a.txt': lines(30, { 20: 'item' }) });
		expect(await check(less, reviewed)).toMatchObject({ kind: 'disagrees', what: 'change' });
		const mode = await land(base, {
			...baseFiles,
			'a.txt': { content: lines(30, { 20: 'item' }), mode: '100755' },
			'n.txt': 'n\n',
		});
		expect(await check(mode, reviewed)).toMatchObject({ kind: 'disagrees', what: 'change' });
	});
});

describe('a landing as its home has it checked', () => {
	const ask = async (candidate: Pick<Candidate, 'commit' | 'tip' | 'result'>, result: { base: string } | null) => {
		const main = new MainReader(git);
		await main.read();
		const tree = await git.treeOf(candidate.commit);
		return disagreement({
			...{ repository: git, main, environment, temporaryFolder: folder.path, item: { key: itemA, result } },
			candidate: { ...candidate, tree },
		});
	};

	it('[I9] agrees where main has it on top of earlier ones, and is named where an earlier one is undone', async () => {
		const earlier = await land(base, { ...baseFiles, 'b.txt': lines(30, { 9: 'b' }) }, itemB);
		const reviewed = await commit([base], { ...baseFiles, 'a.txt': lines(30, { 4: 'x' }) });
		const both = { 'a.txt': lines(30, { 4: 'x' }), 'b.txt': lines(30, { 9: 'b' }) };
		const landed = await land(earlier, both);
		await git.moveMain(landed, await git.main());
		expect(await ask({ commit: landed, tip: earlier, result: reviewed }, { base })).toBeNull();
		const later = await land(landed, { ...both, 'c.txt': 'c\n' }, '01K0000000000000000000000C');
		await git.moveMain(later, landed);
		expect(await ask({ commit: landed, tip: earlier, result: reviewed }, { base }), 'checked late').toBeNull();
		const undoes = await land(earlier, { 'a.txt': lines(30, { 4: 'x' }), 'b.txt': lines(30) });
		expect(await ask({ commit: undoes, tip: earlier, result: reviewed }, { base })).toMatch(/: .+/);
		expect(await ask({ commit: landed, tip: earlier, result: reviewed }, null)).toMatch(/: .+/);
	});
});

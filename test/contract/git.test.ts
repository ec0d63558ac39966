/** What the Git port promises, on real git and on the simulated twin: the same cases, the same ids. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommitId, LandingTrailers } from '../../shared/ports/index.ts';
import { type GitUnderTest, itemA, itemB, person, realGit, simGit, type TestFiles } from '../support/git.ts';

const lines = (count: number, change: Readonly<Record<number, string>> = {}): string =>
	Array.from({ length: count }, (_, index) => `${change[index] ?? `line ${index}`}\n`).join('');

describe.each([
	['real git', realGit],
	['SimGit', simGit],
])('%s', (_name, make) => {
	let under: GitUnderTest;
	let root: CommitId;
	beforeAll(async () => {
		under = await make();
		root = await under.commit([], { 'a.txt': lines(20), 'b/c.txt': 'c\n' });
	});
	afterAll(() => under.dispose());

	const mergeOf = async (
		ours: TestFiles,
		theirs: TestFiles,
		base: TestFiles = { 'a.txt': lines(20), 'b/c.txt': 'c\n' },
	) => {
		const from = await under.commit([], base);
		const [left, right] = [await under.commit([from], ours), await under.commit([from], theirs)];
		return { left, right, result: await under.git.merge({ ours: left, theirs: right }) };
	};
	const landing = async (parent: CommitId | null, files: TestFiles, trailers: Partial<LandingTrailers> = {}) => {
		const tree = await under.git.treeOf(await under.commit([], files));
		return under.git.createCommit({
			tree,
			parents: parent === null ? [] : [parent],
			message: 'Land it',
			author: person,
			atMs: 1_700_000_000_000,
			landing: { item: itemA, token: [1, 42], gatedTree: tree, ...trailers },
		});
	};

	describe('main', () => {
		it('is null before it is born, and moves only from what was expected', async () => {
			const fresh = await make();
			expect(await fresh.git.main()).toBeNull();
			expect(await fresh.git.firstParents({})).toEqual([]);
			const first = await fresh.commit([], { a: '1' });
			const second = await fresh.commit([first], { a: '2' });
			const other = await fresh.commit([first], { a: '3' });
			expect(await fresh.git.moveMain(first, null)).toEqual({ kind: 'moved' });
			expect(await fresh.git.moveMain(other, null)).toEqual({ kind: 'lost', actual: first });
			expect(await fresh.git.moveMain(second, first)).toEqual({ kind: 'moved' });
			expect(await fresh.git.moveMain(other, first)).toEqual({ kind: 'lost', actual: second });
			expect(await fresh.git.main()).toBe(second);
			await fresh.dispose();
		});

		it('answers moved for a move that is already there', async () => {
			const fresh = await make();
			const first = await fresh.commit([], { a: '1' });
			await fresh.git.moveMain(first, null);
			expect(await fresh.git.moveMain(first, null)).toEqual({ kind: 'moved' });
			await fresh.dispose();
		});

		it('refuses a commit that is not there', async () => {
			const fresh = await make();
			const nowhere = 'deadbeef'.repeat(5) as CommitId;
			await expect(fresh.git.moveMain(nowhere, null)).rejects.toMatchObject({ code: 'GIT_FAILED' });
			await fresh.dispose();
		});
	});

	describe('merge', () => {
		const base = { 'a.txt': lines(20), 'b/c.txt': 'c\n' };

		it('joins changes of different files and of distant lines', async () => {
			const { result } = await mergeOf(
				{ ...base, 'a.txt': lines(20, { 2: 'ours' }), 'ünï cødé\n.txt': 'new\n' },
				{ ...base, 'a.txt': lines(20, { 15: 'theirs' }) },
			);
			const expected = await under.commit([], {
				...base,
				'a.txt': lines(20, { 2: 'ours', 15: 'theirs' }),
				'ünï cødé\n.txt': 'new\n',
			});
			expect(result).toEqual({ kind: 'clean', tree: await under.git.treeOf(expected) });
		});

		it.each([
			[
				'the same line',
				{ ...base, 'a.txt': lines(20, { 5: 'x' }) },
				{ ...base, 'a.txt': lines(20, { 5: 'y' }) },
				['a.txt'],
			],
			[
				'neighbouring lines',
				{ ...base, 'a.txt': lines(20, { 5: 'x' }) },
				{ ...base, 'a.txt': lines(20, { 6: 'y' }) },
				['a.txt'],
			],
			['a deleted and a modified file', { 'b/c.txt': 'c\n' }, { ...base, 'a.txt': lines(20, { 5: 'y' }) }, ['a.txt']],
			['a path added twice', { ...base, 'n w': '1\n' }, { ...base, 'n w': '2\n' }, ['n w']],
			['binary files', { ...base, bin: 'a\0b' }, { ...base, bin: 'a\0c' }, ['bin']],
		])('conflicts for %s', async (_case, ours, theirs, paths) => {
			expect((await mergeOf(ours, theirs)).result).toEqual({ kind: 'conflict', paths });
		});

		it('keeps a changed mode beside a changed content', async () => {
			const { result } = await mergeOf(
				{ ...base, 'b/c.txt': { content: 'c\n', mode: '100755' } },
				{ ...base, 'b/c.txt': 'other\n' },
			);
			const expected = await under.commit([], { ...base, 'b/c.txt': { content: 'other\n', mode: '100755' } });
			expect(result).toEqual({ kind: 'clean', tree: await under.git.treeOf(expected) });
		});

		it('takes equal changes of both sides once', async () => {
			const changed = { ...base, 'a.txt': lines(20, { 5: 'x' }) };
			const { left, result } = await mergeOf(changed, changed);
			expect(result).toEqual({ kind: 'clean', tree: await under.git.treeOf(left) });
		});

		it('[I9] does not undo a landed change when a stacked branch names its base', async () => {
			const start = await under.commit([], { 'a.txt': lines(20) });
			const below = await under.commit([start], { 'a.txt': lines(20, { 3: 'below, first try' }) });
			const stacked = await under.commit([below], { 'a.txt': lines(20, { 3: 'below, first try', 14: 'stacked' }) });
			const landed = await under.commit([start], { 'a.txt': lines(20, { 3: 'below, as landed' }) });
			const rebased = await under.git.merge({ ours: landed, theirs: stacked, base: below });
			const expected = await under.commit([], { 'a.txt': lines(20, { 3: 'below, as landed', 14: 'stacked' }) });
			expect(rebased).toEqual({ kind: 'clean', tree: await under.git.treeOf(expected) });
			expect(await under.git.merge({ ours: landed, theirs: stacked })).toMatchObject({ kind: 'conflict' });
		});

		it('refuses histories that have nothing in common', async () => {
			const [left, right] = [await under.commit([], { a: '1' }), await under.commit([], { a: '2' })];
			expect(await under.git.mergeBase(left, right)).toBeNull();
			await expect(under.git.merge({ ours: left, theirs: right })).rejects.toMatchObject({ code: 'GIT_FAILED' });
		});
	});

	describe('landings', () => {
		it('are read back from the first-parent chain, newest first, with their trailers', async () => {
			const first = await landing(root, { a: '1' });
			const second = await landing(first, { a: '2' }, { item: itemB, token: [2, 7], reverts: itemA });
			const chain = await under.git.firstParents({ tip: second });
			expect(chain.map(({ commit }) => commit)).toEqual([second, first, root]);
			expect(chain.map(({ parent }) => parent)).toEqual([first, root, null]);
			const trees = await Promise.all([second, first].map((commit) => under.git.treeOf(commit)));
			expect(chain.map((commit) => commit.landing)).toEqual([
				{ item: itemB, token: [2, 7], gatedTree: trees[0], reverts: itemA },
				{ item: itemA, token: [1, 42], gatedTree: trees[1] },
				null,
			]);
			expect(await under.git.firstParents({ tip: second, until: first })).toHaveLength(1);
			expect(await under.git.firstParents({ tip: second, limit: 2 })).toHaveLength(2);
			expect(await under.git.firstParents({ tip: second, until: second })).toEqual([]);
		});

		it('[I3] are equal for equal input, so that a repeat is the same commit', async () => {
			expect(await landing(root, { a: '1' })).toBe(await landing(root, { a: '1' }));
		});

		it('[I13] do not count behind a second parent', async () => {
			const real = await landing(root, { a: '1' });
			const merge = await under.commit([root, real], { a: '1' });
			const chain = await under.git.firstParents({ tip: merge });
			expect(chain.map((commit) => commit.landing)).toEqual([null, null]);
		});

		it('[I13] do not count when an agent writes the trailers itself', async () => {
			const files = { a: '1' };
			const tree = await under.git.treeOf(await under.commit([], files));
			const forged = `It\n\nGangline-Item: ${itemA}\nGangline-Token: 1.42\nGangline-Tree: ${tree}\nGangline-Signature: AAAA`;
			const commit = await under.commit([root], files, forged);
			expect((await under.git.firstParents({ tip: commit, limit: 1 }))[0]?.landing).toBeNull();
		});

		it('refuse a gated tree that is not the one that lands', async () => {
			const other = await under.git.treeOf(root);
			await expect(landing(root, { a: '1' }, { gatedTree: other })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		});
	});

	describe('reading', () => {
		it('finds the common ancestor and who contains whom', async () => {
			const left = await under.commit([root], { a: 'l' });
			const right = await under.commit([root], { a: 'r' });
			expect(await under.git.mergeBase(left, right)).toBe(root);
			expect(await under.git.isAncestor(root, left)).toBe(true);
			expect(await under.git.isAncestor(root, root)).toBe(true);
			expect(await under.git.isAncestor(left, right)).toBe(false);
		});

		it('lists changed paths, renames as deleted and added, whatever their names', async () => {
			const before = await under.commit([], { 'old name': 'same\n', 'm\todified\n"x"': '1\n', é: '1' });
			const after = await under.commit([], { 'new name': 'same\n', 'm\todified\n"x"': '2\n', é: '1' });
			expect(await under.git.changes(before, after)).toEqual([
				{ path: 'm\todified\n"x"', kind: 'modified' },
				{ path: 'new name', kind: 'added' },
				{ path: 'old name', kind: 'deleted' },
			]);
			expect(await under.git.changes(before, before)).toEqual([]);
		});

		it('reads a file up to its limit', async () => {
			const commit = await under.commit([], { 'sp ace/ü\n': 'content', '.gangline/project.toml': 'id = 1' });
			const read = async (path: string, limit = 100) => {
				const bytes = await under.git.file(commit, path, limit);
				return bytes && Buffer.from(bytes).toString();
			};
			expect(await read('sp ace/ü\n')).toBe('content');
			expect(await read('.gangline/project.toml')).toBe('id = 1');
			expect(await read('absent\nfile')).toBeNull();
			expect(await read('sp ace')).toBeNull();
			await expect(read('sp ace/ü\n', 6)).rejects.toMatchObject({ code: 'TOO_LARGE' });
		});

		it('gives a change the same identity on a moved main, and another for another change', async () => {
			const before = { 'a.txt': lines(40), 'z.txt': 'z\n' };
			const change = await under.git.patchId(
				await under.commit([], before),
				await under.commit([], { ...before, 'a.txt': lines(40, { 20: 'changed' }) }),
			);
			const moved = { 'a.txt': `new first\n${lines(40, { 2: 'elsewhere' })}`, 'z.txt': 'z2\n' };
			const again = await under.git.patchId(
				await under.commit([], moved),
				await under.commit([], { ...moved, 'a.txt': `new first\n${lines(40, { 2: 'elsewhere', 20: 'changed' })}` }),
			);
			const blank = await under.git.patchId(
				await under.commit([], before),
				await under.commit([], { ...before, 'a.txt': lines(40, { 20: ' changed' }) }),
			);
			expect(again).toBe(change);
			expect(blank).not.toBe(change);
		});

		it('tells binary changes and modes apart by patch id', async () => {
			const before = await under.commit([], { bin: 'a\0b', run: 'x' });
			const ids = await Promise.all(
				[
					{ bin: 'a\0c', run: 'x' },
					{ bin: 'a\0d', run: 'x' },
					{ bin: 'a\0b', run: { content: 'x', mode: '100755' as const } },
				].map(async (files) => under.git.patchId(before, await under.commit([], files))),
			);
			expect(new Set(ids).size).toBe(3);
		});
	});

	describe('kept refs', () => {
		it('[I7] are created once and never moved', async () => {
			const ref = 'refs/gangline/attempts/x/1.2';
			const other = await under.commit([root], { a: 'other' });
			expect(await under.git.keep(ref, root)).toEqual({ kind: 'kept' });
			expect(await under.git.keep(ref, other)).toEqual({ kind: 'exists', commit: root });
			await under.git.drop(ref, other);
			expect(await under.git.refs('refs/gangline/attempts')).toEqual([{ ref, commit: root }]);
			expect(await under.git.refs('refs/gangline/attempts/x/')).toEqual([{ ref, commit: root }]);
			expect(await under.git.refs('refs/gangline/att')).toEqual([]);
			await under.git.drop(ref, root);
			expect(await under.git.refs('refs/gangline')).toEqual([]);
		});

		it('[I9] are all below refs/gangline/', async () => {
			await expect(under.git.keep('refs/heads/main', root)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
			await expect(under.git.drop('refs/heads/main', root)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		});
	});
});

describe('real git and SimGit together', () => {
	it('make the same commit ids of the same landings', async () => {
		const both = await Promise.all([realGit(), simGit()]);
		const ids = await Promise.all(
			both.map(async ({ git, commit, dispose }) => {
				const root = await commit([], { 'a/b': '1\n', 'a.b': '2\n', a0: { content: 'x', mode: '100755' } });
				const tree = await git.treeOf(root);
				const landed = await git.createCommit({
					tree,
					parents: [root],
					message: 'Größe\r\n\r\nbody\n\nCo-authored-by: Bob <bob@example.org>\n',
					author: { name: 'A <x>\n', email: '' },
					atMs: 1_700_000_000_999,
					landing: { item: itemA, token: [1, 2], gatedTree: tree },
				});
				await dispose();
				return [root, tree, landed];
			}),
		);
		expect(ids[0]).toEqual(ids[1]);
	});
});

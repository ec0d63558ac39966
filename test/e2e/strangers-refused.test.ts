/**
 * What a stranger is told where their repository cannot be used as it is: the sentence, what to type, the exit code, and
 * nothing changed. Where only the moment is wrong (files being edited, another branch checked out) the work goes on and
 * what is theirs is left alone.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board } from '../../shared/operations/index.ts';
import { all, begin, boardWhere, isStage, stateOf } from '../support/strangers.ts';
import { makeWorld, type World, writeFiles } from '../support/world.ts';

let world: World;
beforeAll(() => {
	world = makeWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const files = { 'note.txt': 'one\n', Makefile: 'test:\n\t@test -s note.txt\n' };

interface Refused {
	readonly name: string;
	/** Makes the repository what is refused, and answers the folder. */
	readonly make: (repository: string) => string;
	readonly code: number;
	readonly says: RegExp;
	readonly way: string;
}

const refusals: readonly Refused[] = [
	{
		name: 'a repository without a commit',
		make: (repository) => {
			rmSync(join(repository, '.git'), { recursive: true });
			world.git(repository, 'init', '-q');
			return repository;
		},
		code: 5,
		says: /the branch main has no commit yet/,
		way: 'git commit -m "First commit"',
	},
	{
		name: 'a detached HEAD',
		make: (repository) => {
			world.git(repository, 'checkout', '-q', '--detach');
			return repository;
		},
		code: 5,
		says: /HEAD is detached at [0-9a-f]{10}; expected a branch/,
		way: 'git switch main',
	},
	{
		name: 'a branch that is not the one to land on',
		make: (repository) => {
			world.git(repository, 'switch', '-q', '-c', 'feature');
			return repository;
		},
		code: 5,
		says: /changes would land on main, but feature is checked out/,
		way: 'gangline init --branch feature',
	},
	{
		name: 'submodules',
		make: (repository) => {
			const tip = world.git(repository, 'rev-parse', 'HEAD');
			world.git(repository, 'update-index', '--add', '--cacheinfo', `160000,${tip},vendor/größe`);
			world.git(repository, 'commit', '-q', '-m', 'Vendor');
			return repository;
		},
		code: 5,
		says: /has submodules \(vendor\/größe\)/,
		way: 'git subtree',
	},
	{
		name: 'a merge that is not finished',
		make: (repository) => {
			world.git(repository, 'switch', '-q', '-c', 'other');
			world.git(repository, 'commit', '-q', '--allow-empty', '-m', 'Other');
			world.git(repository, 'switch', '-q', 'main');
			world.git(repository, 'merge', '-q', '--no-ff', '--no-commit', 'other');
			return repository;
		},
		code: 5,
		says: /a merge is in progress/,
		way: 'git merge --abort',
	},
	{
		name: 'a linked worktree',
		make: (repository) => {
			world.git(repository, 'worktree', 'add', '-q', '-b', 'linked', `${repository} linked`);
			return `${repository} linked`;
		},
		code: 5,
		says: /is a linked worktree/,
		way: 'git worktree list',
	},
	{
		name: 'a shallow clone',
		make: (repository) => {
			world.git(repository, 'commit', '-q', '--allow-empty', '-m', 'Second');
			world.git(world.folder, 'clone', '-q', '--depth=1', `file://${repository}`, `${repository} shallow`);
			return `${repository} shallow`;
		},
		code: 5,
		says: /is a shallow clone/,
		way: 'git fetch --unshallow',
	},
	{
		name: 'a remote that is not there',
		make: (repository) => repository,
		code: 2,
		says: /the repository has no remote "origin" \(known: none\)/,
		way: 'git remote add origin',
	},
];

describe.concurrent('init refuses, and changes nothing in', () => {
	it.each(refusals)('$name', async ({ name, make, code, says, way }) => {
		const folder = make(world.repository(name, files));
		const before = stateOf(world, folder);
		const landing = name.includes('remote') ? ['--landing', 'push'] : [];
		const init = await world.gangline(folder, 'init', '--yes', '--no-input', ...landing);
		expect(init.code, init.stderr).toBe(code);
		expect(init.stderr).toMatch(says);
		expect(init.stderr).toContain(way);
		expect(stateOf(world, folder)).toBe(before);
	});
});

describe('a checkout that is', () => {
	it.skipIf(!all)(
		'dirty gives agents only what is committed, and keeps what is staged, edited and untracked',
		async () => {
			const repository = world.repository('dirty', files);
			writeFiles(repository, { 'staged.txt': 'staged\n', 'untracked.txt': 'mine\n', 'note.txt': 'edited\n' });
			world.git(repository, 'add', 'staged.txt');
			const said = await begin(world, repository, '--review', 'server');
			expect(said).toContain('Uncommitted changes stay as they are and are not part of what agents see: note.txt');
			const theirs = ' M note.txt\nA  staged.txt\n?? untracked.txt';
			expect(world.git(repository, 'status', '--porcelain')).toBe(theirs.trim());
			expect(world.git(repository, 'show', '--format=', '--name-only')).toBe('.gangline/project.toml');
			// One change that is not in the way, then one that is.
			await world.ok(repository, 'add', 'Elsewhere', '--run', 'grep -qx one note.txt && echo x > else.txt');
			await boardWhere(world, repository, (board) => isStage(board, 1, 'done'));
			const forwarded = await boardWhere(world, repository, ({ distance }) => distance.checkout?.behind === 0);
			expect(forwarded.distance.checkout?.inTheWay).toEqual([]);
			expect(readFileSync(join(repository, 'else.txt'), 'utf8')).toBe('x\n');
			expect(world.git(repository, 'status', '--porcelain')).toBe(theirs.trim());
			await world.ok(repository, 'add', 'The same file', '--run', 'echo two > note.txt; echo n > untracked.txt');
			const left = await boardWhere(world, repository, ({ distance }) => distance.checkout?.inTheWay.length === 2);
			expect(left.distance.checkout?.behind).toBe(1);
			expect(left.distance.checkout?.inTheWay).toEqual(['note.txt', 'untracked.txt']);
			expect(world.git(repository, 'status', '--porcelain')).toBe(theirs.trim());
			expect(readFileSync(join(repository, 'untracked.txt'), 'utf8')).toBe('mine\n');
		},
	);

	it.skipIf(!all)('detached, or on another branch, after init is left alone and told how far main is', async () => {
		const repository = world.repository('elsewhere', files);
		await begin(world, repository, '--review', 'server');
		world.git(repository, 'checkout', '-q', '--detach');
		const at = world.git(repository, 'rev-parse', 'HEAD');
		await world.ok(repository, 'add', 'One', '--run', 'echo 1 > 1.txt');
		const isSaid = (board: Board): boolean =>
			/lacks 1 commit: its HEAD is detached/.test(board.distance.checkout?.words ?? '');
		const detached = await boardWhere(world, repository, isSaid);
		expect(detached.distance.checkout?.words).toBe(
			'your checkout lacks 1 commit: its HEAD is detached (git switch main)',
		);
		world.git(repository, 'switch', '-q', '-c', 'mine');
		const other = await boardWhere(world, repository, ({ distance }) =>
			/lacks 1 commit: it is on mine/.test(distance.checkout?.words ?? ''),
		);
		expect(other.distance.checkout?.words).toBe(
			'your checkout lacks 1 commit: it is on mine (git fetch gangline main:main)',
		);
		expect([world.git(repository, 'rev-parse', 'HEAD'), world.git(repository, 'rev-parse', 'main')]).toEqual([at, at]);
		expect(world.git(repository, 'status', '--porcelain')).toBe('');
		// What it says to type does what it says.
		world.git(repository, 'fetch', '-q', 'gangline', 'main:main');
		world.git(repository, 'switch', '-q', 'main');
		expect(world.git(repository, 'log', '-1', '--format=%s')).toBe('One');
	});

	it('a project of a name that is taken is refused, and another name makes it go', async () => {
		await begin(world, world.repository('taken', files));
		const repository = world.repository('second/taken', files);
		await world.ok(repository, 'init', '--yes', '--no-input');
		const start = await world.gangline(repository, 'start');
		expect(start.code, start.stderr).toBe(4);
		expect(start.stderr).toContain(`another project is called taken: ${join(world.folder, 'taken')}`);
		const file = join(repository, '.gangline/project.toml');
		writeFileSync(file, readFileSync(file, 'utf8').replace('name = "taken"', 'name = "second"'));
		world.git(repository, 'commit', '-q', '-a', '-m', 'Another name');
		expect(await world.ok(repository, 'start')).toContain('the project second is added');
	});
});

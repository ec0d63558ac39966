/** Clones for work: what is made, what is seen of them, what is taken from them, what is saved. */
import { execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
	CanonicalRepository,
	cloneForWork,
	commitAll,
	fetchAttempt,
	removeClone,
	salvage,
	type WorkClone,
	workState,
} from '../../../shared/git/index.ts';
import { type CommitId, parseCommitId } from '../../../shared/ports/index.ts';
import { commitInto, environment, newCanonical, person, shell, signer, temporaryFolder } from '../../support/git.ts';

const folder = temporaryFolder();
const atMs = 1_700_000_000_000;
let canonical: CanonicalRepository;
let base: CommitId;
let clone: WorkClone;
let made = 0;

beforeAll(async () => {
	canonical = await newCanonical(join(folder.path, 'canonical.git'));
	base = commitInto(canonical.path, [], { 'a.txt': 'a\n', 'sub/ü n.txt': 'u\n', '.gitignore': 'ignored\n' }, 'base');
	await canonical.moveMain(base, null);
	shell(canonical.path, 'update-ref', 'refs/tags/v1', base);
});
beforeEach(async () => {
	made++;
	clone = await cloneForWork(canonical, {
		path: join(folder.path, `clone ${made}`),
		commit: base,
		branch: 'gangline/1-item',
		user: { name: 'Agent "A"', email: 'agent@example.org' },
	});
});
afterAll(async () => {
	await canonical.close();
	folder.remove();
});

const write = (path: string, content: string): void => writeFileSync(join(clone.path, path), content);
const commit = (message = 'work'): CommitId => {
	shell(clone.path, 'add', '-A');
	shell(clone.path, 'commit', '-q', '-m', message);
	return parseCommitId(shell(clone.path, 'rev-parse', 'HEAD'));
};
const fetch = (
	id: CommitId,
	ref = `refs/gangline/attempts/k/1.${made}`,
	limits?: Parameters<typeof fetchAttempt>[1]['limits'],
) => fetchAttempt(canonical, { clone, commit: id, base, ref, ...(limits ? { limits } : {}) });
const show = (commit: CommitId | null, path: string): string => shell(canonical.path, 'show', `${commit}:${path}`);

describe('a clone', () => {
	it('has the files, the branch, the tags, a clean status and no remote', () => {
		expect(readFileSync(join(clone.path, 'sub/ü n.txt'), 'utf8')).toBe('u\n');
		expect(shell(clone.path, 'status', '--porcelain')).toBe('');
		expect(shell(clone.path, 'branch', '--show-current')).toBe('gangline/1-item');
		expect(shell(clone.path, 'describe', '--tags')).toBe('v1');
		expect(shell(clone.path, 'remote')).toBe('');
		expect(shell(clone.path, 'config', 'user.name')).toBe('Agent "A"');
		expect(shell(clone.path, 'rev-parse', 'main')).toBe(base);
		expect(shell(clone.path, 'fsck', '--strict')).toBe('');
		expect(existsSync(join(clone.path, '.git/hooks'))).toBe(false);
	});

	it('is refused where something is', async () => {
		const again = cloneForWork(canonical, { path: clone.path, commit: base, branch: 'b', user: person });
		await expect(again).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		expect(existsSync(join(clone.path, 'a.txt'))).toBe(true);
	});

	it('[I7] shows and keeps an edit of the same length in the second in which it was made', async () => {
		const second = (path: string): number => Math.floor(statSync(join(clone.path, path)).ctimeMs / 1000);
		const filled = second('a.txt');
		write('a.txt', 'b\n');
		// Git compares whole seconds. A clone that took longer is no case; it must then be seen all the same.
		while (Math.floor(Date.now() / 1000) <= filled) await new Promise((resolve) => setTimeout(resolve, 20));
		expect(shell(clone.path, 'diff', '--name-only')).toBe('a.txt');
		expect((await workState(canonical, clone, base)).dirty).toBe(1);
		const kept = await commitAll(canonical, clone, { message: 'Same length', author: person, atMs, base });
		await fetch(kept ?? base);
		expect(show(kept, 'a.txt')).toBe('b');
		// The same once more: now the index is the one that our own commit left.
		write('a.txt', 'c\n');
		const written = second('a.txt');
		await workState(canonical, clone, base);
		write('a.txt', 'd\n');
		while (Math.floor(Date.now() / 1000) <= written) await new Promise((resolve) => setTimeout(resolve, 20));
		await workState(canonical, clone, base);
		const again = await commitAll(canonical, clone, { message: 'Again', author: person, atMs, base });
		expect(shell(clone.path, 'show', `${again}:a.txt`)).toBe('d');
	});

	it('is gone with all that belongs to it when removed', async () => {
		await removeClone(clone);
		expect(readdirSync(folder.path).filter((name) => name.startsWith(`clone ${made}`))).toEqual([]);
	});
});

describe('the state of the work', () => {
	it('counts what is not committed and what is', async () => {
		expect(await workState(canonical, clone, base)).toMatchObject({ head: base, dirty: 0, newCommits: 0 });
		write('new\nfile', 'n');
		write('ignored', 'i');
		rmSync(join(clone.path, 'a.txt'));
		const dirty = await workState(canonical, clone, base);
		expect(dirty).toMatchObject({ head: base, dirty: 2, newCommits: 0 });
		const head = commit();
		const committed = await workState(canonical, clone, base);
		expect(committed).toMatchObject({ head, dirty: 0, newCommits: 1, diff: dirty.diff });
	});

	it('sees through assume-unchanged and skip-worktree', async () => {
		shell(clone.path, 'update-index', '--assume-unchanged', 'a.txt');
		shell(clone.path, 'update-index', '--skip-worktree', 'sub/ü n.txt');
		write('a.txt', 'changed\n');
		write('sub/ü n.txt', 'changed\n');
		expect(shell(clone.path, 'status', '--porcelain')).toBe('');
		expect((await workState(canonical, clone, base)).dirty).toBe(2);
	});

	it('follows a file that became a folder and a folder that became a link', async () => {
		rmSync(join(clone.path, 'a.txt'));
		mkdirSync(join(clone.path, 'a.txt'));
		write('a.txt/inner', 'x');
		rmSync(join(clone.path, 'sub'), { recursive: true });
		symlinkSync('/etc', join(clone.path, 'sub'));
		const id = await commitAll(canonical, clone, { message: 'm', author: person, atMs, base });
		expect(shell(clone.path, 'ls-tree', '-r', '--name-only', `${id}`)).toBe('.gitignore\na.txt/inner\nsub');
	});

	it('leaves repositories inside and enormous new files out, and names them', async () => {
		mkdirSync(join(clone.path, 'inner'));
		shell(join(clone.path, 'inner'), 'init', '-q');
		shell(join(clone.path, 'inner'), 'commit', '-q', '--allow-empty', '-m', 'x');
		writeFileSync(join(clone.path, 'dump'), Buffer.alloc(51 * 1024 * 1024));
		const state = await workState(canonical, clone, base);
		expect(state).toMatchObject({ dirty: 0, leftOut: ['dump', 'inner/'] });
	});
});

describe('commitAll', () => {
	it('commits everything that is not ignored and moves the branch', async () => {
		write('a.txt', 'changed\n');
		write('ignored', 'i');
		const id = await commitAll(canonical, clone, { message: 'Run it', author: person, atMs, base });
		expect(shell(clone.path, 'rev-parse', 'gangline/1-item')).toBe(id);
		expect(shell(clone.path, 'status', '--porcelain')).toBe('');
		expect(shell(clone.path, 'log', '-1', '--format=%an %s')).toBe('Ada Run it');
		expect(await commitAll(canonical, clone, { message: 'm', author: person, atMs, base })).toBeNull();
		expect(await fetch(parseCommitId(`${id}`))).toEqual({ kind: 'kept' });
	});

	it('makes a new git directory when the old one is gone', async () => {
		rmSync(join(clone.path, '.git'), { recursive: true });
		write('a.txt', 'changed\n');
		const id = await commitAll(canonical, clone, { message: 'm', author: person, atMs, base });
		expect(shell(clone.path, 'rev-parse', 'HEAD', 'HEAD^')).toBe(`${id}\n${base}`);
		expect(shell(clone.path, 'status', '--porcelain')).toBe('');
		expect(await fetch(parseCommitId(`${id}`))).toEqual({ kind: 'kept' });
	});
});

describe('an attempt', () => {
	it('[I7] is kept create-only: a repeat is the same, another commit is not taken', async () => {
		write('a.txt', '1\n');
		const first = commit();
		expect(await fetch(first)).toEqual({ kind: 'kept' });
		expect(await fetch(first)).toEqual({ kind: 'kept' });
		write('a.txt', '2\n');
		expect(await fetch(commit())).toEqual({ kind: 'exists', commit: first });
		await removeClone(clone);
		expect(show(first, 'a.txt')).toBe('1');
		expect(shell(canonical.path, 'fsck', '--connectivity-only')).not.toMatch(/missing|broken/);
	});

	it('[I6] [I7] is taken, and saved, by the home that a machine became after it worked for another', async () => {
		write('a.txt', 'made for the home of before\n');
		const head = commit();
		const path = join(folder.path, `home ${made}.git`);
		const stranger = await newCanonical(path);
		shell(path, 'fetch', '-q', canonical.path, `${base}:refs/heads/main`);
		const at = { clone, base, ref: 'refs/gangline/attempts/k/1.7' };
		await expect(fetchAttempt(stranger, { ...at, commit: head })).rejects.toMatchObject({ code: 'REFUSED' });
		await stranger.close();
		const committer = person;
		const options = { path, twin: canonical.path, branch: 'main', signer: signer(), committer, environment };
		await using home = await CanonicalRepository.open(options);
		expect(await salvage(home, { ...at, ref: 'refs/gangline/salvage/k/7', atMs })).toMatchObject({ lost: [] });
		expect(await fetchAttempt(home, { ...at, commit: head })).toEqual({ kind: 'kept' });
		expect(shell(path, 'show', `${head}:a.txt`)).toBe('made for the home of before');
		expect(shell(path, 'fsck', '--connectivity-only')).not.toMatch(/missing|broken/);
	});

	it('is refused when it did not grow on its base', async () => {
		shell(clone.path, 'checkout', '-q', '--orphan', 'other');
		const id = commit('unrelated');
		await expect(fetch(id)).rejects.toMatchObject({ code: 'REFUSED' });
		expect(() => shell(canonical.path, 'cat-file', '-e', id)).toThrow();
	});

	it('is refused when it is not there', async () => {
		await expect(fetch(parseCommitId('c0ffee'.padEnd(40, '0')))).rejects.toMatchObject({ code: 'REFUSED' });
	});

	it('is refused beyond its limits, and leaves nothing behind', async () => {
		const packs = readdirSync(join(canonical.path, 'objects/pack'));
		writeFileSync(join(clone.path, 'noise'), Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 251)));
		const id = commit();
		const limits = { packBytesMax: 1e6, fileBytesMax: 1e6, filesMax: 10 };
		await expect(fetch(id, 'refs/gangline/x', { ...limits, packBytesMax: 300 })).rejects.toMatchObject({
			code: 'TOO_LARGE',
		});
		await expect(fetch(id, 'refs/gangline/x', { ...limits, fileBytesMax: 4e4 })).rejects.toMatchObject({
			code: 'TOO_LARGE',
		});
		await expect(fetch(id, 'refs/gangline/x', { ...limits, filesMax: 0 })).rejects.toMatchObject({ code: 'TOO_LARGE' });
		expect(readdirSync(join(canonical.path, 'objects/pack'))).toEqual(packs);
		expect(readdirSync(join(canonical.path, 'objects')).filter((name) => name.startsWith('incoming'))).toEqual([]);
	});
});

it('[I12] commits again after a crash in the middle of that', async () => {
	write('a.txt', 'mine\n');
	const git = join(clone.path, '.git');
	for (const name of ['index', 'refs/heads/gangline/1-item']) writeFileSync(join(git, `${name}.gangline-new`), 'half');
	const id = await commitAll(canonical, clone, { message: 'work', author: person, atMs, base });
	expect(shell(clone.path, 'rev-parse', 'HEAD')).toBe(id);
	expect(shell(clone.path, 'status', '--porcelain')).toBe('');
});

function fastImport(gitDir: string, commands: readonly string[]): void {
	execFileSync('git', ['--git-dir', gitDir, 'fast-import', '--quiet'], { input: commands.join('') });
}

describe('salvage', () => {
	const save = () => salvage(canonical, { clone, base, ref: `refs/gangline/salvage/k/${made}`, atMs });

	it('[I7] keeps uncommitted files, branches, stashes and what HEAD was', async () => {
		write('a.txt', 'on a branch\n');
		shell(clone.path, 'checkout', '-q', '-b', 'side');
		const side = commit('side');
		shell(clone.path, 'checkout', '-q', 'gangline/1-item');
		write('a.txt', 'dropped\n');
		const dropped = commit('dropped');
		shell(clone.path, 'reset', '-q', '--hard', base);
		write('a.txt', 'stashed\n');
		shell(clone.path, 'stash');
		const stash = shell(clone.path, 'rev-parse', 'stash');
		write('untracked ü', 'mine\n');
		const before = shell(clone.path, 'status', '--porcelain');
		const { commit: saved, lost } = await save();
		expect(lost).toEqual([]);
		expect(show(saved, 'untracked ü')).toBe('mine');
		expect(shell(canonical.path, 'rev-list', `${saved}`).split('\n')).toEqual(
			expect.arrayContaining([side, dropped, stash, base]),
		);
		expect(shell(clone.path, 'status', '--porcelain')).toBe(before);
		expect(await canonical.refs(`refs/gangline/salvage/k/${made}`)).toHaveLength(1);
	});

	it('[I7] keeps every commit that has a name, however many have one', async () => {
		const tries = Array.from({ length: 300 }, (_, n) => {
			const words = `try ${n}`;
			const lines = [`commit refs/heads/try-${n}`, 'committer A <a@b> 0 +0000', `data ${words.length}`, words];
			return [...lines, `from ${base}`, ''].join('\n');
		});
		fastImport(join(clone.path, '.git'), tries);
		const named = shell(clone.path, 'for-each-ref', '--format=%(objectname)', 'refs/heads/try-*').split('\n');
		expect(named).toHaveLength(300);
		const { commit: saved, lost } = await save();
		expect(lost).toEqual([]);
		const kept = new Set(shell(canonical.path, 'rev-list', `${saved}`).split('\n'));
		expect(named.filter((id) => !kept.has(id))).toEqual([]);
		expect(shell(canonical.path, 'rev-parse', `${saved}^1`)).toBe(base);
	});

	it('[I7] keeps what an agent named in a project of thousands of tags', async () => {
		const tagged = await newCanonical(join(folder.path, 'tagged.git'));
		const first = commitInto(tagged.path, [], { 'a.txt': 'a\n' }, 'base');
		await tagged.moveMain(first, null);
		const tags = Array.from({ length: 2_100 }, (_, n) =>
			[`tag v${n}`, `from ${first}`, 'tagger A <a@b> 0 +0000', `data ${`v${n}`.length}`, `v${n}`, ''].join('\n'),
		);
		fastImport(tagged.path, tags);
		const inTagged = await cloneForWork(tagged, {
			...{ path: join(folder.path, 'tagged clone'), commit: first, branch: 'gangline/2-item', user: person },
		});
		shell(inTagged.path, 'commit', '-q', '--allow-empty', '-m', 'set aside');
		const work = shell(inTagged.path, 'rev-parse', 'HEAD');
		shell(inTagged.path, 'branch', 'aside');
		shell(inTagged.path, 'reset', '-q', '--hard', first);
		rmSync(join(inTagged.path, '.git/logs'), { recursive: true });
		const ref = 'refs/gangline/salvage/k/tagged';
		const { commit: saved } = await salvage(tagged, { clone: inTagged, base: first, ref, atMs });
		expect(shell(tagged.path, 'rev-list', `${saved}`).split('\n')).toContain(work);
		await tagged.close();
	});

	it('[I7] is asked again, and not content with the files, where something killed git while it kept the commits', async () => {
		write('a.txt', 'nowhere else\n');
		const head = commit();
		const bin = join(folder.path, 'bin');
		const [mark, git] = [join(folder.path, 'killed'), execFileSync('which', ['git']).toString().trim()];
		mkdirSync(bin);
		const killed = `case " $* " in *" pack-objects "*) test -e '${mark}' || { : > '${mark}'; kill -9 $$; };; esac`;
		writeFileSync(join(bin, 'git'), `#!/bin/sh\n${killed}\nexec '${git}' "$@"\n`, { mode: 0o755 });
		await canonical.close();
		const there = { path: canonical.path, branch: 'main', signer: signer(), committer: person };
		const doomed = await CanonicalRepository.open({ ...there, environment: { PATH: `${bin}:${process.env.PATH}` } });
		const at = { clone, base, ref: `refs/gangline/salvage/k/${made}`, atMs };
		await expect(salvage(doomed, at)).rejects.toMatchObject({ code: 'REFUSED' });
		const { commit: saved, lost } = await salvage(doomed, at);
		await doomed.close();
		canonical = await CanonicalRepository.open({ ...there, environment });
		expect(lost).toEqual([]);
		expect(shell(canonical.path, 'rev-list', `${saved}`).split('\n')).toContain(head);
	});

	it('keeps nothing where there is nothing', async () => {
		expect(await save()).toEqual({ commit: null, lost: [] });
	});

	it('keeps commits that are not in the canonical repository, also when all is committed', async () => {
		write('a.txt', 'only here\n');
		const head = commit();
		const { commit: saved } = await save();
		expect(shell(canonical.path, 'rev-parse', `${saved}^1`)).toBe(head);
	});

	it('[I7] keeps the files when the git directory is gone or damaged, and says what is lost', async () => {
		write('a.txt', 'mine\n');
		commit();
		rmSync(join(clone.path, '.git/objects'), { recursive: true });
		write('b.txt', 'mine too\n');
		const { commit: saved, lost } = await save();
		expect([show(saved, 'a.txt'), show(saved, 'b.txt')]).toEqual(['mine', 'mine too']);
		expect(lost).toHaveLength(1);
	});
});

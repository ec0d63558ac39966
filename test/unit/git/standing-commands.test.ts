/** The git commands that a landing keeps open, on real git: what their answers look like, and what becomes of a child. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isolatedGit } from '../../../shared/git/git-environment.ts';
import { StandingCommands } from '../../../shared/git/standing-commands.ts';
import { type CommitId, parseCommitId } from '../../../shared/ports/index.ts';
import { environment, shell, temporaryFolder } from '../../support/git.ts';

let folder: ReturnType<typeof temporaryFolder>;
let gitDir: string;
let standing: StandingCommands;
beforeEach(() => {
	folder = temporaryFolder();
	gitDir = join(folder.path, 'it.git');
	shell('/', 'init', '-q', '--bare', gitDir);
	standing = new StandingCommands(isolatedGit(environment), gitDir);
});
afterEach(async () => {
	await standing.close();
	folder.remove();
});

/** A commit whose tree has these files. */
function commit(files: Readonly<Record<string, string>>, ...parents: readonly CommitId[]): CommitId {
	const blob = (input: string): string =>
		execFileSync('git', [`--git-dir=${gitDir}`, 'hash-object', '-w', '--stdin'], { input, encoding: 'utf8' }).trim();
	const list = Object.entries(files).map(([path, text]) => `100644 blob ${blob(text)}\t${path}\0`);
	const tree = execFileSync('git', [`--git-dir=${gitDir}`, 'mktree', '-z'], { input: list.join(''), encoding: 'utf8' });
	const from = parents.flatMap((parent) => ['-p', parent]);
	return parseCommitId(shell(gitDir, 'commit-tree', tree.trim(), ...from, '-m', 'one'));
}

const treeOf = (id: CommitId): string => shell(gitDir, 'rev-parse', `${id}^{tree}`);

/** Git processes of this repository that are children of this process. */
function children(): readonly string[] {
	const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
	return pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(gitDir));
}

describe('git commands that stay open', () => {
	it('list what changed, whatever paths look like', async () => {
		const strange = { 'gangline-end\n': 'a', 'new\nline': 'a', ' M': 'a' };
		const before = commit({ kept: '1' });
		const after = commit({ kept: '2', ...strange });
		const paths = (await standing.changes(treeOf(before), treeOf(after))).map(({ path, kind }) => `${kind} ${path}`);
		expect(paths.sort()).toEqual(['modified kept', ...Object.keys(strange).map((path) => `added ${path}`)].sort());
		expect(await standing.changes(treeOf(after), treeOf(after))).toEqual([]);
	});

	it('tell the answers of questions apart that were asked at once and came in one piece', async () => {
		const [one, two] = [commit({ a: '1' }), commit({ a: '2', 'gangline-end\n': 'b' })];
		const [none, there, back] = await Promise.all([
			standing.changes(treeOf(one), treeOf(one)),
			standing.changes(treeOf(one), treeOf(two)),
			standing.changes(treeOf(two), treeOf(one)),
		]);
		expect(none).toEqual([]);
		expect(there.map(({ kind }) => kind).sort()).toEqual(['added', 'modified']);
		expect(back.map(({ kind }) => kind).sort()).toEqual(['deleted', 'modified']);
	});

	it('merge one pair after another, cleanly or not', async () => {
		const base = commit({ a: '1\n', b: '1\n' });
		const [one, two, three] = [
			{ a: '2\n', b: '1\n' },
			{ a: '1\n', b: '2\n' },
			{ a: '3\n', b: '1\n' },
		].map((files) => commit(files, base)) as [CommitId, CommitId, CommitId];
		const clean = await standing.merge(one, two);
		expect(clean.isClean && shell(gitDir, 'cat-file', '-p', `${clean.tree}:b`)).toBe('2');
		expect(await standing.merge(one, three)).toMatchObject({ isClean: false, paths: ['a'] });
		expect((await standing.merge(one, two)).tree).toBe(clean.tree);
	});

	it('merge though the process that was started beforehand has been killed', async () => {
		const base = commit({ a: '1\n' });
		const [one, two] = [commit({ a: '1\n', b: '1\n' }, base), commit({ a: '2\n' }, base)];
		const { tree } = await standing.merge(one, two);
		for (const pid of children()) process.kill(Number(pid), 'SIGKILL');
		await expect.poll(() => children().length).toBe(0);
		expect((await standing.merge(one, two)).tree).toBe(tree);
	});

	it('[I3] move a ref only from where it was said to be, and go on after a refusal', async () => {
		const [one, two] = [commit({ a: '1' }), commit({ a: '2' })];
		await standing.moveRef('refs/heads/main', one, '0'.repeat(40));
		await expect(standing.moveRef('refs/heads/main', two, two)).rejects.toMatchObject({
			code: 'GIT_FAILED',
			data: { code: 128 },
		});
		expect(shell(gitDir, 'rev-parse', 'main')).toBe(one);
		await standing.moveRef('refs/heads/main', two, one);
		expect(shell(gitDir, 'rev-parse', 'main')).toBe(two);
	});

	it('see what other processes have written since they were started', async () => {
		const one = commit({ a: '1' });
		await standing.moveRef('refs/heads/main', one, '0'.repeat(40));
		const two = commit({ a: '2' }, one);
		shell(gitDir, 'update-ref', 'refs/heads/main', two);
		shell(gitDir, 'pack-refs', '--all');
		shell(gitDir, 'repack', '-adq');
		await expect(standing.moveRef('refs/heads/main', two, one)).rejects.toMatchObject({ code: 'GIT_FAILED' });
		const three = commit({ a: '3' }, two);
		await standing.moveRef('refs/heads/main', three, two);
		expect(await standing.changes(treeOf(two), treeOf(three))).toEqual([{ path: 'a', kind: 'modified' }]);
	});

	it('write commits and leave no file behind', async () => {
		const bytes = Buffer.from(
			`tree ${treeOf(commit({ a: '1' }))}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nit\n`,
		);
		const [one, two] = await Promise.all([standing.writeCommit(bytes), standing.writeCommit(bytes)]);
		expect([one, shell(gitDir, 'log', '-1', '--format=%s', one)]).toEqual([two, 'it']);
		expect(execFileSync('ls', [gitDir], { encoding: 'utf8' })).not.toContain('gangline-commit');
		await expect(standing.writeCommit(Buffer.from('no commit'))).rejects.toMatchObject({ code: 'GIT_FAILED' });
	});

	it('[I15] end with the repository', async () => {
		const base = commit({ a: '1\n' });
		await standing.merge(commit({ b: '1\n' }, base), commit({ c: '1\n' }, base));
		await standing.moveRef('refs/heads/main', base, '0'.repeat(40));
		expect(children().length).toBeGreaterThan(1);
		await standing.close();
		expect(children()).toEqual([]);
	});
});

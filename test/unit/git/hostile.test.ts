/** What an item may do in its own clone, and what must not follow from it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
	type CanonicalRepository,
	cloneForWork,
	commitAll,
	fetchAttempt,
	salvage,
	type WorkClone,
	workState,
} from '../../../shared/git/index.ts';
import { type CommitId, parseCommitId } from '../../../shared/ports/index.ts';
import { commitInto, newCanonical, person, shell, temporaryFolder } from '../../support/git.ts';

const folder = temporaryFolder();
const marker = join(folder.path, 'PWNED');
const run = `touch '${marker}'; false`;
const atMs = 1_700_000_000_000;
let canonical: CanonicalRepository;
let base: CommitId;
let clone: WorkClone;
let made = 0;

beforeAll(async () => {
	canonical = await newCanonical(join(folder.path, 'canonical.git'));
	base = commitInto(canonical.path, [], { 'a.txt': 'a\n', 'b.txt': 'b\n' }, 'base');
	await canonical.moveMain(base, null);
});
beforeEach(async () => {
	const path = join(folder.path, `clone-${++made}`);
	clone = await cloneForWork(canonical, { path, commit: base, branch: 'item', user: person });
});
afterEach(async () => {
	expect(existsSync(marker)).toBe(false);
	expect(await canonical.main()).toBe(base);
	expect(await canonical.refs('refs/heads')).toEqual([{ ref: 'refs/heads/main', commit: base }]);
	expect(readFileSync(join(canonical.path, 'HEAD'), 'utf8')).toBe('ref: refs/heads/gangline-unborn\n');
	expect(
		shell(canonical.path, 'fsck', '--strict', '--no-dangling')
			.split('\n')
			.filter((line) => !line.startsWith('notice:')),
	).toEqual(['']);
});
afterAll(async () => {
	await canonical.close();
	folder.remove();
});

const dotGit = (...path: string[]): string => join(clone.path, '.git', ...path);
const work = (content = 'work\n'): CommitId => {
	writeFileSync(join(clone.path, 'a.txt'), content);
	shell(clone.path, 'commit', '-q', '-a', '-m', 'work');
	return parseCommitId(shell(clone.path, 'rev-parse', 'HEAD'));
};
const fetch = (commit: CommitId) =>
	fetchAttempt(canonical, { clone, commit, base, ref: `refs/gangline/attempts/h/1.${made}` });
const everything = async (commit: CommitId): Promise<void> => {
	await workState(canonical, clone, base);
	await fetch(commit).catch(() => undefined);
	await salvage(canonical, { clone, base, ref: `refs/gangline/salvage/h/${made}`, atMs });
	await commitAll(canonical, clone, { message: 'm', author: person, atMs, base });
};

describe('[I9] an item in its clone', () => {
	it('moves branches, pushes, plants hooks and collects garbage, and main stays', async () => {
		const commit = work();
		shell(clone.path, 'branch', '-f', 'main');
		shell(clone.path, 'update-ref', 'refs/heads/main', commit);
		shell(clone.path, 'push', '-q', '.', 'HEAD:refs/heads/main');
		shell(clone.path, 'config', 'core.hooksPath', 'evil');
		shell(clone.path, 'gc', '--prune=now', '-q');
		shell(clone.path, 'repack', '-a', '-d', '-q');
		expect(await fetch(commit)).toEqual({ kind: 'kept' });
	});

	it('is refused by git when it pushes to the repository that it finds in its alternates', () => {
		work();
		const objects = readFileSync(dotGit('objects/info/alternates'), 'utf8').split('\n')[0] ?? '';
		const push =
			(...to: string[]) =>
			() =>
				shell(clone.path, 'push', '-q', '-f', join(objects, '..'), ...to);
		expect(push('HEAD:refs/heads/main')).toThrow(/hidden ref/);
		expect(push(':refs/heads/main')).toThrow(/hidden ref/);
		expect(push('HEAD:refs/gangline/attempts/h/9.9')).toThrow(/hidden ref/);
	});
});

describe('[I9] nothing of a clone is run when we look at it', () => {
	it('neither monitors, filters, hooks, pagers nor external diffs', async () => {
		for (const [key, value] of Object.entries({
			'core.fsmonitor': run,
			'core.pager': run,
			'core.sshCommand': run,
			'core.alternateRefsCommand': run,
			'diff.external': run,
			'filter.evil.clean': run,
			'filter.evil.process': run,
			'diff.evil.textconv': run,
			'merge.evil.driver': run,
			'uploadpack.packObjectsHook': run,
			'gpg.program': run,
			'commit.gpgSign': 'true',
			'core.hooksPath': dotGit('hooks'),
			'core.worktree': folder.path,
		})) {
			shell(clone.path, 'config', key, value);
		}
		mkdirSync(dotGit('hooks'));
		mkdirSync(dotGit('info'), { recursive: true });
		for (const hook of ['reference-transaction', 'post-index-change', 'pre-commit', 'post-checkout', 'update']) {
			writeFileSync(dotGit('hooks', hook), `#!/bin/sh\n${run}\n`, { mode: 0o755 });
		}
		writeFileSync(dotGit('info/attributes'), '* filter=evil diff=evil merge=evil\n');
		writeFileSync(join(clone.path, '.gitattributes'), '* filter=evil diff=evil merge=evil\n');
		writeFileSync(join(clone.path, 'a.txt'), 'changed\n');
		await everything(base);
	});

	it('nor the program that a promisor remote names for missing objects', async () => {
		const commit = work('promised\n');
		const blob = shell(clone.path, 'rev-parse', 'HEAD:a.txt');
		rmSync(dotGit('objects', blob.slice(0, 2), blob.slice(2)));
		shell(clone.path, 'config', 'core.repositoryformatversion', '1');
		shell(clone.path, 'config', 'extensions.partialClone', 'evil');
		shell(clone.path, 'config', 'remote.evil.promisor', 'true');
		shell(clone.path, 'config', 'remote.evil.url', `ext::sh -c "${run}"`);
		shell(clone.path, 'config', 'remote.evil.uploadpack', run);
		shell(clone.path, 'config', 'protocol.ext.allow', 'always');
		await expect(fetch(commit)).rejects.toMatchObject({ code: 'REFUSED' });
		await everything(commit);
	});

	it('nor a repository inside it', async () => {
		mkdirSync(join(clone.path, 'inner'));
		shell(join(clone.path, 'inner'), 'init', '-q');
		shell(join(clone.path, 'inner'), 'commit', '-q', '--allow-empty', '-m', 'x');
		const commit = (() => {
			shell(clone.path, 'add', 'inner');
			return work();
		})();
		shell(join(clone.path, 'inner'), 'config', 'core.fsmonitor', run);
		writeFileSync(join(clone.path, 'inner/f'), 'x');
		await everything(commit);
	});
});

describe('[I9] a git directory full of traps', () => {
	it('has links where folders should be, and writes nothing through them', async () => {
		writeFileSync(join(clone.path, 'a.txt'), 'mine\n');
		rmSync(dotGit('refs'), { recursive: true });
		symlinkSync(join(canonical.path, 'refs'), dotGit('refs'));
		writeFileSync(dotGit('HEAD'), 'ref: refs/heads/main\n');
		const id = await commitAll(canonical, clone, { message: 'm', author: person, atMs, base });
		expect(shell(clone.path, 'rev-parse', 'HEAD')).toBe(id);
	});

	it.each([
		[
			'objects are a link',
			() => {
				renameSync(dotGit('objects'), join(folder.path, `moved-${made}`));
				symlinkSync(join(folder.path, `moved-${made}`), dotGit('objects'));
			},
		],
		[
			'the git directory is a file that points elsewhere',
			() => {
				renameSync(dotGit(), join(folder.path, `moved-${made}`));
				writeFileSync(dotGit(), `gitdir: ${join(folder.path, `moved-${made}`)}\n`);
			},
		],
		[
			'objects are read from another repository',
			() => {
				writeFileSync(
					dotGit('objects/info/alternates'),
					`${join(canonical.path, 'objects')}\n/somewhere/else/objects\n`,
				);
			},
		],
	])('is refused when %s', async (_case, prepare) => {
		const commit = work(`${_case}\n`);
		prepare();
		await expect(fetch(commit)).rejects.toMatchObject({
			code: 'REFUSED',
			message: expect.stringContaining('tampered'),
		});
		const { commit: saved, lost } = await salvage(canonical, {
			clone,
			base,
			ref: `refs/gangline/salvage/t/${made}`,
			atMs,
		});
		expect(shell(canonical.path, 'show', `${saved}:a.txt`)).toBe(_case);
		expect(lost.length).toBeGreaterThan(0);
	});

	it('keeps nobody waiting at a pipe', async () => {
		work('piped\n');
		rmSync(dotGit('HEAD'));
		execFileSync('mkfifo', [dotGit('HEAD')]);
		rmSync(dotGit('packed-refs'), { force: true });
		execFileSync('mkfifo', [dotGit('packed-refs'), join(clone.path, 'pipe')]);
		expect(await workState(canonical, clone, base)).toMatchObject({ head: null, dirty: 1 });
		const { commit } = await salvage(canonical, { clone, base, ref: `refs/gangline/salvage/p/${made}`, atMs });
		expect(shell(canonical.path, 'show', `${commit}:a.txt`)).toBe('piped');
	});

	it('names a branch outside of refs, and is not followed', async () => {
		writeFileSync(dotGit('HEAD'), 'ref: refs/../../../secret\n');
		writeFileSync(join(folder.path, 'secret'), `${base}\n`);
		expect((await workState(canonical, clone, base)).head).toBeNull();
	});
});

describe('[I9] objects that lie', () => {
	it('replace refs and grafts change nothing of what is taken', async () => {
		const commit = work();
		const evil = commitInto(dotGit(), [], { 'a.txt': 'evil\n' }, 'evil');
		shell(clone.path, 'replace', commit, evil);
		writeFileSync(dotGit('info/grafts'), `${commit}\n`);
		expect(await fetch(commit)).toEqual({ kind: 'kept' });
		expect(shell(canonical.path, 'show', `${commit}:a.txt`)).toBe('work');
		expect(await canonical.mergeBase(commit, base)).toBe(base);
		expect(() => shell(canonical.path, 'cat-file', '-e', evil)).toThrow();
	});

	it('a commit whose blob was overwritten on disk is refused', async () => {
		const commit = work('original\n');
		const [mine, other] = ['HEAD:a.txt', 'HEAD:b.txt'].map((name) => shell(clone.path, 'rev-parse', name)) as [
			string,
			string,
		];
		shell(clone.path, 'unpack-file', other);
		const stored = execFileSync('git', ['hash-object', '-w', '--stdin'], {
			cwd: clone.path,
			input: 'evil\n',
			encoding: 'utf8',
		}).trim();
		const place = (id: string): string => dotGit('objects', id.slice(0, 2), id.slice(2));
		rmSync(place(mine));
		renameSync(place(stored), place(mine));
		await expect(fetch(commit)).rejects.toMatchObject({ code: 'REFUSED' });
	});

	it.each(['.git/config', '.GIT/config', '../escape'])('a tree with the path %s is refused', async (path) => {
		const blob = shell(clone.path, 'rev-parse', 'HEAD:a.txt');
		const tree = (entries: readonly (readonly [string, string, string])[]): string =>
			execFileSync('git', ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], {
				cwd: clone.path,
				encoding: 'utf8',
				input: Buffer.concat(
					entries.map(([mode, name, id]) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')])),
				),
			}).trim();
		const [outer = '', inner = ''] = path.split('/');
		const evil = tree([['40000', outer, tree([['100644', inner, blob]])]]);
		const commit = parseCommitId(shell(clone.path, 'commit-tree', '-p', base, '-m', 'evil', evil));
		await expect(fetch(commit)).rejects.toMatchObject({ code: 'REFUSED' });
	});
});

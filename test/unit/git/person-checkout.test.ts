/** The person's checkout is brought forward when nothing of theirs is in the way, and otherwise left exactly as it is. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
	addGanglineRemote,
	type CanonicalRepository,
	checkoutSync,
	importMain,
	inspectRepository,
	PersonBranch,
	repositoryDetails,
} from '../../../shared/git/index.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import { commitInto, environment, newCanonical, shell, type TestFiles, temporaryFolder } from '../../support/git.ts';

const folder = temporaryFolder();
const env = { ...environment, HOME: folder.path, GIT_CONFIG_NOSYSTEM: '1' };
const files = { 'a.txt': 'a\n', 'b/c.txt': 'c\n', '.gitignore': '.env\nbuild\n' };
let canonical: CanonicalRepository;
let checkout: string;
let start: CommitId;
let made = 0;

beforeAll(() => {
	writeFileSync(
		join(folder.path, '.gitconfig'),
		'[user]\n\tname = Ada\n\temail = ada@example.org\n[merge]\n\tff = false\n',
	);
});
afterAll(() => folder.remove());
beforeEach(async () => {
	const at = join(folder.path, `ü ${++made}`);
	checkout = join(at, 'checkout');
	mkdirSync(checkout, { recursive: true });
	shell(checkout, 'init', '-q', '-b', 'trunk');
	for (const [path, content] of Object.entries(files)) put(path, content);
	shell(checkout, 'add', '-A');
	shell(checkout, 'commit', '-q', '-m', 'start');
	shell(checkout, 'tag', 'v1');
	canonical = await newCanonical(join(at, 'canonical.git'), 'trunk');
	const imported = await importMain(canonical, { checkout, environment: env });
	if (imported === null) throw new Error('nothing was imported');
	start = imported;
	await canonical.moveMain(start, null);
	return () => canonical.close();
});

function put(path: string, content: string): void {
	mkdirSync(join(checkout, path, '..'), { recursive: true });
	writeFileSync(join(checkout, path), content);
}
/** A git that writes down each call of itself: its subcommands, in order. */
function countedGit(at: string): { readonly environment: Record<string, string>; take(): string[] } {
	const [tools, calls] = [join(at, 'counted'), join(at, 'calls')];
	const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
	mkdirSync(tools, { recursive: true });
	// Settings come before the subcommand, each with a value.
	const words = 'while [ "$1" = -c ]; do shift 2; done; case "$1" in --git-dir=*) shift;; esac';
	const script = `#!/bin/sh\n( ${words}; echo "$1" >> '${calls}' )\nexec '${real}' "$@"\n`;
	writeFileSync(join(tools, 'git'), script, { mode: 0o755 });
	writeFileSync(calls, '');
	return {
		environment: { PATH: `${tools}:${env.PATH}` },
		take() {
			const said = readFileSync(calls, 'utf8').split('\n').filter(Boolean);
			writeFileSync(calls, '');
			return said;
		},
	};
}

const land = async (after: TestFiles): Promise<CommitId> => {
	const main = await canonical.main();
	const commit = commitInto(canonical.path, main ? [main] : [], after, 'landed');
	await canonical.moveMain(commit, main);
	return commit;
};
const sync = () => checkoutSync(canonical, { checkout, environment: env });
/** Runs a sync that must change nothing. */
const left = async () => {
	const state = () => [
		shell(checkout, 'status', '--porcelain', '--ignored', '-uall'),
		shell(checkout, 'rev-parse', 'HEAD'),
	];
	const before = state();
	const result = await sync();
	expect(state()).toEqual(before);
	return result;
};

describe('importing', () => {
	it('brings history and tags, and forgets nothing that it holds', async () => {
		expect(shell(canonical.path, 'rev-parse', 'refs/tags/v1')).toBe(start);
		expect(await canonical.refs('refs/gangline/incoming')).toEqual([]);
		const theirs = new PersonBranch(canonical, { checkout, environment: env });
		expect(await theirs.commits()).toEqual({ kind: 'none', commit: start });
		expect(await canonical.refs('refs/gangline')).toEqual([]);
	});

	it('says that a shallow repository is not enough', async () => {
		put('a.txt', '2\n');
		shell(checkout, 'commit', '-q', '-a', '-m', 'second');
		const shallow = join(folder.path, `shallow ${made}`);
		shell(folder.path, 'clone', '-q', '--depth', '1', `file://${checkout}`, shallow);
		expect(await inspectRepository(shallow, env)).toMatchObject({ isShallow: true });
		expect(await inspectRepository(join(folder.path, 'nowhere'), env)).toMatchObject({ kind: 'none' });
		const fresh = await newCanonical(join(folder.path, `other ${made}.git`), 'trunk');
		const refused = importMain(fresh, { checkout: shallow, environment: env });
		await expect(refused).rejects.toMatchObject({ code: 'UNSUITABLE_REPOSITORY', hint: 'git fetch --unshallow' });
		await fresh.close();
	});
});

describe('commits of the person', () => {
	it('are told from none, ahead and diverged', async () => {
		put('a.txt', 'mine\n');
		shell(checkout, 'commit', '-q', '-a', '-m', 'mine');
		const commit = shell(checkout, 'rev-parse', 'HEAD');
		const theirs = new PersonBranch(canonical, { checkout, environment: env });
		const ask = () => theirs.commits();
		expect(await ask()).toEqual({ kind: 'ahead', commit, count: 1 });
		expect(await canonical.refs('refs/gangline/fetched')).toHaveLength(1);
		expect(await left()).toEqual({ kind: 'current' });
		await land({ ...files, 'b/c.txt': 'landed\n' });
		expect(await ask()).toEqual({ kind: 'diverged', commit, ahead: 1, behind: 1 });
		expect(await left()).toEqual({ kind: 'left', obstacle: { kind: 'ownCommits', count: 1 }, behind: 1 });
		shell(checkout, 'checkout', '-q', '-b', 'other');
		shell(checkout, 'branch', '-D', 'trunk');
		expect(await ask()).toEqual({ kind: 'noBranch' });
	});

	it('are fetched only when something is new there, also a tag', async () => {
		const counted = countedGit(folder.path);
		const theirs = new PersonBranch(canonical, { checkout, environment: { ...env, ...counted.environment } });
		expect(await theirs.commits()).toEqual({ kind: 'none', commit: start });
		counted.take();
		expect(await theirs.commits()).toEqual({ kind: 'none', commit: start });
		expect(counted.take()).toEqual(['for-each-ref']);
		shell(checkout, 'tag', 'v2');
		await theirs.commits();
		expect(counted.take()).toContain('fetch');
		expect(shell(canonical.path, 'rev-parse', 'refs/tags/v2')).toBe(start);
		put('a.txt', 'mine\n');
		shell(checkout, 'commit', '-q', '-a', '-m', 'mine');
		const commit = shell(checkout, 'rev-parse', 'HEAD');
		expect(await theirs.commits()).toEqual({ kind: 'ahead', commit, count: 1 });
		counted.take();
		expect(await theirs.commits()).toEqual({ kind: 'ahead', commit, count: 1 });
		expect(counted.take()).toEqual(['for-each-ref']);
	});
});

describe('a checkout', () => {
	it('goes forward with its files when nothing is in the way', async () => {
		put('notes', 'untracked, not in the way');
		put('.env', 'secret');
		put('b/c.txt', 'edited, not changed by the landing\n');
		const to = await land({
			'a.txt': 'landed\n',
			'b/c.txt': 'c\n',
			'.gitignore': '.env\nbuild\n',
			'n w/ü.txt': 'new\n',
		});
		expect(await sync()).toEqual({ kind: 'forwarded', from: start, to, files: 2 });
		expect(readFileSync(join(checkout, 'n w/ü.txt'), 'utf8')).toBe('new\n');
		expect(readFileSync(join(checkout, '.env'), 'utf8')).toBe('secret');
		expect(shell(checkout, 'status', '--porcelain')).toBe('M b/c.txt\n?? notes');
		expect(shell(checkout, 'rev-parse', 'trunk')).toBe(to);
		expect(await sync()).toEqual({ kind: 'current' });
	});

	it('that has everything costs three calls of git', async () => {
		await sync();
		const counted = countedGit(folder.path);
		const environment = { ...env, ...counted.environment };
		expect(await checkoutSync(canonical, { checkout, environment })).toEqual({ kind: 'current' });
		expect(counted.take()).toEqual(['rev-parse', 'symbolic-ref', 'for-each-ref']);
	});

	it.each([
		['an ignored file', () => put('.env', 'secret'), { ...files, '.env': 'landed' }, ['.env']],
		['an untracked file', () => put('n\new', 'mine'), { ...files, 'n\new': 'landed' }, ['n\new']],
		['an edited file', () => put('a.txt', 'mine'), { ...files, 'a.txt': 'landed' }, ['a.txt']],
		['an edited file that is deleted', () => put('a.txt', 'mine'), { 'b/c.txt': 'c\n', '.gitignore': '' }, ['a.txt']],
		['an ignored folder', () => put('build/out', 'mine'), { ...files, build: 'landed' }, ['build/out']],
		['a file where a folder is to be', () => put('build', 'mine'), { ...files, 'build/x': 'landed' }, ['build']],
		[
			'a link where a folder is to be',
			() => symlinkSync('/tmp', join(checkout, 'ln')),
			{ ...files, 'ln/x': 'landed' },
			['ln'],
		],
		[
			'a staged file',
			() => {
				put('new', 'mine');
				shell(checkout, 'add', 'new');
			},
			{ ...files, new: 'landed' },
			['new'],
		],
	])('is left alone for %s, which is named', async (_what, prepare, after, paths) => {
		prepare();
		await land(after);
		expect(await left()).toEqual({
			kind: 'left',
			behind: 1,
			obstacle: { kind: 'inTheWay', paths, count: paths.length },
		});
	});

	it('is left alone on another branch, detached, or while something is unfinished', async () => {
		await land({ ...files, 'a.txt': 'landed\n' });
		shell(checkout, 'checkout', '-q', '-b', 'feature');
		expect(await left()).toMatchObject({ behind: 1, obstacle: { kind: 'otherBranch', branch: 'feature' } });
		shell(checkout, 'checkout', '-q', '--detach');
		expect(await left()).toMatchObject({ behind: 1, obstacle: { kind: 'detached' } });
		shell(checkout, 'checkout', '-q', 'trunk');
		shell(checkout, 'bisect', 'start');
		expect(await left()).toMatchObject({ behind: 1, obstacle: { kind: 'inProgress', what: 'bisect' } });
		shell(checkout, 'bisect', 'reset');
		expect(await sync()).toMatchObject({ kind: 'forwarded' });
	});

	it('runs no hook of the person', async () => {
		for (const hook of ['post-merge', 'post-checkout', 'reference-transaction']) {
			writeFileSync(join(checkout, '.git/hooks', hook), '#!/bin/sh\ntouch HOOK\n', { mode: 0o755 });
		}
		await land({ ...files, 'a.txt': 'landed\n' });
		expect(await sync()).toMatchObject({ kind: 'forwarded' });
		expect(existsSync(join(checkout, 'HOOK'))).toBe(false);
	});

	it('gets a remote to read from, once, and keeps one of that name that is its own', async () => {
		const add = () => addGanglineRemote(canonical, { checkout, environment: env });
		expect([await add(), await add()]).toEqual(['added', 'there']);
		await land({ ...files, 'a.txt': 'landed\n' });
		shell(checkout, 'fetch', '-q', 'gangline');
		expect(shell(checkout, 'rev-parse', 'gangline/trunk')).toBe(await canonical.main());
		expect(() => shell(checkout, 'push', '-q', 'gangline', 'trunk')).toThrow(/hidden ref|rejected/);
		shell(checkout, 'remote', 'set-url', 'gangline', '/elsewhere');
		expect(await add()).toBe('taken');
	});
});

describe('details', () => {
	it('name remotes without credentials, the object format, and git-lfs', async () => {
		shell(checkout, 'remote', 'add', 'origin', 'https://ada:secret@example.org/x.git');
		const plain = { objectFormat: 'sha1', usesLfs: false };
		const url = 'https://example.org/x.git';
		const remotes = [{ name: 'origin', fetchUrl: url, pushUrl: url }];
		expect(await repositoryDetails(checkout, env)).toEqual({ ...plain, remotes });
		put('media/.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
		shell(checkout, 'add', '-A');
		expect(await repositoryDetails(checkout, env)).toMatchObject({ usesLfs: true });
	});
});

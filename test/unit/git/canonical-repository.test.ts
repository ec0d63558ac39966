/** What only real git can show: the lock, what a killed holder leaves, bad places, forged signatures, cost. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CanonicalRepository, requireGit } from '../../../shared/git/index.ts';
import type { CommitId, LandingSigner } from '../../../shared/ports/index.ts';
import {
	commitInto,
	environment,
	itemA,
	newCanonical,
	person,
	shell,
	signer,
	temporaryFolder,
} from '../../support/git.ts';

const folder = temporaryFolder();
const committer = { name: 'Gangline', email: 'gangline@localhost' };
let path: string;
let made = 0;
afterAll(() => folder.remove());
beforeEach(() => {
	path = join(folder.path, `ü ${++made}`, 'canonical.git');
});

const open = (more: { signer?: LandingSigner; lockWaitMs?: number } = {}) =>
	CanonicalRepository.open({ path, branch: 'main', signer: signer(), committer, environment, ...more });

describe('the lock', () => {
	it('lets one holder in, names it to the other, and ends with it', async () => {
		const first = await newCanonical(path);
		await expect(open()).rejects.toMatchObject({
			code: 'REPOSITORY_LOCKED',
			data: { pid: process.pid, alive: true },
			message: expect.stringContaining(`process ${process.pid} holds it`),
		});
		const waiting = open({ lockWaitMs: 10_000 });
		await first.close();
		await (await waiting).close();
	});

	it('is held by the git children of a killed holder until the last of them ends', async () => {
		await (await newCanonical(path)).close();
		const holder = spawn(process.execPath, [join(import.meta.dirname, '../../support/git-holder.ts'), path], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		const orphans = Number(await new Promise((resolve) => holder.stdout.once('data', resolve)));
		const gone = new Promise((resolve) => holder.once('exit', resolve));
		holder.kill('SIGKILL');
		await gone;
		writeFileSync(join(path, 'refs/heads/main.lock'), '');
		await expect(open()).rejects.toMatchObject({ code: 'REPOSITORY_LOCKED', data: { pid: holder.pid, alive: false } });
		expect(existsSync(join(path, 'refs/heads/main.lock'))).toBe(true);
		const waiting = open({ lockWaitMs: 10_000 });
		process.kill(-orphans, 'SIGKILL');
		const healed = await waiting;
		expect(healed.cleared).toEqual([join(path, 'refs/heads/main.lock')]);
		await healed.close();
	});

	it('heals every lock file and half-made thing that git leaves', async () => {
		await (await newCanonical(path)).close();
		const leftovers = [
			...['HEAD.lock', 'packed-refs.lock', 'config.lock', 'index.lock', 'refs/heads/main.lock'],
			...[
				'refs/gangline/attempts/k/1.1.lock',
				'objects/pack/tmp_pack_x',
				'objects/ab/tmp_obj_x',
				'objects/info/x.lock',
			],
			'objects/incoming-x/pack/pack-1.pack',
		];
		for (const leftover of leftovers) {
			mkdirSync(join(path, leftover, '..'), { recursive: true });
			writeFileSync(join(path, leftover), '');
		}
		const healed = await open();
		const commit = commitInto(path, [], { a: '1' }, 'a');
		expect(await healed.moveMain(commit, null)).toEqual({ kind: 'moved' });
		expect(leftovers.filter((leftover) => existsSync(join(path, leftover)))).toEqual([]);
		await healed.close();
	});

	it('does not move main while a lock file of someone else is there, and says that it does not know', async () => {
		const git = await newCanonical(path);
		const commit = commitInto(path, [], { a: '1' }, 'a');
		writeFileSync(join(path, 'refs/heads/main.lock'), '');
		await expect(git.moveMain(commit, null)).rejects.toMatchObject({ code: 'GIT_FAILED' });
		expect(await git.main()).toBeNull();
		await git.close();
	});
});

describe('a repository', () => {
	it('keeps HEAD off the branch and refuses to be made twice', async () => {
		const git = await newCanonical(path);
		expect(readFileSync(join(path, 'HEAD'), 'utf8')).toBe('ref: refs/heads/gangline-unborn\n');
		await git.close();
		await expect(newCanonical(path)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
	});

	it('is refused where there is none, or under a branch name that git refuses', async () => {
		await expect(open()).rejects.toMatchObject({ code: 'UNSUITABLE_REPOSITORY' });
		await expect(newCanonical(path, '../evil')).rejects.toMatchObject({ code: 'GIT_FAILED' });
		expect(existsSync(path)).toBe(false);
	});

	it('lands on a branch with slashes and in a repository of SHA-256', async () => {
		const options = { path, branch: 'release/1.x', signer: signer(), committer, environment };
		const git = await CanonicalRepository.create(options, 'sha256');
		const base = commitInto(path, [], { a: '1\n' }, 'a');
		const tree = await git.treeOf(base);
		const landing = { item: itemA, token: [1, 1] as const, gatedTree: tree };
		const commit = await git.createCommit({ tree, parents: [base], message: 'm', author: person, atMs: 0, landing });
		expect(await git.moveMain(commit, null)).toEqual({ kind: 'moved' });
		expect((await git.firstParents({}))[0]?.landing).toEqual(landing);
		await git.close();
		const again = await CanonicalRepository.open(options);
		expect([again.objectFormat, await again.main()]).toEqual(['sha256', commit]);
		await again.close();
	});
});

describe('[I13] a landing', () => {
	it('counts only under the home’s own key', async () => {
		const git = await newCanonical(path);
		const base = commitInto(path, [], { a: '1' }, 'a');
		const tree = await git.treeOf(base);
		const landing = { item: itemA, token: [1, 1] as const, gatedTree: tree };
		const commit = await git.createCommit({ tree, parents: [base], message: 'm', author: person, atMs: 0, landing });
		await git.moveMain(commit, null);
		await git.close();
		const other = await open({ signer: signer('another home') });
		expect((await other.firstParents({}))[0]?.landing).toBeNull();
		await other.close();
	});

	it('counts no more when a byte of it was changed or it was copied to another parent', async () => {
		const git = await newCanonical(path);
		const base = commitInto(path, [], { a: '1' }, 'a');
		const tree = await git.treeOf(base);
		const landing = { item: itemA, token: [1, 1] as const, gatedTree: tree };
		const commit = await git.createCommit({ tree, parents: [base], message: 'Land', author: person, atMs: 0, landing });
		const object = shell(path, 'cat-file', 'commit', commit);
		const rewritten = (change: (text: string) => string): CommitId => {
			const file = join(path, '..', 'object');
			writeFileSync(file, `${change(object)}\n`);
			return shell(path, 'hash-object', '-t', 'commit', '-w', file) as CommitId;
		};
		const cases = [
			(text: string) => text,
			(text: string) => text.replace('Token: 1.1', 'Token: 1.2'),
			(text: string) => text.replace(`parent ${base}`, `parent ${commit}`),
			(text: string) => text.replace('Land', 'land'),
			(text: string) => `${text}\n\nSigned-off-by: x <y@z>`,
			(text: string) => `${text}\nReviewed-by: x <y@z>`,
			(text: string) => text.replace(/\nparent /, '\nparent '.concat(base, '\nparent ')),
		];
		const read = await Promise.all(
			cases.map(async (change) => (await git.firstParents({ tip: rewritten(change), limit: 1 }))[0]?.landing ?? null),
		);
		expect(read).toEqual([landing, null, null, null, null, null, null]);
		await git.close();
	});
});

describe('the git of this machine', () => {
	it('is new enough', async () => {
		expect(await requireGit(environment, 'linux')).toMatchObject({ major: 2 });
	});

	it.each([
		['git version 2.37.9', 'too old'],
		['git version 1.9.1 (Apple Git-50)', 'too old'],
	])('is refused as %s', async (version, words) => {
		const bin = join(folder.path, `bin ${version}`);
		mkdirSync(bin);
		writeFileSync(join(bin, 'git'), `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
		const refused = requireGit({ PATH: bin }, 'linux');
		await expect(refused).rejects.toMatchObject({
			code: 'UNSUITABLE_MACHINE',
			message: expect.stringContaining(words),
		});
	});

	it('is refused when there is none, or the machine is none of ours', async () => {
		await expect(requireGit({ PATH: folder.path }, 'linux')).rejects.toMatchObject({ code: 'UNSUITABLE_MACHINE' });
		await expect(requireGit(environment, 'darwin')).rejects.toMatchObject({
			code: 'UNSUITABLE_MACHINE',
			hint: expect.stringContaining('Linux'),
		});
	});
});

describe('many requests at once', () => {
	it('get their own answers, whatever their names', async () => {
		const git = await newCanonical(path);
		const names = Array.from({ length: 60 }, (_, index) => `f ${index}\n${index % 7} missing`);
		const files = Object.fromEntries(names.map((name, index) => [name, 'x'.repeat(index * 3_000)]));
		const commit = commitInto(path, [], files, 'many');
		const answers = await Promise.all(
			[...names, 'absent\nmissing', 'absent missing'].map((name) => git.file(commit, name, 1e9)),
		);
		expect(answers.map((bytes) => bytes?.length ?? null)).toEqual([
			...names.map((_, index) => index * 3_000),
			null,
			null,
		]);
		await git.close();
	});
});

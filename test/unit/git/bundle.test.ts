/** Bundles on real git: what we make, what we take in, and what we never do. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeBundleHeader } from '../../../shared/git/bundle-header.ts';
import {
	attemptImportLimits,
	type CanonicalRepository,
	type ImportLimits,
	importBundle,
	MirrorRepository,
	planBundle,
	writeBundle,
} from '../../../shared/git/index.ts';
import { type CommitId, GanglineError, parseCommitId } from '../../../shared/ports/index.ts';
import { commitInto, environment, newCanonical, shell, type TestFiles, temporaryFolder } from '../../support/git.ts';
import { entryOf, HandmadePack } from '../../support/handmade-pack.ts';

let folder: ReturnType<typeof temporaryFolder>;
let home: CanonicalRepository;
let mirror: MirrorRepository;

beforeEach(async () => {
	folder = temporaryFolder();
	home = await newCanonical(join(folder.path, 'the home ü.git'));
	mirror = await openMirror('a mirror ✓.git');
});

afterEach(async () => {
	await mirror.close();
	await home.close();
	folder.remove();
});

const openMirror = (name: string, objectFormat: 'sha1' | 'sha256' = 'sha1'): Promise<MirrorRepository> =>
	MirrorRepository.open({ path: join(folder.path, name), branch: 'main', objectFormat, environment });

const ref = 'refs/heads/main';

async function committed(files: TestFiles, parents: readonly CommitId[] = []): Promise<CommitId> {
	const commit = commitInto(home.path, parents, files, 'change');
	await home.moveMain(commit, parents[0] ?? null);
	return commit;
}

async function bundleOf(commit: CommitId, have: readonly CommitId[] = [], from = home.path): Promise<Buffer> {
	const plan = await planBundle({ gitDir: from, ref, commit, have }, environment);
	const path = join(folder.path, `${commit}.bundle`);
	await using file = await open(path, 'w');
	await writeBundle(plan, { environment, signal: new AbortController().signal, file });
	return readFileSync(path);
}

async function takeIn(
	bytes: Buffer,
	commit: CommitId,
	options: { have?: readonly CommitId[]; limits?: Partial<ImportLimits>; pieceBytes?: number } = {},
): Promise<void> {
	const limits = { ...attemptImportLimits, ...options.limits };
	const running = await importBundle({ into: mirror, commit, have: options.have ?? [], limits });
	const piece = options.pieceBytes ?? 64 * 1024;
	try {
		for (let at = 0; at < bytes.length; at += piece) await running.write(bytes.subarray(at, at + piece));
		await running.finish();
	} finally {
		await running.abort();
	}
}

/** Everything below the mirror's objects, except the empty folders. */
const objectsOf = (path: string): string[] =>
	readdirSync(join(path, 'objects'), { recursive: true, encoding: 'utf8', withFileTypes: true })
		.filter((entry) => entry.isFile() || entry.name.startsWith('incoming-'))
		.map((entry) => entry.name);

async function refusalOf(taking: Promise<void>): Promise<GanglineError> {
	const error = await taking.then(
		() => null,
		(thrown: unknown) => thrown,
	);
	expect(error).toBeInstanceOf(GanglineError);
	expect(objectsOf(mirror.path)).toEqual([]);
	return error as GanglineError;
}

describe('a bundle', () => {
	it('is one that git itself takes for good', async () => {
		const first = await committed({ 'a.txt': 'a\n' });
		const second = await committed({ 'a.txt': 'b\n' }, [first]);
		const file = join(folder.path, 'x.bundle');
		execFileSync('tee', [file], { input: await bundleOf(second, [first]), stdio: ['pipe', 'ignore', 'inherit'] });
		expect(shell(home.path, 'bundle', 'verify', '-q', file)).toBe('');
		expect(shell(home.path, 'bundle', 'list-heads', file)).toBe(`${second} ${ref}`);
	});

	it('brings a whole history, and then only what is new', async () => {
		const big = Buffer.alloc(300_000, 'incompressible? no, but long\n');
		const first = await committed({ 'a.txt': 'a\n', 'ü/ö.txt': 'x', 'big.txt': { content: big } });
		const whole = await bundleOf(first);
		await takeIn(whole, first, { pieceBytes: 7 });
		expect(await mirror.advance(first)).toBe('moved');
		const second = await committed({ 'a.txt': 'b\n', 'ü/ö.txt': 'x', 'big.txt': { content: big } }, [first]);
		const unknown = parseCommitId('1'.repeat(40));
		const increment = await bundleOf(second, [first, unknown]);
		expect(increment.length).toBeLessThan(whole.length);
		expect(increment.toString('latin1')).not.toContain(unknown);
		await takeIn(increment, second, { have: [first, unknown] });
		expect(await mirror.advance(second)).toBe('moved');
		expect(await mirror.main()).toBe(second);
		expect(Buffer.from((await mirror.file(second, 'ü/ö.txt', 10)) ?? []).toString()).toBe('x');
		expect(shell(mirror.path, 'fsck', '--strict', '--full')).not.toMatch(/missing|broken/);
		expect(objectsOf(mirror.path).filter((name) => /incoming|tmp_/.test(name))).toEqual([]);
	});

	it('brings an earlier commit that the ref contains, and no other', async () => {
		const first = await committed({ a: '1' });
		const second = await committed({ a: '2' }, [first]);
		const aside = commitInto(home.path, [first], { a: 'secret' }, 'not on main');
		await takeIn(await bundleOf(first), first);
		expect(await mirror.advance(first)).toBe('moved');
		await takeIn(await bundleOf(second, [first]), second, { have: [first] });
		await expect(bundleOf(aside)).rejects.toMatchObject({ code: 'NOTHING_TO_SHOW' });
		await expect(bundleOf(parseCommitId('2'.repeat(40)))).rejects.toMatchObject({ code: 'NOTHING_TO_SHOW' });
	});

	it('stops being made when nobody wants it any more', async () => {
		const commit = await committed({ a: '1' });
		const plan = await planBundle({ gitDir: home.path, ref, commit, have: [] }, environment);
		const leaving = new AbortController();
		await using file = await open(join(folder.path, 'x.bundle'), 'w');
		const writing = writeBundle(plan, { environment, signal: leaving.signal, file });
		leaving.abort(new Error('enough'));
		await expect(writing).rejects.toThrow('enough');
	});

	it('works between repositories with sha256 ids', async () => {
		const path = join(folder.path, 'sha256.git');
		shell(folder.path, 'init', '-q', '--bare', '--object-format=sha256', path);
		const commit = commitInto(path, [], { 'a.txt': 'a\n' }, 'first');
		shell(path, 'update-ref', ref, commit);
		await mirror.close();
		mirror = await openMirror('sha256 mirror.git', 'sha256');
		await takeIn(await bundleOf(commit, [], path), commit);
		expect(await mirror.advance(commit)).toBe('moved');
		expect(await mirror.treeOf(commit)).toHaveLength(64);
	});
});

describe('[I13] an import lets nothing in', () => {
	let commit: CommitId;
	let bundle: Buffer;
	beforeEach(async () => {
		const first = await committed({ 'a.txt': 'a\n', 'b/c.txt': 'c\n'.repeat(500) });
		commit = await committed({ 'a.txt': 'b\n', 'b/c.txt': 'c\n'.repeat(501) }, [first]);
		bundle = await bundleOf(commit);
	});

	it('of a bundle with any byte changed', async () => {
		const headerEnd = bundle.indexOf('\n\n') + 2;
		await fc.assert(
			fc.asyncProperty(
				fc.integer({ min: 0, max: bundle.length - 1 }),
				fc.integer({ min: 1, max: 255 }),
				async (at, by) => {
					const tampered = Buffer.from(bundle);
					tampered[at] = (tampered[at] ?? 0) ^ by;
					// What the commit is called over there is no matter of content.
					fc.pre(at >= headerEnd || at < bundle.indexOf(' refs/'));
					await refusalOf(takeIn(tampered, commit));
				},
			),
			{ numRuns: 40 },
		);
	});

	it('of a bundle that ends early', async () => {
		for (const length of [0, 5, 40, 90, 101, bundle.length - 21, bundle.length - 1]) {
			await refusalOf(takeIn(bundle.subarray(0, length), commit));
		}
	});

	it('of another commit than the one that was asked for', async () => {
		const other = parseCommitId('3'.repeat(40));
		expect(await refusalOf(takeIn(bundle, other))).toMatchObject({ code: 'MALFORMED' });
		const renamed = withHeader(bundle, { commit: other });
		expect(await refusalOf(takeIn(renamed, other))).toMatchObject({ code: 'MALFORMED' });
	});

	it('of a bundle that builds on what we never said to have, or have not', async () => {
		const parent = parseCommitId(shell(home.path, 'rev-parse', `${commit}^`));
		const thin = await bundleOf(commit, [parent]);
		expect(await refusalOf(takeIn(thin, commit))).toMatchObject({ code: 'MALFORMED' });
		await refusalOf(takeIn(thin, commit, { have: [parent] }));
		await refusalOf(takeIn(withHeader(thin, { prerequisites: [] }), commit));
	});

	it('of headers that no bundle of ours has', async () => {
		const pack = bundle.subarray(bundle.indexOf('PACK'));
		const headers = [
			`# v2 git bundle\n${commit} ${ref}\n${commit} refs/heads/other\n\n`,
			`# v3 git bundle\n@object-format=sha1\n@filter=blob:none\n${commit} ${ref}\n\n`,
			`# v3 git bundle\n@object-format=sha256\n${commit} ${ref}\n\n`,
			`# v9 git bundle\n${commit} ${ref}\n\n`,
			`# v2 git bundle\n\n`,
			`# v2 git bundle\n${commit} ../../HEAD\n\n`,
			`# v2 git bundle\n-${'z'.repeat(40)} \n${commit} ${ref}\n\n`,
			`# v2 git bundle\n${`-${commit} \n`.repeat(3_000)}${commit} ${ref}\n\n`,
			'x'.repeat(100_000),
		];
		for (const header of headers) {
			const error = await refusalOf(takeIn(Buffer.concat([Buffer.from(header), pack]), commit));
			expect(error.code, header.slice(0, 80)).toBe('MALFORMED');
		}
	});

	it('of more bytes, objects, or files than may come', async () => {
		expect(await refusalOf(takeIn(bundle, commit, { limits: { packBytesMax: 200 } }))).toMatchObject({
			code: 'REFUSED',
		});
		for (const limits of [
			{ objectsMax: 3 },
			{ unpackedBytesMax: 900 },
			{ objectBytesMax: 900 },
			{ treeEntriesMax: 2 },
		]) {
			expect(await refusalOf(takeIn(bundle, commit, { limits })), JSON.stringify(limits)).toMatchObject({
				code: 'TOO_LARGE',
			});
		}
	});
});

/** The same pack under a header that says something else. */
function withHeader(bundle: Buffer, more: { commit?: CommitId; prerequisites?: readonly CommitId[] }): Buffer {
	const commit = parseCommitId(/\n([0-9a-f]{40}) refs/.exec(bundle.toString('latin1'))?.[1] ?? '');
	const header = encodeBundleHeader({ objectFormat: 'sha1', ref, commit, prerequisites: [], ...more });
	return Buffer.concat([header, bundle.subarray(bundle.indexOf('PACK'))]);
}

describe('[I15] a bomb', () => {
	it('that names four billion objects ends before git sees it', async () => {
		const pack = new HandmadePack();
		const commit = pack.commit(pack.tree([]));
		expect(await refusalOf(takeIn(pack.bundle(commit, { count: 0xffff_ffff }), commit))).toMatchObject({
			code: 'TOO_LARGE',
		});
	});

	it('that unpacks to a thousand times its size ends at the bound', async () => {
		const pack = new HandmadePack();
		const blob = pack.add('blob', Buffer.alloc(64 * 1024 * 1024));
		const commit = pack.commit(pack.tree([['100644', 'zeroes', blob]]));
		const bundle = pack.bundle(commit);
		expect(bundle.length).toBeLessThan(100_000);
		const limits = { objectBytesMax: 32 * 1024 * 1024 };
		expect(await refusalOf(takeIn(bundle, commit, { limits }))).toMatchObject({ code: 'TOO_LARGE' });
	});

	it('of many blobs that are each allowed ends at the bound for all', async () => {
		const pack = new HandmadePack();
		const blobs = Array.from({ length: 40 }, (_, i) => pack.add('blob', Buffer.alloc(1024 * 1024, i + 1)));
		const commit = pack.commit(pack.tree(blobs.map((id, i) => ['100644', `f${String(i).padStart(2, '0')}`, id])));
		const limits = { unpackedBytesMax: 30 * 1024 * 1024 };
		expect(await refusalOf(takeIn(pack.bundle(commit), commit, { limits }))).toMatchObject({ code: 'TOO_LARGE' });
	});

	it('of a tree that unfolds to ten thousand million files ends at the bound', async () => {
		const pack = new HandmadePack();
		let tree = pack.tree([['100644', 'f', pack.add('blob', Buffer.from('x'))]]);
		for (let level = 0; level < 10; level++) {
			const below = tree;
			tree = pack.tree(Array.from({ length: 10 }, (_, i) => ['40000', `d${i}`, below] as const));
		}
		const commit = pack.commit(tree);
		expect(await refusalOf(takeIn(pack.bundle(commit), commit, { limits: { treeEntriesMax: 100_000 } }))).toMatchObject(
			{
				code: 'TOO_LARGE',
			},
		);
	});

	it('of a delta that grows without end ends at the bound', async () => {
		const pack = new HandmadePack();
		const commit = pack.commit(pack.tree([]));
		// A delta whose result is declared as 2^40 bytes.
		const size = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
		const delta = Buffer.concat([Buffer.from([0x01]), size, Buffer.from([0x90, 0x01])]);
		const good = pack.bundle(commit);
		const from = good.indexOf('PACK');
		const header = Buffer.from(good.subarray(from, from + 12));
		header.writeUInt32BE(4, 8);
		const base = entryOf({ type: 3, bytes: Buffer.from('b') });
		const offset = Buffer.from([base.reduce((sum, part) => sum + part.length, 0)]);
		const [head = Buffer.alloc(0), packed = Buffer.alloc(0)] = entryOf({ type: 6, bytes: delta });
		const body = Buffer.concat([header, good.subarray(from + 12, -20), ...base, head, offset, packed]);
		const whole = Buffer.concat([good.subarray(0, from), body, createHash('sha1').update(body).digest()]);
		const error = await refusalOf(takeIn(whole, commit));
		expect(['TOO_LARGE', 'MALFORMED']).toContain(error.code);
	});
});

describe('[I13] a path that leads elsewhere', () => {
	const names = ['.git', '.GIT', '..', '.', '', 'a/b', 'git~1', '.g\u200cit', '.git ', '.git::$INDEX_ALLOCATION'];
	for (const name of names) {
		it(`is not let in: ${JSON.stringify(name)}`, async () => {
			const pack = new HandmadePack();
			const hooks = pack.tree([['100755', 'post-checkout', pack.add('blob', Buffer.from('#!/bin/sh\n'))]]);
			const commit = pack.commit(pack.tree([['40000', name, hooks]]));
			expect(await refusalOf(takeIn(pack.bundle(commit), commit))).toMatchObject({ code: 'MALFORMED' });
		});
	}

	it('is not let in as a link in the place of .gitmodules, or a name twice', async () => {
		const pack = new HandmadePack();
		const link = pack.add('blob', Buffer.from('/etc/passwd'));
		const linked = pack.commit(pack.tree([['120000', '.gitmodules', link]]));
		expect(await refusalOf(takeIn(pack.bundle(linked), linked))).toMatchObject({ code: 'MALFORMED' });
		const twice = new HandmadePack();
		const file = twice.add('blob', Buffer.from('x'));
		const commit = twice.commit(
			twice.tree([
				['100644', 'a', file],
				['120000', 'a', file],
			]),
		);
		expect(await refusalOf(takeIn(twice.bundle(commit), commit))).toMatchObject({ code: 'MALFORMED' });
	});

	it('is not let in as a submodule whose address is a command', async () => {
		const pack = new HandmadePack();
		const text = '[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch /tmp/owned\n';
		const commit = pack.commit(pack.tree([['100644', '.gitmodules', pack.add('blob', Buffer.from(text))]]));
		expect(await refusalOf(takeIn(pack.bundle(commit), commit))).toMatchObject({ code: 'MALFORMED' });
	});
});

describe('MirrorRepository', () => {
	it('goes forward only, and keeps what it is made to leave', async () => {
		const first = await committed({ a: '1' });
		const second = await committed({ a: '2' }, [first]);
		const other = commitInto(home.path, [first], { a: '3' }, 'another main');
		shell(mirror.path, 'fetch', '-q', home.path, `${second}:refs/test/second`);
		shell(home.path, 'update-ref', 'refs/heads/other', other);
		shell(mirror.path, 'fetch', '-q', home.path, `${other}:refs/test/other`);
		expect(await mirror.advance(second)).toBe('moved');
		expect(await mirror.advance(second)).toBe('same');
		expect(await mirror.advance(first)).toBe('behind');
		expect(await mirror.advance(other)).toBe('diverged');
		expect(await mirror.main()).toBe(second);
		expect(await mirror.startOver(other)).toBe('moved');
		expect(await mirror.refs('refs/gangline/left')).toEqual([{ ref: `refs/gangline/left/${second}`, commit: second }]);
	});

	it('is held by one process, opens again, and is bare with HEAD on no branch', async () => {
		await expect(openMirror('a mirror ✓.git')).rejects.toMatchObject({ code: 'REPOSITORY_LOCKED' });
		const commit = await committed({ a: '1' });
		await takeIn(await bundleOf(commit), commit);
		await mirror.advance(commit);
		await mirror.close();
		mirror = await openMirror('a mirror ✓.git');
		expect(await mirror.main()).toBe(commit);
		expect(readFileSync(join(mirror.path, 'HEAD'), 'utf8')).toBe('ref: refs/heads/gangline-unborn\n');
	});
});

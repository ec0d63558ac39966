/** Commits between two members: real git at both ends, the simulated network in between. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CanonicalRepository, MirrorRepository } from '../../../../shared/git/index.ts';
import { NetworkPacks } from '../../../../shared/mesh/pack/index.ts';
import { encodeWords, type ServerWords } from '../../../../shared/mesh/pack/messages.ts';
import type { PullMain } from '../../../../shared/mesh/pack.ts';
import { type Channel, type CommitId, GanglineError, parseCommitId } from '../../../../shared/ports/index.ts';
import { commitInto, environment, newCanonical, shell, type TestFiles, temporaryFolder } from '../../../support/git.ts';
import { type MeshPair, meshPair, oneId, twoId } from '../../../support/mesh-pair.ts';

const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const main = 'refs/heads/main';
const attempt = 'refs/gangline/attempts/01BX5ZZKBKACTAV9WEVGEMMVRZ/1.1';

let folder: ReturnType<typeof temporaryFolder>;
let pair: MeshPair;
let home: CanonicalRepository;
let mirror: MirrorRepository;
/** The worker's, which pulls main; the home's, which pulls attempts. */
let worker: NetworkPacks;
let atHome: NetworkPacks;

const packsOf = (network: MeshPair['one'], name: string, served: () => string): Promise<NetworkPacks> =>
	NetworkPacks.open({
		...pair,
		network,
		environment,
		folder: join(folder.path, name),
		mayServe: (_, id, ref) => (id === project && [main, attempt].includes(ref) ? served() : null),
	});

beforeEach(async () => {
	folder = temporaryFolder();
	pair = await meshPair({ isTimed: true });
	home = await newCanonical(join(folder.path, 'die Heimat.git'));
	mirror = await MirrorRepository.open({
		path: join(folder.path, 'the mirror.git'),
		branch: 'main',
		objectFormat: 'sha1',
		environment,
	});
	worker = await packsOf(pair.one, 'worker packs', () => mirror.path);
	atHome = await packsOf(pair.two, 'home packs', () => home.path);
});

afterEach(async () => {
	await worker.close();
	await atHome.close();
	await mirror.close();
	await home.close();
	folder.remove();
});

async function committed(files: TestFiles, parents: readonly CommitId[] = []): Promise<CommitId> {
	const commit = commitInto(home.path, parents, files, 'change');
	await home.moveMain(commit, parents[0] ?? null);
	return commit;
}

const pullMain = (commit: CommitId, more: Partial<PullMain> = {}) =>
	pair.finish(worker.pullMain({ node: twoId, project, want: { ref: main, commit }, have: [], into: mirror, ...more }));

async function failureOf(promise: Promise<unknown>): Promise<GanglineError> {
	const error = await promise.then(
		() => null,
		(thrown: unknown) => thrown,
	);
	expect(error).toBeInstanceOf(GanglineError);
	return error as GanglineError;
}

const filesBelow = (name: string): string[] =>
	existsSync(join(folder.path, name))
		? readdirSync(join(folder.path, name), { recursive: true, withFileTypes: true })
				.filter((entry) => entry.isFile())
				.map((entry) => entry.name)
		: [];

const encodePiece = (bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.from([1]), bytes]);

const noise = (bytes: number) => ({ content: randomBytes(bytes) });

describe('NetworkPacks', () => {
	it('brings main to a mirror, then what is new, and nothing twice', async () => {
		const first = await committed({ 'a.txt': 'a', 'big.bin': noise(3_000_000) });
		expect(await pullMain(first)).toEqual({ kind: 'moved' });
		const second = await committed({ 'a.txt': 'b', 'big.bin': 'gone' }, [first]);
		let bytes = 0;
		const onProgress = (soFar: number): void => {
			bytes = soFar;
		};
		expect(await pullMain(second, { have: [first], onProgress })).toEqual({ kind: 'moved' });
		expect(bytes).toBeGreaterThan(0);
		expect(bytes).toBeLessThan(2_000);
		expect(await mirror.main()).toBe(second);
		expect(await pullMain(second)).toEqual({ kind: 'same' });
		expect(await pullMain(first)).toEqual({ kind: 'behind' });
		expect(filesBelow('worker packs/arriving')).toEqual([]);
	});

	it('brings an attempt home, once, under a ref that can only be made', async () => {
		const base = await committed({ 'a.txt': 'a' });
		await pullMain(base);
		const work = commitInto(mirror.path, [base], { 'a.txt': 'better' }, 'work');
		await mirror.keep(attempt, work);
		const pull = (commit: CommitId) =>
			pair.finish(
				atHome.pullAttempt({
					node: oneId,
					project,
					want: { ref: attempt, commit },
					have: [base],
					into: home,
					as: attempt,
					base,
				}),
			);
		expect(await pull(work)).toEqual({ kind: 'kept' });
		expect(await pull(work)).toEqual({ kind: 'kept' });
		expect(await home.refs('refs/gangline/attempts')).toEqual([{ ref: attempt, commit: work }]);
		await mirror.drop(attempt, work);
		const other = commitInto(mirror.path, [base], { 'a.txt': 'other' }, 'work');
		await mirror.keep(attempt, other);
		expect(await pull(other)).toEqual({ kind: 'exists', commit: work });
	});

	it('takes no attempt that grew on something else, and keeps its peer', async () => {
		const base = await committed({ 'a.txt': 'a' });
		await pullMain(base);
		const alien = commitInto(mirror.path, [], { 'a.txt': 'x' }, 'work');
		await mirror.keep(attempt, alien);
		const want = { ref: attempt, commit: alien };
		const pull = atHome.pullAttempt({ node: oneId, project, want, have: [base], into: home, as: attempt, base });
		expect(await failureOf(pair.finish(pull))).toMatchObject({ code: 'REFUSED' });
		expect(await home.refs('refs/gangline')).toEqual([]);
		expect(pair.two.links()).toHaveLength(1);
	});

	it('[I13] gives nothing but what the ref that may be had contains', async () => {
		const base = await committed({ 'a.txt': 'a' });
		const secret = commitInto(home.path, [base], { 'a.txt': 'secret' }, 'secret');
		await home.keep('refs/gangline/attempts/other/1.1', secret);
		const want = (ref: string, commit: CommitId) => failureOf(pullMain(commit, { want: { ref, commit } }));
		expect(await want('refs/gangline/attempts/other/1.1', secret)).toMatchObject({ code: 'FORBIDDEN' });
		expect(await want(main, secret)).toMatchObject({ code: 'NOTHING_TO_SHOW' });
		expect(await want(attempt, base)).toMatchObject({ code: 'NOTHING_TO_SHOW' });
		expect(await failureOf(pullMain(base, { project: 'another' }))).toMatchObject({ code: 'FORBIDDEN' });
		expect(pair.one.links()).toHaveLength(1);
		expect(await mirror.main()).toBeNull();
	});

	it('goes on where it was cut off, at any byte', async () => {
		const size = 2_500_000;
		let parent: CommitId | undefined;
		await fc.assert(
			fc.asyncProperty(fc.array(fc.integer({ min: 0, max: size }), { minLength: 1, maxLength: 3 }), async (cuts) => {
				const have = parent === undefined ? [] : [parent];
				const commit = await committed({ 'big.bin': noise(size) }, have);
				parent = commit;
				const began: number[] = [];
				for (const cut of cuts.sort((a, b) => a - b)) {
					const before = began.length;
					const onProgress = (bytes: number): void => {
						if (began.length === before) began.push(bytes);
						if (bytes > cut) pair.net.breakLinks(oneId, twoId);
					};
					const outcome = await pullMain(commit, { have, onProgress }).catch((error: GanglineError) => error.code);
					await pair.connect();
					// The cut came when the last byte was here already.
					if (typeof outcome === 'object') return;
					expect(outcome).toBe('PEER_GONE');
				}
				expect(filesBelow('worker packs/arriving')).toHaveLength(1);
				let first = 0;
				const onProgress = (bytes: number): void => {
					first ||= bytes;
				};
				expect(await pullMain(commit, { have, onProgress })).toEqual({ kind: 'moved' });
				expect(first).toBeGreaterThan(Math.min(...cuts) - 300_000);
				expect(filesBelow('worker packs/arriving')).toEqual([]);
			}),
			{ numRuns: 5 },
		);
		expect(shell(mirror.path, 'fsck', '--full')).not.toMatch(/missing|broken/);
	});

	it('goes on after the home was restarted, and begins anew after bytes that were spoilt', async () => {
		// More than may be on its way, so that a cut keeps some from arriving.
		const commit = await committed({ 'big.bin': noise(8_000_000) });
		const cut = (bytes: number): void => {
			if (bytes > 900_000) pair.net.breakLinks(oneId, twoId);
		};
		await failureOf(pullMain(commit, { onProgress: cut }));
		const [name = ''] = filesBelow('worker packs/arriving');
		const path = join(folder.path, 'worker packs/arriving', name);
		const arrived = readFileSync(path);
		expect(arrived.length).toBeGreaterThan(900_000);
		arrived.set([1, 2, 3], 500_000);
		writeFileSync(path, arrived);
		await pair.connect();
		const progress: number[] = [];
		expect(await pullMain(commit, { onProgress: (bytes) => progress.push(bytes) })).toEqual({ kind: 'moved' });
		expect(progress[0]).toBeLessThan(900_000);
	});

	it('makes one bundle for many who want the same, and serves them all', async () => {
		const commit = await committed({ 'big.bin': noise(2_000_000) });
		const mirrors = await Promise.all(
			['m1', 'm2', 'm3'].map((name) =>
				MirrorRepository.open({ path: join(folder.path, name), branch: 'main', objectFormat: 'sha1', environment }),
			),
		);
		const pull = (into: MirrorRepository) =>
			worker.pullMain({ node: twoId, project, want: { ref: main, commit }, have: [], into });
		const all = [...mirrors, ...mirrors, mirror].map(pull);
		const kinds = (await pair.finish(Promise.all(all))).map(({ kind }) => kind);
		expect(kinds.every((kind) => kind === 'moved' || kind === 'same')).toBe(true);
		for (const made of [...mirrors, mirror]) expect(await made.main()).toBe(commit);
		expect(filesBelow('home packs/served')).toHaveLength(1);
		await pair.clock.advance(11 * 60_000);
		await vi.waitFor(() => expect(filesBelow('home packs/served')).toEqual([]));
		for (const made of mirrors) await made.close();
	});

	it('[I15] stops at the bound for bytes, leaves nothing, and keeps its peer', async () => {
		const commit = await committed({ 'big.bin': noise(2_000_000) });
		const limits = { packBytesMax: 1_000_000 };
		expect(await failureOf(pullMain(commit, { limits }))).toMatchObject({ code: 'REFUSED' });
		expect(filesBelow('worker packs/arriving')).toEqual([]);
		expect(filesBelow('the mirror.git/objects')).toEqual([]);
		expect(pair.one.links()).toHaveLength(1);
	});

	it('ends when the caller does not want it any more, and what arrived waits', async () => {
		const commit = await committed({ 'big.bin': noise(8_000_000) });
		const leaving = new AbortController();
		const onProgress = (bytes: number): void => {
			if (bytes > 0) leaving.abort(new Error('not now'));
		};
		await expect(pullMain(commit, { signal: leaving.signal, onProgress })).rejects.toThrow('not now');
		expect(filesBelow('worker packs/arriving')).toHaveLength(1);
		expect(filesBelow('the mirror.git/objects')).toEqual([]);
		expect(await pullMain(commit)).toEqual({ kind: 'moved' });
	});

	it('removes what nobody came back for while it runs', async () => {
		const commit = await committed({ 'a.txt': 'a' });
		const arriving = join(folder.path, 'worker packs/arriving');
		mkdirSync(arriving, { recursive: true });
		for (const name of ['old', 'young']) writeFileSync(join(arriving, name), name);
		const now = pair.clock.now() / 1000;
		utimesSync(join(arriving, 'old'), now, now - 25 * 3600);
		utimesSync(join(arriving, 'young'), now, now - 60);
		expect(await pullMain(commit)).toEqual({ kind: 'moved' });
		expect(filesBelow('worker packs/arriving')).toEqual(['young']);
	});

	it('removes what nobody came back for when it is opened', async () => {
		const arriving = join(folder.path, 'third packs/arriving');
		const served = join(folder.path, 'third packs/served');
		for (const path of [arriving, served]) mkdirSync(path, { recursive: true });
		for (const name of ['old', 'young']) writeFileSync(join(arriving, name), name);
		writeFileSync(join(served, 'left by another process'), 'x');
		const now = pair.clock.now() / 1000;
		utimesSync(join(arriving, 'old'), now, now - 25 * 3600);
		utimesSync(join(arriving, 'young'), now, now - 60);
		const net = await meshPair();
		await using _third = await NetworkPacks.open({
			...net,
			network: net.one,
			clock: pair.clock,
			environment,
			folder: join(folder.path, 'third packs'),
			mayServe: () => null,
		});
		expect(filesBelow('third packs/arriving')).toEqual(['young']);
		expect(filesBelow('third packs/served')).toEqual([]);
	});

	it('serves at most 8 pulls of a peer at once', async () => {
		const commit = await committed({ 'big.bin': noise(9_000_000) });
		const channels: Channel[] = [];
		for (let i = 0; i < 8; i++) {
			const channel = await pair.finish(pair.one.open(twoId, '/gangline/pack/1'));
			await channel.send(wanted(commit));
			channels.push(channel);
		}
		await pair.clock.advance(100);
		expect(await failureOf(pullMain(commit))).toMatchObject({ code: 'PEER_UNREACHABLE' });
		for (const channel of channels) channel.abort('enough');
		const outcome = () => pullMain(commit).catch((error: GanglineError) => error.code);
		let last = await outcome();
		while (last === 'PEER_UNREACHABLE') last = await outcome();
		expect(last).toEqual({ kind: 'moved' });
	});
});

function wanted(commit: CommitId, ref = main): Uint8Array {
	const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
	return encodeWords({ kind: 'want', project, ref, commit, have: [], offset: 0, sha256: nothing });
}

describe('[I13] a peer that breaks the rules of packs', () => {
	const commit = parseCommitId('4'.repeat(40));
	const say = (channel: Channel, words: ServerWords): Promise<void> => channel.send(encodeWords(words));
	const lies: Readonly<Record<string, (channel: Channel) => Promise<void>>> = {
		'sends garbage': (channel) => channel.send(Buffer.from('\u0007garbage')),
		'sends bytes before the beginning': (channel) => channel.send(encodePiece(Buffer.from('x'))),
		'begins in the middle': (channel) => say(channel, { kind: 'begin', offset: 77 }),
		'begins twice': async (channel) => {
			await say(channel, { kind: 'begin', offset: 0 });
			await say(channel, { kind: 'begin', offset: 0 });
		},
		'ends before it began': (channel) => say(channel, { kind: 'done', bytes: 0, sha256: '0'.repeat(64) }),
		'announces what it did not send': async (channel) => {
			await say(channel, { kind: 'begin', offset: 0 });
			await channel.send(encodePiece(Buffer.from(`# v2 git bundle\n${commit} ${main}\n\n`)));
			await say(channel, { kind: 'done', bytes: 9_999, sha256: '0'.repeat(64) });
		},
		'brings another commit': async (channel) => {
			await say(channel, { kind: 'begin', offset: 0 });
			await channel.send(encodePiece(Buffer.from(`# v2 git bundle\n${'5'.repeat(40)} ${main}\n\nPACK________`)));
		},
		'names four billion objects': async (channel) => {
			await say(channel, { kind: 'begin', offset: 0 });
			const header = Buffer.from(`# v2 git bundle\n${commit} ${main}\n\nPACK\0\0\0\u0002`);
			await channel.send(encodePiece(Buffer.concat([header, Buffer.alloc(4, 0xff)])));
		},
	};
	for (const [lie, act] of Object.entries(lies)) {
		it(`${lie}: is cut off and named, and nothing is kept`, async () => {
			pair = await meshPair({ isTimed: true, twoSendsAnything: true });
			pair.two.handle('/gangline/pack/1', (channel) => {
				void (async () => {
					for await (const _ of channel.frames()) await act(channel);
				})().catch(() => undefined);
			});
			await using packs = await packsOf(pair.one, 'careful packs', () => mirror.path);
			const pull = packs.pullMain({ node: twoId, project, want: { ref: main, commit }, have: [], into: mirror });
			const error = await failureOf(pair.finish(pull));
			expect(['MALFORMED', 'TOO_LARGE']).toContain(error.code);
			expect(pair.one.links()).toEqual([]);
			expect(pair.log.of('pack.peerCutOff')).toMatchObject([{ fields: { peer: twoId } }]);
			expect(filesBelow('careful packs/arriving')).toEqual([]);
			expect(filesBelow('the mirror.git/objects')).toEqual([]);
		});
	}

	const wishes: Readonly<Record<string, () => Uint8Array>> = {
		'wants in no words': () => Buffer.from('{}'),
		'wants a ref that is an option': () => wanted(commit, '--upload-pack=touch'),
		'wants a ref of two lines': () => wanted(commit, 'refs/heads/main\nrefs/heads/x'),
		'sends bytes': () => encodePiece(Buffer.from('x')),
		'begins with credit': () => encodeWords({ kind: 'credit', bytes: 5 }),
	};
	for (const [wish, frame] of Object.entries(wishes)) {
		it(`${wish}: is cut off`, async () => {
			const channel = await pair.finish(pair.one.open(twoId, '/gangline/pack/1'));
			await channel.send(frame());
			await pair.clock.advance(100);
			expect(pair.two.links()).toEqual([]);
		});
	}

	it('wants and then takes nothing: is given up after a minute', async () => {
		const known = await committed({ 'big.bin': noise(12_000_000) });
		const channel = await pair.finish(pair.one.open(twoId, '/gangline/pack/1'));
		await channel.send(wanted(known));
		const frames = channel.frames()[Symbol.asyncIterator]();
		let bytes = 0;
		while (bytes < 8 * 1024 * 1024) bytes += (await pair.finish(frames.next())).value?.length ?? 0;
		// In steps: the last piece is read from a real disk before the waiting begins.
		for (let step = 0; step < 5; step++) {
			await pair.clock.advance(20_000);
			await pair.finish(Promise.resolve());
		}
		const rest = (async () => {
			while (!(await frames.next()).done);
		})();
		expect(await failureOf(pair.finish(rest))).toMatchObject({ code: 'PEER_GONE' });
	});
});

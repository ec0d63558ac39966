/** Packs where the twin proves little: over real sockets between two nodes, and in a process that is killed. */

import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createReadStream, readdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CanonicalRepository, MirrorRepository, planBundle, writeBundle } from '../../shared/git/index.ts';
import { NetworkPacks } from '../../shared/mesh/pack/index.ts';
import { type CommitId, parseCommitId } from '../../shared/ports/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { commitInto, environment, newCanonical, shell, temporaryFolder } from '../support/git.ts';
import { libp2pWorld, type NetworkWorld, type TestNode } from '../support/network-worlds.ts';

const ref = 'refs/heads/main';
const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

let folder: ReturnType<typeof temporaryFolder>;
let home: CanonicalRepository;
let commit: CommitId;

beforeEach(async () => {
	folder = temporaryFolder();
	home = await newCanonical(join(folder.path, 'home.git'));
	commit = commitInto(home.path, [], { 'a.txt': 'a', 'big.bin': { content: randomBytes(5_000_000) } }, 'first');
	await home.moveMain(commit, null);
});

afterEach(async () => {
	await home.close();
	folder.remove();
});

const openMirror = (name: string): Promise<MirrorRepository> =>
	MirrorRepository.open({ path: join(folder.path, name), branch: 'main', objectFormat: 'sha1', environment });

describe('packs over real sockets', () => {
	let world: NetworkWorld;
	const opened: AsyncDisposable[] = [];
	beforeEach(() => {
		world = libp2pWorld();
	});
	afterEach(async () => {
		for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
		await world[Symbol.asyncDispose]();
	});

	async function packsOf(node: TestNode, name: string): Promise<NetworkPacks> {
		const packs = await NetworkPacks.open({
			network: node.network,
			clock: new SystemClock(),
			log: new SimLog(),
			environment,
			folder: join(folder.path, name),
			mayServe: (_, id, wanted) => (id === project && wanted === ref ? home.path : null),
		});
		opened.push(packs);
		return packs;
	}

	async function pulled(wanted: CommitId): Promise<MirrorRepository> {
		const [one, two] = [await world.start('worker'), await world.start('home')];
		await one.network.dial(two.address);
		const worker = await packsOf(one, 'worker packs');
		await packsOf(two, 'home packs');
		const mirror = await openMirror('mirror.git');
		opened.push(mirror);
		const want = { ref, commit: wanted };
		const node = two.identity.nodeId;
		expect(await worker.pullMain({ node, project, want, have: [], into: mirror })).toEqual({ kind: 'moved' });
		return mirror;
	}

	it('bring main to a mirror', async () => {
		const mirror = await pulled(commit);
		expect(await mirror.main()).toBe(commit);
		expect(shell(mirror.path, 'fsck', '--full', '--strict')).not.toMatch(/missing|broken/);
	});

	it.skipIf(!process.env.GANGLINE_TEST_ALL)(
		'bring a file of 200 MB (GANGLINE_TEST_ALL)',
		async () => {
			const huge = await committedHuge(200);
			const mirror = await pulled(huge);
			expect(shell(mirror.path, 'cat-file', '-s', `${huge}:huge.bin`)).toBe(String(200 * 1024 * 1024));
		},
		300_000,
	);

	/** Through a pipe: no process of ours holds it whole. */
	async function committedHuge(mebibytes: number): Promise<CommitId> {
		const file = join(folder.path, 'huge.bin');
		for (let i = 0; i < mebibytes; i++) writeFileSync(file, randomBytes(1024 * 1024), { flag: 'a' });
		const git = spawn('git', ['--git-dir', home.path, 'hash-object', '-w', '--stdin'], {
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		const said = (async () => {
			let text = '';
			for await (const piece of git.stdout) text += String(piece);
			return text.trim();
		})();
		await pipeline(createReadStream(file), git.stdin);
		const input = `100644 blob ${await said}\thuge.bin\n`;
		const tree = execFileSync('git', ['--git-dir', home.path, 'mktree'], { input, encoding: 'utf8' }).trim();
		const huge = parseCommitId(shell(home.path, 'commit-tree', tree, '-p', commit, '-m', 'huge'));
		await home.moveMain(huge, commit);
		return huge;
	}
});

describe('a process that is killed while it takes a bundle in', () => {
	it('leaves nothing behind, and the next one takes it', async () => {
		const plan = await planBundle({ gitDir: home.path, ref, commit, have: [] }, environment);
		const bundle = join(folder.path, 'x.bundle');
		const file = await open(bundle, 'w');
		await writeBundle(plan, { environment, signal: new AbortController().signal, file });
		await file.close();
		const program = fileURLToPath(new URL('../support/doomed-importer.ts', import.meta.url));
		const path = join(folder.path, 'killed.git');
		const child = spawn(process.execPath, [program, path, bundle, commit], { stdio: ['pipe', 'pipe', 'inherit'] });
		await new Promise((resolve) => child.stdout.once('data', resolve));
		const ended = new Promise((resolve) => child.once('close', resolve));
		child.kill('SIGKILL');
		await ended;
		const mirror = await MirrorRepository.open({
			...{ path, branch: 'main', objectFormat: 'sha1', environment },
			lockWaitMs: 20_000,
		});
		const left = readdirSync(join(path, 'objects'), { recursive: true, encoding: 'utf8' });
		expect(left.filter((name) => /incoming|tmp_|\.pack$|\.idx$/.test(name))).toEqual([]);
		expect(await mirror.main()).toBeNull();
		await mirror.close();
	});
});

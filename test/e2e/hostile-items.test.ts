/**
 * [I9] [I13] Items that attack, all of them in one project that lands by itself what is green, beside honest ones:
 * through the command, on a real node. Whatever they do, main has only landings, each with its own files; the person's
 * checkout, the node and the honest items go on; what changes gates or tests waits for a person with a sentence.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Board, ItemAnswer, Result } from '../../shared/operations/index.ts';
import {
	type Attack,
	type Attacked,
	attacks,
	attackTable,
	rewriteMain,
	sameUnconfined,
	scriptOf,
} from '../support/hostile-attacks.ts';
import { processesWith, treeNumber } from '../support/hostile-tree.ts';
import { testedShop } from '../support/tested-shop.ts';
import { launcher, makeWorld, type World } from '../support/world.ts';

const all = Boolean(process.env.GANGLINE_TEST_ALL);
const securityPage = new URL('../../SECURITY.md', import.meta.url);
const ended = new Set(['done', 'reviewHold', 'blocked']);
const runLogBytesMax = 11 * 1024 * 1024;
const nodeMemoryBytesMax = 600 * 1024 * 1024;

interface Story {
	readonly world: World;
	readonly repository: string;
	readonly at: Attacked;
	readonly base: string;
	readonly confines: boolean;
}

/** A shop whose green changes land by themselves, with a node that runs on it. `wrap`: what the node is started by. */
async function open(world: World, { gate, wrap }: { gate: string; wrap: readonly string[] }): Promise<Story> {
	const repository = world.repository('the shop', testedShop);
	mkdirSync(join(world.home, 'notes'));
	writeFileSync(join(world.home, 'notes/mine.txt'), 'mine\n');
	const choices = ['--review', 'server', '--landing', 'local', '--no-setup', '--gate', `test=${gate}`];
	await world.ok(repository, 'init', '--yes', '--no-input', ...choices);
	await start(world, repository, wrap);
	const node = await world.json<Result<'node.status'>>(repository, 'ps');
	const at: Attacked = {
		state: world.state,
		canonical: join(world.state, 'projects', node.projects[0]?.id ?? '', 'canonical.git'),
		checkout: repository,
		home: world.home,
		marker: join(world.folder, 'pwned'),
		nodePid: node.pid,
		url: node.addresses[0] ?? '',
		sleep: treeNumber(),
		floodBytes: all ? 200_000_000 : 30_000_000,
	};
	return { world, repository, at, base: world.git(repository, 'rev-parse', 'HEAD'), confines: node.confines === null };
}

async function start(world: World, repository: string, wrap: readonly string[]): Promise<void> {
	const [program = process.execPath, ...words] = [...wrap, process.execPath, launcher, 'start'];
	const child = spawn(program, words, { cwd: repository, env: world.env, stdio: 'ignore' });
	expect((await once(child, 'exit'))[0]).toBe(0);
}

/**
 * A machine on which no mount namespace can be made: a user namespace has limits of its own. Where not even a user
 * namespace can be made, the machine is one already.
 */
function unableToConfine(): readonly string[] {
	const limit = 'echo 0 > /proc/sys/user/max_mnt_namespaces && exec "$@"';
	const wrap = ['unshare', '--user', '--map-root-user', 'sh', '-c', limit, 'sh'];
	const [program = '', ...words] = wrap;
	return spawnSync(program, [...words, 'true']).status === 0 ? wrap : [];
}

async function addAll(story: Story, chosen: readonly Attack[]): Promise<void> {
	const { world, repository, at } = story;
	const add = (title: string, script: string): Promise<void> => world.add(repository, title, script);
	await add('honest one', 'sleep 2; echo one > honest-one.txt');
	for (const attack of chosen) await add(attack.name, scriptOf(attack, at));
	await add('honest two', 'echo two > honest-two.txt');
}

const settled = (board: Board): boolean => board.items.every(({ stage }) => ended.has(stage));
/** The checkout follows the last landing in a pass of its own. */
const settledEverywhere = (board: Board): boolean => settled(board) && board.distance.checkout?.behind === 0;
const byTitle = (board: Board): ReadonlyMap<string, ItemAnswer> =>
	new Map(board.items.map((item) => [item.title, item]));

/** Paths that each commit on main since the beginning has changed, by its subject; oldest first. */
function landed({ world, repository, base }: Story): ReadonlyMap<string, readonly string[]> {
	world.git(repository, 'fetch', '-q', 'gangline');
	const commits = world.git(repository, 'rev-list', '--first-parent', '--reverse', `${base}..gangline/main`);
	return new Map(
		commits.split('\n').map((commit) => {
			const listed = world.git(repository, 'diff-tree', '-r', '-z', '--name-only', `${commit}^1`, commit);
			return [world.git(repository, 'log', '-1', '--format=%s', commit), listed.split('\0').filter(Boolean)];
		}),
	);
}

function said({ world, repository }: Story, name: string): string {
	return world.git(repository, 'show', `gangline/main:said/${name}.txt`);
}

function expectOutcomes(story: Story, board: Board, chosen: readonly Attack[]): void {
	const items = byTitle(board);
	const commits = landed(story);
	expect(items.get('honest one')?.stage).toBe('done');
	expect(items.get('honest two')?.stage).toBe('done');
	expect(commits.get('honest one')).toEqual(['honest-one.txt']);
	expect(commits.get('honest two')).toEqual(['honest-two.txt']);
	for (const { name, end, lands = [] } of chosen) {
		const item = items.get(name);
		const reason = `${name}: ${item?.stage} ${item?.stageReason ?? ''} ${item?.lastFailure?.detail ?? ''}`;
		if (end.kind === 'lands') {
			expect(item?.stage, reason).toBe('done');
			expect([...(commits.get(name) ?? [])].sort(), reason).toEqual([...lands, `said/${name}.txt`].sort());
			continue;
		}
		expect(item?.stage, reason).toBe(end.kind === 'waits' ? 'reviewHold' : 'blocked');
		expect(item?.stageReason ?? '', reason).toMatch(end.says);
		expect(item?.needsYou, reason).toBeTruthy();
		expect(commits.has(name), reason).toBe(false);
	}
	expect(commits.size).toBe(2 + chosen.filter(({ end }) => end.kind === 'lands').length);
}

describe('hostile items', { timeout: 300_000 }, () => {
	it('[I9] [I13] change nothing but what is theirs, and wait for a person where they touch what judges', async () => {
		await using world = makeWorld();
		// The runner itself, because npm takes longer than everything else; what npm runs is attacked in the second story.
		const story = await open(world, { gate: 'node run-tests.mjs', wrap: [] });
		const chosen = attacks.filter(({ name }) => name !== 'gate');
		if (!story.confines) return console.warn('e2e/hostile-items: this machine cannot confine; see the second story');
		const { repository, at } = story;
		await addAll(story, chosen);
		const board = await world.untilBoard(repository, settledEverywhere, 250);
		expectOutcomes(story, board, chosen);
		await world.untilForwarded(repository);

		for (const name of ['refs', 'push', 'planted', 'gc', 'links', 'names', 'nested', 'daemons', 'kill']) {
			expect(said(story, name), name).toBe('done');
		}
		expect(said(story, 'rm')).toBe('done');
		expect(existsSync(join(world.home, 'notes/mine.txt')), 'what SECURITY.md says is not protected').toBe(false);
		expect(said(story, 'api').split('\n')[0]).toBe('statuses 401');
		expect(said(story, 'api').split('\n')[1]).toBe('GANGLINE_LAST_FAILURE GANGLINE_PORT_BASE GANGLINE_RUN done');

		expect(world.pid()).toBe(at.nodePid);
		expect(existsSync(at.marker)).toBe(false);
		expect(processesWith(`sleep\0${at.sleep}`)).toEqual([]);
		expect(world.git(repository, 'status', '--porcelain')).toBe('');
		expect(world.git(repository, 'rev-parse', 'HEAD')).toBe(world.git(repository, 'rev-parse', 'gangline/main'));
		expect(board.distance.checkout?.behind).toBe(0);
		expect(readFileSync(join(repository, 'package.json'), 'utf8')).toBe(testedShop['package.json']);
		expectBounds(at, byTitle(board).get('flood')?.key ?? '');
		expect(world.git(at.canonical, 'for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/tags')).toBe(
			'refs/heads/main',
		);
	});

	it.skipIf(!all)(
		'[I9] [I12] where runs cannot be confined: gates and refusals hold, damage is noticed, not prevented',
		async () => {
			await using world = makeWorld();
			const wrap = unableToConfine();
			const story = await open(world, { gate: 'npm test', wrap });
			const { repository, at } = story;
			expect(story.confines).toBe(false);
			expect(await world.ok(repository, 'ps')).toMatch(/runs are not confined here: /);
			const chosen = attacks.filter(({ name }) => sameUnconfined.includes(name));
			await addAll(story, chosen);
			const board = await world.untilBoard(repository, settled, 90);
			expectOutcomes(story, board, chosen);
			expect(said(story, 'push')).toBe('done');
			expect(said(story, 'api').split('\n')[0]).toBe('statuses 401');
			expect(existsSync(at.marker)).toBe(false);

			// As the same user it can end the node, which goes on where it was when it is started again.
			const added = join(world.folder, 'added');
			const kill = `until test -e '${added}'; do sleep 0.1; done; kill -9 ${at.nodePid}; sleep 30`;
			await world.ok(repository, 'add', 'kill', '--run', kill);
			await world.ok(repository, 'add', 'honest three', '--run', 'echo three > honest-three.txt');
			writeFileSync(added, '');
			while (existsSync(`/proc/${at.nodePid}`)) await new Promise((resolve) => setTimeout(resolve, 100));
			await start(world, repository, wrap);
			await world.ok(repository, 'move', `${byTitle(board).size + 1}`, 'freeze');
			const done = (now: Board, title: string): boolean => byTitle(now).get(title)?.stage === 'done';
			await world.untilBoard(repository, (now) => done(now, 'honest three'), 60);

			// And it can move main behind the node's back: that is seen, nothing lands on it, the checkout stays as it is.
			await world.untilForwarded(repository);
			const before = world.git(repository, 'rev-parse', 'HEAD');
			await world.ok(repository, 'add', 'rewrite', '--run', rewriteMain(at));
			const seen = (now: Board): boolean => now.project.trouble?.includes('does not follow it') ?? false;
			const stopped = await world.untilBoard(repository, seen, 60);
			expect(byTitle(stopped).get('rewrite')?.stage).not.toBe('done');
			expect(world.git(repository, 'rev-parse', 'HEAD')).toBe(before);
			expect(world.git(repository, 'status', '--porcelain')).toBe('');
		},
	);

	it('are in SECURITY.md with what comes of them, one row each', () => {
		expect(readFileSync(securityPage, 'utf8')).toContain(attackTable());
	});
});

/** Of a flood of output only so much is kept, and the node has not grown by it. */
function expectBounds({ canonical, nodePid }: Attacked, key: string): void {
	const logs = join(canonical, '../runs', key);
	const bytes = readdirSync(logs).reduce((sum, name) => sum + statSync(join(logs, name)).size, 0);
	expect(bytes).toBeGreaterThan(1024 * 1024);
	expect(bytes).toBeLessThan(runLogBytesMax);
	const peakKib = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${nodePid}/status`, 'utf8'))?.[1]);
	expect(peakKib * 1024).toBeLessThan(nodeMemoryBytesMax);
}

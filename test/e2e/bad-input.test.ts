/**
 * What a person, a machine or a disk may get wrong, through the command: each is one clear error with a way out, with
 * the exit code that belongs to it, and changes nothing; what can be put right goes on when it has been.
 */

import { spawnSync } from 'node:child_process';
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Board } from '../../shared/operations/index.ts';
import { openLevelDisk } from '../../shared/store/level-disk.ts';
import { nodeMain } from '../support/main-programs.ts';
import { canMount, readOnlyView, resize, smallDisk } from '../support/mounts.ts';
import { type CommandResult, launcher, makeWorld, type World } from '../support/world.ts';

const shop = { 'check.sh': '#!/bin/sh\necho ok\n', 'README.md': '# shop\n' };
const mayMount = canMount();
if (!mayMount) console.warn('e2e/bad-input: without the right to mount, full and read-only disks are left out');

async function initialised(world: World): Promise<string> {
	const repository = world.repository('my shop', shop);
	const choices = ['--review', 'server', '--landing', 'local', '--no-setup', '--gate', 'check=./check.sh'];
	await world.ok(repository, 'init', '--yes', '--no-input', '--no-verify', ...choices);
	return repository;
}

/** The command with other environment variables. */
function withEnv(world: World, at: string, env: Readonly<Record<string, string>>, ...args: string[]): CommandResult {
	const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], {
		cwd: at,
		env: { ...world.env, ...env },
		encoding: 'utf8',
	});
	return { code: status, stdout, stderr };
}

/** Ended with `code`, and said why and what to do on stderr alone; never a stack. */
function expectRefusal({ code, stdout, stderr }: CommandResult, wanted: number, says: RegExp, hint?: RegExp): void {
	expect(`exit ${code}: ${stderr}`).toMatch(says);
	expect(code).toBe(wanted);
	expect(stdout).toBe('');
	expect(stderr).not.toMatch(/this is a bug|\n {4}at /);
	if (hint) expect(stderr.slice(stderr.indexOf('→'))).toMatch(hint);
}

const stages = (board: Board): readonly string[] => board.items.map(({ title, stage }) => `${title} ${stage}`);

/** The long form: scripts/test --all. */
const all = Boolean(process.env.GANGLINE_TEST_ALL);

describe('bad input', { timeout: 300_000 }, () => {
	it('a wrong command, item, dependency or size is refused with what was expected, and nothing is added', async () => {
		await using world = makeWorld();
		const repository = await initialised(world);
		await world.ok(repository, 'start');
		await world.ok(repository, 'add', 'A', '--hold');
		await world.ok(repository, 'add', 'B', '--hold', '--depends-on', '1');
		const before = stages(await world.json<Board>(repository, 'status'));
		const cases: readonly (readonly [string[], number, RegExp, RegExp?])[] = [
			[['aprove', '1'], 2, /unknown command 'aprove'/, /did you mean approve/],
			[['add', 'x', '--reveiw', 'human'], 2, /unknown option '--reveiw'/, /did you mean --review/],
			[['add', 'x', '--type', 'bugg'], 2, /--type "bugg": expected story, bug/, /did you mean bug/],
			[['add', ''], 2, /title is ""/],
			[['add', 't'.repeat(5000)], 2, /title is "ttt.*at most 200/],
			[['add', 'x', '--description', 'x'.repeat(100_000)], 2, /the description has 100000 bytes, at most 16384/],
			[['show', '99'], 3, /there is no item #99/, /gangline list/],
			[['add', 'x', '--depends-on', '77'], 3, /there is no item #77/],
			[
				['edit', '1', '--depends-on', '2'],
				4,
				/#1 would wait for itself: #1 waits for #2 waits for #1/,
				/gangline show 1/,
			],
			[['edit', '1', '--depends-on', '1'], 4, /#1 would wait for itself: #1 waits for #1/],
		];
		for (const [args, code, says, hint] of cases)
			expectRefusal(await world.gangline(repository, ...args), code, says, hint);
		expect(stages(await world.json<Board>(repository, 'status'))).toEqual(before);
	});

	it.runIf(all)(
		'a project file that cannot be read stops the project with line and key, and the correction lets it go on',
		async () => {
			await using world = makeWorld();
			const repository = await initialised(world);
			await world.ok(repository, 'start');
			const file = join(repository, '.gangline/project.toml');
			const good = readFileSync(file, 'utf8');
			const commit = (text: string): void => {
				writeFileSync(file, text);
				world.git(repository, 'commit', '-q', '-a', '-m', 'Settings');
			};
			const trouble = (says: RegExp) =>
				world.untilBoard(repository, ({ project }) => says.test(project.trouble ?? ''), 20);
			commit(good.replace('[review]\n', '[review]\nmoed = "human"\n'));
			await trouble(
				/project\.toml:\d+:1: unknown key review\.moed = "human"; did you mean review\.mode\? \(Correct .* and commit it/,
			);
			await world.ok(repository, 'add', 'Later', '--run', 'echo later > later.txt');
			const main = world.git(repository, 'rev-parse', 'HEAD');
			commit(good.replace(/mode = "server"/, 'mode = 3'));
			await trouble(/project\.toml:\d+:\d+: .*review\.mode/);
			// A node that starts on it says the same, and finds the settings that were good.
			await world.ok(repository, 'stop');
			expectRefusal(await world.gangline(repository, 'start'), 2, /project\.toml:\d+:\d+: .*review\.mode/, /Correct/);
			expect(stages(await world.json<Board>(repository, 'status'))).toEqual(['Later backlog']);
			commit(good);
			await world.untilBoard(repository, (board) => stages(board)[0] === 'Later done', 40);
			expect(world.git(repository, 'merge-base', '--is-ancestor', main, 'HEAD')).toBe('');
		},
	);

	it.runIf(all)('a checkout or canonical repository that is not where it was is named, and found again', async () => {
		await using world = makeWorld();
		const repository = await initialised(world);
		const elsewhere = `${repository} elsewhere`;
		await world.ok(repository, 'start');
		await world.ok(repository, 'add', 'One', '--run', 'echo one > one.txt');
		await world.untilBoard(repository, (board) => stages(board)[0] === 'One done', 40);
		renameSync(repository, elsewhere);
		const add = ['add', 'Two', '--run', 'echo two > two.txt', '--project', 'my-shop'];
		expect(await world.ok(world.folder, ...add)).toMatch(
			/waits because your checkout is not at .* any more \(put it back, or/,
		);
		await world.ok(elsewhere, 'start');
		await world.untilBoard(elsewhere, (board) => stages(board)[1] === 'Two done', 40);
		await world.untilForwarded(elsewhere);
		expect(readFileSync(join(elsewhere, 'two.txt'), 'utf8')).toBe('two\n');
		// Moved back while no node runs: the same.
		await world.ok(elsewhere, 'stop');
		renameSync(elsewhere, repository);
		await world.ok(repository, 'start');
		expect(stages(await world.json<Board>(repository, 'status'))).toEqual(['One done', 'Two done']);

		const [id = ''] = readdirSync(join(world.state, 'projects'));
		const canonical = join(world.state, 'projects', id, 'canonical.git');
		renameSync(canonical, `${canonical}.away`);
		const held = await world.ok(repository, 'add', 'Three', '--run', 'echo three > three.txt');
		expect(held).toMatch(/waits because .*canonical\.git is no git repository.*put it back/);
		const without = await world.json<Board>(repository, 'status');
		expect(stages(without)).toEqual(['One done', 'Two done', 'Three backlog']);
		expect(without.project.trouble).toMatch(/canonical\.git is no git repository/);
		await world.ok(repository, 'stop');
		const gone = await world.gangline(repository, 'start');
		expectRefusal(gone, 5, /the canonical repository .* is gone, with what landed/, /put it back from a backup/);
		expect(existsSync(canonical)).toBe(false);
		renameSync(`${canonical}.away`, canonical);
		await world.ok(repository, 'start');
		await world.untilBoard(repository, (board) => stages(board)[2] === 'Three done', 40);
	});

	it.runIf(all)('a node that cannot start says why and what to do, and leaves everything as it was', async () => {
		await using world = makeWorld();
		const repository = await initialised(world);
		await world.ok(repository, 'start');
		await world.ok(repository, 'add', 'A', '--hold');

		const second = spawnSync(process.execPath, [nodeMain], { env: world.env, cwd: world.state, encoding: 'utf8' });
		expect(second.status).toBe(6);
		expect(second.stdout).toMatch(/"STORE_LOCKED".*another process holds the store.*gangline stop/);
		// What a killed node leaves of its address keeps nobody out.
		process.kill(world.pid() ?? 0, 'SIGKILL');
		expectRefusal(
			await world.gangline(repository, 'status'),
			6,
			/no node runs with the state folder/,
			/gangline start/,
		);
		expect(existsSync(join(world.state, 'api.json'))).toBe(true);
		await world.ok(repository, 'start');
		await world.ok(repository, 'stop');

		const start = (env: Readonly<Record<string, string>> = {}): CommandResult =>
			withEnv(world, repository, env, 'start');
		const busy = createServer();
		await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
		const address = busy.address();
		const port = typeof address === 'object' && address !== null ? String(address.port) : '';
		const taken = await world.gangline(repository, 'start', '--port', port);
		expectRefusal(taken, 5, new RegExp(`cannot listen on 127.0.0.1 port ${port}: pid ${process.pid}`), /start --port/);
		busy.close();

		const key = join(world.state, 'identity.key');
		const pem = readFileSync(key);
		chmodSync(key, 0o644);
		expectRefusal(start(), 5, /key .* can be read or changed by others \(mode 644, expected 600\)/, /chmod 600/);
		chmodSync(key, 0o600);
		writeFileSync(key, pem.subarray(0, 40));
		expectRefusal(start(), 5, /holds no Ed25519 private key\. It was left as it is/, /Put it back from a backup/);
		expect(readFileSync(key)).toEqual(pem.subarray(0, 40));
		writeFileSync(key, pem);

		const bin = join(world.folder, 'bin');
		mkdirSync(bin);
		writeFileSync(join(bin, 'git'), '#!/bin/sh\necho git version 2.30.2\n', { mode: 0o755 });
		const oldGit = { PATH: `${bin}:${world.env.PATH}` };
		expectRefusal(
			start(oldGit),
			5,
			/git version 2\.30\.2 is too old; expected git 2\.38 or newer/,
			/apt-get install git/,
		);
		for (const platform of ['darwin', 'win32']) {
			const pretend = `Object.defineProperty(process,'platform',{value:'${platform}'})`;
			const other = start({ NODE_OPTIONS: `--import=data:text/javascript,${pretend}` });
			expectRefusal(other, 5, /(macOS|Windows) is not supported|runs (darwin|win32); expected Linux/, /Linux|WSL 2/);
		}
		expectRefusal(start({ GANGLINE_PORT: '99999' }), 2, /GANGLINE_PORT is "99999"/, /unset GANGLINE_PORT/);
		const blocked = { GANGLINE_HOME: join(repository, 'README.md', 'state') };
		expectRefusal(start(blocked), 5, /the state folder .*README\.md\/state cannot be used/, /set GANGLINE_HOME/);

		await world.ok(repository, 'start');
		expect(stages(await world.json<Board>(repository, 'status'))).toEqual(['A backlog']);
	});

	it.runIf(all)(
		'[I6] a store of a newer version is left alone, and a damaged one is named until someone has looked',
		async () => {
			await using world = makeWorld();
			const repository = await initialised(world);
			await world.ok(repository, 'start');
			for (const title of ['A', 'B', 'C']) await world.ok(repository, 'add', title, '--hold');
			await world.ok(repository, 'stop');
			const store = join(world.state, 'store');
			const good = join(world.folder, 'good store');
			cpSync(store, good, { recursive: true });

			const disk = await openLevelDisk(store);
			disk.note({ schema: 99, batch: 1 });
			await disk.close();
			const newer = await world.gangline(repository, 'start');
			expectRefusal(
				newer,
				5,
				/has schema 99, this version knows schemas up to 1: nothing was changed/,
				/newer version/,
			);

			const restore = (): void => {
				rmSync(store, { recursive: true });
				cpSync(good, store, { recursive: true });
			};
			restore();
			const level = join(store, 'level');
			const files = readdirSync(level).filter(
				(name) => /\.(log|ldb)$/.test(name) && statSync(join(level, name)).size > 0,
			);
			expect(files.length).toBeGreaterThan(0);
			for (const name of files) flip(join(level, name));
			const started = await world.gangline(repository, 'start');
			const named = /the store was damaged and may have lost entries: see .*quarantine\/1\/report\.txt/;
			expect(`${started.stdout}${started.stderr}`).toMatch(started.code === 0 ? named : /store .*(damaged|cannot be)/);
			expect(existsSync(join(store, 'quarantine/1/report.txt'))).toBe(true);
			expect((await world.json<Board>(repository, 'status')).project.trouble).toMatch(named);
			// Said again by the next node: what is lost is not forgotten.
			await world.ok(repository, 'stop');
			expect(await world.ok(repository, 'start')).toMatch(named);
			await world.ok(repository, 'stop');

			restore();
			await world.ok(repository, 'start');
			const board = await world.json<Board>(repository, 'status');
			expect(stages(board)).toEqual(['A backlog', 'B backlog', 'C backlog']);
			expect(board.project.trouble).toBeNull();
		},
	);

	it.skipIf(!all || !mayMount)(
		'[I6] a full or read-only disk is said, loses nothing, and work goes on when there is room',
		async () => {
			using disk = smallDisk('4g');
			const state = disk.folder;
			await using world = makeWorld({ GANGLINE_HOME: state });
			const repository = await initialised(world);
			await world.ok(repository, 'start');
			const node = await world.json<{ pid: number }>(repository, 'ps');
			await world.ok(repository, 'add', 'Before', '--hold');
			resize(state, '512m');
			const waits = await world.ok(repository, 'add', 'After', '--run', 'echo after > after.txt');
			expect(waits).toMatch(/waits because only 0\.\d GiB of disk are free, 1\.0 GiB are needed/);
			const ballast = join(state, 'ballast');
			resize(state, '24m');
			spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'], { stdio: 'ignore' });
			const refused = await world.gangline(repository, 'add', 'During', '--hold', '--description', 'x'.repeat(16_000));
			expect(`${refused.code} ${refused.stderr}`).toMatch(/^[1-9]\d* .*(No space left|disk|STORE_FAILED|room)/s);
			expect(refused.stderr).not.toMatch(/this is a bug/);
			rmSync(ballast);
			resize(state, '4g');
			process.kill(node.pid, 'SIGKILL');
			await world.ok(repository, 'start');
			using _view = readOnlyView(repository);
			const board = await world.untilBoard(
				repository,
				(now) => stages(now).includes('After done') && /[Rr]ead-only/.test(now.distance.checkout?.words ?? ''),
				40,
			);
			expect(stages(board).filter((line) => line !== 'During backlog')).toEqual(['Before backlog', 'After done']);
			expect(board.distance.checkout?.words).toMatch(/^your checkout was left as it is: .*[Rr]ead-only/);
			await world.ok(repository, 'stop');
		},
	);
});

/** One bit in the middle of a file. */
function flip(path: string): void {
	const bytes = readFileSync(path);
	const place = bytes.length >> 1;
	bytes[place] = (bytes[place] ?? 0) ^ 0x10;
	writeFileSync(path, bytes);
}

/** A project in a container of a real engine that is deleted and made anew: over the state that was kept, and without it. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, ContainerView, Result } from '../../shared/operations/index.ts';
import { containerLog, docker, engine, engineWorld, give } from '../support/engine-world.ts';
import { lastOf } from '../support/gave-up.ts';
import type { World } from '../support/world.ts';

/** An image is built once, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
const landMsMax = 300_000;

let world: World;
beforeAll(() => {
	if (engine !== '') world = engineWorld();
});
afterAll(async () => {
	if (engine === '') return;
	await world.gangline(world.folder, 'project', 'delete', 'again', '--confirm', 'again', '--purge');
	await world[Symbol.asyncDispose]();
});

const state = (): string => join(world.state, 'gateway/containers/again');
const inside = (...command: string[]) => world.gangline(world.folder, 'ssh', 'again', '--', ...command);

async function make(): Promise<string> {
	const source = ['--path', join(world.folder, 'src'), '--stack', 'none', '--agents', 'none'];
	const made = await world.gangline(world.folder, 'new', 'again', ...source);
	expect(made, made.stderr).toMatchObject({ code: 0 });
	return made.stderr;
}

async function untilColumn(title: string, column: string): Promise<Board['items'][number]> {
	const isThere = ({ items }: Board): boolean =>
		items.some((item) => item.title === title && (item.column === column || item.stage === 'blocked'));
	const { items } = await world
		.until<Board>(world.folder, ['status', '-p', 'again'], isThere, 150)
		.catch((error: unknown) => {
			throw new Error(`${String(error).split('\n', 1)[0]}; inside: ${lastOf(containerLog('gangline-again'))}`);
		});
	const found = items.find((item) => item.title === title);
	if (found === undefined) throw new Error(`no item is called ${title}`);
	expect(`${found.column}: ${found.stageReason}`).toMatch(new RegExp(`^${column}:`));
	return found;
}

async function names(): Promise<{ readonly nodes: readonly string[]; readonly projects: readonly string[] }> {
	const { nodes } = await world.json<Result<'node.list'>>(world.folder, 'nodes');
	const { projects } = await world.json<{ projects: { name: string }[] }>(world.folder, 'projects');
	return { nodes: nodes.map(({ name }) => name), projects: projects.map(({ name }) => name) };
}

/** Subjects of all commits in repositories below a folder. */
function commitsBelow(folder: string): string {
	const repositories = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
		/(?:canonical\.git|^\.git)\/HEAD$/.test(path),
	);
	return repositories
		.map((path) => join(folder, path, '..'))
		.filter((path) => existsSync(join(path, 'objects')))
		.map((path) =>
			execFileSync('git', ['-c', 'safe.directory=*', '--git-dir', path, 'log', '--all', '--format=%s'], {
				encoding: 'utf8',
			}),
		)
		.join('');
}

describe.skipIf(engine === '')('a project that is deleted (needs an engine: scripts/test --all as root)', () => {
	it('was made from a repository that its person had', { timeout: buildMsMax }, async () => {
		const source = world.repository('src', { 'check.sh': '#!/bin/sh\ntest -s a.txt\n', 'a.txt': 'a\n' });
		give(source);
		expect(await make()).toMatch(/ok source +the repository in .*\/src/);
		expect(commitsBelow(source)).toBe('Add the Gangline project file\nfirst\n');
		expect(await names()).toMatchObject({ nodes: expect.arrayContaining(['again']), projects: ['again'] });
	});

	it('[I7] leaves the mesh, and a commit that did not land is in the state that is kept', {
		timeout: landMsMax,
	}, async () => {
		await world.ok(
			world.folder,
			'add',
			'Half',
			'--run',
			'echo b > b.txt; git add -A; git commit -qm unlanded',
			'-p',
			'again',
		);
		await untilColumn('Half', 'qa');
		const gone = await world.ok(world.folder, 'project', 'delete', 'again', '--confirm', 'again');
		expect(gone).toMatch(/gone: +its node again and the project again, in the mesh/);
		const { nodes, projects } = await names();
		expect([nodes.includes('again'), projects]).toEqual([false, []]);
		expect(commitsBelow(join(state(), 'state/node'))).toContain('unlanded\n');
		const left = await world.ok(world.folder, 'prune', '--dry-run');
		expect(left).toMatch(/state +.*\/containers\/again of again [0-9.]+[KMG]/);
	});

	it('goes on where it was when its name is made anew over that state', { timeout: landMsMax }, async () => {
		expect(await make()).toMatch(/ok join +its node again is connected/);
		const { number } = await untilColumn('Half', 'qa');
		await world.ok(world.folder, 'diff', `${number}`, '-p', 'again');
		await world.ok(world.folder, 'approve', `${number}`, '-p', 'again');
		await untilColumn('Half', 'done');
		docker('restart', 'gangline-again');
		await world.until<ContainerView>(world.folder, ['containers', 'again'], ({ connected }) => connected, 120);
	});

	it('begins anew without it, with the same source', { timeout: landMsMax }, async () => {
		await world.ok(world.folder, 'project', 'delete', 'again', '--confirm', 'again', '--purge');
		expect(existsSync(state())).toBe(false);
		await make();
		const empty = await world.until<Board>(
			world.folder,
			['status', '-p', 'again'],
			({ items }) => items.length === 0,
			60,
		);
		expect(empty.items).toEqual([]);
		await world.ok(world.folder, 'add', 'Whole', '--run', 'echo c > c.txt', '-p', 'again');
		const { number } = await untilColumn('Whole', 'qa');
		await world.ok(world.folder, 'diff', `${number}`, '-p', 'again');
		await world.ok(world.folder, 'approve', `${number}`, '-p', 'again');
		await untilColumn('Whole', 'done');
	});

	it('keeps its container in a rebuild that changes nothing, and has another image where it is built fresh', {
		timeout: buildMsMax,
	}, async () => {
		const ids = () => docker('inspect', 'gangline-again', '--format', '{{.Id}} {{.Image}}').split(' ');
		const before = ids();
		await world.ok(world.folder, 'rebuild', 'again');
		expect(ids()).toEqual(before);
		await world.ok(world.folder, 'rebuild', 'again', '--fresh');
		const after = ids();
		expect(after[0]).not.toBe(before[0]);
		expect(after[1]).not.toBe(before[1]);
		await world.ok(world.folder, 'rebuild', 'again');
		expect(ids()).toEqual(after);
	});

	it('[I15] says in words that something inside wanted more memory than it may', { timeout: landMsMax }, async () => {
		await world.ok(world.folder, 'limits', 'again', '--memory', '512m');
		const hog = await inside('node', '-e', 'const a=[];for(;;)a.push(Buffer.alloc(1<<24,1))');
		expect(hog.code).not.toBe(0);
		const said = await world.until<ContainerView>(
			world.folder,
			['containers', 'again'],
			({ words }) => /memory/.test(words),
			60,
		);
		expect(said.words).toMatch(/(?:ended for want of memory|ran out of memory): all that runs in it may use 512 MiB/);
		expect(said.next[0]).toMatch(/^gangline (?:limits again --memory [0-9]+g|start again)$/);
		await world.ok(world.folder, 'limits', 'again', '--memory', '2g');
		if (said.state !== 'running') await world.ok(world.folder, 'start', 'again');
		await world.until<ContainerView>(world.folder, ['containers', 'again'], ({ connected }) => connected, 120);
	});

	it('gets another port where somebody has taken its own while it was stopped', { timeout: landMsMax }, async () => {
		const port = async () => (await world.json<ContainerView>(world.folder, 'containers', 'again')).ssh.port ?? 0;
		const before = await port();
		await world.ok(world.folder, 'ssh-config', '--yes');
		await world.ok(world.folder, 'stop', 'again');
		const other = createServer().listen(before, '127.0.0.1');
		await once(other, 'listening');
		const started = await world.gangline(world.folder, 'start', 'again');
		expect(started, started.stderr).toMatchObject({ code: 0 });
		expect(started.stderr).toMatch(
			/ok container +made, .*another program has port [0-9]+, so its ssh is at [0-9]+ now/,
		);
		const now = await port();
		expect(now).not.toBe(before);
		expect(readFileSync(join(world.state, 'gateway/ssh_config'), 'utf8')).toMatch(new RegExp(`^\\tPort ${now}$`, 'm'));
		expect(await inside('true')).toMatchObject({ code: 0 });
		other.close();
	});
});

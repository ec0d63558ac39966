/** A project in a container on the machine of another member, at a real engine: made, worked in, stopped, gone on with, removed. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownAddresses } from '../../gateway/builds/index.ts';
import type { Board, ContainerView, Result } from '../../shared/operations/index.ts';
import { base, docker, engine, engineWorld, give } from '../support/engine-world.ts';
import type { World } from '../support/world.ts';

const run = promisify(execFile);
const as = ['--reuid=33', '--regid=33', '--clear-groups'];
/** An image is built once, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
const waitMsMax = 300_000;

let ada: World;
let builder: World;
beforeAll(async () => {
	if (engine === '') return;
	ada = engineWorld();
	builder = engineWorld({ host: engine, base, name: 'builder' });
});
afterAll(async () => {
	if (engine === '') return;
	for (const name of ['yonder', 'late', 'soon', 'cut'])
		await ada.gangline(ada.folder, 'project', 'delete', name, '--confirm', name, '--purge');
	await builder[Symbol.asyncDispose]();
	await ada[Symbol.asyncDispose]();
});

const show = (name: string): Promise<ContainerView> => ada.json(ada.folder, 'containers', name);
const isHere = ({ connected }: ContainerView): boolean => connected;

describe.skipIf(engine === '')('a project on another machine (needs an engine: scripts/test --all as root)', () => {
	it('[I13] is made by no member that did not say so itself', { timeout: waitMsMax }, async () => {
		await ada.ok(ada.folder, 'token', 'new');
		await ada.ok(ada.folder, 'gateway', 'listen', ownAddresses()[0] ?? '127.0.0.1');
		const line = await ada.ok(ada.folder, 'token', 'new', '--provision');
		// As on a machine that has nothing of ours: what makes containers there comes with the build.
		const pasted = await run('setpriv', [...as, 'sh', '-c', line], { cwd: builder.home, env: builder.env });
		expect(pasted.stdout).toMatch(/it is called builder \(work, provision\)/);
		const { nodes } = await ada.json<Result<'node.list'>>(ada.folder, 'nodes');
		expect(nodes.find(({ name }) => name === 'builder')).toMatchObject({ duties: ['work', 'provision'], person: null });
		const refused = await ada.gangline(ada.folder, 'new', 'yonder', '--on', 'nobody');
		expect(refused.stderr).toMatch(/no member of the mesh is called "nobody"/);
	});

	it('is made there by one command, from a repository that is there, and joins', { timeout: buildMsMax }, async () => {
		const origin = builder.repository('origin', { 'check.sh': '#!/bin/sh\ntest -s a.txt\n', 'a.txt': 'a\n' });
		give(origin);
		const made = await ada.gangline(ada.folder, 'new', 'yonder', '--stack', 'none', '--git', origin, '--on', 'builder');
		expect(made, made.stderr).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/^yonder: it runs, its node is connected\n {2}on {7}builder\n/),
		});
		expect(made.stderr).toMatch(/yonder is being made, on builder\n[\s\S]*ok join +its node yonder is connected/);
		const view = await show('yonder');
		expect(view).toMatchObject({ state: 'running', connected: true, path: join(builder.home, 'yonder') });
		expect(statSync(join(builder.home, 'yonder/a.txt')).uid).toBe(33);
		expect(existsSync(join(ada.folder, 'yonder'))).toBe(false);
		// Nothing there is open to anybody but that machine itself.
		const ports = docker('inspect', '--format', '{{json .HostConfig.PortBindings}}', 'gangline-yonder');
		expect([...ports.matchAll(/"HostIp":"([^"]*)"/g)].map(([, ip]) => ip)).toEqual(['127.0.0.1']);
	});

	it('[I3] lands an item whose work was done there', { timeout: waitMsMax }, async () => {
		await ada.ok(
			ada.folder,
			'add',
			'Say who',
			'--run',
			'hostname > who.txt; git add -A; git commit -qm work',
			'-p',
			'yonder',
		);
		const isAt =
			(column: string) =>
			({ items }: Board): boolean =>
				items.some((item) => item.column === column);
		await ada.until<Board>(ada.folder, ['status', '-p', 'yonder'], isAt('qa'), 150);
		await ada.ok(ada.folder, 'diff', '1', '-p', 'yonder');
		await ada.ok(ada.folder, 'approve', '1', '-p', 'yonder');
		await ada.until<Board>(ada.folder, ['status', '-p', 'yonder'], isAt('done'), 150);
		const landed = join(builder.home, 'yonder/who.txt');
		await ada.until(ada.folder, ['containers'], () => existsSync(landed), 30);
		expect(readFileSync(landed, 'utf8')).toBe('yonder\n');
	});

	it('lets an owner in over ssh, though no port there is open to this machine', { timeout: waitMsMax }, async () => {
		const inside = await ada.gangline(ada.folder, 'ssh', 'yonder', '--', 'hostname');
		expect(inside, inside.stderr).toMatchObject({ code: 0, stdout: 'yonder\n' });
	});

	it('is stopped, started and limited from here', { timeout: waitMsMax }, async () => {
		expect(await ada.ok(ada.folder, 'stop', 'yonder')).toMatch(/yonder is stopped/);
		expect(await show('yonder')).toMatchObject({ state: 'stopped', connected: false });
		await ada.ok(ada.folder, 'limits', 'yonder', '--memory', '1g');
		expect(docker('inspect', '--format', '{{.HostConfig.Memory}}', 'gangline-yonder')).toBe(String(1024 ** 3));
		await ada.ok(ada.folder, 'start', 'yonder');
		await ada.until<ContainerView>(ada.folder, ['containers', 'yonder'], isHere, 120);
	});

	it('goes on while its machine is away, which is said', { timeout: waitMsMax }, async () => {
		await builder.ok(builder.folder, 'stop');
		const isAway = ({ state }: ContainerView): boolean => state === 'gone';
		const away = await ada.until<ContainerView>(ada.folder, ['containers', 'yonder'], isAway, 60);
		expect(away).toMatchObject({ connected: true, words: expect.stringMatching(/its machine builder is away/) });
		const refused = await ada.gangline(ada.folder, 'stop', 'yonder');
		expect(refused).toMatchObject({ code: 6, stderr: expect.stringMatching(/the machine builder is not connected/) });
		await builder.ok(builder.folder, 'start');
		await ada.until<ContainerView>(ada.folder, ['containers', 'yonder'], ({ state }) => state === 'running', 60);
	});

	it('goes on being made when the gateway is killed, and a retry follows it to its end', {
		timeout: buildMsMax,
	}, async () => {
		const making = ada.gangline(ada.folder, 'new', 'late', '--stack', 'none', '--on', 'builder');
		const isBegun = ({ steps }: ContainerView): boolean =>
			steps.some(({ name, state }) => name === 'container' && state !== 'waiting');
		const asked = ['containers', 'late'];
		await ada.until<{ containers: readonly ContainerView[] }>(
			ada.folder,
			['containers'],
			({ containers }) => containers.some((one) => one.name === 'late'),
			60,
		);
		await ada.until<ContainerView>(ada.folder, asked, isBegun, 120);
		const { pid } = JSON.parse(readFileSync(join(ada.state, 'gateway/api.json'), 'utf8')) as { pid: number };
		process.kill(pid, 'SIGKILL');
		expect((await making).code).not.toBe(0);
		await ada.ok(ada.folder, 'gateway', 'start');
		await ada.until<Result<'node.list'>>(
			ada.folder,
			['nodes'],
			({ nodes }) => nodes.some((one) => one.name === 'builder' && one.connected),
			60,
		);
		const retried = await ada.gangline(ada.folder, 'new', 'late', '--retry');
		expect(retried, retried.stderr).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/^late: it runs, its node is connected/),
		});
	});

	it('is called something else, and is rebuilt', { timeout: waitMsMax }, async () => {
		await ada.ok(ada.folder, 'project', 'rename', 'late', 'soon');
		expect(await show('soon')).toMatchObject({ name: 'soon', on: { name: 'builder' }, connected: true });
		await ada.ok(ada.folder, 'rebuild', 'soon');
		await ada.until<ContainerView>(ada.folder, ['containers', 'soon'], isHere, 120);
		const inside = await ada.gangline(ada.folder, 'ssh', 'soon', '--', 'hostname');
		expect(inside, inside.stderr).toMatchObject({ code: 0, stdout: 'late\n' });
		await ada.ok(ada.folder, 'project', 'delete', 'soon', '--confirm', 'soon');
	});

	it('is made again from where its machine was killed, with the name of the step', {
		timeout: buildMsMax,
	}, async () => {
		const making = ada.gangline(ada.folder, 'new', 'cut', '--stack', 'none', '--on', 'builder');
		await ada.until<ContainerView>(
			ada.folder,
			['containers'],
			() => docker('ps', '-q', '--filter', 'name=gangline-cut') !== '',
			120,
		);
		const left = docker('ps', '-q', '--filter', 'name=gangline-cut');
		process.kill(builder.pid() ?? 0, 'SIGKILL');
		await builder.ok(builder.folder, 'start');
		const isCut = ({ state }: ContainerView): boolean => state === 'failed';
		const cut = await ada.until<ContainerView>(ada.folder, ['containers', 'cut'], isCut, 60);
		expect(cut).toMatchObject({
			words: expect.stringMatching(/^it was cut off at (container|join)$/),
			next: ['gangline new cut --retry'],
		});
		expect((await making).code).not.toBe(0);
		const retried = await ada.gangline(ada.folder, 'new', 'cut', '--retry');
		expect(retried, retried.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cut: it runs/) });
		// What was there is found again, at the port that it holds itself.
		expect(docker('ps', '-q', '--filter', 'name=gangline-cut')).toBe(left);
		await ada.ok(ada.folder, 'project', 'delete', 'cut', '--confirm', 'cut');
	});

	it('is removed there; source and state stay', { timeout: waitMsMax }, async () => {
		const gone = await ada.gangline(ada.folder, 'project', 'delete', 'yonder', '--confirm', 'yonder');
		expect(gone, gone.stderr).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/stays: its source in .*, on builder/),
		});
		expect(docker('ps', '-aq', '--filter', 'name=gangline-yonder')).toBe('');
		expect(existsSync(join(builder.home, 'yonder/who.txt'))).toBe(true);
		expect(await ada.ok(ada.folder, 'containers')).toMatch(/no project in a container yet/);
	});
});

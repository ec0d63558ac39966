/**
 * A person on another machine in a container through the mesh, with OpenSSH's own client at a real engine: no port of that
 * machine is open to them, and nothing is asked.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { base, docker, engine, engineWorld, give } from '../support/engine-world.ts';
import { launcher, makeWorld, type World } from '../support/world.ts';

const run = promisify(execFile);
/** An image is built once, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
const as = ['--reuid=33', '--regid=33', '--clear-groups'];
const bytes = 8 * 1024 * 1024;

/** The machine of the gateway and the engine. */
let host: World;
/** Somebody else's, with nothing but OpenSSH and a node. */
let laptop: World;
beforeAll(() => {
	if (engine === '') return;
	host = engineWorld();
	laptop = makeWorld({ USER: 'ada', GANGLINE_NAME: 'laptop' }, launcher, ['setpriv', ...as], '/var/tmp');
	chmodSync(laptop.folder, 0o755);
	give(laptop.folder);
});
afterAll(async () => {
	if (engine === '') return;
	await host.gangline(host.folder, 'project', 'delete', 'far', '--confirm', 'far', '--purge');
	await laptop[Symbol.asyncDispose]();
	await host[Symbol.asyncDispose]();
});

const inside = (...command: string[]) => laptop.gangline(laptop.folder, 'ssh', 'far', '--', ...command);

/** As the person's own ssh reads it. */
async function sshConfig(world: World): Promise<string> {
	const config = join(world.folder, 'ssh_config');
	writeFileSync(config, await world.ok(world.folder, 'ssh-config', '--print'));
	give(config);
	return config;
}

function ssh(world: World, program: string, ...args: string[]): ChildProcess {
	return spawn('setpriv', [...as, program, ...args], {
		env: world.env,
		cwd: world.folder,
		stdio: ['pipe', 'pipe', 'pipe'],
	});
}

/** What listens in the container for the test of a forwarded port. */
const listener =
	"require('net').createServer((s) => s.end('from inside')).listen(4321, '127.0.0.1', () => console.log('listens'))";

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});
}

function wordsAt(port: number): Promise<string> {
	return new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		let text = '';
		socket.on('data', (data) => {
			text += String(data);
		});
		socket.on('close', () => resolve(text));
		socket.on('error', () => resolve(''));
	});
}

const logins = (): number =>
	docker('top', 'gangline-far')
		.split('\n')
		.filter((line) => /sshd(?:-session)?: \S+@/.test(line)).length;

describe.skipIf(engine === '')('a container on another machine (needs an engine: scripts/test --all as root)', () => {
	it('is made there, and a person joins with a machine of theirs', { timeout: buildMsMax }, async () => {
		expect(base).not.toBe('');
		const origin = host.repository('origin', { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ntest -s a.txt\n' });
		give(origin);
		await host.ok(host.folder, 'new', 'far', '--stack', 'none', '--agents', 'none', '--git', origin);
		const { token } = await host.json<Result<'token.create'>>(host.folder, 'token', 'new', '--person', 'ada');
		await laptop.ok(laptop.folder, 'join', token);
	});

	it('lets OpenSSH in from there without a question, as the owner of the source', { timeout: 120_000 }, async () => {
		const { code, stdout, stderr } = await inside('sh', '-c', 'hostname; id -u; pwd');
		expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `far\n33\n${join(host.folder, 'far')}\n`, stderr: '' });
		// Nothing of the gateway's keys was needed, and the person's own stays where it was made.
		expect(existsSync(join(laptop.state, 'ssh/id_ed25519'))).toBe(true);
		const people = join(host.state, 'gateway/containers/far/state/ssh/people');
		await expect.poll(() => readFileSync(people, 'utf8'), { timeout: 10_000 }).toBe('');
	});

	it('carries megabytes over sftp both ways, and a forwarded port', { timeout: 180_000 }, async () => {
		const config = await sshConfig(laptop);
		expect(readFileSync(config, 'utf8')).toMatch(/ProxyCommand env GANGLINE_HOME=.* ssh --stdio far\n/);
		const [up, down, batch] = ['up', 'down', 'batch'].map((name) => join(laptop.folder, name)) as [
			string,
			string,
			string,
		];
		writeFileSync(up, randomBytes(bytes));
		writeFileSync(batch, `put "${up}" /tmp/came\nget /tmp/came "${down}"\n`);
		for (const file of [up, batch]) give(file);
		await run('setpriv', [...as, 'sftp', '-F', config, '-b', batch, 'far.gangline'], { env: laptop.env });
		const hash = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
		expect(hash(down)).toBe(hash(up));
		const port = await freePort();
		const forward = ssh(
			...([laptop, 'ssh', '-F', config, '-o', 'ExitOnForwardFailure=yes', '-L', `${port}:127.0.0.1:4321`] as const),
			...['far.gangline', `exec node -e "${listener}"`],
		);
		try {
			await once(forward.stdout ?? expect.fail('no output'), 'data');
			expect(await wordsAt(port)).toBe('from inside');
		} finally {
			forward.kill();
		}
	});

	it('is reached the same way on its own machine, where that is wanted', { timeout: 120_000 }, async () => {
		const { code, stdout, stderr } = await host.gangline(host.folder, 'ssh', '--mesh', 'far', 'hostname');
		expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'far\n', stderr: '' });
	});

	it('ends cleanly when the gateway is killed, and works again when it is back', { timeout: 300_000 }, async () => {
		const config = await sshConfig(laptop);
		const session = ssh(laptop, 'ssh', '-F', config, 'far.gangline', 'echo there; exec cat');
		await once(session.stdout ?? expect.fail('no output'), 'data');
		expect(logins()).toBeGreaterThan(0);
		const { pid } = JSON.parse(readFileSync(join(host.state, 'gateway/api.json'), 'utf8')) as { pid: number };
		process.kill(pid, 'SIGKILL');
		const [code] = (await once(session, 'close')) as [number | null];
		expect(code).toBe(255);
		await expect.poll(logins, { timeout: 60_000 }).toBe(0);
		await host.ok(host.folder, 'gateway', 'start');
		await expect
			.poll(async () => (await inside('hostname')).stdout, { timeout: 120_000, interval: 1_000 })
			.toBe('far\n');
	});

	it('says that there is no such project', { timeout: 120_000 }, async () => {
		const unknown = await laptop.gangline(laptop.folder, 'ssh', '--stdio', 'nothing');
		expect(unknown).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('no project "nothing"') });
	});
});

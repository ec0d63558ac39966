/** A project in a container of a real engine: made, worked in, looked into from inside, limited, removed. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, ContainerView, Result } from '../../shared/operations/index.ts';
import { containerLog, docker, engine, engineWorld, give } from '../support/engine-world.ts';
import { lastOf } from '../support/gave-up.ts';
import { startModelServer } from '../support/model-server.ts';
import type { World } from '../support/world.ts';

const run = promisify(execFile);
/** An image is built once, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
/** More than all that a test of one item waits for: what it saw last says more than that time was up. */
const waitMsMax = 500_000;
const as = ['--reuid=33', '--regid=33', '--clear-groups'];
const login = 'token-of-the-test';
/** Minutes of idle time. */
const isLong = Boolean(process.env.GANGLINE_TEST_LONG);
const bridgeOption = 'com.docker.network.bridge.name';

let world: World;
beforeAll(() => {
	if (engine !== '') world = engineWorld();
});
afterAll(async () => {
	if (engine === '') return;
	for (const name of ['app', 'taken'])
		await world.gangline(world.folder, 'project', 'delete', name, '--confirm', name, '--purge');
	await world[Symbol.asyncDispose]();
});

const show = (name: string): Promise<ContainerView> => world.json(world.folder, 'containers', name);
const inside = (...command: string[]) => world.gangline(world.folder, 'ssh', 'app', '--', ...command);

/** Of the one project, whatever became of the test that calls it something else. */
async function nameNow(): Promise<string> {
	const { containers } = await world.json<Result<'container.list'>>(world.folder, 'containers');
	return containers.find(({ path }) => path === join(world.folder, 'app'))?.name ?? 'app';
}

/** As a person's ssh reads it. */
async function sshConfig(): Promise<string> {
	const config = join(world.folder, 'ssh_config');
	writeFileSync(config, await world.ok(world.folder, 'ssh-config', '--print'));
	give(config);
	return config;
}

/** Until the item is there, or goes on no more without a person. */
async function untilColumn(number: number, column: string): Promise<void> {
	const isThere = ({ items }: Board): boolean =>
		items.some((item) => item.number === number && (item.column === column || item.stage === 'blocked'));
	try {
		const { items } = await world.until<Board>(world.folder, ['status', '-p', 'app'], isThere, 150);
		const item = items.find((one) => one.number === number);
		expect(`${item?.column}: ${item?.stageReason}`).toMatch(new RegExp(`^${column}:`));
	} catch (error) {
		const agent = await world.gangline(world.folder, 'logs', String(number), '-p', 'app');
		const words = [containerLog('gangline-app'), agent.stdout].map(lastOf);
		throw new Error(`${String(error).split('\n', 1)[0]}; inside: ${words.join('; its agent: ')}`);
	}
}

describe.skipIf(engine === '')('a project in a container (needs an engine: scripts/test --all as root)', () => {
	it('is made by one command from a repository elsewhere, and joins', { timeout: buildMsMax }, async () => {
		const origin = world.repository('origin', { 'check.sh': '#!/bin/sh\ntest -s a.txt\n', 'a.txt': 'a\n' });
		give(origin);
		const made = await world.gangline(
			world.folder,
			'new',
			'app',
			'--stack',
			'none',
			'--agents',
			'claude-code',
			'--git',
			origin,
		);
		expect(made, made.stderr).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/^app: it runs, its node is connected/),
		});
		expect(made.stderr).toMatch(/ok source +cloned into .*\n[\s\S]*ok join +its node app is connected/);
		expect(statSync(join(world.folder, 'app/a.txt')).uid).toBe(33);
		const view = await show('app');
		expect(view).toMatchObject({ state: 'running', connected: true, path: join(world.folder, 'app') });
	});

	it('[I3] lands an item whose work was done inside, by the owner of the source', { timeout: waitMsMax }, async () => {
		const work =
			'id -u > who.txt; grep CapBnd /proc/self/status >> who.txt; hostname >> who.txt; git add -A; git commit -qm work';
		await world.ok(world.folder, 'add', 'Say who', '--run', work, '-p', 'app');
		await untilColumn(1, 'qa');
		await world.ok(world.folder, 'diff', '1', '-p', 'app');
		await world.ok(world.folder, 'approve', '1', '-p', 'app');
		await untilColumn(1, 'done');
		const landed = join(world.folder, 'app/who.txt');
		await world.until(world.folder, ['containers'], () => existsSync(landed), 30);
		expect(readFileSync(landed, 'utf8')).toBe('33\nCapBnd:\t0000000000000000\napp\n');
		expect(statSync(landed).uid).toBe(33);
	});

	it('[I13] lands an item of the real claude inside, whose login nobody else gets', {
		timeout: waitMsMax,
	}, async () => {
		const work = "printf 'b\\n' > b.txt && git add -A && git commit -q -m 'agent: work' && git log -1";
		await using model = await startModelServer(({ results }) =>
			results.length > 0 ? { kind: 'say', text: 'Done.' } : { kind: 'run', command: work },
		);
		using _ = await forwardInto(new URL(model.url).port);
		const told = async (text: string, command: string): Promise<void> => {
			const { code, stderr } = await inside('sh', '-c', `printf %s '${text}' | gangline ${command}`);
			expect(code, stderr).toBe(0);
		};
		await told(login, 'agent login claude --token');
		await told(model.url, 'secret set ANTHROPIC_BASE_URL');
		const agent = 'name = "claude"\nruntime = "claude-code"\nsecrets = ["ANTHROPIC_BASE_URL"]\n';
		appendFileSync(join(world.folder, 'app/.gangline/project.toml'), `\n[[agent]]\n${agent}`);
		const path = join(world.folder, 'app');
		const { stdout: commit } = await inside(
			...['sh', '-c', `cd '${path}' && git commit -qam 'Let claude work' && git rev-parse HEAD`],
		);
		// The gateway knows nothing of a checkout that another home keeps. An agent's settings count when main has them;
		// that the checkout has nothing more than main may be an answer from before the commit.
		const asked = ['ssh', 'app', '--', 'gangline', 'status', '-p', 'app'];
		await world.until<Board>(world.folder, asked, ({ distance }) => distance.canonical === commit.trim(), 120);
		await world.ok(world.folder, 'add', 'Write b', '-p', 'app');
		await untilColumn(2, 'qa');
		expect(model.begun('Write b')[0]?.authorization).toContain(login);
		await world.ok(world.folder, 'diff', '2', '-p', 'app');
		await world.ok(world.folder, 'approve', '2', '-p', 'app');
		const landed = join(world.folder, 'app/b.txt');
		await world.until(world.folder, ['containers'], () => existsSync(landed), 120);
		expect(docker('inspect', 'gangline-app')).not.toContain(login);
		const others = await inside('sh', '-c', "cat /proc/[0-9]*/environ | tr '\\0' '\\n'");
		expect(others.stdout).not.toContain(login);
	});

	it('[I13] gives a hostile dependency nothing of the machine but what SECURITY.md says', async () => {
		const { url } = JSON.parse(readFileSync(join(world.state, 'gateway/api.json'), 'utf8')) as { url: string };
		const address = docker('network', 'inspect', 'gangline-app', '--format', '{{(index .IPAM.Config 0).Gateway}}');
		const attempts: Readonly<Record<string, string>> = {
			'a mount': 'mount -t tmpfs none /mnt',
			'a user namespace': 'unshare -Ur true',
			'a device': 'mknod /tmp/d b 254 0',
			'a setting of the kernel': 'echo 1 > /proc/sys/kernel/panic',
			'the clock': 'date -s 2020-01-01',
			'another user': 'setpriv --reuid=0 true',
			'the socket of the engine': 'ls /var/run/docker.sock',
			'the home folder': `ls '${world.home}'`,
			'the state of the gateway': `ls '${world.state}'`,
			'what is beside the source': `ls '${world.folder}/origin'`,
			'processes of the machine': "grep -l '[d]ockerd' /proc/[0-9]*/cmdline",
			'the API of the gateway': `curl -s -m 5 http://${address}:${new URL(url).port}/healthz`,
			// Named in SECURITY.md as what it does reach.
			'hooks of the source': `test -w '${join(world.folder, 'app/.git/hooks')}'`,
			'the state of its own node': 'test -w /gangline/node',
		};
		const lines = Object.entries(attempts).map(([what, how]) => `(${how}) >/dev/null 2>&1 && echo '${what}'`);
		const { stdout } = await inside('sh', '-c', `${lines.join('\n')}\ntrue`);
		expect(stdout).toBe('hooks of the source\nthe state of its own node\n');
	});

	it('[I13] reaches the mesh at this machine, and nothing else that listens on it at any address', async () => {
		const address = docker('network', 'inspect', 'gangline-app', '--format', '{{(index .IPAM.Config 0).Gateway}}');
		const member = JSON.parse((await inside('cat', '/gangline/node/mesh.json')).stdout) as unknown;
		const mesh = new RegExp(`/ip4/${address}/tcp/(\\d+)`).exec(JSON.stringify(member))?.[1];
		const service = createServer().listen(0, '0.0.0.0');
		await once(service, 'listening');
		const { port } = service.address() as AddressInfo;
		const reaches = async (host: string, to: string): Promise<boolean> =>
			(await inside('timeout', '10', 'bash', '-c', `: < /dev/tcp/${host}/${to}`)).code === 0;
		const others = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter((one) => !one.internal));
		const hosts = [address, ...others.filter(({ family }) => family === 'IPv4').map((one) => one.address)].slice(0, 3);
		const bridge = docker('network', 'inspect', 'gangline-app', '--format', `{{index .Options "${bridgeOption}"}}`);
		const { stdout: rules } = await run('nft', ['list', 'ruleset']);
		const [, guard = '?'] =
			new RegExp(`table inet gangline_(\\w+) \\{\\s+chain input \\{[^}]*"${bridge.slice(0, 7)}`).exec(rules) ?? [];
		try {
			for (const host of hosts) expect([host, await reaches(host, `${port}`)]).toEqual([host, false]);
			expect(await reaches(address, mesh ?? '?')).toBe(true);
			// A firewall that is loaded anew flushes what it does not know.
			await run('nft', ['delete', 'table', 'inet', `gangline_${guard}`]);
			await expect.poll(() => reaches(address, `${port}`), { timeout: 30_000, interval: 500 }).toBe(false);
			// It ends as a process that was killed does, and the engine brings it back.
			docker('kill', `gangline.guard.${guard}`);
			expect(await reaches(address, `${port}`)).toBe(false);
		} finally {
			service.close();
		}
	});

	it('[I13] has no right, no socket, a root that cannot be written, and mounts as promised', async () => {
		const { stdout } = await inside(
			'sh',
			'-c',
			'grep -E "^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs)" /proc/self/status; cat /proc/self/mountinfo',
		);
		expect(stdout.match(/^Cap\w+:\t0{16}$/gm)).toHaveLength(4);
		expect(stdout).toMatch(/^NoNewPrivs:\t1$/m);
		const mounts = stdout
			.split('\n')
			.filter((line) => / - /.test(line))
			.map((line) => line.split(' '));
		const at = new Map(mounts.map((fields) => [fields[4]?.replaceAll('\\040', ' '), fields[5]]));
		expect(at.get('/')).toMatch(/^ro,/);
		expect(at.get('/etc/passwd')).toMatch(/^ro,/);
		expect(at.get('/gangline')).toMatch(/^rw,/);
		expect(at.get(join(world.folder, 'app'))).toMatch(/^rw,/);
		expect(stdout).not.toMatch(/docker\.sock/);
		expect(await inside('sh', '-c', 'touch /etc/x || touch /usr/x')).toMatchObject({ code: 1 });
		expect(await inside('ls', world.home)).toMatchObject({ code: 2 });
	});

	it('[I13] shows no secret to whoever may inspect it, and keeps none after it has joined', async () => {
		const inspected = docker('inspect', 'gangline-app');
		expect(inspected).not.toMatch(/gl1_|PRIVATE KEY/);
		expect(existsSync(join(world.state, 'gateway/containers/app/state/join-token'))).toBe(false);
		expect(inspected).toMatch(/"HostIp": "127\.0\.0\.1"/);
	});

	it('lets OpenSSH in without a question: a file over sftp, a forwarded port, nobody else', async () => {
		const config = await sshConfig();
		const batch = join(world.folder, 'batch');
		writeFileSync(batch, `put "${batch}" /tmp/came\n`);
		await run('setpriv', [...as, 'sftp', '-F', config, '-b', batch, 'app.gangline'], { env: world.env });
		expect((await inside('cat', '/tmp/came')).stdout).toContain('put ');
		const port = await freePort();
		const forward = spawn(
			'setpriv',
			[
				...as,
				'ssh',
				'-F',
				config,
				'-N',
				'-o',
				'ExitOnForwardFailure=yes',
				'-L',
				`${port}:127.0.0.1:2222`,
				'app.gangline',
			],
			{ env: world.env },
		);
		try {
			expect(await firstWords(port)).toMatch(/^SSH-2\.0-OpenSSH/);
		} finally {
			forward.kill();
		}
		const { ssh } = await show('app');
		const stranger = run(
			'setpriv',
			[
				...as,
				'ssh',
				'-F',
				'none',
				'-o',
				'BatchMode=yes',
				'-o',
				'StrictHostKeyChecking=no',
				'-o',
				'UserKnownHostsFile=/dev/null',
				'-p',
				String(ssh.port),
				`${ssh.user}@127.0.0.1`,
				'true',
			],
			{ env: world.env },
		);
		await expect(stranger).rejects.toThrow(/Permission denied \(publickey\)/);
	});

	it('[I15] contains a fork bomb, a hog of memory and a filler of /tmp, and goes on', async () => {
		await world.ok(world.folder, 'limits', 'app', '--memory', '512m', '--pids', '200');
		expect((await show('app')).limits).toMatchObject({ memory: 512 * 1024 ** 2, pids: 200 });
		// Long enough for the bound to be met on a slow machine; they outlive the shell that could not fork.
		const bomb = await inside('sh', '-c', 'i=0; while [ $i -lt 400 ]; do sleep 10 & i=$((i+1)); done; wait');
		expect(bomb.stderr).toMatch(/[Cc]annot fork|Resource temporarily unavailable/);
		await expect.poll(async () => (await inside('true')).code, { timeout: 60_000, interval: 500 }).toBe(0);
		const hog = await inside('node', '-e', 'const a=[];for(;;)a.push(Buffer.alloc(1<<24,1))');
		expect(hog.code).not.toBe(0);
		const filler = await inside('sh', '-c', 'head -c 2000000000 /dev/zero > /tmp/full; echo $?; rm -f /tmp/full');
		expect(filler.code === 0 ? filler.stdout : 'ended').toMatch(/1|ended/);
		// The hog may have taken the whole container with it: while the engine starts it again, nothing is bounded.
		const limited = () => world.gangline(world.folder, 'limits', 'app', '--memory', '1g', '--pids', '2048');
		await expect.poll(async () => (await limited()).code, { timeout: 60_000, interval: 500 }).toBe(0);
		await world.until<ContainerView>(world.folder, ['containers', 'app'], ({ connected }) => connected, 120);
	});

	it('is called something else while it runs, and is found under that name alone', { timeout: waitMsMax }, async () => {
		const { container } = await show('app');
		await world.ok(world.folder, 'project', 'rename', 'app', 'shop');
		expect(await show('shop')).toMatchObject({ container, state: 'running' });
		expect(await world.gangline(world.folder, 'containers', 'app')).toMatchObject({ code: 3 });
		expect(await world.ok(world.folder, 'ssh', 'shop', '--', 'hostname')).toBe('app\n');
		const { nodes } = await world.json<Result<'node.list'>>(world.folder, 'nodes');
		expect(nodes.map(({ name }) => name)).toContain('shop');
		const second = await world.gangline(world.folder, 'new', 'app', '--path', join(world.folder, 'second'));
		expect(second).toMatchObject({ code: 4, stderr: expect.stringMatching(/of shop are called app, its first name/) });
	});

	it('is stopped, started and keeps its host key over a rebuild', { timeout: buildMsMax }, async () => {
		const keyOf = () => readFileSync(join(world.state, 'gateway/containers/app/known_hosts'), 'utf8');
		const key = keyOf();
		const name = await nameNow();
		const secret = ['sh', '-c', 'echo over a rebuild | gangline secret set KEPT'];
		expect(await world.gangline(world.folder, 'ssh', name, '--', ...secret)).toMatchObject({ code: 0 });
		await world.ok(world.folder, 'stop', name);
		expect(await show(name)).toMatchObject({ state: 'stopped', next: [`gangline start ${name}`] });
		await world.ok(world.folder, 'start', name);
		await world.until<ContainerView>(world.folder, ['containers', name], ({ connected }) => connected, 120);
		docker('rm', '-f', 'gangline-app');
		expect(await show(name)).toMatchObject({ state: 'gone', next: [`gangline rebuild ${name}`] });
		await world.ok(world.folder, 'rebuild', name);
		expect(keyOf()).toBe(key);
		if (name !== 'app') await world.ok(world.folder, 'project', 'rename', name, 'app');
		const { items } = await world.json<Board>(world.folder, 'status', '-p', 'app');
		expect(items.find(({ number }) => number === 1)).toMatchObject({ column: 'done' });
		expect((await inside('gangline', 'secret', 'list')).stdout).toContain('KEPT');
	});

	it.skipIf(!isLong)('sleeps when nothing is to do, and wakes when wanted', { timeout: 400_000 }, async () => {
		await world.ok(world.folder, 'limits', 'app', '--idle-stop', '1m');
		const sleeping = await world.until<ContainerView>(
			world.folder,
			['containers', 'app'],
			({ state }) => state === 'stopped',
			160,
		);
		expect(sleeping.words).toMatch(/^it sleeps, because nothing was to do/);
		await world.ok(world.folder, 'add', 'Wake up', '--run', 'echo awake > awake.txt', '-p', 'app');
		await world.until<ContainerView>(world.folder, ['containers', 'app'], ({ connected }) => connected, 120);
		expect(await world.ok(world.folder, 'limits', 'app', '--idle-stop', 'never')).toMatch(/^app runs on/);
	});

	it('leaves alone what has our name but is not ours', async () => {
		const view = await show('app');
		docker('create', '--name', 'gangline-taken', view.image ?? '');
		const refused = await world.gangline(world.folder, 'new', 'taken', '--stack', 'none', '--agents', 'claude-code');
		expect(refused).toMatchObject({ code: 1 });
		expect(refused.stderr).toMatch(/failed at container: the container gangline-taken at the engine is not ours/);
		docker('rm', 'gangline-taken');
		const again = await world.gangline(world.folder, 'new', 'taken', '--retry');
		expect(again, again.stderr).toMatchObject({ code: 0 });
	});

	it('[I7] is deleted only by its name, and source and unlanded work stay', async () => {
		expect(await world.gangline(world.folder, 'project', 'delete', 'app', '--yes')).toMatchObject({ code: 4 });
		expect(await world.gangline(world.folder, 'project', 'delete', 'app', '--confirm', 'ap')).toMatchObject({
			code: 4,
		});
		mkdirSync(join(world.folder, 'app/mine'));
		const gone = await world.ok(world.folder, 'project', 'delete', 'app', '--confirm', 'app');
		expect(gone).toMatch(/stays: its source in .*\/app\n.*stays: its state in /);
		expect(existsSync(join(world.folder, 'app/mine'))).toBe(true);
		expect(existsSync(join(world.state, 'gateway/containers/app/state/node'))).toBe(true);
		expect(docker('ps', '-aq', '--filter', 'name=gangline-app')).toBe('');
		expect(docker('network', 'ls', '-q', '--filter', 'name=gangline-app')).toBe('');
	});
});

/** A port of this machine as the same port inside, over ssh, until it is disposed. */
async function forwardInto(port: string): Promise<Disposable> {
	const args = ['ssh', '-F', await sshConfig(), '-o', 'ExitOnForwardFailure=yes', '-R', `${port}:127.0.0.1:${port}`];
	const child = spawn('setpriv', [...as, ...args, 'app.gangline', 'echo there; exec cat'], { env: world.env });
	await new Promise<void>((resolve, reject) => {
		child.stdout.once('data', () => resolve());
		child.once('close', (code) => reject(new Error(`ssh ended with ${code}`)));
	});
	return { [Symbol.dispose]: () => void child.kill() };
}

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});
}

/** What whoever listens there says first; waits until somebody does. */
async function firstWords(port: number): Promise<string> {
	const end = Date.now() + 20_000;
	for (;;) {
		const words = await new Promise<string>((resolve) => {
			const socket = connect(port, '127.0.0.1');
			socket.once('data', (data) => {
				resolve(data.toString());
				socket.destroy();
			});
			socket.once('error', () => resolve(''));
		});
		if (words !== '') return words;
		if (Date.now() > end) throw new Error(`nobody listens at ${port}`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

/**
 * Projects as services of a swarm, at a real engine of this test alone that manages one: made, worked in, killed and back,
 * its secrets where the swarm keeps them, nothing opened to the network, gone with all that was made.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, ContainerView } from '../../shared/operations/index.ts';
import { engine, engineWorld, give } from '../support/engine-world.ts';
import { OwnEngine } from '../support/own-engine.ts';
import type { World } from '../support/world.ts';

/** An engine, its base and an image are made once. */
const buildMsMax = 900_000;

const gateBridge = '/sys/class/net/docker_gwbridge';
const hadGateBridge = existsSync(gateBridge);

let own: OwnEngine;
let world: World;
beforeAll(async () => {
	if (engine === '') return;
	own = await OwnEngine.open(['--no-new-privileges']);
	const base = own.base();
	own.docker('swarm', 'init', '--advertise-addr', addressHere());
	world = engineWorld({ host: own.host, base }, { GANGLINE_PROVISIONER: 'swarm' });
}, buildMsMax);
afterAll(async () => {
	if (engine === '') return;
	await world?.gangline(world.folder, 'project', 'delete', 'app', '--confirm', 'app', '--purge');
	await world?.[Symbol.asyncDispose]();
	await own?.[Symbol.asyncDispose]();
	// Made for the swarm, and left behind by its engine.
	if (!hadGateBridge && existsSync(gateBridge)) execFileSync('ip', ['link', 'delete', 'docker_gwbridge']);
});

/** One by which a container reaches this machine. */
function addressHere(): string {
	const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
	const found = all.find(({ family, internal }) => family === 'IPv4' && !internal);
	if (found === undefined) throw new Error('this machine has no address but its loopback');
	return found.address;
}

const show = (): Promise<ContainerView> => world.json(world.folder, 'containers', 'app');
const inside = (...command: string[]) => world.gangline(world.folder, 'ssh', 'app', '--', ...command);
const containerNow = (): string => own.docker('ps', '-q', '--filter', 'label=dev.gangline.project=app');

async function land(number: number, title: string, work: string): Promise<void> {
	await world.ok(world.folder, 'add', title, '--run', `${work}; git add -A; git commit -qm work`, '-p', 'app');
	const isAt =
		(column: string) =>
		({ items }: Board) =>
			items.some((item) => item.number === number && item.column === column);
	await world.until<Board>(world.folder, ['status', '-p', 'app'], isAt('qa'), 150);
	await world.ok(world.folder, 'diff', String(number), '-p', 'app');
	await world.ok(world.folder, 'approve', String(number), '-p', 'app');
	await world.until<Board>(world.folder, ['status', '-p', 'app'], isAt('done'), 150);
}

describe.skipIf(engine === '')(
	'a project as a service of a swarm (needs an engine: scripts/test --all as root)',
	() => {
		it('is made by one command, and joins', { timeout: buildMsMax }, async () => {
			const origin = world.repository('origin', { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ntest -s a.txt\n' });
			give(origin);
			const made = await world.gangline(
				world.folder,
				...['new', 'app', '--stack', 'none', '--agents', 'none', '--git', origin],
			);
			expect(made, made.stderr).toMatchObject({ code: 0 });
			expect(await show()).toMatchObject({ state: 'running', connected: true, ssh: { port: null } });
			expect(own.docker('service', 'ls', '--format', '{{.Name}} {{.Replicas}}')).toBe('gangline-app 1/1');
		});

		it('[I13] has no right, a root that cannot be written, its bounds, and no open port', async () => {
			const { code, stdout, stderr } = await inside(
				...['sh', '-c', 'grep -E "^(CapBnd|NoNewPrivs)" /proc/self/status; id -u; touch /etc/x || touch /usr/x'],
			);
			expect(stdout, stderr).toMatch(/CapBnd:\t0{16}\nNoNewPrivs:\t1\n33\n/);
			expect(code).toBe(1);
			const inspected = JSON.parse(own.docker('inspect', containerNow()))[0];
			expect(inspected.HostConfig).toMatchObject({ CapDrop: ['ALL'], ReadonlyRootfs: true, Memory: 4 * 1024 ** 3 });
			expect(inspected.NetworkSettings.Ports ?? {}).toEqual({});
			expect(JSON.parse(own.docker('service', 'inspect', 'gangline-app'))[0].Endpoint.Ports).toBeUndefined();
			expect((await inside('sh', '-c', 'echo "#!/bin/sh" > /tmp/x; chmod +x /tmp/x; /tmp/x')).code).toBe(0);
		});

		it('[I13] keeps its token and the key of its host as secrets of the swarm', async () => {
			const names = own.docker('secret', 'ls', '--format', '{{.Name}}').split('\n').sort();
			expect(names.map((name) => name.replace(/\.[0-9a-f]{8}$/, ''))).toEqual([
				'gangline-app.host_ed25519',
				'gangline-app.join-token',
			]);
			const state = join(world.state, 'gateway/containers/app/state');
			expect([join(state, 'join-token'), join(state, 'ssh/host_ed25519')].map((path) => existsSync(path))).toEqual([
				false,
				false,
			]);
			const service = own.docker('service', 'inspect', 'gangline-app');
			expect(service).not.toMatch(/gl1_|PRIVATE KEY/);
		});

		it('[I3] lands an item, is killed, comes back by itself, and goes on', { timeout: 600_000 }, async () => {
			await land(1, 'First', 'hostname > one.txt');
			await expect.poll(() => existsSync(join(world.folder, 'app/one.txt')), { timeout: 30_000 }).toBe(true);
			expect(readFileSync(join(world.folder, 'app/one.txt'), 'utf8')).toBe('app\n');
			const before = containerNow();
			own.docker('kill', '--signal', 'KILL', before);
			const isBack = ({ connected }: ContainerView): boolean => connected && containerNow() !== before;
			await world.until<ContainerView>(world.folder, ['containers', 'app'], isBack, 120);
			await land(2, 'Second', 'echo two > two.txt');
		});

		it('is stopped, started and bounded', { timeout: 300_000 }, async () => {
			await world.ok(world.folder, 'stop', 'app');
			expect(await show()).toMatchObject({ state: 'stopped', words: 'it was stopped' });
			expect(containerNow()).toBe('');
			await world.ok(world.folder, 'start', 'app');
			await world.until<ContainerView>(world.folder, ['containers', 'app'], ({ connected }) => connected, 120);
			await world.ok(world.folder, 'limits', 'app', '--memory', '1g');
			const bounded = (): string =>
				own.docker('inspect', '--format', '{{.HostConfig.Memory}}', containerNow() || 'none');
			await expect.poll(() => (containerNow() === '' ? '' : bounded()), { timeout: 60_000 }).toBe(String(1024 ** 3));
			await world.until<ContainerView>(world.folder, ['containers', 'app'], ({ connected }) => connected, 120);
		});

		it('says what a swarm cannot do: open a port for one machine alone', { timeout: 300_000 }, async () => {
			const wants = world.repository('wants', {
				'a.txt': 'a\n',
				'.devcontainer/devcontainer.json': '{"forwardPorts": [3000]}',
			});
			give(wants);
			const args = ['new', 'wants', '--stack', 'none', '--agents', 'none', '--path', wants];
			const refused = await world.gangline(world.folder, ...args);
			expect(refused.code).not.toBe(0);
			expect(refused.stderr).toMatch(/wants ports \(3000\), and a swarm opens those on every address/);
			await world.ok(world.folder, 'project', 'delete', 'wants', '--confirm', 'wants', '--purge');
		});

		it('leaves source and state when it is deleted, and nothing at the engine', { timeout: 300_000 }, async () => {
			writeFileSync(join(world.folder, 'app/mine'), 'mine\n');
			const gone = await world.ok(world.folder, 'project', 'delete', 'app', '--confirm', 'app');
			expect(gone).toMatch(/stays: its source in .*\/app\n.*stays: its state in /);
			expect(existsSync(join(world.folder, 'app/mine'))).toBe(true);
			expect(own.docker('service', 'ls', '-q')).toBe('');
			expect(own.docker('secret', 'ls', '-q')).toBe('');
			expect(own.docker('network', 'ls', '-q', '--filter', 'name=gangline-')).toBe('');
			expect(own.docker('ps', '-aq')).toBe('');
			expect(own.docker('volume', 'ls', '-q')).toBe('');
		});
	},
);

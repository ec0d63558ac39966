/**
 * What a package that means harm reaches when a project's set-up installs it: its `postinstall` runs in a container of a
 * real engine and tries one thing after the other. What is to be reached and what is not stands in SECURITY.md alone.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, engine, engineWorld, give } from '../support/engine-world.ts';
import { launcher, type World } from '../support/world.ts';

const run = promisify(execFile);
/** An image may have to be built, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
const metadata = '169.254.169.254';
const login = 'login-of-an-agent';
const token = 'token-to-push-with';
const manifest = { name: 'shop', version: '1.0.0', dependencies: { hostile: 'file:hostile-1.0.0.tgz' } };

/** What SECURITY.md says of each attempt. */
function promised(isFenced: boolean): Readonly<Record<string, boolean>> {
	const text = readFileSync(fileURLToPath(new URL('../../SECURITY.md', import.meta.url)), 'utf8');
	const [, table = ''] = text.split('| `postinstall` tries | and |\n|---|---|\n');
	const [rows = ''] = table.split('\n\n');
	return Object.fromEntries(
		rows.split('\n').map((row) => {
			const [, tries = '', and = ''] = row.split('|').map((cell) => cell.trim());
			return [tries, and.startsWith('reaches') || (!isFenced && and === 'fails in the fence')];
		}),
	);
}

/** A cloud's machine behind this one: reached only through it. */
const cloud = `glm${process.pid % 100_000_000}`;
const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });

let world: World;
let service: Server;
let clouds: ChildProcess;
beforeAll(async () => {
	if (engine === '') return;
	world = engineWorld();
	service = createServer((socket) => void socket.end('here\n')).listen(0, '0.0.0.0');
	await once(service, 'listening');
	ip('netns', 'add', cloud);
	ip('link', 'add', cloud, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', cloud);
	ip('address', 'add', '169.254.169.253/30', 'dev', cloud);
	ip('link', 'set', cloud, 'up');
	ip('-n', cloud, 'address', 'add', `${metadata}/30`, 'dev', 'eth0');
	ip('-n', cloud, 'link', 'set', 'eth0', 'up');
	const answer = `require('net').createServer((s) => s.on('error', () => {}).end('secrets\\n')).listen(${portOfService()}, '${metadata}', () => console.log('listens'))`;
	clouds = spawn('ip', ['netns', 'exec', cloud, process.execPath, '-e', answer], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	if (clouds.stdout !== null) await once(clouds.stdout, 'data');
});
afterAll(async () => {
	if (engine === '') return;
	service?.close();
	clouds?.kill();
	ip('netns', 'delete', cloud);
	for (const name of ['prey', 'hostile'])
		await world?.gangline(world.folder, 'project', 'delete', name, '--confirm', name, '--purge');
	await world?.[Symbol.asyncDispose]();
}, 120_000);

const portOfService = (): number => (service.address() as AddressInfo).port;
const inside = (script: string) => world.gangline(world.folder, 'ssh', 'hostile', '--', 'sh', '-c', script);

/** As a person types `gangline git token hostile < file`. */
function giveToken(): void {
	const person = ['--reuid=33', '--regid=33', '--clear-groups', process.execPath, launcher];
	const args = [...person, 'git', 'token', 'hostile', '--user', 'bot'];
	execFileSync('setpriv', args, { cwd: world.folder, env: world.env, input: token, stdio: 'pipe' });
}

/** Where the attempts are aimed at. */
async function target(): Promise<object> {
	const { url } = JSON.parse(readFileSync(join(world.state, 'gateway/api.json'), 'utf8')) as { url: string };
	const gateway = docker('network', 'inspect', 'gangline-hostile', '--format', '{{(index .IPAM.Config 0).Gateway}}');
	const { stdout } = await inside('cat /gangline/node/mesh.json');
	const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
	const others = all.filter(({ family, internal, address }) => family === 'IPv4' && !internal && address !== gateway);
	const address = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
	return {
		...{ gateway, metadata, token, login, service: portOfService(), api: Number(new URL(url).port) },
		...{ home: world.home, state: world.state, beside: world.folder, socket: engine.replace('unix://', '') },
		prey: { address: docker('inspect', 'gangline-prey', '--format', address), source: join(world.folder, 'prey') },
		others: others.map((one) => one.address),
		mesh: Number(new RegExp(`/ip4/${gateway}/tcp/(\\d+)`).exec(stdout)?.[1]),
	};
}

/** What answers this machine itself at the port of the service. */
async function answersAt(host: string): Promise<string> {
	const script = `exec 3<>/dev/tcp/${host}/${portOfService()}; timeout 5 cat <&3`;
	return (await run('bash', ['-c', script])).stdout;
}

describe.skipIf(engine === '')('a package that means harm (needs an engine: scripts/test --all as root)', () => {
	it('[I13] reaches what SECURITY.md says, and nothing else', { timeout: buildMsMax }, async () => {
		const origin = world.repository('origin', {
			'package.json': JSON.stringify(manifest),
			'.gitignore': 'node_modules/\n',
		});
		const source = join(world.folder, 'hostile');
		const place = join(world.folder, 'package');
		mkdirSync(place);
		const scripts = { postinstall: 'node attack.mjs' };
		writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'hostile', version: '1.0.0', scripts }));
		writeFileSync(join(place, 'source.json'), JSON.stringify(source));
		cpSync(fileURLToPath(new URL('../support/hostile-postinstall.mjs', import.meta.url)), join(place, 'attack.mjs'));
		execFileSync('tar', ['-czf', join(origin, 'hostile-1.0.0.tgz'), '-C', world.folder, 'package']);
		world.git(origin, 'add', '-A');
		world.git(origin, 'commit', '-qm', 'Add a package');
		give(origin);
		await world.ok(world.folder, 'new', 'prey', '--stack', 'none', '--agents', 'none');
		await world.ok(world.folder, 'new', 'hostile', '--stack', 'node', '--agents', 'none', '--git', origin);
		const given = `cd '${source}' && git remote set-url origin https://forge.example/shop.git && printf %s '${login}' | gangline agent login claude --token`;
		const kept = await inside(given);
		expect(kept, kept.stderr).toMatchObject({ code: 0 });
		giveToken();
		const aimed = await target();
		expect([await answersAt('127.0.0.1'), await answersAt(metadata)]).toEqual(['here\n', 'secrets\n']);
		writeFileSync(join(source, '.git/target.json'), JSON.stringify(aimed));
		await world.ok(world.folder, 'add', 'Install it', '--run', 'echo done > done.txt', '-p', 'hostile');
		const report = join(world.state, 'gateway/containers/hostile/state/home/report.json');
		await world.until(world.folder, ['containers', 'hostile'], () => existsSync(report), 240);
		const reached: unknown = JSON.parse(readFileSync(report, 'utf8'));
		const { code } = await inside("perl -e 'exit !(syscall(444, 0, 0, 1) > 1)'");
		expect(reached).toEqual(promised(code === 0));
	});
});

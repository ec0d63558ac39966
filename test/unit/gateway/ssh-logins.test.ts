/**
 * The whole way of a login, without OpenSSH: a request at the gateway's address or from a member's machine, over the twin
 * of the network to the node in a container, and there to what listens in place of its sshd [I13].
 */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveLogins } from '../../../gateway/ssh-logins.ts';
import { LoginKeys } from '../../../node/login-keys.ts';
import { forwardLogins, serveSshd } from '../../../node/ssh-door.ts';
import { type Api, createApi, EventHub } from '../../../shared/http/index.ts';
import { type Mesh, openMesh } from '../../../shared/mesh/index.ts';
import { openTunnel } from '../../../shared/mesh/tunnel/index.ts';
import type { Access } from '../../../shared/operations/index.ts';
import { openSimStore } from '../../../shared/ports/sim/index.ts';
import { SystemClock } from '../../../shared/ports/system/index.ts';
import { addProject, containerLabel, joinNode, setPerson } from '../../../shared/registry/index.ts';
import { blog, gatewayIdentity, identityNo, idNo, joiningNo, shop } from '../../support/registry-facts.ts';
import { simGateway } from '../../support/sim-gateway.ts';

const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${'A'.repeat(48)}`;
const tokens: Readonly<Record<string, { readonly person: string; readonly access: Access }>> = {
	ada: { person: 'ada', access: 'owner' },
	bob: { person: 'bob', access: 'member' },
	cleo: { person: 'cleo', access: 'viewer' },
};

async function makeWorld() {
	const { clock, random, net, log, addresses, core } = await simGateway('ssh logins');
	const { registry } = core;
	const change = (make: Parameters<typeof registry.change>[0]) => registry.change(make);
	await change((facts) => setPerson(facts, { id: 'bob', access: 'member' }));
	await change((facts) => setPerson(facts, { id: 'dora', access: 'owner' }));
	await change((facts) =>
		joinNode(facts, joiningNo(2, { name: 'app', duties: ['home', 'work'], labels: [containerLabel] }), 2),
	);
	await change((facts) => joinNode(facts, joiningNo(3, { name: 'desk', duties: ['home'] }), 3));
	await change((facts) => joinNode(facts, joiningNo(4, { name: 'laptop', duties: [], person: 'ada' }), 4));
	await change((facts) => joinNode(facts, joiningNo(5, { name: 'bobs', duties: [], person: 'bob' }), 5));
	await change((facts) => addProject(facts, { id: shop, name: 'shop', branch: 'main', home: idNo(2) }, 6));
	await change((facts) => addProject(facts, { id: blog, name: 'blog', branch: 'main', home: idNo(3) }, 7));
	const open = async (number: number): Promise<Mesh> => {
		const { nodeId: node, publicKey } = identityNo(number);
		return openMesh({
			...{ identity: identityNo(number), store: await openSimStore(), clock, log, random: random.fork(`${number}`) },
			membership: {
				mesh: registry.facts.mesh,
				gateway: { node: gatewayIdentity.nodeId, publicKey: gatewayIdentity.publicKey, addresses },
			},
			openNetwork: async (admission) => net.node({ node, publicKey, admission }),
		});
	};
	const [app, desk, laptop, bobs] = [await open(2), await open(3), await open(4), await open(5)];
	await clock.advance(5_000);
	return { clock, core, log, app, desk, laptop, bobs };
}

type World = Awaited<ReturnType<typeof makeWorld>>;

let world: World;
let folder: string;
let sshd: Server;
let api: Api;
let laptopApi: Api;
const heard: Socket[] = [];
const closing: (() => Promise<unknown> | unknown)[] = [];
const port = (server: Pick<Server, 'address'>): number => (server.address() as AddressInfo).port;
const people = (): string => readFileSync(join(folder, 'people'), 'utf8');

beforeEach(async () => {
	world = await makeWorld();
	const { clock, log, core, app, desk, laptop } = world;
	folder = mkdtempSync(join(tmpdir(), 'gangline-logins-'));
	// In the place of an sshd: says who it is, and then what it is told.
	sshd = createServer({ allowHalfOpen: true }, (socket) => {
		heard.push(socket);
		socket.on('error', () => undefined);
		socket.write('SSH-2.0-test\r\n');
		socket.pipe(socket);
	});
	await new Promise<void>((resolve) => sshd.listen(0, '127.0.0.1', resolve));
	serveSshd({ mesh: app, clock, log, sshd: { port: port(sshd), keys: new LoginKeys(folder) } });
	serveSshd({ mesh: desk, clock, log, sshd: null });
	const made = { handlers: {}, events: new EventHub(), version: '0.1.0', log, clock: new SystemClock(), person: 'ada' };
	api = createApi({ ...made, token: 'g'.repeat(40), callerOf: (token) => tokens[token] ?? null });
	laptopApi = createApi({ ...made, token: 'n'.repeat(40) });
	const asleep = { wakeProject: async () => false };
	const parts = { ...core, containers: asleep, machines: asleep, board: { site: () => ({ pathOf: same }) } };
	const door = serveLogins(parts as unknown as Parameters<typeof serveLogins>[0], api);
	const speaker = () => ({ person: 'ada', access: 'owner' }) as const;
	const other = forwardLogins({ mesh: { mesh: laptop }, api: laptopApi, speaker, clock, log });
	for (const one of [api, laptopApi]) await one.listen({ port: 0 });
	closing.push(
		door.stop,
		other.stop,
		() => api.stop(),
		() => laptopApi.stop(),
		() => sshd.close(),
	);
});
afterEach(async () => {
	for (const socket of heard.splice(0)) socket.destroy();
	for (const close of closing.splice(0)) await close();
	rmSync(folder, { recursive: true });
});

const same = (url: string): string => url;

/** Lets simulated time pass while real sockets and files are at work, and no faster than those. */
async function finish<Value>(promise: Promise<Value>): Promise<Value> {
	let isOver = false;
	const over = (): void => {
		isOver = true;
	};
	promise.then(over, over);
	while (!isOver) await pass();
	return promise;
}

interface Asked {
	readonly project?: string;
	readonly token?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly at?: Api;
}

async function pass(): Promise<void> {
	await world.clock.advance(1);
	await new Promise((resolve) => setImmediate(resolve));
}

async function untilNobody(): Promise<void> {
	while (people() !== '') await pass();
}

/** The line, or the error as the API answers it. */
function ask({ project = 'shop', token = 'ada', headers = {}, at = api }: Asked = {}) {
	return finish(
		new Promise<{
			readonly socket: Socket | null;
			readonly status: number;
			readonly code: string;
			readonly text: string;
		}>((resolve, reject) => {
			const sent = request(`http://127.0.0.1:${port(at.server)}/ssh/${project}`, {
				headers: {
					authorization: `Bearer ${token}`,
					...{ connection: 'Upgrade', upgrade: 'gangline-ssh', 'gangline-ssh-key': key },
					...headers,
				},
			});
			sent.on('upgrade', (_response, socket: Socket, first) => {
				socket.on('error', () => undefined);
				if (first.length > 0) socket.unshift(first);
				resolve({ socket, status: 101, code: '', text: '' });
			});
			sent.on('response', (response) => {
				let text = '';
				response.on('data', (piece) => {
					text += String(piece);
				});
				response.on('end', () => {
					const status = response.statusCode ?? 0;
					resolve({ socket: null, status, code: JSON.parse(text).error.code, text });
				});
			});
			sent.on('error', reject);
			sent.end();
		}),
	);
}

async function readUntil(socket: Socket, words: string): Promise<string> {
	let text = '';
	const read = async (): Promise<string> => {
		for await (const piece of socket.iterator({ destroyOnReturn: false })) {
			text += String(piece);
			if (text.includes(words)) break;
		}
		return text;
	};
	return finish(read());
}

const closed = (socket: Socket): Promise<void> =>
	finish(new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve()))));

describe('a login into a container', () => {
	for (const [who, at] of [
		['at the gateway', () => ({ at: api })],
		['from the machine of a member', () => ({ at: laptopApi, token: 'n'.repeat(40) })],
	] as const) {
		it(`reaches its sshd ${who}, with the person's key while it is open`, async () => {
			const { socket } = await ask(at());
			expect(socket).not.toBeNull();
			if (socket === null) return;
			expect(await readUntil(socket, '\n')).toBe('SSH-2.0-test\r\n');
			expect(people()).toBe(`${key}\n`);
			socket.write('are you there?');
			expect(await readUntil(socket, '?')).toBe('are you there?');
			socket.end();
			socket.resume();
			await closed(socket);
			await untilNobody();
			expect(people()).toBe('');
		});
	}

	it('is an owner’s alone', async () => {
		expect(await ask({ token: 'cleo' })).toMatchObject({ status: 403, code: 'FORBIDDEN' });
		expect(await ask({ token: 'bob' })).toMatchObject({ status: 403, code: 'FORBIDDEN' });
		expect(await ask({ token: 'nobody' })).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
		expect(heard).toEqual([]);
	});

	it('is no page’s: another site, or the login of a browser', async () => {
		expect(await ask({ headers: { origin: 'https://evil.example' } })).toMatchObject({ code: 'WRONG_ORIGIN' });
		expect(await ask({ headers: { host: 'evil.example' } })).toMatchObject({ code: 'WRONG_ORIGIN' });
	});

	it('says what is in no container, what there is not, and what is away', async () => {
		expect(await ask({ project: 'blog' })).toMatchObject({
			status: 409,
			code: 'REFUSED',
			text: expect.stringContaining('no container'),
		});
		expect(await ask({ project: 'nothing' })).toMatchObject({ status: 404, code: 'UNKNOWN_PROJECT' });
		await finish(Promise.resolve(world.app[Symbol.asyncDispose]()));
		expect(await ask()).toMatchObject({
			status: 503,
			code: 'HOME_AWAY',
			text: expect.stringContaining('gangline start shop'),
		});
	});

	it('refuses what is no key, and another upgrade', async () => {
		expect(await ask({ headers: { 'gangline-ssh-key': 'command="sh" ssh-ed25519 AAAA' } })).toMatchObject({
			code: 'INVALID_ARGUMENT',
		});
		expect(await ask({ at: laptopApi, token: 'n'.repeat(40), headers: { upgrade: 'websocket' } })).toMatchObject({
			code: 'UNKNOWN_OPERATION',
		});
	});

	it('says that the sshd does not answer, and lets nobody’s key stand', async () => {
		await new Promise((resolve) => sshd.close(resolve));
		expect(await ask()).toMatchObject({ status: 503, code: 'PEER_UNREACHABLE', text: expect.stringContaining('sshd') });
		await untilNobody();
		expect(people()).toBe('');
	});

	it('ends with the access of the person', async () => {
		const { socket } = await ask();
		if (socket === null) expect.fail('it was not opened');
		socket.resume();
		await finish(world.core.registry.change((facts) => setPerson(facts, { id: 'ada', access: 'member' })));
		await closed(socket);
	});

	it('ends at once where that access was taken while it was being opened', async () => {
		await finish(world.core.registry.change((facts) => setPerson(facts, { id: 'ada', access: 'member' })));
		// Its token was looked at before.
		const { socket } = await ask();
		if (socket === null) expect.fail('it was not opened');
		// No clock moves: what ends it is not that it is idle.
		socket.resume();
		if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
	});

	it('leaves no line open to who was refused and does not hang up', async () => {
		const lines = new Set<Promise<unknown>>();
		laptopApi.server.on('connection', (socket) => lines.add(once(socket, 'close')));
		const asker = connect({ port: port(laptopApi.server), host: '127.0.0.1', allowHalfOpen: true });
		asker.on('error', () => undefined);
		asker.write(
			'GET /ssh/shop HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: gangline-ssh\r\n\r\nSSH-2.0',
		);
		expect(await text(asker)).toMatch(/^HTTP\/1\.1 401/);
		await Promise.all(lines);
		asker.destroy();
	});

	it('ends on this side when the container dies, and in the container when this side does', async () => {
		const { socket } = await ask();
		if (socket === null) expect.fail('it was not opened');
		await readUntil(socket, '\n');
		const inside = heard[0];
		socket.destroy();
		await closed(inside ?? expect.fail('nobody came'));
		const again = (await ask()).socket ?? expect.fail('it was not opened');
		again.resume();
		heard.at(-1)?.destroy();
		await closed(again);
	});
});

describe('who is not the gateway', () => {
	it('is not let into a container, whatever it says', async () => {
		const { clock, app, desk, laptop, bobs } = world;
		for (const other of [desk, laptop, bobs]) {
			// Who has no project in common with it is not connected; whoever is, is refused.
			await finish(
				other.network.dial({ node: app.self, publicKey: identityNo(2).publicKey, addresses: app.network.addresses() }),
			).catch(() => undefined);
			const head = { project: shop, person: 'ada', key };
			const error = await finish(openTunnel({ network: other.network, clock }, app.self, head)).catch(
				(thrown: unknown) => thrown,
			);
			expect(error).toMatchObject({ code: expect.stringMatching(/^(?:FORBIDDEN|PEER_GONE)$/) });
		}
		expect(heard).toEqual([]);
	});

	it('names no other person to the gateway', async () => {
		const { clock, core, bobs, laptop } = world;
		const head = { project: 'shop', person: 'dora', key };
		for (const other of [bobs, laptop]) {
			const error = await finish(openTunnel({ network: other.network, clock }, core.mesh.self, head)).catch(
				(thrown: unknown) => thrown,
			);
			expect(error).toMatchObject({ code: 'FORBIDDEN' });
		}
		expect(heard).toEqual([]);
	});

	it('gets nobody onto the machine of a node that is in no container', async () => {
		const { clock, core, desk } = world;
		const head = { project: blog, person: 'ada', key };
		const error = await finish(openTunnel({ network: core.mesh.network, clock }, desk.self, head)).catch(
			(thrown: unknown) => thrown,
		);
		expect(error).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('no container') });
	});
});

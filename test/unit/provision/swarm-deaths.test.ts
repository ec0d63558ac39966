/**
 * A manager of a swarm that remembers what it made and dies at any of its questions, before or after it has done what was
 * asked. The same calls again, with another token as `gangline new --retry` brings it, leave one service with the secrets
 * that count now and nothing else.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SystemClock } from '../../../shared/ports/system/index.ts';
import type { ContainerWish } from '../../../shared/provision/provisioner.ts';
import { swarmProvisioner } from '../../../shared/provision/swarm-provisioner.ts';

type Labels = Readonly<Record<string, string>>;
interface Service {
	readonly ID: string;
	readonly Version: { Index: number };
	Spec: {
		readonly Name: string;
		readonly Labels: Labels;
		readonly Mode: { readonly Replicated: { readonly Replicas: number } };
		readonly TaskTemplate: {
			readonly ContainerSpec: { readonly Secrets: readonly { readonly SecretID: string }[] };
			readonly Resources: { readonly Limits: object };
		};
	};
}
interface Made {
	networks: { Name: string; Scope: string; Labels: Labels }[];
	secrets: { ID: string; Spec: { Name: string; Labels: Labels } }[];
	services: Service[];
	volumes: string[];
}
interface Death {
	/** Which question, from the first one on. */
	readonly at: number;
	readonly hasDone: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'gangline-swarm-deaths-'));
const host = `unix://${join(folder, 's')}`;
let made: Made;
let asked: number;
let ids = 0;
let death: Death | null;

const server = createServer(async (request, response) => {
	const pieces: Buffer[] = [];
	for await (const piece of request) pieces.push(Buffer.from(piece));
	const now = asked++;
	if (now === death?.at && !death.hasDone) return response.destroy();
	const answer = act(request, Buffer.concat(pieces));
	if (now === death?.at) return response.destroy();
	return say(response, answer);
});
beforeAll(() => new Promise<void>((resolve) => void server.listen(join(folder, 's'), resolve)));
afterAll(async () => {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
	rmSync(folder, { recursive: true });
});

type Answer = readonly [number, unknown];
const nothing: Answer = [404, { message: 'no such thing' }];

function say(response: ServerResponse, [status, body]: Answer): void {
	response.writeHead(status, { 'content-type': 'application/json' }).end(body === null ? '' : JSON.stringify(body));
}

function act({ method = '', url = '' }: IncomingMessage, body: Buffer): Answer {
	const { pathname } = new URL(url, 'http://engine');
	const [kind = '', name = '', what] = pathname.split('/').slice(1).map(decodeURIComponent);
	const given = body.length === 0 ? {} : JSON.parse(body.toString());
	if (kind === 'info') return [200, { Swarm: { NodeID: 'm1', NodeAddr: '192.0.2.7', ControlAvailable: true } }];
	if (kind === 'containers') return [200, []];
	if (kind === 'tasks') return [200, made.services.map(taskOf)];
	if (kind === 'secrets') return onSecrets(method, name, given);
	if (kind === 'networks') return onNetworks(method, name, given);
	if (kind === 'volumes') return nothing;
	return onServices(method, [name, what], given);
}

/** It runs at once. */
function taskOf({ ID }: Service) {
	const Status = { State: 'running', Timestamp: '2026-11-21T00:00:00Z', ContainerStatus: { ContainerID: `c-${ID}` } };
	return { ID: `t-${ID}`, CreatedAt: '2026-11-21T00:00:00Z', NodeID: 'm1', Status };
}

function onSecrets(method: string, name: string, given: { Name: string; Labels: Labels }): Answer {
	if (method === 'GET') return [200, made.secrets];
	if (method === 'DELETE') {
		const isUsed = made.services.some(({ Spec }) => secretsOf(Spec).includes(name));
		if (isUsed) return [400, { message: 'secret is in use' }];
		made.secrets = made.secrets.filter(({ ID }) => ID !== name);
		return [204, null];
	}
	if (made.secrets.some(({ Spec }) => Spec.Name === given.Name)) return [409, { message: 'it is there' }];
	made.secrets.push({ ID: `k${ids++}`, Spec: given });
	return [201, { ID: made.secrets.at(-1)?.ID }];
}

const secretsOf = ({ TaskTemplate }: Service['Spec']): readonly string[] =>
	TaskTemplate.ContainerSpec.Secrets.map(({ SecretID }) => SecretID);

function onNetworks(method: string, name: string, given: Made['networks'][number]): Answer {
	const found = made.networks.find(({ Name }) => Name === name);
	if (method === 'GET') return found === undefined ? nothing : [200, found];
	if (method === 'DELETE') made.networks = made.networks.filter(({ Name }) => Name !== name);
	else made.networks.push(given);
	return method === 'DELETE' ? [204, null] : [201, { Id: given.Name }];
}

function onServices(
	method: string,
	[name, what]: readonly [string, string | undefined],
	given: Service['Spec'],
): Answer {
	const found = made.services.find(({ ID, Spec }) => ID === name || Spec.Name === name);
	if (name === 'create') {
		if (made.services.some(({ Spec }) => Spec.Name === given.Name)) return [409, { message: 'it is there' }];
		made.services.push({ ID: `s${ids++}`, Version: { Index: 1 }, Spec: given });
		return [201, { ID: made.services.at(-1)?.ID }];
	}
	if (found === undefined) return nothing;
	if (method === 'GET') return [200, found];
	if (method === 'DELETE') made.services = made.services.filter((one) => one !== found);
	else if (what === 'update') {
		found.Spec = given;
		found.Version.Index += 1;
	}
	return [200, {}];
}

const limits = { cpus: 1, memory: 2 ** 30, pids: 256 };
const wishWith = (token: string): ContainerWish => ({
	...{ name: 'shop', image: 'shop', user: '1000:1000', folder: '/shop', env: {}, binds: [], limits },
	...{ sshPort: 2222, hash: 'h', secrets: { host_ed25519: 'key', 'join-token': token } },
});

const provisioner = () => swarmProvisioner({ host, owner: 'us', clock: new SystemClock(), constraint: null });

/** What the steps of making a project ask, in their order, each time with the token of that time. */
async function make(token: string): Promise<void> {
	const swarm = provisioner();
	await swarm.ensureNetwork('shop');
	await swarm.ensureContainer(wishWith(token));
	await swarm.limit('shop', limits);
}

function begin(next: Death | null): void {
	made = { networks: [], secrets: [], services: [], volumes: [] };
	[asked, death] = [0, next];
}

function expectWhole(): void {
	expect(made.networks).toMatchObject([{ Name: 'gangline-shop', Scope: 'swarm' }]);
	expect(made.services).toHaveLength(1);
	const used = made.services.flatMap(({ Spec }) => secretsOf(Spec)).sort();
	expect(used).toHaveLength(2);
	expect(made.secrets.map(({ ID }) => ID).sort()).toEqual(used);
}

it('is asked again at every question, and all is there once in the end', async () => {
	begin(null);
	await make('one');
	expectWhole();
	const questions = asked;
	expect(questions).toBeGreaterThan(10);
	for (let at = 0; at < questions; at += 1) {
		for (const hasDone of [false, true]) {
			begin({ at, hasDone });
			await expect(make('one'), `${at} ${hasDone}`).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
			await make('two');
			expectWhole();
		}
	}
});

it('is asked again at every question of a removal, and nothing is left', async () => {
	for (let at = 0; ; at += 1) {
		begin(null);
		await make('one');
		[asked, death] = [0, { at, hasDone: true }];
		const died = await provisioner()
			.remove('shop')
			.catch((error: unknown) => error);
		const isPast = asked <= at;
		if (!isPast && died !== undefined) await provisioner().remove('shop');
		expect([made.networks, made.services, made.secrets]).toEqual([[], [], []]);
		if (isPast) return expect(at).toBeGreaterThan(6);
	}
});

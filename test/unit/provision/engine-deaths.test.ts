/**
 * An engine that remembers what it made and dies at any of its questions, before or after it has done what was asked.
 * The same calls again, as `gangline new --retry` makes them, come to the same end and leave nothing twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GanglineError } from '../../../shared/ports/index.ts';
import { dockerProvisioner } from '../../../shared/provision/docker-provisioner.ts';
import type { ContainerWish, Provisioner } from '../../../shared/provision/provisioner.ts';

type Labels = Readonly<Record<string, string>>;
interface Made {
	images: string[];
	networks: { Name: string; Labels: Labels; IPAM: object }[];
	containers: { Id: string; Config: { Labels: Labels }; State: { Running: boolean } }[];
}
interface Death {
	/** Which question, from the first one on. */
	readonly at: number;
	readonly hasDone: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'gangline-engine-'));
const host = `unix://${join(folder, 's')}`;
let made: Made;
let asked: number;
let death: Death | null;

const server = createServer(async (request, response) => {
	const pieces: Buffer[] = [];
	for await (const piece of request) pieces.push(Buffer.from(piece));
	const now = asked++;
	if (now === death?.at && !death.hasDone) return die(response);
	const [status, answer] = act(request, Buffer.concat(pieces));
	if (now === death?.at) return die(response);
	response.writeHead(status).end(answer === null ? '' : JSON.stringify(answer));
});
beforeAll(() => new Promise<void>((resolve) => void server.listen(join(folder, 's'), resolve)));
afterAll(async () => {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
	rmSync(folder, { recursive: true });
});

/** What ran in it ends with it. */
function die(response: ServerResponse): void {
	for (const { State } of made.containers) State.Running = false;
	response.destroy();
}

function act({ method = '', url = '' }: IncomingMessage, body: Buffer): readonly [number, object | null] {
	const { pathname, searchParams } = new URL(url, 'http://engine');
	const [kind, name = '', what] = pathname.split('/').slice(1).map(decodeURIComponent);
	const found = (thing: object | undefined): readonly [number, object | null] =>
		thing === undefined ? [404, { message: 'no such thing' }] : [200, thing];
	if (kind === 'build') {
		made.images.push(searchParams.get('t') ?? '');
		return [200, { stream: 'built' }];
	}
	if (kind === 'images') return found(name === 'base' || made.images.includes(name) ? {} : undefined);
	if (kind === 'networks') {
		if (name !== 'create') return found(made.networks.find(({ Name }) => Name === name));
		const { Name, Labels } = JSON.parse(body.toString()) as { Name: string; Labels: Labels };
		made.networks.push({ Name, Labels, IPAM: { Config: [{ Gateway: '172.18.0.1' }] } });
		return [201, { Id: Name }];
	}
	if (name === 'create') {
		const { Labels } = JSON.parse(body.toString()) as { Labels: Labels };
		made.containers.push({ Id: 'shop', Config: { Labels }, State: { Running: false } });
		return [201, { Id: 'shop' }];
	}
	const [container] = made.containers;
	if (container === undefined || what === 'json') return found(container);
	if (method === 'DELETE') made.containers = [];
	if (what === 'start' || what === 'stop') container.State.Running = what === 'start';
	return what === 'update' ? [200, {}] : [204, null];
}

const limits = { cpus: 1, memory: 2 ** 30, pids: 256 };
const wish: ContainerWish = {
	...{ name: 'shop', image: 'shop', user: '1000:1000', folder: '/shop', env: {}, binds: [], limits },
	...{ sshPort: 2222, hash: 'h' },
};

/** What the steps of making a project ask of the engine, in their order. */
async function make(provisioner: Provisioner): Promise<void> {
	await provisioner.ensureImage(
		{ tag: 'shop', baseImage: 'base', dockerfile: 'FROM base', files: [] },
		() => undefined,
	);
	await provisioner.ensureNetwork('shop');
	await provisioner.ensureContainer(wish);
	await provisioner.limit('shop', limits);
}

function begin(next: Death | null): void {
	made = { images: [], networks: [], containers: [] };
	[asked, death] = [0, next];
}

function expectWhole(): void {
	expect(made.images).toEqual(['shop']);
	expect(made.networks).toHaveLength(1);
	expect(made.containers).toMatchObject([{ State: { Running: true } }]);
}

describe('an engine that is killed while a project is made', () => {
	it('is asked again at every question, and all is there once in the end', async () => {
		begin(null);
		await make(dockerProvisioner({ host, owner: 'us' }));
		expectWhole();
		const questions = asked;
		expect(questions).toBeGreaterThan(8);
		for (let at = 0; at < questions; at += 1) {
			for (const hasDone of [false, true]) {
				begin({ at, hasDone });
				const provisioner = dockerProvisioner({ host, owner: 'us' });
				const died = await make(provisioner).catch((error: unknown) => error);
				expect(died).toBeInstanceOf(GanglineError);
				expect(died).toMatchObject({ code: 'ENGINE_FAILED' });
				await make(provisioner);
				expectWhole();
			}
		}
	});

	it('is asked again at every question of a replacement', async () => {
		for (let at = 0; ; at += 1) {
			begin(null);
			const provisioner = dockerProvisioner({ host, owner: 'us' });
			await make(provisioner);
			[asked, death] = [0, { at, hasDone: true }];
			const other = { ...wish, hash: 'another' };
			const died = await provisioner.ensureContainer(other).catch((error: unknown) => error);
			const isPast = asked <= at;
			if (!isPast && died !== undefined) await provisioner.ensureContainer(other);
			expectWhole();
			expect(made.containers[0]?.Config.Labels).toMatchObject({ 'dev.gangline.hash': 'another' });
			if (isPast) return expect(at).toBeGreaterThan(4);
		}
	});
});

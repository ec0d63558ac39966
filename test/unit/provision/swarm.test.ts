/** A wish as a service of a swarm, and what a swarm's words become, at an engine that answers what the test says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SimClock } from '../../../shared/ports/sim/index.ts';
import { limitsDefault, planContainer } from '../../../shared/provision/container-plan.ts';
import type { ContainerWish } from '../../../shared/provision/provisioner.ts';
import { swarmProvisioner } from '../../../shared/provision/swarm-provisioner.ts';
import { serviceOf } from '../../../shared/provision/swarm-service.ts';

const owner = { name: 'ada', uid: 1500, gid: 1600 };
const project = { name: 'shop', path: '/home/ada/src/shop', limits: limitsDefault, sshPort: 22_200 };
const plan = {
	project,
	owner,
	image: 'gangline/project:1',
	caches: {},
	folder: '/s/shop',
	secretsInside: '/run/secrets',
};
const wish: ContainerWish = { ...planContainer(plan), secrets: { 'join-token': 'gl1_secret' } };
const labels = { 'dev.gangline.owner': 'us', 'dev.gangline.project': 'shop' };

describe('a wish as a service', () => {
	const constraints = ['node.id==m1'];
	const secrets = [{ file: 'join-token', id: 'k1', name: 'gangline-shop.join-token.1' }];
	const made = serviceOf(wish, { full: 'gangline-shop', labels, constraints, secrets });
	const template = made.TaskTemplate as Required<NonNullable<typeof made.TaskTemplate>> & {
		readonly ContainerSpec: object;
	};

	it('[I13] has no right, a root that cannot be written, and opens no port', () => {
		expect(template.ContainerSpec).toMatchObject({
			...{ User: '1500:1600', ReadOnly: true, CapabilityDrop: ['ALL'], Privileges: { NoNewPrivileges: true } },
		});
		expect(made).not.toHaveProperty('EndpointSpec');
		expect(JSON.stringify(made)).not.toMatch(/docker\.sock|CapabilityAdd/);
	});

	it('[I13] names its secrets and does not have them', () => {
		expect(template.ContainerSpec).toMatchObject({
			Secrets: [{ File: { Name: 'join-token', UID: '1500', GID: '1600', Mode: 0o400 }, SecretID: 'k1' }],
		});
		expect(JSON.stringify(made)).not.toContain('gl1_secret');
		expect(wish.env.GANGLINE_JOIN_FILE).toBe('/run/secrets/join-token');
	});

	it('[I15] is bounded, comes back, and is never twice', () => {
		expect(template).toMatchObject({
			Resources: { Limits: { NanoCPUs: 2e9, MemoryBytes: 4 * 1024 ** 3, Pids: 2048 } },
			RestartPolicy: { Condition: 'any' },
			Placement: { Constraints: constraints },
		});
		expect(made).toMatchObject({ Mode: { Replicated: { Replicas: 1 } }, UpdateConfig: { Order: 'stop-first' } });
	});
});

type Answers = readonly (readonly [RegExp, number, unknown])[];

const folder = mkdtempSync(join(tmpdir(), 'gangline-swarm-'));
const host = `unix://${join(folder, 's')}`;
let answers: Answers = [];
const server = createServer((request, response) => {
	request.resume().on('end', () => {
		const asked = `${request.method} ${request.url}`;
		const [, status, answer] = answers.find(([pattern]) => pattern.test(asked)) ?? [null, 404, { message: 'none' }];
		response
			.writeHead(status, { 'content-type': 'application/json' })
			.end(JSON.stringify(typeof answer === 'function' ? answer() : answer));
	});
});
beforeAll(() => new Promise<void>((resolve) => void server.listen(join(folder, 's'), resolve)));
afterAll(async () => {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
	rmSync(folder, { recursive: true });
});

let clock: SimClock;
beforeEach(() => {
	clock = new SimClock();
});

const manager = [
	/GET \/info/,
	200,
	{ Swarm: { NodeID: 'm1', NodeAddr: '192.0.2.7', ControlAvailable: true } },
] as const;
const serviceWith = (Replicas: number) => ({
	...{ ID: 's1', Version: { Index: 1 } },
	Spec: { Labels: labels, Mode: { Replicated: { Replicas } }, TaskTemplate: {} },
});
let order = 0;
const task = (
	State: string,
	more: { readonly Err?: string; readonly ExitCode?: number; readonly NodeID?: string } = {},
) => ({
	...{
		ID: `t${order++}`,
		CreatedAt: `2026-11-21T00:00:${String(order % 60).padStart(2, '0')}Z`,
		NodeID: more.NodeID ?? 'm1',
	},
	Status: {
		...{ State, Timestamp: '2026-11-21T00:00:00Z', Err: more.Err ?? '' },
		ContainerStatus: { ContainerID: 'c1', ExitCode: more.ExitCode ?? 0 },
	},
});

/** Lets time pass until it is settled. */
async function settled<Value>(promise: Promise<Value>): Promise<Value> {
	let isOver = false;
	const over = (): void => {
		isOver = true;
	};
	promise.then(over, over);
	while (!isOver) {
		await clock.advance(250);
		await new Promise((resolve) => setImmediate(resolve));
	}
	return promise;
}

const provisioner = (constraint: string | null = null) => swarmProvisioner({ host, owner: 'us', clock, constraint });
const asked = (more: Answers): void => {
	answers = [manager, [/POST \/secrets\/create/, 201, { ID: 'k1' }], [/GET \/secrets/, 200, []], ...more];
};
const begun = [
	[/POST \/services\/create/, 201, { ID: 's1' }],
	[/GET \/services\/gangline-shop/, 404, { message: 'none' }],
] as const;

describe('what a swarm says', () => {
	it('is refused where the engine manages none, or is known by an address that only this machine has', async () => {
		answers = [[/GET \/info/, 200, { Swarm: { NodeID: '', ControlAvailable: false } }]];
		await expect(provisioner().check()).rejects.toMatchObject({
			code: 'UNSUITABLE_MACHINE',
			message: expect.stringContaining('manages no swarm'),
		});
		answers = [[/GET \/info/, 200, { Swarm: { NodeID: 'm1', NodeAddr: '127.0.0.1', ControlAvailable: true } }]];
		await expect(provisioner().check()).rejects.toMatchObject({ message: expect.stringContaining('127.0.0.1') });
	});

	it('is told where no machine fits, after it was given time to look', async () => {
		asked([...begun, [/GET \/tasks/, 200, [task('pending', { Err: 'no suitable node (scheduling constraints)' })]]]);
		await expect(settled(provisioner('node.labels.x==y').ensureContainer(wish))).rejects.toMatchObject({
			...{ code: 'ENGINE_FAILED', message: expect.stringContaining('no suitable node') },
			hint: expect.stringContaining('GANGLINE_SWARM_CONSTRAINT'),
		});
		expect(clock.monotonic()).toBeGreaterThan(15_000);
	});

	/** Nothing at first, then these. */
	const later = (tasks: readonly unknown[]) => {
		let looks = 0;
		return () => (looks++ === 0 ? [] : tasks);
	};

	it('is told where a host has no such folder, when it was tried three times', async () => {
		const Err = 'invalid mount config for type "bind": bind source path does not exist: /s/shop/state';
		const tries = [1, 2, 3].map(() => task('rejected', { Err }));
		asked([...begun, [/GET \/tasks/, 200, later(tries)]]);
		await expect(settled(provisioner('node.labels.x==y').ensureContainer(wish))).rejects.toMatchObject({
			...{ code: 'ENGINE_FAILED', hint: expect.stringContaining('source, state and image') },
		});
	});

	it('[I13] is ended where a service may get new privileges', async () => {
		let removed = 0;
		const ended = [task('failed', { Err: 'task: non-zero exit (97)', ExitCode: 97 })];
		const remove = () => ({ removed: ++removed });
		asked([
			[/DELETE \/services/, 200, remove],
			...begun,
			[/GET \/tasks/, 200, later(ended)],
			[/GET \/containers\/json/, 200, []],
		]);
		await expect(settled(provisioner().ensureContainer(wish))).rejects.toMatchObject({
			...{ code: 'UNSUITABLE_MACHINE', hint: expect.stringContaining('no-new-privileges') },
		});
		expect(removed).toBe(1);
	});

	it('is one condition: stopped, coming back, crashing, elsewhere', async () => {
		const conditionOf = async (Replicas: number, tasks: unknown[]) => {
			asked([
				[/GET \/services\/gangline-shop/, 200, serviceWith(Replicas)],
				[/GET \/tasks/, 200, tasks],
			]);
			return provisioner().condition('shop');
		};
		expect(await conditionOf(0, [task('complete')])).toMatchObject({ kind: 'ended', exitCode: 0, error: '' });
		expect(await conditionOf(1, [task('failed', { ExitCode: 137 }), task('starting')])).toMatchObject({
			kind: 'running',
		});
		const crashes = [1, 2, 3].map(() => task('failed', { Err: 'task: non-zero exit (5)', ExitCode: 5 }));
		expect(await conditionOf(1, crashes)).toMatchObject({
			kind: 'ended',
			exitCode: 5,
			error: 'task: non-zero exit (5)',
		});
		expect(await conditionOf(1, [task('pending', { Err: 'no suitable node' })])).toMatchObject({
			...{ kind: 'ended', error: 'no suitable node' },
		});
		expect(await conditionOf(1, [task('running', { NodeID: 'm2' })])).toMatchObject({ kind: 'running', id: 's1' });
		asked([]);
		expect(await provisioner().condition('shop')).toEqual({ kind: 'gone' });
	});

	it('is not asked of a container on another machine', async () => {
		asked([
			[/GET \/services\/gangline-shop/, 200, serviceWith(1)],
			[/GET \/tasks/, 200, [task('running', { NodeID: 'm2' })]],
		]);
		await expect(provisioner().logins('shop')).rejects.toMatchObject({
			...{ code: 'ENGINE_FAILED', message: expect.stringContaining('another machine of the swarm') },
		});
	});

	it('makes no service of what was made as a container', async () => {
		asked([[/GET \/networks\/gangline-shop/, 200, { Name: 'gangline-shop', Scope: 'local', Labels: labels }]]);
		await expect(provisioner().ensureNetwork('shop')).rejects.toMatchObject({ code: 'REFUSED' });
	});

	it('leaves what is not ours', async () => {
		const theirs = { ...serviceWith(1), Spec: { ...serviceWith(1).Spec, Labels: { 'dev.gangline.owner': 'them' } } };
		asked([
			[/GET \/services\/gangline-shop/, 200, theirs],
			[/GET \/tasks/, 200, []],
		]);
		for (const act of ['start', 'stop', 'remove'] as const) {
			await expect(provisioner()[act]('shop')).rejects.toMatchObject({ code: 'REFUSED' });
		}
		await expect(provisioner().ensureContainer(wish)).rejects.toMatchObject({ code: 'REFUSED' });
		expect(await provisioner().condition('shop')).toEqual({ kind: 'gone' });
	});
});

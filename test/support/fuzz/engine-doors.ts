// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a devcontainer.json has placeholders of its own
/**
 * Doors for servers that a gateway asks and does not trust with its life: a container engine on a socket of this
 * machine, and a server that takes messages for people. Real sockets; the other side answers whatever the input says.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sendNtfy } from '../../../gateway/notify/ntfy.ts';
import type { Clock } from '../../../shared/ports/index.ts';
import { parseDevcontainer } from '../../../shared/provision/devcontainer-file.ts';
import { devcontainerSchema, planDevcontainer } from '../../../shared/provision/devcontainer-plan.ts';
import { dockerProvisioner } from '../../../shared/provision/docker-provisioner.ts';
import { imageLabel, nameLabel, ownerLabel, type Provisioner } from '../../../shared/provision/provisioner.ts';
import { swarmProvisioner } from '../../../shared/provision/swarm-provisioner.ts';
import { spoilBytes } from './bytes.ts';
import type { Dice } from './dice.ts';
import type { Door } from './door.ts';
import { jsonText, spoilValue } from './json.ts';
import { jsonFrom, textFrom } from './makers.ts';

/** `folder`: where the engine's socket is. */
export function engineDoors(folder: string): readonly Door[] {
	return [engineDoor(join(folder, 'engine.sock')), devcontainerDoor(), ntfyDoor()] as readonly Door[];
}

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that listens when it is first needed, so that a door costs nothing while it is only counted. */
class Answerer {
	readonly #listening: (server: Server) => void;
	#server: Server | undefined;
	answer: Answering = (_request, response) => void response.end();

	constructor(listening: (server: Server) => void) {
		this.#listening = listening;
	}

	async opened(): Promise<Server> {
		if (this.#server) return this.#server;
		const server = createServer((request, response) => {
			request.resume().on('end', () => this.answer(request, response));
		});
		this.#server = server;
		await new Promise<void>((resolve) => {
			server.once('listening', resolve);
			this.#listening(server);
		});
		return server;
	}

	async close(): Promise<void> {
		const server = this.#server;
		if (!server) return;
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
}

const owner = '01JZ00000000000000000MESH0';
const labels = { [ownerLabel]: owner, [nameLabel]: 'shop', [imageLabel]: owner };
const frame = Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 6]), Buffer.from('a\nb\nc\n')]);
const lines = '{"status":"fetching"}\r\n{"stream":"Step 1\\n"}\r\n{"error":"no"}\r\n';
const limits = { cpus: 1, memory: 2 ** 30, pids: 256 };

const service = {
	...{ ID: 's1', Version: { Index: 5 } },
	Spec: { Labels: labels, Mode: { Replicated: { Replicas: 1 } }, TaskTemplate: { Resources: { Limits: {} } } },
};
const task = {
	...{ ID: 't1', CreatedAt: '2026-11-21T00:00:00Z', NodeID: 'm1' },
	Status: {
		...{ State: 'running', Timestamp: '2026-11-21T00:00:01Z', Err: '' },
		ContainerStatus: { ContainerID: 'c2', ExitCode: 0 },
	},
};

/** What a real engine says to each question; the first that fits. */
const answers: readonly (readonly [RegExp, unknown])[] = [
	[
		/\/info$/,
		{
			...{ OSType: 'linux', SecurityOptions: ['name=seccomp'], SystemTime: '2026-11-21T00:00:09Z' },
			Swarm: { NodeID: 'm1', NodeAddr: '192.0.2.7', ControlAvailable: true },
		},
	],
	[/\/services\/create/, { ID: 's1' }],
	[/\/services\/[^/]+\/update/, { Warnings: null }],
	[/\/services\/[^/]+\/logs/, frame],
	[/\/services\/[^/]+$/, service],
	[/\/services(?:\?|$)/, [service]],
	[/\/secrets\/create/, { ID: 'k1' }],
	[/\/secrets(?:\?|$)/, [{ ID: 'k1', Spec: { Name: 'gangline-shop.join-token.01234567', Labels: labels } }]],
	[/\/tasks/, [task]],
	[/\/events/, Buffer.from('{"status":"oom","Action":"oom"}\n')],
	[/\/containers\/json/, [{ Id: 'c1', Names: ['/other'], Labels: labels, SizeRw: 5 }]],
	[/\/images\/json/, [{ Id: 'i1', RepoTags: ['a:b'], Labels: labels, Size: 7 }]],
	[/\/(?:images\/create|build)/, Buffer.from(lines)],
	[/\/volumes(?:\?|$)/, { Volumes: [{ Name: 'gangline-other-caches', Labels: labels }], Warnings: null }],
	[/\/system\/df/, { Volumes: [{ Name: 'gangline-other-caches', UsageData: { Size: 9, RefCount: 0 } }] }],
	[/\/volumes\/[^/]+$/, { Name: 'gangline-shop-caches', Labels: labels }],
	[/\/networks(?:\?|$)/, [{ Name: 'gangline-other', Labels: labels }]],
	[/\/logs/, frame],
	[/\/exec\/[^/]+\/start/, frame],
	[/\/exec\/[^/]+\/json/, { Running: false, ExitCode: 0 }],
	[/\/containers\/[^/]+\/exec/, { Id: 'e1' }],
	[/\/top/, { Titles: ['PID', 'CMD'], Processes: [['7', 'sshd: ada@pts/0']] }],
	[
		/\/containers\/[^/]+\/json/,
		{
			...{ Id: 'c2', Config: { Labels: labels } },
			State: { Running: true, StartedAt: '2026-11-21T00:00:00Z', ExitCode: 0, OOMKilled: false, Error: '' },
		},
	],
	[/\/containers\/create/, { Id: 'c3', Warnings: [] }],
	[/\/networks\/[^/]+$/, { Name: 'gangline-shop', Labels: labels, IPAM: { Config: [{ Gateway: '172.18.0.1' }] } }],
	[/\/images\/[^/]+\/json/, { Id: 'i2', Config: { Env: ['PATH=/bin'] } }],
];

const wish = {
	...{ name: 'shop', image: 'a:b', user: '1000:1000', folder: '/shop', env: { A: 'b' }, binds: [] },
	...{ limits, sshPort: 2222, hash: 'h', secrets: { 'join-token': 'x' } },
};
const command = { name: 'shop', argv: ['true'], env: { A: 'b' }, folder: '/shop' };
const image = { tag: 'a:b', baseImage: 'c:d', dockerfile: 'FROM c:d', files: [] };
const questions: readonly ((provisioner: Provisioner) => Promise<unknown>)[] = [
	(provisioner) => provisioner.check(),
	(provisioner) => provisioner.ensureImage(image, () => undefined),
	(provisioner) => provisioner.ensureNetwork('shop'),
	(provisioner) => provisioner.ensureContainer(wish),
	(provisioner) => provisioner.ensureContainer({ ...wish, caches: '/caches' }),
	(provisioner) => provisioner.removeCaches('shop'),
	(provisioner) => provisioner.start('shop'),
	(provisioner) => provisioner.stop('shop'),
	(provisioner) => provisioner.condition('shop'),
	(provisioner) => provisioner.logins('shop'),
	(provisioner) => provisioner.limit('shop', limits),
	(provisioner) => provisioner.leftovers({ names: new Set(['shop']), images: new Set(['x']), building: false }),
	(provisioner) => provisioner.removeLeftover({ kind: 'network', name: 'gangline-other', bytes: null }),
	(provisioner) => provisioner.lastLines('shop', 9),
	(provisioner) => provisioner.remove('shop'),
	(provisioner) => provisioner.pathIn('a:b'),
	(provisioner) => provisioner.run(command, () => undefined),
];

interface Engine {
	readonly question: number;
	/** By the number of its pattern, as it is sent. */
	readonly said: Readonly<Record<number, Uint8Array>>;
	readonly status: number;
	/** It knows no image, so that one is fetched and built. */
	readonly isBare: boolean;
	/** It is asked as the manager of a swarm. */
	readonly isSwarm: boolean;
	/** It is gone in the middle of its answers. */
	readonly dies: boolean;
}

/** Of somebody who waits a minute in no time. */
function hasty(): Clock {
	let now = 0;
	const tick = (): number => {
		now += 40_000;
		return now;
	};
	return { now: tick, monotonic: tick, after: (_ms, act) => clearImmediate.bind(null, setImmediate(act)) };
}

function engineDoor(path: string): Door<Engine> {
	const answerer = new Answerer((server) => server.listen(path));
	return {
		name: 'a container engine',
		covers: ['docker-provisioner', 'docker-output', 'engine-wire', 'swarm-engine', 'swarm-tasks'].map(
			(file) => `shared/provision/${file}.ts`,
		),
		// The engine's own client has a part in it, and so has the server that plays the engine.
		msMax: 150,
		make: (dice) => ({
			question: dice.below(questions.length),
			said: Object.fromEntries(
				answers.map(([, sound], at) => [at, dice.once(3) ? bytesOf(sound) : spoiltAnswer(dice, sound)]),
			),
			status: dice.once(4) ? dice.pick([204, 304, 400, 404, 409, 500]) : 200,
			isBare: dice.once(2),
			isSwarm: dice.once(2),
			dies: dice.once(6),
		}),
		feed: async ({ question, said, status, isBare, isSwarm, dies }) => {
			await answerer.opened();
			answerer.answer = (request, response) => {
				const at = answers.findIndex(([pattern]) => pattern.test(request.url ?? ''));
				const isAbsent = isBare && /\/images\/[^/]+\/json/.test(request.url ?? '');
				response.writeHead(isAbsent ? 404 : status, { 'content-type': 'application/json' });
				if (dies) response.write(said[at] || '{', () => response.destroy());
				else response.end(said[at] ?? '');
			};
			const options = { host: `unix://${path}`, owner };
			const swarm = () => swarmProvisioner({ ...options, clock: hasty(), constraint: null });
			return questions[question]?.(isSwarm ? swarm() : dockerProvisioner(options));
		},
		close: () => answerer.close(),
	};
}

const bytesOf = (value: unknown): Uint8Array => (Buffer.isBuffer(value) ? value : Buffer.from(jsonText(value)));

function spoiltAnswer(dice: Dice, sound: unknown): Uint8Array {
	if (Buffer.isBuffer(sound) || dice.once(4)) return spoilBytes(dice, bytesOf(sound));
	return bytesOf(spoilValue(dice, sound, 60_000));
}

const devcontainers = [
	'// a\n{"image": "debian:bookworm", "forwardPorts": [3000, "db:5432",], "postCreateCommand": {"a": ["x"], "b": "y"}}',
	'{"build": {"dockerfile": "Dockerfile", "args": {"A": "${localEnv:B:c}"}}, "appPort": "8000:3000", "privileged": true}',
	'{"containerEnv": {"A": "b"}, "remoteEnv": {"PATH": "/x:${containerEnv:PATH}", "N": null}, /* c */ "onCreateCommand": "z"}',
];

function devcontainerDoor(): Door<string> {
	return {
		name: 'a devcontainer.json of a repository',
		covers: ['shared/provision/devcontainer-file.ts'],
		make: textFrom(devcontainers, 80 * 1024),
		feed: (text) => {
			const file = parseDevcontainer(text, 'devcontainer.json');
			const source = { path: 'devcontainer.json', folder: '/home/ada/shop', owner: { name: 'ada', uid: 1500 } };
			return devcontainerSchema.parse(planDevcontainer({ file, text, ...source, dockerfile: text }));
		},
	};
}

interface Answer {
	readonly status: number;
	readonly body: string;
}

function ntfyDoor(): Door<Answer> {
	const answerer = new Answerer((server) => server.listen(0, '127.0.0.1'));
	const body = jsonFrom([{ id: 'm1', time: 1, event: 'message', topic: 'x' }], 2_000_000);
	return {
		name: 'a server that takes messages',
		covers: ['gateway/notify/ntfy.ts'],
		msMax: 150,
		make: (dice) => ({
			status: dice.once(3) ? dice.pick([201, 301, 400, 429, 500]) : 200,
			body: body(dice),
		}),
		feed: async (answer) => {
			const { port } = (await answerer.opened()).address() as AddressInfo;
			answerer.answer = (_request, response) => void response.writeHead(answer.status).end(answer.body);
			await sendNtfy({ url: `http://127.0.0.1:${port}/x`, token: 't' }, { title: 'a', text: 'b', click: null });
		},
		close: () => answerer.close(),
	};
}

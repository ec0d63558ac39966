/**
 * Puts the gateway together: the only file of the building that makes adapters. What is opened here is closed in the
 * opposite order.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Api, createApi, EventHub, wrongOrigin } from '../shared/http/index.ts';
import { type Identity, loadOrCreateIdentity } from '../shared/log/index.ts';
import {
	type ListeningNetwork,
	type Mesh,
	openLibp2pNetwork,
	openMesh,
	serveOperations,
} from '../shared/mesh/index.ts';
import { serveJoin } from '../shared/mesh/join/index.ts';
import { type AskedOperation, answerOperation, type Caller } from '../shared/operations/index.ts';
import {
	assert,
	type Clock,
	GanglineError,
	type Log,
	type Random,
	randomHex,
	type Store,
} from '../shared/ports/index.ts';
import { openPinoLog, SystemClock, SystemRandom } from '../shared/ports/system/index.ts';
import { members, personIdFrom } from '../shared/registry/index.ts';
import { ReplicaSet } from '../shared/replica/index.ts';
import { openStore } from '../shared/store/index.ts';
import { createBuilds, thisProgram } from './builds/index.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayParts } from './context.ts';
import { Doors } from './doors.ts';
import { type DocumentServer, openProjectDocument, serveDocuments } from './edge/index.ts';
import { HomeEvents } from './home-events.ts';
import { askProject, createHandlers } from './http/index.ts';
import { loopback, multiaddrOf, readListening } from './listening.ts';
import { Members } from './members.ts';
import { admit, type Founder, JoinTokens, MeshRegistry, meshIdOf, PersonTokens, Recovery } from './registry/index.ts';
import { serveMembers, tellAddresses } from './serve-members.ts';

export interface RunningGateway {
	readonly url: string;
	/** Begins to stop; `stopped` resolves when everything has ended. Idempotent. */
	stop(): void;
	readonly stopped: Promise<void>;
}

export function openLog(config: Pick<GatewayConfig, 'logLevel'>): Log {
	return openPinoLog({ to: 1, level: config.logLevel });
}

/** Opens everything and answers once the API listens. */
export async function composeGateway(config: GatewayConfig, log: Log): Promise<RunningGateway> {
	const ended = Promise.withResolvers<void>();
	const parts = await openParts(config, log);
	let stopping = false;
	const stop = (): void => {
		if (stopping) return;
		stopping = true;
		stopAll(parts, { api, edge, homes }).then(ended.resolve, ended.reject);
	};
	const address = { url: '' };
	const api = makeApi(parts, { address, stop });
	const edge = makeEdge(parts, api);
	const homes = new HomeEvents(parts);
	try {
		address.url = (await api.listen({ host: config.host, port: config.port, noteAt: config.folder.api })).url;
	} catch (error) {
		await stopAll(parts, { api, edge, homes });
		throw error;
	}
	log.info('gateway.started', { url: address.url, node: parts.mesh.self, listens: parts.mesh.network.addresses() });
	return { url: address.url, stop, stopped: ended.promise };
}

async function openParts(config: GatewayConfig, log: Log): Promise<GatewayParts> {
	const { folder } = config;
	const [clock, random] = [new SystemClock(), new SystemRandom()];
	mkdirSync(folder.root, { recursive: true, mode: 0o700 });
	const identity = await loadOrCreateIdentity(folder.identity, random);
	const store = await openStore(folder.store, { log });
	try {
		const base = { config, log, clock, random, store, identity };
		const tokens = await JoinTokens.open(store, clock);
		const opened = await openOwnMesh({ ...base, tokens });
		return await openRest({ ...base, tokens, ...opened });
	} catch (error) {
		await store.close();
		throw error;
	}
}

interface Base {
	readonly config: GatewayConfig;
	readonly log: Log;
	readonly clock: Clock;
	readonly random: Random;
	readonly store: Store;
	readonly identity: Identity;
	readonly tokens: JoinTokens;
}

interface Opened {
	readonly mesh: Mesh;
	readonly network: ListeningNetwork;
}

async function openOwnMesh({ config, log, clock, random, store, identity, tokens }: Base): Promise<Opened> {
	const kept = await readListening(config.folder.listen);
	const port = config.meshPort === 0 ? kept.port : config.meshPort;
	const listen = [multiaddrOf({ host: loopback, port }, port)];
	const opened: { network?: ListeningNetwork } = {};
	const mesh = await openMesh({
		...{ identity, store, clock, random, log },
		membership: {
			mesh: await meshIdOf(store, clock, random),
			gateway: { node: identity.nodeId, publicKey: identity.publicKey, addresses: listen },
		},
		openNetwork: async (admission) => {
			opened.network = await openLibp2pNetwork({ identity, clock, log, admission, listen });
			return opened.network;
		},
		strangers: () => tokens.expectsSomeone,
	});
	assert(opened.network, 'a mesh that is open has its network');
	return { mesh, network: opened.network };
}

async function openRest(base: Base & Opened): Promise<GatewayParts> {
	const { config, log, clock, random, store, tokens, mesh, network } = base;
	const { folder } = config;
	const hasMembers = (): boolean => members(mesh.facts()).length > 1;
	const recovery = await Recovery.begin({ store, clock, log, network, hasMembers });
	const registry = new MeshRegistry({
		...{ document: mesh.registry, clock },
		mayChange: () => recovery.refuseMeanwhile(),
	});
	const builds = createBuilds({
		folder: folder.builds,
		program: await thisProgram(),
		log,
		isOpen: () => tokens.isOpen,
	});
	const doors = new Doors({ network, builds, buildsPort: config.buildsPort, path: folder.listen, log });
	await doors.openKept();
	await registry.found({ ...foundedBy(base), addresses: [...network.addresses()] });
	const hub = new EventHub();
	const parts: GatewayParts = {
		...{ config, log, clock, random, store, mesh, registry, tokens, builds, doors, hub, recovery },
		version: packageVersion(),
		people: await PersonTokens.open(store),
		members: new Members(clock),
		replicas: replicaSet({ ...base, hub }),
		startedAt: clock.now(),
	};
	if (recovery.isOver) await tellAddresses(parts);
	else void recovery.over.then(() => tellAddresses(parts)).catch((error) => log.error('gateway.failed', { error }));
	serveJoin({
		...{ network: mesh.network, clock, log, version: parts.version },
		admit: (request, peer) => admit({ registry, tokens }, request, peer),
	});
	serveMembers(parts);
	mesh.onFacts(() => void parts.replicas.review());
	await parts.replicas.review();
	return parts;
}

function foundedBy({ config, identity }: Base): Omit<Founder, 'addresses'> {
	return { identity, name: config.name, owner: config.owner };
}

function replicaSet(base: Base & { readonly mesh: Mesh; readonly hub: EventHub }): ReplicaSet {
	const { mesh, hub, store, clock, random, identity, log } = base;
	return new ReplicaSet({
		...{ mesh, store, clock, random, identity, log },
		gateway: () => null,
		// The gateway runs no agents.
		resultsWaiting: () => 0,
		publish: (event) => hub.publish(event),
	});
}

interface Running {
	readonly address: { readonly url: string };
	readonly stop: () => void;
}

function makeApi(parts: GatewayParts, { address, stop }: Running): Api {
	const { config, clock, random, log, hub, version, mesh } = parts;
	const handlers = createHandlers(parts, {
		pid: process.pid,
		runtime: process.version,
		url: () => address.url,
		// The answer is sent first; the API ends with everything else.
		stop: () => void clock.after(10, stop),
	});
	const elsewhere = (asked: AskedOperation) => askProject(parts, asked);
	serveOperations({ mesh, clock, answer: (asked) => answerOperation({ handlers, elsewhere }, asked), events: hub });
	return createApi({
		handlers,
		elsewhere,
		events: hub,
		token: randomHex(random, 32),
		person: personIdFrom(config.owner),
		callerOf: (token) => callerWith(parts, token),
		version,
		log,
		clock,
	});
}

function callerWith({ people, mesh }: GatewayParts, token: string): Caller | null {
	const person = people.personOf(token);
	const known = person === null ? undefined : mesh.facts().people[person];
	return known === undefined ? null : { person: known.id, access: known.access };
}

/** Documents for browsers and tools, at the address of the API and for whom it lets in. */
function makeEdge({ replicas, mesh, clock, log }: GatewayParts, api: Api): DocumentServer {
	const edge = serveDocuments({
		wrongOrigin: ({ headers }) => wrongOrigin(headers)?.message ?? null,
		callerOf: async ({ headers }) => {
			try {
				return api.callerOf(headers);
			} catch (error) {
				if (error instanceof GanglineError) return null;
				throw error;
			}
		},
		open: (name, caller) => openProjectDocument({ replicas, mesh }, name, caller),
		clock,
		log,
	});
	edge.attach(api.server);
	return edge;
}

async function stopAll(
	{ hub, clock, log, store, mesh, builds, replicas, recovery }: GatewayParts,
	{ api, edge, homes }: { readonly api: Api; readonly edge: DocumentServer; readonly homes: HomeEvents },
): Promise<void> {
	hub.publish({ kind: 'stopping', at: clock.now() });
	log.info('gateway.stopping');
	homes[Symbol.dispose]();
	recovery.stop();
	await edge.stop();
	await api.stop();
	await replicas[Symbol.asyncDispose]();
	await mesh[Symbol.asyncDispose]();
	await builds[Symbol.asyncDispose]();
	await store.close();
	log.info('gateway.stopped');
}

/** package.json stands one folder up in a clone, two in the package. */
function packageVersion(): string {
	for (const up of ['../package.json', '../../package.json']) {
		try {
			const text = readFileSync(fileURLToPath(new URL(up, import.meta.url)), 'utf8');
			return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
		} catch {
			// The next one up.
		}
	}
	return 'unknown';
}

/**
 * Puts the gateway together: the only file of the building that makes adapters. What is opened here is closed in the
 * opposite order.
 */
import { mkdirSync } from 'node:fs';
import { type Api, createApi, type TokenDoor, type TunnelDoor } from '../shared/http/index.ts';
import { loadOrCreateIdentity } from '../shared/log/index.ts';
import { type ListeningNetwork, openLibp2pNetwork, serveOperations } from '../shared/mesh/index.ts';
import { type AskedOperation, answerOperation, type Caller } from '../shared/operations/index.ts';
import { assert, ganglineError, type Log, randomHex } from '../shared/ports/index.ts';
import { openPinoLog, programVersion, SystemClock, SystemRandom } from '../shared/ports/system/index.ts';
import { thisProgram } from '../shared/ports/system/program.ts';
import { personIdFrom } from '../shared/registry/index.ts';
import { openStore } from '../shared/store/index.ts';
import { Board, openBundle } from './board/index.ts';
import { makeEdge, watchRights } from './browser-doors.ts';
import { createBuilds } from './builds/index.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayCore, GatewayParts } from './context.ts';
import { Doors } from './doors.ts';
import type { DocumentServer } from './edge/index.ts';
import { askProject, createHandlers } from './http/index.ts';
import { loopback, multiaddrOf, readListening } from './listening.ts';
import { Notifier, waitingIn } from './notify/index.ts';
import { openContainers } from './open-containers.ts';
import { openCore } from './open-core.ts';
import { personTools } from './person-tools.ts';
import { tellAddresses } from './serve-members.ts';
import { serveLogins } from './ssh-logins.ts';

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
	const opened = await openParts(config, log);
	const { parts } = opened;
	let stopping = false;
	const stop = (): void => {
		if (stopping) return;
		stopping = true;
		stopAll(opened, { api, edge, logins }).then(ended.resolve, ended.reject);
	};
	const address = { url: '' };
	const api = makeApi(parts, { address, stop });
	const edge = makeEdge(parts, api);
	const logins = serveLogins(parts, api);
	try {
		address.url = (await api.listen({ host: config.host, port: config.port, noteAt: config.folder.api })).url;
		const port = Number(new URL(address.url).port);
		await parts.board.begin({ port, answer: api.answer, attach: (server) => edge.attach(server) });
	} catch (error) {
		await stopAll(opened, { api, edge, logins });
		throw error;
	}
	log.info('gateway.started', { url: address.url, node: parts.mesh.self, listens: parts.mesh.network.addresses() });
	return { url: address.url, stop, stopped: ended.promise };
}

interface Opened {
	readonly parts: GatewayParts;
	/** Follows other machines no more. */
	readonly leave: () => void;
	readonly core: AsyncDisposable;
}

async function openParts(config: GatewayConfig, log: Log): Promise<Opened> {
	const { folder, name, owner } = config;
	const [clock, random] = [new SystemClock(), new SystemRandom()];
	mkdirSync(folder.root, { recursive: true, mode: 0o700 });
	const identity = await loadOrCreateIdentity(folder.identity, random);
	const store = await openStore(folder.store, { log });
	const closing: AsyncDisposable[] = [];
	try {
		const listen = [await ownAddress(config)];
		const networks: ListeningNetwork[] = [];
		const opened = await openCore({
			...{ identity, store, clock, random, log, name, owner, version: programVersion() },
			openNetwork: async (admission) => {
				const network = await openLibp2pNetwork({ identity, clock, log, admission, listen });
				networks.push(network);
				return network;
			},
		});
		closing.push(opened);
		const [network] = networks;
		assert(network, 'a core that is open has its network');
		const board = await openBoard(opened.core);
		const notifier = await openNotifier(opened.core, board);
		closing.push({ [Symbol.asyncDispose]: () => notifier.stop() });
		const open = { ...opened.core, config, board, notifier, ...(await openDoors(config, opened.core, network)) };
		const { [Symbol.dispose]: leave, ...containers } = await openContainers(open);
		return { core: opened, parts: { ...open, ...containers }, leave };
	} catch (error) {
		for (const part of closing) await part[Symbol.asyncDispose]();
		await store.close();
		throw error;
	}
}

function openBoard({ mesh, store, clock, random, log }: GatewayCore): Promise<Board> {
	const { facts, self: node } = mesh;
	return Board.open({ node, facts: () => facts(), bundle: openBundle(), store, clock, random, log });
}

async function openNotifier({ store, clock, log, replicas, hub }: GatewayCore, board: Board): Promise<Notifier> {
	const notifier = await Notifier.open({
		...{ store, clock, log },
		waiting: () => waitingIn(replicas),
		base: () => board.addressForPeople,
	});
	hub.subscribe(({ kind }) => {
		if (kind !== 'log') notifier.poke();
	});
	return notifier;
}

/** On loopback; the port that any free one was is taken again, because members look for the gateway there. */
async function ownAddress({ folder, meshPort }: GatewayConfig): Promise<string> {
	const kept = await readListening(folder.listen);
	return multiaddrOf({ host: loopback, port: null }, meshPort === 0 ? kept.port : meshPort);
}

async function openDoors(
	{ folder, buildsPort }: GatewayConfig,
	core: GatewayCore,
	network: ListeningNetwork,
): Promise<Pick<GatewayParts, 'builds' | 'doors'>> {
	const { tokens, log, recovery } = core;
	const isOpen = (): boolean => tokens.isOpen;
	const builds = createBuilds({ folder: folder.builds, program: await thisProgram(), log, isOpen });
	const doors = new Doors({ network, builds, buildsPort, path: folder.listen, log });
	await doors.openKept();
	if (recovery.isOver) await tellAddresses(core);
	return { builds, doors };
}

interface Running {
	readonly address: { readonly url: string };
	readonly stop: () => void;
}

function makeApi(parts: GatewayParts, { address, stop }: Running): Api {
	const { clock, random, log, hub, version, mesh } = parts;
	const handlers = createHandlers(parts, {
		pid: process.pid,
		runtime: process.version,
		url: () => address.url,
		// The answer is sent first; the API ends with everything else.
		stop: () => void clock.after(10, stop),
	});
	const elsewhere = (asked: AskedOperation) => askProject(parts, asked);
	const answer = (asked: AskedOperation) => answerOperation({ handlers, elsewhere }, asked);
	serveOperations({ mesh, clock, answer, events: hub });
	return createApi({
		handlers,
		elsewhere,
		events: hub,
		token: randomHex(random, 32),
		person: ownerHere(parts),
		callerOf: (token, door) => callerWith(parts, token, door),
		tools: (_token, caller) => caller && personTools(caller, answer),
		site: parts.board.site(),
		watch: (caller, end) => watchRights(parts, caller, end),
		version,
		log,
		clock,
	});
}

/** Whoever has the gateway's own token owns its state; another account than the founder's acts as the first owner. */
function ownerHere({ config, mesh }: GatewayParts): string {
	const id = personIdFrom(config.owner);
	const owners = Object.values(mesh.facts().people).filter(({ access }) => access === 'owner');
	return owners.some((owner) => owner.id === id) ? id : (owners[0]?.id ?? id);
}

/** @throws GanglineError FORBIDDEN for the token of an editor where operations are asked */
function callerWith({ people, mesh }: GatewayParts, token: string, door: TokenDoor): Caller | null {
	const holder = people.holderOf(token);
	const known = holder === null ? undefined : mesh.facts().people[holder.person];
	if (holder === null || known === undefined) return null;
	if (holder.use === 'editor' && door === 'operations') {
		throw ganglineError('FORBIDDEN', 'this token is for an editor: it opens the tools at /mcp and nothing else', {
			hint: `for a program that asks the API: gangline person token ${known.id}`,
		});
	}
	return { person: known.id, access: known.access };
}

async function stopAll(
	{ parts, core, leave }: Opened,
	{ api, edge, logins }: { readonly api: Api; readonly edge: DocumentServer; readonly logins: TunnelDoor },
): Promise<void> {
	const { hub, clock, log, store, builds, board, notifier, containers, machines, idle } = parts;
	hub.publish({ kind: 'stopping', at: clock.now() });
	log.info('gateway.stopping');
	await idle.stop();
	leave();
	machines.stop();
	await containers[Symbol.asyncDispose]();
	await edge.stop();
	logins.stop();
	await board.stop();
	await notifier.stop();
	await api.stop();
	await core[Symbol.asyncDispose]();
	await builds[Symbol.asyncDispose]();
	await store.close();
	log.info('gateway.stopped');
}

/**
 * Puts a node together: the only file (with compose-project.ts) that makes adapters. What is opened here is closed in
 * the opposite order.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { requireGit } from '../shared/git/index.ts';
import { createApi, EventHub } from '../shared/http/index.ts';
import { type Identity, loadOrCreateIdentity } from '../shared/log/index.ts';
import type { Handlers, NodeStatus, ProjectRef } from '../shared/operations/index.ts';
import {
	authorId,
	type Clock,
	type Log,
	noSecrets,
	type Processes,
	type Random,
	randomHex,
	type Secrets,
	type Store,
} from '../shared/ports/index.ts';
import { openPinoLog, personName, programVersion, SystemClock, SystemRandom } from '../shared/ports/system/index.ts';
import { findProject as findRegistered, memberOf } from '../shared/registry/index.ts';
import { openStore } from '../shared/store/index.ts';
import { type AccountLimits, AccountLogins, availableRuntimes, SharedLimits } from './agents/index.ts';
import { createProcesses } from './agents/processes/index.ts';
import { announceChanges } from './announce-changes.ts';
import { withElsewhere } from './api/handlers/elsewhere.ts';
import { createHandlers, type HandlerContext } from './api/handlers/index.ts';
import { meshHandlers } from './api/handlers/mesh.ts';
import { type BackupSource, makeBackup } from './backup.ts';
import { becomeMember } from './become-member.ts';
import { openRepositories, type Repositories } from './compose-canonical.ts';
import {
	askGateway,
	awaitRegistry,
	makeNodeMesh,
	openKnownMesh,
	openMeshForNow,
	resultsWaiting,
	speakerAt,
} from './compose-mesh.ts';
import { openProject } from './compose-project.ts';
import type { NodeConfig } from './config.ts';
import { endAll } from './end-all.ts';
import { fetchLostFacts } from './fetch-lost-facts.ts';
import { nodesSeenByGateway } from './gateway-view.ts';
import { adoptRepository } from './home/adopt-repository.ts';
import { Projects } from './home/projects.ts';
import { KnownRegistry } from './known-registry.ts';
import { MeshDoors } from './mesh-doors.ts';
import type { NodeMesh } from './node-mesh.ts';
import { OwnCheckouts } from './own-checkouts.ts';
import { followProvisioner } from './provisioned.ts';
import { type NodeSecrets, SecretFile } from './secret-file.ts';
import { forwardLogins } from './ssh-door.ts';
import { AgentDesk } from './tools/index.ts';
import { diskBoundOf, MachineRoom, readMachine, Station } from './worker/index.ts';

export interface RunningNode {
	readonly url: string;
	/** Begins to stop; `stopped` resolves when everything has ended. Idempotent. */
	stop(): void;
	readonly stopped: Promise<void>;
}

/** What every project of this node stands on. */
export interface NodeParts {
	readonly config: NodeConfig;
	readonly version: string;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
	readonly store: Store;
	readonly secrets: NodeSecrets;
	/** Of agents' programs, by name. */
	readonly logins: AccountLogins;
	readonly accountLimits: AccountLimits;
	readonly identity: Identity;
	readonly processes: Processes;
	readonly room: MachineRoom;
	/** This machine as a worker over all projects. */
	readonly station: Station;
	readonly hub: EventHub;
	/** Names and rights by the mesh, once this node belongs to one. */
	readonly registry: KnownRegistry;
	/** Of projects whose homes are elsewhere. */
	readonly checkouts: OwnCheckouts;
	/** The other members, once there are any. */
	readonly doors: MeshDoors;
	/** Gives agents their tools. */
	readonly desk: AgentDesk;
	readonly repositories: Repositories;
}

const slotsDefault = 2;

export function openLog(config: Pick<NodeConfig, 'logLevel'>, secrets: Secrets = noSecrets): Log {
	return openPinoLog({ to: 1, level: config.logLevel, censor: (line) => secrets.redact(line) });
}

/** Opens everything and answers once the API listens. */
export async function composeNode(config: NodeConfig, log: Log, secrets: NodeSecrets): Promise<RunningNode> {
	const parts = await openParts(config, log, secrets);
	const ended = Promise.withResolvers<void>();
	let stopping = false;
	const projects = makeProjects(parts);
	followSlots(parts);
	parts.room.onFreed(() => {
		parts.station.changed();
		for (const project of projects.all()) project.poke();
	});
	const stop = (): void => {
		if (stopping) return;
		stopping = true;
		logins.stop();
		stopAll(parts, { projects, api, mesh }).then(ended.resolve, ended.reject);
	};
	const address = { url: '' };
	const handlers: { own: Partial<Handlers> } = { own: {} };
	const mesh = makeNodeMesh(parts, projects, () => handlers.own);
	const asked = { projects, mesh, address, stop };
	handlers.own = ownHandlers(parts, asked);
	parts.desk.serve({
		self: parts.identity.nodeId,
		project: (id) => projects.all().find((project) => project.id === id),
		handlers: () => handlers.own,
		mayReadAll: (node) => (parts.registry.facts && memberOf(parts.registry.facts, node)?.person) != null,
	});
	const api = makeApi(parts, asked, handlers.own);
	const logins = forwardLogins({ ...parts, mesh, api, speaker: () => speakerAt(parts) });
	try {
		// What an earlier process left running must be gone before anything is begun.
		const swept = await parts.processes.sweep();
		if (swept.kind === 'survivors') log.error('processes.survived', { pids: swept.pids });
		await fetchLostFacts(parts, () => openMeshForNow(parts));
		await awaitRegistry(parts);
		await projects.start();
		await openKnownMesh(parts, mesh);
		address.url = (await api.listen({ host: config.host, port: config.port, noteAt: config.state.api })).url;
		parts.desk.listens(address.url);
		followProvisioner(parts, handlers.own);
	} catch (error) {
		await stopAll(parts, { projects, api, mesh });
		throw error;
	}
	const { anchor } = parts.processes;
	log.info('node.started', { url: address.url, node: parts.identity.nodeId, version: parts.version, anchor });
	return { url: address.url, stop, stopped: ended.promise };
}

/** The parts that a node and a one-shot check share. */
export async function openParts(
	config: NodeConfig,
	log: Log,
	secrets: NodeSecrets = new SecretFile(config.state.secrets),
): Promise<NodeParts> {
	await requireGit(config.personEnvironment, process.platform);
	const [clock, random] = [new SystemClock(), new SystemRandom()];
	mkdirSync(config.state.root, { recursive: true, mode: 0o700 });
	const identity = await loadOrCreateIdentity(config.state.identity, random);
	const store = await openStore(config.state.store, { log });
	const doors = new MeshDoors();
	const registry = new KnownRegistry({ node: identity.nodeId, name: config.name });
	const logins = new AccountLogins(config.state, secrets);
	const bound = config.provisioned === null ? null : diskBoundOf(config.provisioned, { clock, log });
	const room = new MachineRoom({
		slots: config.slots ?? slotsDefault,
		machine: () => readMachine(config.state.root),
		bound: () => bound?.shortage() ?? null,
	});
	const stage = `${config.state.root}/stage`;
	mkdirSync(stage, { recursive: true, mode: 0o700 });
	const ownLimits = `${config.state.root}/account-limits`;
	return {
		config,
		version: programVersion(),
		clock,
		random,
		log,
		store,
		secrets,
		logins,
		accountLimits: SharedLimits.open({
			// A container's home is nobody else's, and nothing new could be made in it beside a folder that is hidden there.
			...{ folder: config.provisioned === null ? config.state.accountLimits : ownLimits, clock, log },
			otherwise: ownLimits,
		}),
		identity,
		processes: await createProcesses({ scope: identity.nodeId, stage, mayFence: config.provisioned !== null }),
		room,
		station: new Station({
			author: authorId(identity.nodeId, randomHex(random, 4), 'work'),
			room,
			clock,
			runtimes: () => availableRuntimes(config.personEnvironment.PATH ?? ''),
			logins: () => logins.known(),
		}),
		hub: new EventHub(),
		checkouts: await OwnCheckouts.open(store),
		registry,
		doors,
		desk: new AgentDesk({
			...{ self: identity.nodeId, random, rpc: doors.rpc },
			homeOf: (project) => (registry.facts && findRegistered(registry.facts, project)?.home) ?? null,
		}),
		repositories: openRepositories({ config, identity, store }),
	};
}

/** Costs are booked at the home of a project. */
function runsForOthers({ station, registry }: NodeParts, projects: Projects): NodeStatus['runs'] {
	const own = new Set(projects.all().map(({ id }) => id));
	return station
		.running()
		.flatMap(({ project, number, title, pids, key: _key, role: _role, token: _token, ...run }) => {
			if (own.has(project)) return [];
			const name = registry.facts?.projects[project]?.name ?? project;
			return [{ ...run, project: name, item: `#${number}`, title, pids: [...pids], costUsd: 0 }];
		});
}

/** What was agreed when this node joined counts where its own environment says nothing. */
function followSlots({ config, registry, room, identity }: NodeParts): void {
	if (config.slots !== null) return;
	registry.subscribe(() => {
		const own = registry.facts && memberOf(registry.facts, identity.nodeId);
		room.setSlots(own?.slots ?? slotsDefault);
	});
}

function makeProjects(parts: NodeParts): Projects {
	const { config, store, log } = parts;
	return new Projects({
		store,
		log,
		adopt: (path) => adoptRepository(path, { environment: config.personEnvironment }),
		open: async (record, saveRecord) => {
			const project = await openProject(parts, {
				record,
				saveRecord,
				onChange: (change) => announceChanges(parts, project, change),
			});
			return project;
		},
	});
}

type Api = ReturnType<typeof createApi>;

interface Running {
	readonly projects: Projects;
	readonly mesh: NodeMesh;
	readonly api: Api;
}

async function stopAll({ hub, clock, log, store, desk }: NodeParts, { projects, mesh, api }: Running): Promise<void> {
	hub.publish({ kind: 'stopping', at: clock.now() });
	desk.listens(null);
	log.info('node.stopping', { projects: projects.all().length });
	await endAll([() => mesh.stop(), () => projects.stop(), () => api.stop(), () => store.close()]);
	log.info('node.stopped');
}

interface Asked {
	readonly projects: Projects;
	readonly mesh: NodeMesh;
	readonly address: { readonly url: string };
	readonly stop: () => void;
}

/** What this node answers about itself and its own projects. */
function ownHandlers(parts: NodeParts, { projects, mesh, address, stop }: Asked): Partial<Handlers> {
	const { store, secrets, clock, random, identity, version, room, station } = parts;
	const context: HandlerContext = {
		store,
		secrets,
		clock,
		random,
		node: identity.nodeId,
		environment: parts.config.personEnvironment,
		slots: () => ({ free: room.freeSlots, total: room.slots }),
		projects: () => projects.all(),
		project: (ref) => projects.find(ref),
		addProject: async (path) => {
			const added = await projects.add(path);
			await mesh.start(added.project.id);
			return added;
		},
		people: (project) => mesh.people(project),
		runsForOthers: () => runsForOthers(parts, projects),
		about: aboutThisProcess(parts, address),
		backup: (path) => makeBackup(sourceOf(parts, projects.all()), path),
		// The answer is sent first; the API ends with everything else.
		stop: () => void clock.after(10, stop),
	};
	const membership = meshHandlers({
		...{ mesh, version, clock },
		join: (joining) => becomeMember(parts, joining),
		worker: () => station.state(),
		resultsWaiting: (project) => resultsWaiting(parts, project),
		seenByGateway: (asked) => nodesSeenByGateway(parts, mesh, asked),
	});
	return { ...createHandlers(context), ...membership };
}

function makeApi(parts: NodeParts, { projects, mesh }: Asked, own: Partial<Handlers>): Api {
	const { config, clock, random, log, hub, version } = parts;
	const isNamed = ({ id, name }: { id: string; name: string }, ref: ProjectRef): boolean =>
		ref.kind === 'id' ? id === ref.id : name === ref.name;
	return createApi({
		handlers: withElsewhere(own, {
			seats: () => mesh.seats(),
			seat: (ref) => mesh.seat(ref),
			moving: (ref) => mesh.moving(ref),
			isOwn: (ref) => projects.all().some((project) => isNamed(project, ref)),
			speaker: () => speakerAt(parts),
			takeCheckout: async (path) => {
				const id = await takeCheckout(parts, path);
				// The replica may just be on its way, as after a home that was given up for lost.
				if (id !== null) await mesh.review();
				return id;
			},
		}),
		elsewhere: askGateway(parts, mesh),
		events: hub,
		token: randomHex(random, 32),
		person: personName(config.personEnvironment),
		// Agents alone: a person's editor is served by the gateway.
		tools: (token) => parts.desk.toolsOf(token),
		version,
		log,
		clock,
	});
}

/** A checkout of a project that has its home on another node is kept in mind, not taken on. Null for any other. */
async function takeCheckout(
	{ config, registry, checkouts, identity }: NodeParts,
	path: string,
): Promise<string | null> {
	if (registry.facts === null) return null;
	const adopted = await adoptRepository(path, { environment: config.personEnvironment });
	const known = findRegistered(registry.facts, adopted.id);
	if (known === undefined || known.home === identity.nodeId) return null;
	await checkouts.keep(known.id, adopted.path);
	return known.id;
}

/** What a backup of this node reads. */
export function sourceOf(
	{ config, store, identity, version, clock }: NodeParts,
	projects: BackupSource['projects'],
): BackupSource {
	return { state: config.state, store, node: identity.nodeId, version, now: clock.now(), projects };
}

function aboutThisProcess(
	{ config, identity, processes, clock, version, store }: NodeParts,
	address: { readonly url: string },
): HandlerContext['about'] {
	const startedAt = clock.now();
	const damage = damageWords(store, config.state.store);
	return () => ({
		version,
		runtime: process.version,
		node: identity.nodeId,
		pid: process.pid,
		startedAt,
		addresses: [address.url],
		state: config.state.root,
		log: config.state.log,
		anchor: processes.anchor,
		confines: processes.confines.enforced ? null : processes.confines.reason,
		damage,
	});
}

/** Said until the set-aside folder is gone: what a damaged disk has lost must not be forgotten at the next start. */
function damageWords({ damaged }: Store, folder: string): string[] {
	const places = new Set(damaged.map(({ quarantine }) => quarantine));
	const kept = join(folder, 'quarantine');
	for (const name of existsSync(kept) ? readdirSync(kept) : []) places.add(join(kept, name));
	return [...places].map(
		(place) => `the store was damaged and may have lost entries: see ${place}/report.txt, then remove or restore it`,
	);
}

/**
 * Opens the doors between homes and workers of different nodes when this node belongs to a mesh: the homes of this node
 * hear their workers, this node works for the homes of others, and everyone is told how it is.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MayServe, Packs } from '../shared/mesh/pack.ts';
import type { Rpc } from '../shared/mesh/rpc.ts';
import {
	type CommitId,
	ganglineError,
	type Network,
	type NodeId,
	type Peer,
	type ProjectId,
} from '../shared/ports/index.ts';
import { workAsk } from '../shared/protocol/work-methods.ts';
import { gatewayOf, mayWorkFor, memberOf, type RegistryFacts } from '../shared/registry/index.ts';
import type { NodeParts } from './compose.ts';
import type { OpenedForeign } from './compose-foreign.ts';
import { readLog } from './compose-worker.ts';
import { ForeignProjects, StateTeller, serveWork } from './foreign/index.ts';
import type { Project } from './home/project.ts';
import { serveSalvage } from './home/take-salvage.ts';
import { serveWorkers } from './home/worker-desk.ts';
import { formerHome } from './rehome/index.ts';
import { followRun } from './worker/index.ts';

export interface MeshOfWorkers {
	readonly network: Pick<Network, 'subscribe' | 'links'>;
	readonly rpc: Rpc;
	/** Makes a project for which this node only works; null while nothing is known of its commits. */
	readonly openForeign: (id: string, like: CommitId | null) => Promise<OpenedForeign | null>;
	/** Makes what brings and serves commits; `mayServe` says what it may give to whom. */
	readonly openPacks: (mayServe: MayServe) => Promise<Packs & AsyncDisposable>;
	/** The projects whose home is here. */
	readonly projects: () => readonly Project[];
	/** Whether a project is open here as its home, or on its way out. */
	readonly isHere: (project: string) => boolean;
}

/** Disposing it ends what this node does for homes elsewhere; what it finished is kept and delivered later. */
export interface OpenedWorkers extends AsyncDisposable {
	/** The registry has changed: resolves when this node works for no home but those that it names. */
	review(): Promise<void>;
}

export async function openWorkers(parts: NodeParts, mesh: MeshOfWorkers): Promise<OpenedWorkers> {
	const { registry, doors, station, identity, clock, log } = parts;
	const { network, rpc, openForeign, openPacks, projects, isHere } = mesh;
	const self = identity.nodeId;
	const opened = new Map<string, OpenedForeign>();
	/** What homes have said: a mirror is made when the first main is known. */
	const mains = new Map<string, CommitId>();
	const foreign = new ForeignProjects({
		log,
		// Two workers of one project would share one box: what lives of the home's would be taken for what a crash left.
		wanted: () => new Set([...worksFor(registry.facts, self)].filter((id) => !isHere(id))),
		open: async (id) => {
			const made = await openForeign(id, mains.get(id) ?? null);
			if (made !== null) opened.set(id, made);
			return made?.project ?? null;
		},
		onOpened: (id, project) => station.add({ project: id, worker: project.worker, standing: () => project.standing() }),
		onClosing: (id) => {
			station.remove(id);
			opened.delete(id);
		},
	});
	const gateway = (): NodeId | null => {
		const node = registry.facts === null ? undefined : gatewayOf(registry.facts);
		const isThere = network.links().some((peer) => peer.node === node?.id);
		return node && isThere ? node.id : null;
	};
	const packs = await openPacks((peer, project, ref) => mayServe(parts, { projects, opened }, { peer, project, ref }));
	doors.set({ rpc, packs, gateway });
	serveSalvage({ rpc, packs, log, projects });
	rpc.serve(workAsk, async ({ operation, input, ...grant }, { node }) => {
		const { facts } = registry;
		if (facts === null || !mayWorkFor(facts, node, grant.project as ProjectId)) {
			throw ganglineError('FORBIDDEN', `${node} does not work for the project ${grant.project}`);
		}
		return { answer: await parts.desk.answer({ grant, from: node, operation, input }) };
	});
	serveWorkers({ rpc, log, desks: () => new Map(projects().map((project) => [project.id, project.desk])) });
	serveWork({
		...{ rpc, log },
		homeOf: (id) => homeFor(registry.facts, id, self),
		takesNothing: () => (isDraining(registry.facts, self) ? 'the node is draining' : null),
		project: (id) => foreign.get(id),
		runLog: (id, key, query) => {
			const made = opened.get(id);
			return made ? readLog(made.logs, key, query) : { run: null, lines: [], dropped: 0 };
		},
		folder: (id, key) => {
			const path = opened.get(id)?.clonePath(key);
			return path !== undefined && existsSync(path) ? path : null;
		},
		async *follow(id, run, signal) {
			const made = opened.get(id);
			if (made !== undefined) yield* followRun(made.logs, run, signal);
		},
	});
	const handOverSalvage = (id: string): Promise<void> | undefined =>
		opened
			.get(id)
			?.salvage.send()
			.catch((error: unknown) => log.error('salvage.notHandedOver', { project: id, error }));
	const teller = new StateTeller({
		...{ rpc, clock, log },
		state: () => station.state(),
		listeners: () => listenersOf(registry.facts, self),
		onMain: (id, main) => {
			mains.set(id, main);
			if (foreign.get(id) === undefined) void foreign.review().then(() => foreign.get(id)?.follow(main));
			else foreign.get(id)?.follow(main);
		},
		onForget: (id, keys) =>
			void forget(foreign, id, keys)
				.catch((error) => log.warn('clones.notRemoved', { error }))
				.then(() => handOverSalvage(id)),
		onBack: (node) => {
			for (const [id, project] of foreign.all())
				if (homeFor(registry.facts, id, self) === node) {
					project.worker.handOver();
					void handOverSalvage(id);
				}
		},
	});
	const ends = [
		station.subscribe(() => teller.changed()),
		network.subscribe(({ kind }) => {
			if (kind === 'up') teller.changed();
		}),
		registry.subscribe(() => {
			// Who may work for us may have changed.
			for (const project of projects()) project.poke();
		}),
	];
	teller.start();
	return {
		review: async () => {
			await foreign.review();
			teller.changed();
		},
		[Symbol.asyncDispose]: async () => {
			for (const end of ends) end();
			teller.stop();
			doors.set(null);
			await foreign.stop();
			await packs[Symbol.asyncDispose]();
		},
	};
}

async function forget(foreign: ForeignProjects, id: string, keys: readonly string[]): Promise<void> {
	const worker = foreign.get(id)?.worker;
	if (worker === undefined) return;
	const gone = new Set(keys);
	await worker.tidy(new Set(worker.clones.filter((key) => !gone.has(key))));
}

/** Projects of other homes that this node may take tasks of. */
function worksFor(facts: RegistryFacts | null, self: NodeId): ReadonlySet<string> {
	if (facts === null) return new Set();
	const ids = Object.values(facts.projects).filter(({ id, home }) => home !== self && mayWorkFor(facts, self, id));
	return new Set(ids.map(({ id }) => id));
}

function homeFor(facts: RegistryFacts | null, id: string, self: NodeId): NodeId | null {
	if (facts === null || !mayWorkFor(facts, self, id as ProjectId)) return null;
	return facts.projects[id]?.home ?? null;
}

function isDraining(facts: RegistryFacts | null, self: NodeId): boolean {
	return facts !== null && memberOf(facts, self)?.status === 'draining';
}

/** Homes hear of their own projects, the gateway of all; a node without the duty says nothing. */
function listenersOf(facts: RegistryFacts | null, self: NodeId): ReadonlyMap<NodeId, ReadonlySet<string> | null> {
	const listeners = new Map<NodeId, Set<string> | null>();
	if (facts === null || !memberOf(facts, self)?.duties.includes('work')) return listeners;
	for (const id of worksFor(facts, self)) {
		const home = facts.projects[id]?.home;
		if (home !== undefined) listeners.set(home, new Set([...(listeners.get(home) ?? []), id]));
	}
	const gateway = gatewayOf(facts);
	if (gateway && gateway.id !== self) listeners.set(gateway.id, null);
	return listeners;
}

interface Served {
	readonly projects: () => readonly Project[];
	readonly opened: ReadonlyMap<string, OpenedForeign>;
}

/** A worker may have main and attempts of the items that it holds; a home may have the attempts that were made for it. */
function mayServe(
	parts: NodeParts,
	{ projects, opened }: Served,
	{ peer, project: id, ref }: { readonly peer: Peer; readonly project: string; readonly ref: string },
): string | null | Promise<string | null> {
	const { registry, identity } = parts;
	const { facts } = registry;
	if (facts === null || memberOf(facts, peer.node) === undefined) return null;
	const attempt = /^refs\/gangline\/attempts\/([^/]+)\/[^/]+$/.exec(ref)?.[1];
	const project = projects().find((one) => one.id === id);
	if (project === undefined) {
		const isHome = homeFor(facts, id, identity.nodeId) === peer.node;
		const isKept = attempt !== undefined || /^refs\/gangline\/salvage\/[^/]+\/\d+$/.test(ref);
		if (isKept && isHome) return opened.get(id)?.repository ?? null;
		return sealedFor(parts, id, peer.node);
	}
	if (!mayWorkFor(facts, peer.node, id as ProjectId)) return null;
	const isMain = ref === `refs/heads/${project.repository.branch}`;
	const holds = attempt !== undefined && project.home.item(attempt)?.holder?.startsWith(`${peer.node}.`) === true;
	return isMain || holds ? project.repository.path : null;
}

/** The node to which a project was handed over may have all that was kept of it here. */
async function sealedFor({ store, config }: NodeParts, project: string, node: NodeId): Promise<string | null> {
	const former = await formerHome(store, project);
	return former?.to === node ? join(config.state.project(project), 'canonical.git') : null;
}

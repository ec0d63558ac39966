/**
 * The gateway over its ports: the mesh that it founded or finds again, its registry, joining, what members say, replicas
 * of all projects and what happens at their homes. The same on a real machine and in a simulation; processes, sockets of
 * HTTP and builds come on top (compose.ts).
 */
import { EventHub } from '../shared/http/index.ts';
import type { Identity } from '../shared/log/index.ts';
import { type Mesh, openMesh } from '../shared/mesh/index.ts';
import { serveJoin } from '../shared/mesh/join/index.ts';
import type { Admission, Clock, Log, Network, Random, Store } from '../shared/ports/index.ts';
import { members as membersOf } from '../shared/registry/index.ts';
import { followedAtHome, LiveLogs, PresentPeople, ReplicaSet } from '../shared/replica/index.ts';
import type { GatewayCore } from './context.ts';
import { HomeEvents } from './home-events.ts';
import { Members } from './members.ts';
import { admit, JoinTokens, MeshRegistry, meshIdOf, PersonTokens, Recovery } from './registry/index.ts';
import { serveMembers, tellAddresses } from './serve-members.ts';

export interface CoreOptions {
	readonly identity: Identity;
	readonly store: Store;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
	readonly version: string;
	/** What people call the gateway. */
	readonly name: string;
	/** The account of the person who owns the mesh when it is founded. */
	readonly owner: string;
	readonly openNetwork: (admission: (publicKey: Uint8Array) => Admission) => Promise<Network>;
}

export interface OpenCore extends AsyncDisposable {
	readonly core: GatewayCore;
}

/** Opens it and begins to serve members. Disposing it leaves the store open. */
export async function openCore(options: CoreOptions): Promise<OpenCore> {
	const { store, clock, log, version } = options;
	const tokens = await JoinTokens.open(store, clock);
	const mesh = await openOwnMesh(options, tokens);
	const recovery = await Recovery.begin({
		...{ store, clock, log, network: mesh.network },
		hasMembers: () => membersOf(mesh.facts()).length > 1,
	});
	const registry = new MeshRegistry({
		...{ document: mesh.registry, clock },
		mayChange: () => recovery.refuseMeanwhile(),
	});
	const { identity, name, owner } = options;
	await registry.found({ identity, name, owner, addresses: [...mesh.network.addresses()] });
	const hub = new EventHub();
	const present = new PresentPeople({ mesh });
	const core: GatewayCore = {
		...{ version, clock, log, store, mesh, registry, tokens, recovery, hub },
		random: options.random,
		people: await PersonTokens.open(store),
		members: new Members(clock),
		moving: new Set(),
		...{ present, replicas: replicaSet(options, { mesh, hub, present }) },
		startedAt: clock.now(),
	};
	const live = bringLogs(core);
	const homes = await serve(core, live);
	return {
		core,
		async [Symbol.asyncDispose]() {
			homes[Symbol.dispose]();
			live.stop();
			present[Symbol.dispose]();
			recovery.stop();
			await core.replicas[Symbol.asyncDispose]();
			await mesh[Symbol.asyncDispose]();
		},
	};
}

async function openOwnMesh(options: CoreOptions, tokens: JoinTokens): Promise<Mesh> {
	const { identity, store, clock, random, log, openNetwork } = options;
	const { nodeId: node, publicKey } = identity;
	return openMesh({
		...{ identity, store, clock, random, log, openNetwork },
		membership: { mesh: await meshIdOf(store, clock, random), gateway: { node, publicKey, addresses: [] } },
		strangers: () => tokens.expectsSomeone,
	});
}

async function serve(core: GatewayCore, live: LiveLogs): Promise<HomeEvents> {
	const { mesh, registry, tokens, recovery, replicas, clock, log, version } = core;
	serveJoin({
		...{ network: mesh.network, clock, log, version },
		admit: (request, peer) => admit({ registry, tokens }, request, peer),
	});
	serveMembers(core);
	void recovery.over
		.then(() => tellAddresses(core))
		.catch((error: unknown) => log.error('gateway.notTold', { what: 'its addresses', error }));
	mesh.onFacts(() => void replicas.review());
	await replicas.review();
	return new HomeEvents({ ...core, follows: (project, key) => live.follows(project, key) });
}

/** What people follow at the gateway comes from the homes, in the name of who follows. */
function bringLogs({ mesh, hub, replicas, present, clock, log }: GatewayCore): LiveLogs {
	const live = new LiveLogs({ clock, log, publish: (event) => hub.publish(event) });
	hub.bringLogs(({ project, item, person }) => {
		const seat = replicas.find({ kind: 'id', id: project });
		const home = () => mesh.facts().projects[project]?.home ?? null;
		const followed = seat ? followedAtHome(mesh.rpc, { replica: seat.replica, home, item, person }) : null;
		if (followed === null) return () => undefined;
		const leave = present.enter({ person, project, item: followed.key });
		const end = live.follow(followed);
		return () => {
			end();
			leave();
		};
	});
	return live;
}

function replicaSet(
	{ store, clock, random, identity, log }: CoreOptions,
	{ mesh, hub, present }: Pick<GatewayCore, 'mesh' | 'hub' | 'present'>,
): ReplicaSet {
	return new ReplicaSet({
		...{ mesh, store, clock, random, identity, log },
		gateway: () => null,
		// The gateway runs no agents.
		resultsWaiting: () => 0,
		publish: (event) => hub.publish(event),
		people: (project) => present.in(project),
	});
}

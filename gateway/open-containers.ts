/**
 * Binds projects in containers to this gateway: its mesh for their nodes, its doors for their networks, its engine; and the
 * members that make some on their machines.
 */
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { formatToken } from '../shared/mesh/join/index.ts';
import type { ContainerView } from '../shared/operations/index.ts';
import { ganglineError, parseNodeId } from '../shared/ports/index.ts';
import { filesOf, thisProgram } from '../shared/ports/system/program.ts';
import { provisionConnected } from '../shared/protocol/provision.ts';
import {
	ContainerRecords,
	Containers,
	dockerProvisioner,
	FileDigests,
	hostOwner,
	type IdleRecord,
	IdleWatch,
	isPortFree,
	type Provisioner,
	swarmProvisioner,
} from '../shared/provision/index.ts';
import {
	type ContainerInMesh,
	containerLabel,
	memberOf,
	nodeOfContainer,
	removeContainer,
	renameNode,
	renameProject,
} from '../shared/registry/index.ts';
import type { GatewayParts } from './context.ts';
import { isLoopback } from './http/index.ts';
import { doingIn } from './idle-projects.ts';
import { followMachines, MachineLine, OtherMachines, Places } from './machines/index.ts';

type Ground = Omit<GatewayParts, 'containers' | 'idle' | 'machines'>;
type Opened = Pick<GatewayParts, 'containers' | 'idle' | 'machines'>;

/** A token lies in a file until a node has used it, which may be after a long image build and a failure or two. */
const tokenMs = 24 * 3_600_000;

export async function openContainers(parts: Ground): Promise<Opened & Disposable> {
	const { clock, log, store, hub, replicas } = parts;
	const records = await ContainerRecords.open(store);
	const containers = await openHere(parts, records);
	const { machines, following } = openThere(parts, { containers, records, places: await Places.open(store) });
	const all = (): readonly IdleRecord[] => [...records.all(), ...machines.all().flatMap(idleRecordOf)];
	const at = (name: string): Containers | OtherMachines => (machines.has(name) ? machines : containers);
	const watch = new IdleWatch({
		containers: {
			sleep: (name) => at(name).sleep(name),
			wake: (name) => at(name).wake(name),
			logins: (name) => at(name).logins(name),
			isBusy: (name) => containers.isBusy(name),
		},
		...{ records: { all }, clock, log },
		doing: (project) => doingIn(replicas, project),
	});
	watch.start();
	hub.subscribe(({ kind }) => {
		if (kind !== 'log') watch.poke();
	});
	void containers.openBridges().catch((error: unknown) => log.error('container.noBridges', { error }));
	return { containers, machines, idle: watch, [Symbol.dispose]: () => following[Symbol.dispose]() };
}

function provisionerOf({ config: { engine, provisioner, swarmConstraint }, mesh, clock }: Ground): Provisioner {
	const options = { host: engine, owner: mesh.membership.mesh };
	if (provisioner === 'docker') return dockerProvisioner(options);
	return swarmProvisioner({ ...options, clock, constraint: swarmConstraint });
}

async function openHere(parts: Ground, records: ContainerRecords): Promise<Containers> {
	const { config, mesh, clock, random, log, doors } = parts;
	const { root } = await thisProgram();
	return new Containers({
		...{ clock, random, log, doors, records },
		mesh: { facts: () => mesh.facts(), isConnected: async (node) => isConnected(parts, node) },
		provisioner: provisionerOf(parts),
		owner: hostOwner(config.userName),
		environment: config.environment,
		baseImage: config.baseImage,
		hostPorts: config.hostPorts,
		isPortFree,
		docker: join(root, 'docker'),
		program: async () => filesOf(await thisProgram()),
		digests: new FileDigests(),
		folder: config.folder.containers,
		ownFolders: [dirname(config.folder.root)],
		cpus: availableParallelism(),
		joinToken: (record) => {
			const addresses = record.gateway === null ? [] : [doors.bridgeAddress(record.gateway)];
			return joinToken(parts, record, addresses);
		},
		renamed: (record, to) => renamed(parts, record, to),
		removed: (record, isPurged) => removed(parts, record, isPurged),
		publish: (view) => publish(parts, view),
	});
}

interface Known {
	readonly containers: Containers;
	readonly records: ContainerRecords;
	readonly places: Places;
}

function openThere(
	parts: Ground,
	{ containers, records, places }: Known,
): { readonly machines: OtherMachines; readonly following: Disposable } {
	const { mesh, clock, log } = parts;
	const line = new MachineLine(mesh);
	const machines = new OtherMachines({
		...{ line, places, clock, log },
		facts: () => mesh.facts(),
		here: {
			has: (name) => records.all().some((record) => record.name === name || record.madeAs === name),
			nameOf: (project) => containers.nameOf(project),
		},
		joinToken: async (place) => joinToken(parts, place, outsideAddresses(parts)),
		forgetToken: (id) => forgetToken(parts, id),
		renamed: (about, to) => renamed(parts, about, to),
		removed: (about, isPurged) => removed(parts, about, isPurged),
		publish: (view) => publish(parts, view),
	});
	mesh.rpc.serve(provisionConnected, async ({ node }, peer) => {
		if (memberOf(mesh.facts(), peer.node)?.duties.includes('provision') !== true) {
			throw ganglineError('FORBIDDEN', `${peer.node} makes no containers: it has no use for who is connected`);
		}
		return { connected: isConnected(parts, node) };
	});
	return { machines, following: followMachines({ mesh, line, there: machines.there, clock, log }) };
}

function idleRecordOf({ name, seen }: ReturnType<OtherMachines['all']>[number]): readonly IdleRecord[] {
	if (seen === null) return [];
	const phase = seen.state === 'running' || seen.state === 'stopped' ? 'ready' : 'making';
	const { project, asleep, idleStopMs } = seen;
	return [{ name, project, phase, asleep, idleStopMs }];
}

function publish({ hub, clock }: Ground, view: ContainerView): void {
	hub.publish({ kind: 'container', at: clock.now(), project: view.project, container: view });
}

function isConnected({ mesh }: Ground, node: string | null): boolean {
	return mesh.network.links().some((peer) => peer.node === node);
}

/** Where a container on another machine finds the mesh. @throws GanglineError REFUSED */
function outsideAddresses({ mesh }: Ground): readonly string[] {
	const addresses = mesh.network.addresses().filter((address) => !isLoopback(address));
	if (addresses.length > 0) return addresses;
	throw ganglineError('REFUSED', 'the gateway listens on this machine alone: no container elsewhere could join', {
		hint: 'gangline gateway listen <address>',
	});
}

/** One change of the registry: refused whole where a name is taken. */
async function renamed(
	{ registry }: Ground,
	{ node, project }: { readonly node: string | null; readonly project: string | null },
	to: string,
): Promise<void> {
	await registry.change((facts) => {
		const called = node === null || facts.nodes[node] === undefined ? facts : renameNode(facts, parseNodeId(node), to);
		const id = project === null ? undefined : facts.projects[project]?.id;
		const after = id === undefined ? called : renameProject(called, id, to);
		return after === facts ? facts : { ...after, revision: facts.revision + 1 };
	});
}

/** One change of the registry, after which nobody can join in its place either. */
async function removed(
	parts: Ground,
	about: ContainerInMesh & { readonly token: string | null },
	isPurged: boolean,
): Promise<readonly string[]> {
	if (about.token !== null) await forgetToken(parts, about.token);
	const before = parts.mesh.facts();
	const node = nodeOfContainer(before, about);
	if (node === undefined) return [];
	await parts.registry.change((facts, now) => removeContainer(facts, about, { isPurged, now }));
	const names = Object.values(before.projects).flatMap(({ name, home }) => (home === node.id ? [name] : []));
	return [`its node ${node.name}${names.length === 0 ? '' : ` and the project ${names.join(', ')}`}, in the mesh`];
}

async function forgetToken({ tokens }: Ground, id: string): Promise<void> {
	if (tokens.list().some((token) => token.id === id && tokens.stateOf(token) === 'open')) await tokens.revoke(id);
}

/** Its node owns that one project, works for no other, and speaks for no person. */
async function joinToken(
	{ mesh, tokens, clock, random }: Ground,
	record: { readonly name: string; readonly token: string | null; readonly person: string },
	addresses: readonly string[],
): Promise<{ readonly text: string; readonly id: string }> {
	if (record.token !== null && tokens.list().some(({ id }) => id === record.token)) await tokens.revoke(record.token);
	const { token, secret } = await tokens.create(
		{
			name: record.name,
			duties: ['home', 'work'],
			worksFor: [],
			homeFor: [record.name],
			person: null,
			slots: null,
			labels: [containerLabel],
			uses: 1,
			createdBy: record.person,
			expiresAt: clock.now() + tokenMs,
		},
		random,
	);
	const { gateway, mesh: id } = mesh.membership;
	return { text: formatToken({ mesh: id, gateway: { ...gateway, addresses }, secret, build: null }), id: token.id };
}

/**
 * Makes this node a member: the adapters under node-mesh.ts. Where the gateway is told at addresses outside of this
 * machine this node listens on all of its own too, because workers and homes talk to each other directly; nobody who is
 * not in the registry gets beyond the proof of its key.
 */
import {
	type ListeningNetwork,
	type Membership,
	type Mesh,
	openLibp2pNetwork,
	openMesh,
	readMembership,
} from '../shared/mesh/index.ts';
import { NetworkPacks } from '../shared/mesh/pack/index.ts';
import { type AskedOperation, answerOperation, type Caller, type Handlers } from '../shared/operations/index.ts';
import { ganglineError } from '../shared/ports/index.ts';
import { operationMethod } from '../shared/protocol/mesh.ts';
import { accessAt, gatewayOf, memberOf } from '../shared/registry/index.ts';
import type { NodeParts } from './compose.ts';
import { openForeign } from './compose-foreign.ts';
import { type OpenedWorkers, openWorkers } from './compose-workers.ts';
import type { Projects } from './home/projects.ts';
import { openAtKeptPort } from './kept-port.ts';
import { NodeMesh } from './node-mesh.ts';
import { serveProvision, ViewFeed } from './provision/index.ts';
import { ownSshd, serveSshd } from './ssh-door.ts';

/** The first join token after an upgrade packs the whole program; that it is gone is noticed much sooner. */
const gatewayAnswersMs = 120_000;

/** The node's part in its mesh; nothing is opened before `openKnownMesh` or a join. */
export function makeNodeMesh(parts: NodeParts, projects: Projects, handlers: () => Partial<Handlers>): NodeMesh {
	const mesh: NodeMesh = new NodeMesh({
		parts,
		projects,
		open: (membership) => openOwnMesh(parts, membership),
		answer: (asked) => answerOperation({ handlers: handlers() }, asked),
		attach: (opened) => attachWork(parts, opened, projects),
		resultsWaiting: (project) => resultsWaiting(parts, project),
		checkout: (project) => parts.checkouts.of(project),
	});
	return mesh;
}

/** Opens the mesh that this node joined once; does nothing where it never did. */
export async function openKnownMesh({ config }: NodeParts, mesh: NodeMesh): Promise<void> {
	const membership = await readMembership(config.state.mesh);
	if (membership !== null) await mesh.open(membership);
}

/** The mesh that this node joined once, for who closes it again before anybody else opens it; null where it never did. */
export async function openMeshForNow(parts: NodeParts): Promise<Mesh | null> {
	const membership = await readMembership(parts.config.state.mesh);
	return membership === null ? null : openOwnMesh(parts, membership);
}

/** Homes open before the mesh does: those of a member wait with what others want until the registry is read. */
export async function awaitRegistry({ config, registry }: NodeParts): Promise<void> {
	if ((await readMembership(config.state.mesh)) !== null) registry.expect();
}

/** This node as a worker of others, and as the maker of containers for the gateway. */
async function attachWork(parts: NodeParts, mesh: Mesh, projects: Projects): Promise<OpenedWorkers> {
	const { config, clock, log } = parts;
	const { network, rpc } = mesh;
	serveSshd({ mesh, clock, log, sshd: ownSshd(config) });
	const workers = await openWorkers(parts, {
		...{ network, rpc },
		openForeign: (id, like) => openForeign(parts, id, like),
		openPacks: (mayServe) =>
			NetworkPacks.open({
				...{ network, clock, log, mayServe },
				folder: `${config.state.root}/packs`,
				environment: config.personEnvironment,
			}),
		projects: () => projects.all(),
		isHere: (id) => projects.isHere(id),
	});
	const feed = new ViewFeed();
	const open = async () => (await import('./provision/open.ts')).openProvisioning(parts, { mesh, feed });
	const provision = serveProvision({ mesh, feed, open });
	return {
		review: () => workers.review(),
		async [Symbol.asyncDispose]() {
			await provision[Symbol.asyncDispose]();
			await workers[Symbol.asyncDispose]();
		},
	};
}

async function openOwnMesh(parts: NodeParts, membership: Membership): Promise<Mesh> {
	const { identity, store, clock, random, log } = parts;
	const slot: { network?: ListeningNetwork } = {};
	const mesh = await openMesh({
		...{ identity, store, clock, random, log, membership },
		openNetwork: async (admission) => {
			slot.network = await openAtKeptPort(parts, {
				door: 'loopback',
				open: (port) => openLibp2pNetwork({ identity, clock, log, admission, listen: [`/ip4/127.0.0.1/tcp/${port}`] }),
				addressesOf: (network) => network.addresses(),
			});
			return slot.network;
		},
	});
	let isOutside = false;
	const follow = async (): Promise<void> => {
		const known = gatewayOf(mesh.facts())?.addresses ?? [];
		if (isOutside || !isReachable([...known, ...membership.gateway.addresses])) return;
		isOutside = true;
		const before = new Set(mesh.network.addresses());
		await openAtKeptPort(parts, {
			door: 'outside',
			open: (port) => slot.network?.listenAlso([`/ip4/0.0.0.0/tcp/${port}`]) ?? Promise.resolve(),
			addressesOf: () => mesh.network.addresses().filter((address) => !before.has(address)),
		});
		log.info('mesh.listens', { addresses: mesh.network.addresses() });
	};
	await follow();
	mesh.onFacts(() => void follow().catch((error: unknown) => log.error('mesh.notListening', { error })));
	return mesh;
}

const isReachable = (addresses: readonly string[]): boolean =>
	addresses.some((address) => !/^\/(?:ip4\/127\.|ip6\/::1\/)/.test(address));

/** Reports of this node's agents that no home has settled. */
export function resultsWaiting({ station }: NodeParts, project: string): number {
	return station.state().reporting.filter((report) => report.project === project).length;
}

/** Who speaks at this node's API about what is not its own; null where the registry says nobody. */
export function speakerAt({ registry, identity }: NodeParts): Caller | null {
	const { facts } = registry;
	const person = facts ? memberOf(facts, identity.nodeId)?.person : undefined;
	const access = facts ? accessAt(facts, identity.nodeId) : null;
	return person && access ? { person, access } : null;
}

/** Asks the gateway what only the gateway answers, for the person who sits here. */
export function askGateway(parts: NodeParts, mesh: NodeMesh): (asked: AskedOperation) => Promise<unknown> | undefined {
	return ({ name, input }) => {
		const open = mesh.mesh;
		if (open === null) return undefined;
		const speaker = speakerAt(parts);
		if (speaker === null) {
			throw ganglineError('FORBIDDEN', `nobody sits at this node: it may not ask the gateway for ${name}`, {
				hint: 'ask on the machine of the gateway',
			});
		}
		const args = JSON.parse(JSON.stringify(input ?? {}));
		const { node } = open.membership.gateway;
		const question = { operation: name, args, person: speaker.person };
		return open.rpc.ask(node, operationMethod, question, { timeoutMs: gatewayAnswersMs });
	};
}

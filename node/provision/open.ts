/** Binds projects in containers to this node: its engine, its store, and the gateway of its mesh for what it cannot see. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Mesh } from '../../shared/mesh/index.ts';
import { GanglineError, ganglineError, type NodeId, parseNodeId } from '../../shared/ports/index.ts';
import { personName } from '../../shared/ports/system/index.ts';
import { filesOf, thisProgram } from '../../shared/ports/system/program.ts';
import { provisionConnected } from '../../shared/protocol/provision.ts';
import {
	ContainerRecords,
	Containers,
	containerHandlers,
	dockerProvisioner,
	FileDigests,
	gitHandlers,
	hostOwner,
	isPortFree,
} from '../../shared/provision/index.ts';
import { gatewayOf } from '../../shared/registry/index.ts';
import type { NodeParts } from '../compose.ts';
import type { Provisioning } from './serve.ts';
import type { ViewFeed } from './view-feed.ts';

/** The gateway only looks. */
const connectedMsMax = 2_000;

export async function openProvisioning(
	{ config, store, clock, random, log }: NodeParts,
	{ mesh, feed }: { readonly mesh: Mesh; readonly feed: ViewFeed },
): Promise<Provisioning> {
	const { root } = await thisProgram();
	const environment = config.personEnvironment;
	const given = new Map<string, string>();
	const containers = new Containers({
		...{ clock, random, log, environment },
		// The gateway itself may use the same engine, under its own name.
		provisioner: dockerProvisioner({
			host: environment.DOCKER_HOST || null,
			owner: `${mesh.membership.mesh}/${mesh.self}`,
		}),
		records: await ContainerRecords.open(store),
		mesh: { facts: () => mesh.facts(), isConnected: (node) => isConnected(mesh, node) },
		// Its node dials the gateway alone, where that listens for other machines.
		doors: { openBridge: async () => undefined, ports: () => portsOf(gatewayOf(mesh.facts())?.addresses ?? []) },
		owner: hostOwner(personName(environment)),
		baseImage: config.baseImage,
		hostPorts: config.hostPorts,
		isPortFree,
		docker: join(root, 'docker'),
		program: async () => filesOf(await thisProgram()),
		digests: new FileDigests(),
		folder: config.state.containers,
		ownFolders: [config.state.root],
		cpus: availableParallelism(),
		joinToken: async ({ name }) => tokenOf(given, name),
		// The gateway has changed the registry before it asks.
		renamed: async () => undefined,
		// The gateway changes it when it has heard that the container is gone.
		removed: async () => [],
		publish: (view) => feed.publish(view),
	});
	const asked = { containers, environment, log };
	return {
		containers,
		handlers: { ...containerHandlers(asked), ...gitHandlers(asked) },
		give: (name, token) => void given.set(name, token),
		[Symbol.asyncDispose]: () => containers[Symbol.asyncDispose](),
	};
}

/** The gateway may be another process of this machine. */
function portsOf(addresses: readonly string[]): readonly number[] {
	return addresses.flatMap((address) => Number(/\/tcp\/(\d+)/.exec(address)?.[1] ?? 0) || []);
}

/** @throws GanglineError REFUSED */
function tokenOf(given: ReadonlyMap<string, string>, name: string): { readonly text: string; readonly id: string } {
	const text = given.get(name);
	// Which it is, the gateway knows.
	if (text !== undefined) return { text, id: 'given' };
	throw ganglineError('REFUSED', `${name} has no token to join with: the gateway gives one when it is asked again`, {
		hint: `gangline new ${name} --retry`,
	});
}

async function isConnected(mesh: Mesh, node: string | null): Promise<boolean> {
	const gateway = gatewayOf(mesh.facts())?.id;
	if (node === null || gateway === undefined || !isLinked(mesh, gateway)) return false;
	try {
		const asked = { node: parseNodeId(node) };
		return (await mesh.rpc.ask(gateway, provisionConnected, asked, { timeoutMs: connectedMsMax })).connected;
	} catch (error) {
		if (error instanceof GanglineError) return false;
		throw error;
	}
}

function isLinked({ network }: Mesh, node: NodeId): boolean {
	return network.links().some((peer) => peer.node === node);
}

/**
 * Puts a member together: network, redialling, rpc, sync and the registry, for nodes and the gateway alike. The registry
 * says who may be connected and what each may have; as soon as it changes, whoever may not any more is cut off. Until a
 * member has its first registry it knows one peer, the gateway that its membership names.
 */
import { RegistryDocument } from '../documents/index.ts';
import type { Identity } from '../log/index.ts';
import {
	type Admission,
	type Clock,
	GanglineError,
	type Log,
	type Network,
	type NodeId,
	type PeerAddress,
	type Random,
	type Store,
} from '../ports/index.ts';
import { admissionOf, type MeshNode, mayHave, peersOf, type RegistryFacts } from '../registry/index.ts';
import type { Membership } from './membership.ts';
import { type PeerState, Redial } from './redial.ts';
import { NetworkRpc } from './rpc/index.ts';
import type { Rpc } from './rpc.ts';
import { MeshSync } from './sync/index.ts';
import type { Sync } from './sync.ts';

export interface MeshOptions {
	readonly identity: Identity;
	readonly store: Store;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
	readonly membership: Membership;
	/** Makes the network under the given admission; a simulation gives its twin. */
	readonly openNetwork: (admission: (publicKey: Uint8Array) => Admission) => Promise<Network>;
	/** At the gateway: whether a join token waits for strangers now. */
	readonly strangers?: () => boolean;
}

export interface Mesh extends AsyncDisposable {
	readonly self: NodeId;
	readonly membership: Membership;
	readonly network: Network;
	readonly rpc: Rpc;
	readonly sync: Sync;
	/** Writable at the gateway. */
	readonly registry: RegistryDocument;
	/** How each peer is that should be connected. */
	peers(): ReadonlyMap<NodeId, PeerState>;
	/** What the registry says now; revision 0 before the first one has come. */
	facts(): RegistryFacts;
	/** Whether this member keeps away from all others on purpose. */
	readonly isOffline: boolean;
	/** Cuts every link and dials nobody, or comes back. What is wanted meanwhile is settled when it is back. */
	setOffline(offline: boolean): void;
	/** Called with each registry that came, after the network was reviewed; must not throw. */
	onFacts(listener: (facts: RegistryFacts) => void): () => void;
}

/** Opens the mesh and begins to dial. What was opened is closed in the opposite order by disposing it. */
export async function openMesh(options: MeshOptions): Promise<Mesh> {
	const { identity, membership, clock, random, log, openNetwork } = options;
	const registry = await openRegistry(options);
	const facts = (): RegistryFacts => registry.facts;
	let isOffline = false;
	const admit = admission(options, facts);
	const network = await openNetwork((publicKey) => (isOffline ? 'refused' : admit(publicKey)));
	const rpc = new NetworkRpc({ network, clock, log });
	const access = (peer: NodeId, project: string) => mayHave(facts(), peer, project);
	const sync = new MeshSync({ network, clock, log, access });
	sync.addDocument(registry);
	const redial = new Redial({ network, clock, random });
	const listeners = new Set<(facts: RegistryFacts) => void>();
	const follow = (): void => {
		// First of all: who was revoked is cut off before anything else is done.
		network.review();
		sync.review();
		redial.want(isOffline ? [] : wanted(facts(), identity.nodeId, membership));
	};
	const unsubscribe = registry.subscribe(() => {
		follow();
		for (const listener of listeners) listener(facts());
	});
	follow();
	let closing: Promise<void> | undefined;
	const close = async (): Promise<void> => {
		unsubscribe();
		redial[Symbol.dispose]();
		await sync[Symbol.asyncDispose]();
		await rpc[Symbol.asyncDispose]();
		await network[Symbol.asyncDispose]();
	};
	return {
		self: identity.nodeId,
		membership,
		network,
		rpc,
		sync,
		registry,
		peers: () => redial.states(),
		facts,
		get isOffline() {
			return isOffline;
		},
		setOffline(offline) {
			if (offline === isOffline) return;
			isOffline = offline;
			log.info(offline ? 'mesh.offline' : 'mesh.online');
			follow();
		},
		onFacts(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		[Symbol.asyncDispose]: () => {
			closing ??= close();
			return closing;
		},
	};
}

/** A member whose copy is damaged forgets it: with none it admits the gateway alone, who brings it again. */
async function openRegistry(options: MeshOptions): Promise<RegistryDocument> {
	const { store, random, identity, membership, log } = options;
	const { mesh, gateway } = membership;
	const reader = { store, mesh, random, gatewayKey: gateway.publicKey };
	if (gateway.node === identity.nodeId) return RegistryDocument.open({ ...reader, identity });
	try {
		return await RegistryDocument.open(reader);
	} catch (error) {
		if (!(error instanceof GanglineError) || error.code !== 'STORE_DAMAGED') throw error;
		log.error('registry.damaged', { mesh, why: error.message, what: 'forgotten; the gateway brings it again' });
		await RegistryDocument.forget(store, mesh);
		return RegistryDocument.open(reader);
	}
}

/** The gateway's key is known from joining, everyone else's from the registry that it signed. */
function admission(
	{ membership, strangers }: MeshOptions,
	facts: () => RegistryFacts,
): (publicKey: Uint8Array) => Admission {
	const gatewayKey = Buffer.from(membership.gateway.publicKey);
	return (publicKey) =>
		gatewayKey.equals(publicKey) ? 'member' : admissionOf(facts(), publicKey, strangers?.() ?? false);
}

/** Whom to be connected with: by the registry, and the gateway also at the addresses that it was joined at. */
function wanted(facts: RegistryFacts, self: NodeId, { gateway }: Membership): readonly PeerAddress[] {
	const peers = peersOf(facts, self).map(asPeer);
	const others = peers.filter(({ node }) => node !== gateway.node);
	if (self === gateway.node) return others;
	const known = peers.find(({ node }) => node === gateway.node)?.addresses ?? [];
	return [{ ...gateway, addresses: [...new Set([...known, ...gateway.addresses])] }, ...others];
}

function asPeer({ id, publicKey, addresses }: MeshNode): PeerAddress {
	return { node: id, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64')), addresses };
}

/**
 * A home and a laptop of one project, each with a real store, signed logs, real documents and libp2p over loopback, wired
 * as a node wires them. The registry is fixed: the laptop's person may do everything. And a bare libp2p node, for
 * comparison: the same transports, nothing of ours around them.
 */
import { generateKeyPair } from '@libp2p/crypto/keys';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p, type Libp2p } from 'libp2p';
import { speaksFor } from '../../node/home/author-rights.ts';
import { HomeExchange } from '../../node/home/exchange.ts';
import { historyWrites } from '../../node/home/history.ts';
import { Home } from '../../node/home/home.ts';
import { openFacts } from '../../node/home/open-facts.ts';
import { KnownRegistry } from '../../node/known-registry.ts';
import { type Identity, identityOf, toBase64 } from '../../shared/log/index.ts';
import { openLibp2pNetwork } from '../../shared/mesh/libp2p-network.ts';
import { MeshSync } from '../../shared/mesh/sync/index.ts';
import type { Network, PeerAddress } from '../../shared/ports/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import type { MeshNode, RegistryFacts } from '../../shared/registry/index.ts';
import { ProjectReplica } from '../../shared/replica/index.ts';
import { openStore } from '../../shared/store/index.ts';
import { projectId } from '../support/replica-mesh.ts';

const [clock, random, log] = [new SystemClock(), new SystemRandom(), new SimLog()];
const identities = { home: identityNamed('home'), laptop: identityNamed('laptop') };
export type MemberName = keyof typeof identities;

export function addressOf(name: MemberName, addresses: readonly string[]): PeerAddress {
	const { nodeId: node, publicKey } = identities[name];
	return { node, publicKey, addresses };
}

/** Keeps the project until `close`; answers where it listens. */
export async function openHome(folder: string): Promise<{ addresses: readonly string[]; close(): Promise<void> }> {
	const identity = identities.home;
	const store = await openStore(folder, { log });
	const registry = knownRegistry('home');
	const rights = registry.rights(projectId);
	const { index, logs, own, pending } = await openFacts({ store, clock, random, identity, log, project: projectId });
	const home = new Home({
		document: index,
		logs: own,
		pending,
		context: async () => ({ diffIsAsShown: () => true, speaksFor: speaksFor(rights, identity.nodeId) }),
		historyWrites: (entries) => historyWrites(projectId, entries),
		log,
	});
	const exchange = await HomeExchange.open({
		...{ project: projectId, node: identity.nodeId, home, index, logs, rights, store, clock, random, log },
		own: new Set(Object.values(own).map(({ author }) => author)),
		others: () => registry.others(projectId),
	});
	await home.settlePending();
	exchange.start();
	const network = await networkOf('home');
	const sync = new MeshSync({ network, clock, log, access: () => 'write' });
	sync.add(exchange);
	return {
		addresses: network.addresses(),
		async close() {
			await sync[Symbol.asyncDispose]();
			await network[Symbol.asyncDispose]();
			await exchange.stop();
			await store.close();
		},
	};
}

export interface Laptop {
	readonly replica: ProjectReplica;
	readonly sync: MeshSync;
	readonly network: Network;
	close(): Promise<void>;
}

/** `tap`: looks at what goes over its network. */
export async function openLaptop(folder: string, tap: (network: Network) => Network): Promise<Laptop> {
	const store = await openStore(folder, { log });
	const registry = knownRegistry('laptop');
	const rights = registry.rights(projectId);
	const replica = await ProjectReplica.open({
		...{ store, clock, random, log, identity: identities.laptop, project: projectId },
		name: () => 'app',
		home: () => ({ node: identities.home.nodeId, key: toBase64(identities.home.publicKey) }),
		nodeName: (node) => registry.nodeName(node),
		rightsOf: (author) => rights.of(author),
	});
	const network = tap(await networkOf('laptop'));
	const sync = new MeshSync({ network, clock, log, access: () => 'write' });
	sync.add(replica);
	return {
		...{ replica, sync, network },
		async close() {
			await sync[Symbol.asyncDispose]();
			await network[Symbol.asyncDispose]();
			await replica[Symbol.asyncDispose]();
			await store.close();
		},
	};
}

/** libp2p with nothing but what it needs to carry a stream. */
export async function openBareLibp2p(): Promise<Libp2p> {
	return createLibp2p({
		privateKey: await generateKeyPair('Ed25519'),
		addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
		transports: [tcp()],
		connectionEncrypters: [noise()],
		streamMuxers: [yamux()],
		connectionMonitor: { enabled: false },
	});
}

export const echoProtocol = '/bench/echo/1';

function networkOf(name: MemberName): Promise<Network> {
	const identity = identities[name];
	const listen = ['/ip4/127.0.0.1/tcp/0'];
	return openLibp2pNetwork({ identity, listen, clock, log, admission: () => 'member' });
}

function identityNamed(name: string): Identity {
	return identityOf(Buffer.from(name.padEnd(32, '.')));
}

function knownRegistry(self: MemberName): KnownRegistry {
	const known = new KnownRegistry({ node: identities[self].nodeId, name: self });
	known.set(registry());
	return known;
}

function registry(): RegistryFacts {
	const node = (name: MemberName): MeshNode => ({
		...{ id: identities[name].nodeId, name, publicKey: toBase64(identities[name].publicKey), addresses: [] },
		...{ duties: name === 'home' ? ['home', 'work'] : [], worksFor: 'any', person: 'ada', slots: 1, labels: [] },
		...{ status: 'member', joinedAt: 1, changedAt: 1 },
	});
	const home = node('home');
	const project = { id: projectId, name: 'app', home: home.id, homeKey: home.publicKey, term: 1, branch: 'main' };
	return {
		mesh: '01JZZZZZZZZZZZZZZZZZZZZZZ0',
		revision: 1,
		nodes: Object.fromEntries([home, node('laptop')].map((one) => [one.id, one])),
		projects: { [projectId]: { ...project, addedAt: 1 } },
		people: { ada: { id: 'ada', access: 'owner' } },
	};
}

/** A node's own projects in its mesh: what sync is given of them, and what comes back when a step of a move fails. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NodeParts } from '../../../node/compose.ts';
import type { Project } from '../../../node/home/project.ts';
import type { ProjectRecord } from '../../../node/home/project-parts.ts';
import { Projects } from '../../../node/home/projects.ts';
import { KnownRegistry } from '../../../node/known-registry.ts';
import { NodeMesh } from '../../../node/node-mesh.ts';
import { OwnCheckouts } from '../../../node/own-checkouts.ts';
import { EventHub } from '../../../shared/http/event-hub.ts';
import type { Membership, Mesh } from '../../../shared/mesh/index.ts';
import { ganglineError, type Peer, type Store } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimLog, SimRandom, settle } from '../../../shared/ports/sim/index.ts';
import { sealMethod } from '../../../shared/protocol/rehome.ts';
import { gatewayIdentity, identityNo, idNo, shop, smallMesh } from '../../support/registry-facts.ts';

type Handler = (args: unknown, peer: Pick<Peer, 'node'>) => Promise<unknown>;

const self = idNo(2);
const peer = { node: gatewayIdentity.nodeId };
let clock: SimClock;
let store: Store;
let node: NodeMesh;
let projects: Projects;
/** Where the checkout lies now. */
let path: string;
let served: Map<string, Handler>;
/** What sync keeps equal now. */
let synced: Map<string, unknown>;

/** A project as this node opens it; each has parts of its own. */
function opened(record: ProjectRecord): Project {
	const exchange = { index: { generation: '1', stateHash: 'h', facts: { term: 1, revision: 1 } } };
	const { id, name } = record;
	const parts = { id, name, record, exchange, start: async () => {}, stop: async () => {} };
	return { ...parts, views: () => new Map() } as unknown as Project;
}

/** The mesh of one node, with nobody else there. */
function meshAlone(): Mesh {
	const never = (): (() => void) => () => {};
	const rpc = {
		serve: ({ name }: { name: string }, handler: Handler) => void served.set(name, handler),
		serveStream: () => {},
		ask: async () => {
			throw ganglineError('PEER_GONE', 'nobody is there');
		},
	};
	const sync = {
		add: (project: { id?: string }) => void synced.set(shop, project),
		remove: (id: string) => void synced.delete(id),
		...{ onPresence: never, setPresence: () => {}, presence: () => [] },
	};
	const network = { subscribe: never, links: () => [], addresses: () => [] };
	return {
		...{ self, rpc, sync, network, facts: () => smallMesh(), onFacts: never },
		membership: { gateway: { node: peer.node } },
		[Symbol.asyncDispose]: async () => {},
	} as unknown as Mesh;
}

beforeEach(async () => {
	[clock, served, synced, path] = [new SimClock(), new Map(), new Map(), '/shop'];
	const log = new SimLog();
	store = await openSimStore();
	const adopt = async (asked: string): Promise<ProjectRecord> => {
		if (asked !== path) throw ganglineError('UNSUITABLE_REPOSITORY', `${asked} is no git repository`);
		return { id: shop, name: 'shop', path, branch: 'main', paused: false };
	};
	projects = new Projects({ store, log, adopt, open: async (record) => opened(record) });
	const full = async (): Promise<never> => {
		throw ganglineError('GIT_FAILED', 'no space left on device');
	};
	const parts = {
		...{ store, clock, log, version: '1', hub: new EventHub(), random: new SimRandom(1), identity: identityNo(2) },
		...{ registry: new KnownRegistry({ node: self, name: 'laptop' }), checkouts: await OwnCheckouts.open(store) },
		repositories: { canonical: full, handedOver: full },
	} as unknown as NodeParts;
	node = new NodeMesh({
		...{ parts, projects, open: async () => meshAlone(), answer: async () => null },
		attach: async () => ({ review: async () => {}, [Symbol.asyncDispose]: async () => {} }),
		...{ resultsWaiting: () => 0, checkout: () => null },
	});
	await node.open({ gateway: { node: peer.node } } as Membership);
	await projects.add(path);
	await node.start(shop);
});

afterEach(async () => {
	await node.stop();
	await store.close();
});

const exchange = (): unknown => projects.find({ kind: 'id', id: shop }).exchange;

it('[I1] keeps a project equal with the others as it is open now, also when its checkout has moved', async () => {
	expect(synced.get(shop)).toBe(exchange());
	path = '/elsewhere/shop';
	expect(await projects.add(path)).toMatchObject({ added: true });
	await node.start(shop);
	expect(synced.get(shop)).toBe(exchange());
});

it('[I12] is the home again by itself of what it could not hand over', async () => {
	const seal = served.get(sealMethod.name);
	await expect(seal?.({ project: shop, to: idNo(7) }, peer)).rejects.toMatchObject({ code: 'GIT_FAILED' });
	expect(projects.all()).toEqual([]);
	await clock.advance(10_000);
	await settle();
	expect(projects.all()).toHaveLength(1);
	expect(synced.get(shop)).toBe(exchange());
});

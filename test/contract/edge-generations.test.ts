/** The stock y-websocket client while the home of a project begins new generations of its index, over real sockets. */
import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { openProjectDocument, serveDocuments } from '../../gateway/edge/index.ts';
import { closeCodes } from '../../gateway/edge/served-document.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import type { PresentPerson } from '../../shared/protocol/people.ts';
import type { RegistryFacts } from '../../shared/registry/index.ts';
import type { ReplicaSeat } from '../../shared/replica/index.ts';
import { listenForDocuments } from '../support/documents-address.ts';
import { ReplicaMesh } from '../support/replica-mesh.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

const factsListeners = new Set<(facts: RegistryFacts) => void>();
const looking = new Set<PresentPerson>();
const enter = (one: PresentPerson) => {
	looking.add(one);
	return () => looking.delete(one);
};

/** The edge at the gateway of a mesh; answers where it listens. */
async function serveEdge(mesh: ReplicaMesh): Promise<string> {
	const replica = mesh.replica('gate');
	const seat = { replica } as ReplicaSeat;
	const server = serveDocuments({
		wrongOrigin: () => null,
		callerOf: async () => ({ person: 'root', access: 'owner' }),
		open: (name, caller) =>
			openProjectDocument(
				{
					replicas: { find: () => seat },
					mesh: {
						facts: () => mesh.registry,
						onFacts: (listener) => {
							factsListeners.add(listener);
							return () => factsListeners.delete(listener);
						},
					},
					present: { enter: (one) => enter(one) },
				},
				name,
				caller,
			),
		clock: new SystemClock(),
		log: new SimLog(),
	});
	const { url, close } = await listenForDocuments(server);
	closers.push(close);
	return url;
}

/** A client as a page has it: a document of its own for each name, and the name of the next one when it is closed. */
function follow(url: string, name: string) {
	const doc = new Y.Doc();
	const polyfill = WebSocket as unknown as typeof globalThis.WebSocket;
	const provider = new WebsocketProvider(url, name, doc, { WebSocketPolyfill: polyfill, disableBc: true });
	closers.push(() => provider.destroy());
	const closed = new Promise<{ code: number; next: string }>((resolve) =>
		provider.on('connection-close', (event) =>
			resolve({ code: event?.code ?? 0, next: event?.reason.split(' ').at(-1) ?? '' }),
		),
	);
	const synced = new Promise<void>((resolve) => provider.once('sync', () => resolve()));
	return { doc, provider, closed, synced };
}

it('is led from generation to generation, each in a document of its own, and refused in an old one', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'edge' });
	const url = await serveEdge(mesh);
	const replica = mesh.replica('gate');
	const wish = (n: number) =>
		({ by: 'user', who: 'desk', item: 'a', event: 'edit', args: { title: `t${n}` } }) as const;
	await mesh.home().home.submit('edge', [{ ...wish(0), event: 'add', args: { title: 't', held: true } }]);
	await mesh.pump();

	const first = `${replica.id}/index/${replica.index.generation}`;
	let name = first;
	for (let turn = 0; turn < 3; turn++) {
		const client = follow(url, name);
		await client.synced;
		expect(client.doc.getMap('facts').get('i/a')).toContain(replica.facts.items.a?.title);
		const { generation } = replica.index;
		for (let n = 0; replica.index.generation === generation; n++) {
			await mesh.home().home.submit('edge', [wish(100 * turn + n)]);
			await mesh.pump();
		}
		const { code, next } = await client.closed;
		expect(code).toBe(closeCodes.closedGeneration);
		expect(client.provider.shouldConnect).toBe(false);
		expect(next).toBe(`${replica.id}/index/${replica.index.generation}`);
		name = next;
	}

	const late = follow(url, first);
	expect(await late.closed).toEqual({ code: closeCodes.closedGeneration, next: name });
	const last = follow(url, name);
	await last.synced;
	// What it had of the old one is of no use in the new one, and is not taken.
	last.doc.getMap('facts').set('i/a', 'made up');
	expect((await last.closed).code).toBe(closeCodes.readOnly);
	expect(replica.index.stateHash).toBe(mesh.home().exchange.index.stateHash);
});

it('[I13] says who looks at what, under the name of the login, for as long as the connection stands', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'looking' });
	const url = await serveEdge(mesh);
	const { id: project, index } = mesh.replica('gate');
	const item = 'a';
	await mesh.home().home.submit('edge', [{ by: 'user', who: 'desk', item, event: 'add', args: { title: 't' } }]);
	await mesh.pump();
	const clients = [follow(url, `${project}/index/${index.generation}`), follow(url, `${project}/text/${item}`)];
	await Promise.all(clients.map(({ synced }) => synced));
	expect([...looking]).toEqual([
		{ person: 'root', project, item: null },
		{ person: 'root', project, item },
	]);
	for (const { provider } of clients) provider.destroy();
	await expect.poll(() => looking.size).toBe(0);
});

it('[I13] closes what is open of a project that leaves the mesh', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'leaving' });
	const url = await serveEdge(mesh);
	const { id: project, index } = mesh.replica('gate');
	const client = follow(url, `${project}/index/${index.generation}`);
	await client.synced;
	mesh.registry = { ...mesh.registry, projects: {} };
	for (const tell of factsListeners) tell(mesh.registry);
	expect((await client.closed).code).toBe(closeCodes.unknownDocument);
});

it('closes the text of an item that is deleted, and lets nobody write at one of the archive', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'texts' });
	const url = await serveEdge(mesh);
	const { id: project } = mesh.replica('gate');
	const wish = (item: string, event: string, args: object = {}) =>
		mesh.home().home.submit('edge', [{ by: 'user', who: 'desk', item, event, args } as never]);
	for (const item of ['a', 'b']) await wish(item, 'add', { title: item });
	await mesh.pump();
	const [gone, old] = ['a', 'b'].map((item) => follow(url, `${project}/text/${item}`));
	await Promise.all([gone?.synced, old?.synced]);

	await wish('a', 'delete');
	await wish('b', 'abandon');
	await wish('b', 'archive');
	await mesh.pump();
	expect((await gone?.closed)?.code).toBe(closeCodes.tryAgain);
	expect((await old?.closed)?.code).toBe(closeCodes.tryAgain);
	expect((await follow(url, `${project}/text/a`).closed).code).toBe(closeCodes.unknownDocument);
	const reader = follow(url, `${project}/text/b`);
	await reader.synced;
	reader.doc.getText('text').insert(0, 'more');
	expect((await reader.closed).code).toBe(closeCodes.readOnly);
});

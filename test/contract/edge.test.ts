/** The stock y-websocket client against our edge, over real sockets and real documents on a store. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { type Opened, type ServedDocument, serveDocuments } from '../../gateway/edge/index.ts';
import { closeCodes, type Refusal } from '../../gateway/edge/served-document.ts';
import { readMessage, writeAwareness, writeUpdate } from '../../gateway/edge/wire.ts';
import { ItemText } from '../../shared/documents/index.ts';
import { ganglineError } from '../../shared/ports/index.ts';
import { openSimStore, SimLog, SimRandom } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { listenForDocuments } from '../support/documents-address.ts';

const people = { ada: { person: 'ada', access: 'owner' }, eve: { person: 'eve', access: 'viewer' } } as const;

interface Edge {
	readonly url: string;
	readonly text: ItemText;
	readonly log: SimLog;
	readonly server: ReturnType<typeof serveDocuments>;
	/** Who has logged out meanwhile. */
	readonly gone: Set<string>;
	/** Called while a document is being opened. */
	onOpening: () => void;
	closeGeneration(): void;
	provider(person: string, name?: string): { readonly doc: Y.Doc; readonly provider: WebsocketProvider };
	socket(person: string, headers?: Record<string, string>): WebSocket;
	[Symbol.asyncDispose](): Promise<void>;
}

let edge: Edge;
beforeEach(async () => {
	edge = await openEdge();
});
afterEach(() => edge[Symbol.asyncDispose]());

async function openEdge(): Promise<Edge> {
	const log = new SimLog();
	const text = await ItemText.open({
		store: await openSimStore(),
		project: 'p',
		item: 'i',
		random: new SimRandom(1),
		first: '',
	});
	const gone = new Set<string>();
	const closing = new Set<(refusal: Refusal) => void>();
	const served: ServedDocument = {
		name: text.name,
		get stateVector() {
			return text.stateVector;
		},
		difference: (vector) => text.difference(vector),
		subscribe: (listener) => text.subscribe(({ update }) => listener(update)),
		apply: (update, from) => text.apply(update, from),
	};
	const server = serveDocuments({
		wrongOrigin: ({ headers }) => (headers.origin === undefined ? null : 'a page of another site asks'),
		callerOf: async ({ headers }) => {
			if (headers.authorization === 'editor') throw ganglineError('FORBIDDEN', 'it opens the tools alone');
			const person = headers.authorization ?? '';
			return gone.has(person) ? null : (people[person as keyof typeof people] ?? null);
		},
		open: async (name, caller): Promise<Opened> => {
			made.onOpening();
			if (name !== 'p/text/i') {
				return { kind: 'refused', refusal: { code: closeCodes.unknownDocument, reason: `there is no ${name}` } };
			}
			return {
				kind: 'document',
				document: served,
				mayWrite: caller.access !== 'viewer',
				onClosed: (tell) => {
					closing.add(tell);
					return () => closing.delete(tell);
				},
			};
		},
		clock: new SystemClock(),
		log,
		connectionsMax: 20,
	});
	const { url, close } = await listenForDocuments(server);
	const providers: WebsocketProvider[] = [];
	const made: Edge = {
		...{ gone, onOpening: () => {} },
		url,
		text,
		log,
		server,
		closeGeneration: () => {
			for (const tell of closing) tell({ code: closeCodes.closedGeneration, reason: 'generation 2 has begun' });
		},
		provider(person, name = 'p/text/i') {
			const doc = new Y.Doc();
			class Authorised extends WebSocket {
				constructor(address: string, protocols: string[]) {
					super(address, protocols, { headers: { authorization: person } });
				}
			}
			const polyfill = Authorised as unknown as typeof globalThis.WebSocket;
			const provider = new WebsocketProvider(url, name, doc, { WebSocketPolyfill: polyfill, disableBc: true });
			providers.push(provider);
			return { doc, provider };
		},
		socket: (person, headers = {}) =>
			new WebSocket(`${url}/p/text/i`, { headers: { authorization: person, ...headers } }),
		async [Symbol.asyncDispose]() {
			for (const provider of providers) provider.destroy();
			await close();
		},
	};
	return made;
}

const synced = (provider: WebsocketProvider): Promise<void> =>
	new Promise((resolve) => (provider.synced ? resolve() : provider.once('sync', () => resolve())));

const closed = (provider: WebsocketProvider): Promise<number> =>
	new Promise((resolve) => provider.on('connection-close', (event) => resolve(event?.code ?? 0)));

const ended = (socket: WebSocket): Promise<number> =>
	new Promise((resolve) => {
		socket.on('error', () => {});
		socket.on('close', (code) => resolve(code));
	});

const opened = (socket: WebSocket): Promise<void> => new Promise((resolve) => socket.on('open', () => resolve()));

/** Resolves when the shared text reads `expected`. */
const reads = (doc: Y.Doc, expected: string): Promise<void> =>
	new Promise((resolve) => {
		const look = (): void => {
			if (doc.getText('text').toString() !== expected) return;
			doc.off('update', look);
			resolve();
		};
		doc.on('update', look);
		look();
	});

describe('the stock y-websocket client', () => {
	it('[I1] reads what is there, writes, and sees what others write', async () => {
		await edge.text.replace('hello');
		const one = edge.provider('ada');
		const two = edge.provider('ada');
		await Promise.all([synced(one.provider), synced(two.provider)]);
		expect(one.doc.getText('text').toString()).toBe('hello');
		one.doc.getText('text').insert(5, ' world');
		await reads(two.doc, 'hello world');
		expect(edge.text.text).toBe('hello world');
		await edge.text.replace('hello mesh');
		await Promise.all([reads(one.doc, 'hello mesh'), reads(two.doc, 'hello mesh')]);
	});

	it('[I1] merges what was written while it was away', async () => {
		const one = edge.provider('ada');
		await synced(one.provider);
		one.provider.disconnect();
		one.doc.getText('text').insert(0, 'offline ');
		await edge.text.replace('online');
		const both = new Set(['offline online', 'onlineoffline ']);
		const merged = new Promise<void>((resolve) => {
			edge.text.subscribe(() => both.has(edge.text.text) && resolve());
		});
		one.provider.connect();
		await merged;
		await synced(one.provider);
		expect(one.doc.getText('text').toString()).toBe(edge.text.text);
	});

	it('[I13] may look with a viewer’s access and is told so, for good, when it writes', async () => {
		await edge.text.replace('hello');
		const { doc, provider } = edge.provider('eve');
		await synced(provider);
		expect(doc.getText('text').toString()).toBe('hello');
		const code = closed(provider);
		doc.getText('text').insert(0, 'x');
		expect(await code).toBe(closeCodes.readOnly);
		expect(edge.text.text).toBe('hello');
		expect(provider.shouldConnect).toBe(false);
	});

	it.each([
		['without a login', 'mallory', 'p/text/i', closeCodes.unauthenticated],
		['with a token that opens the tools alone', 'editor', 'p/text/i', closeCodes.unauthenticated],
		['for a document that is not there', 'ada', 'p/text/x', closeCodes.unknownDocument],
	])('is turned away %s, for good', async (_what, person, name, code) => {
		const { provider } = edge.provider(person, name);
		expect(await closed(provider)).toBe(code);
		expect(provider.shouldConnect).toBe(false);
	});

	it('is told with a code of its own that a generation was closed', async () => {
		const { provider } = edge.provider('ada');
		await synced(provider);
		const code = closed(provider);
		edge.closeGeneration();
		expect(await code).toBe(closeCodes.closedGeneration);
	});

	it('[I13] sees who else is there, under the name that they logged in with', async () => {
		const one = edge.provider('ada');
		const two = edge.provider('eve');
		await Promise.all([synced(one.provider), synced(two.provider)]);
		const seen = new Promise<unknown>((resolve) => {
			one.provider.awareness.on('change', () => {
				const state = one.provider.awareness.getStates().get(two.doc.clientID);
				if (state?.cursor) resolve(state);
			});
		});
		two.provider.awareness.setLocalState({ person: 'ada', cursor: 3 });
		expect(await seen).toEqual({ person: 'eve', cursor: 3 });
		const left = new Promise<void>((resolve) => {
			one.provider.awareness.on('change', ({ removed }: { removed: number[] }) => {
				if (removed.includes(two.doc.clientID)) resolve();
			});
		});
		two.provider.destroy();
		await left;
	});
});

describe('[I13] [I15] the edge', () => {
	it('refuses a page of another site before it reads anything', async () => {
		const socket = edge.socket('ada', { origin: 'https://evil.example' });
		const status = await new Promise((resolve) => {
			socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
			socket.on('error', () => {});
		});
		expect(status).toBe(403);
	});

	it.each([
		['garbage', Buffer.from([9, 9, 9]), closeCodes.malformed],
		['a truncated message', Buffer.from([0, 2, 200]), closeCodes.malformed],
		['an update that is none', writeUpdate(Buffer.from([1, 2, 3])), closeCodes.malformed],
		[
			'an update that claims 33 million structures',
			writeUpdate(Buffer.from([1, 255, 255, 255, 15, 1, 0, 0])),
			closeCodes.malformed,
		],
		['a presence that is no object', writeAwareness([{ client: 1, clock: 1, state: '7' }]), closeCodes.malformed],
		[
			'a presence that is too long',
			writeAwareness([{ client: 1, clock: 1, state: JSON.stringify({ a: 'x'.repeat(5000) }) }]),
			closeCodes.tooLarge,
		],
		['a message past the bound', Buffer.alloc(2 * 1024 * 1024), 1009],
	])('closes who sends %s, and nothing changes', async (_what, bytes, code) => {
		await edge.text.replace('hello');
		const socket = edge.socket('ada');
		const end = ended(socket);
		await opened(socket);
		socket.send(bytes);
		expect(await end).toBe(code);
		expect(edge.text.text).toBe('hello');
	});

	it('lets nobody in whose login ended while the document was opened', async () => {
		edge.onOpening = () => edge.gone.add('ada');
		const code = await ended(edge.socket('ada'));
		expect(code).toBe(closeCodes.tryAgain);
	});

	it('says of a document with a long name in other letters that there is none', async () => {
		const name = encodeURIComponent('漢'.repeat(60));
		const socket = new WebSocket(`${edge.url}/${name}`, { headers: { authorization: 'ada' } });
		expect(await ended(socket)).toBe(closeCodes.unknownDocument);
		expect(edge.log.of('edge.failed')).toEqual([]);
	});

	it('closes who sends text, and more people than a connection has', async () => {
		const one = edge.socket('ada');
		const oneEnd = ended(one);
		await opened(one);
		one.send('hello');
		expect(await oneEnd).toBe(closeCodes.malformed);
		const two = edge.socket('ada');
		const twoEnd = ended(two);
		await opened(two);
		two.send(
			writeAwareness(Array.from({ length: 20 }, (_, client) => ({ client: client + 1, clock: 1, state: '{}' }))),
		);
		expect(await twoEnd).toBe(closeCodes.tooLarge);
	});

	it('does not let one speak for the client of another', async () => {
		const one = edge.socket('ada');
		await opened(one);
		one.send(writeAwareness([{ client: 7, clock: 1, state: '{"cursor":1}' }]));
		const two = edge.socket('eve');
		const told = new Promise<Buffer>((resolve) => two.once('message', (data) => resolve(data as Buffer)));
		expect(readMessage(await told)).toEqual({
			kind: 'awareness',
			states: [{ client: 7, clock: 1, state: '{"cursor":1,"person":"ada"}' }],
		});
		two.send(writeAwareness([{ client: 7, clock: 9, state: '{"cursor":9}' }]));
		const three = edge.socket('ada');
		const now = await new Promise<Buffer>((resolve) => {
			three.on('message', (data) => {
				if (readMessage(data as Buffer).kind === 'awareness') resolve(data as Buffer);
			});
		});
		expect(readMessage(now)).toMatchObject({ states: [{ client: 7, clock: 1 }] });
	});

	it('serves no more than its bound at once', async () => {
		const sockets = Array.from({ length: 20 }, () => edge.socket('ada'));
		await Promise.all(sockets.map(opened));
		const more = edge.socket('ada');
		const status = await new Promise((resolve) => {
			more.on('unexpected-response', (_request, response) => resolve(response.statusCode));
			more.on('error', () => {});
		});
		expect(status).toBe(503);
		expect(edge.server.connections).toBe(20);
	});
});

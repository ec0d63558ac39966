/**
 * Serves the documents of the mesh at `/sync/<document>` so that the stock `y-websocket` client works: who it is comes
 * from the login, which documents there are and who may write from the registry. Before a login counts, a foreign
 * origin is refused and nothing is read; afterwards sizes, fragments, connections and silence are bounded.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Caller } from '../../shared/operations/index.ts';
import { type Clock, GanglineError, type Log } from '../../shared/ports/index.ts';
import { Connection } from './connection.ts';
import { FirstAnswers } from './first-answers.ts';
import { PresenceRoom } from './presence-room.ts';
import { closeCodes, type Opened, type Refusal, type ServedDocument } from './served-document.ts';

export interface DocumentServerOptions {
	/** Null when the request may come from where it says; otherwise why not. */
	readonly wrongOrigin: (request: IncomingMessage) => string | null;
	/** Who asks; null for nobody that is known. Throws FORBIDDEN for who has a token that opens no documents. */
	readonly callerOf: (request: IncomingMessage) => Promise<Caller | null>;
	/** A request's URL without the prefix at which a reverse proxy shows us; default: as it is. */
	readonly pathOf?: (url: string) => string;
	/** The document that a path names, `name` without the leading `/sync/`. */
	readonly open: (name: string, caller: Caller) => Promise<Opened>;
	readonly clock: Clock;
	readonly log: Log;
	/** Default 200. */
	readonly connectionsMax?: number;
}

export interface DocumentServer {
	/** Takes over the WebSocket requests of `server`: those for `/sync/`, and the rest is refused. */
	attach(server: Server, besides?: (request: IncomingMessage) => boolean): void;
	readonly connections: number;
	/** Closes every connection. Idempotent. */
	stop(): Promise<void>;
}

interface Room {
	readonly presence: PresenceRoom;
	readonly unsubscribe: () => void;
}

const pathPrefix = '/sync/';
const messageBytesMax = 1024 * 1024;
const connectionsMaxDefault = 200;
const pingMs = 30_000;
const reasonBytesMax = 123;

export function serveDocuments(options: DocumentServerOptions): DocumentServer {
	return new WebSocketDocuments(options);
}

class WebSocketDocuments implements DocumentServer {
	readonly #options: DocumentServerOptions;
	/** Close codes say what went wrong; compression would let a small frame ask for much memory. */
	readonly #server = new WebSocketServer({
		noServer: true,
		clientTracking: false,
		maxPayload: messageBytesMax,
		perMessageDeflate: false,
	});
	readonly #first = new FirstAnswers();
	readonly #rooms = new Map<string, Room>();
	readonly #closers = new Set<(refusal: Refusal) => void>();
	#isStopped = false;

	constructor(options: DocumentServerOptions) {
		this.#options = options;
	}

	get connections(): number {
		return this.#closers.size;
	}

	/** `besides`: what somebody else answers there. */
	attach(server: Server, besides: (request: IncomingMessage) => boolean = () => false): void {
		server.on('upgrade', (request, socket, head) => {
			if (besides(request)) return;
			const refused = this.#refusal(request);
			if (refused !== null) refuse(socket, refused);
			else this.#server.handleUpgrade(request, socket, head, (opened) => void this.#begin(opened, request));
		});
	}

	async stop(): Promise<void> {
		this.#isStopped = true;
		for (const close of [...this.#closers]) close({ code: closeCodes.stopping, reason: 'the gateway is stopping' });
		this.#server.close();
	}

	#pathOf({ url = '' }: IncomingMessage): string {
		return this.#options.pathOf?.(url) ?? url;
	}

	#refusal(request: IncomingMessage): { readonly status: string; readonly words: string } | null {
		const { wrongOrigin, connectionsMax = connectionsMaxDefault } = this.#options;
		const foreign = wrongOrigin(request);
		if (foreign !== null) return { status: '403 Forbidden', words: foreign };
		// Nobody else answers an upgrade: left alone, its socket would stay for ever.
		if (!this.#pathOf(request).startsWith(pathPrefix))
			return { status: '404 Not Found', words: `documents are at ${pathPrefix}` };
		const isFull = this.#closers.size >= connectionsMax;
		if (!isFull && !this.#isStopped) return null;
		return { status: '503 Service Unavailable', words: isFull ? 'too many connections are open' : 'stopping' };
	}

	/** What comes before the document is open waits in the socket: its reader is paused. */
	async #begin(socket: WebSocket, request: IncomingMessage): Promise<void> {
		const { callerOf, open, log } = this.#options;
		const close = (refusal: Refusal): void => closeWith(socket, refusal);
		this.#closers.add(close);
		socket.on('close', () => this.#closers.delete(close));
		socket.on('error', (error) => log.warn('edge.socketFailed', { error: error.message }));
		socket.pause();
		try {
			const caller = await callerOf(request);
			if (caller === null) {
				close({ code: closeCodes.unauthenticated, reason: 'log in first: no valid token came with the request' });
				return;
			}
			const opened = await open(nameOf(this.#pathOf(request)), caller);
			if (opened.kind === 'refused') close(opened.refusal);
			// While it was opened a login may have ended, or rights have become others: nobody has watched them yet.
			else if (!isSame(caller, await callerOf(request)))
				close({ code: closeCodes.tryAgain, reason: 'your login or your access has changed: connect again' });
			else if (socket.readyState === socket.OPEN) this.#serve(socket, caller, opened);
		} catch (error) {
			if (error instanceof GanglineError && error.code === 'FORBIDDEN') {
				close({ code: closeCodes.unauthenticated, reason: error.message });
				return;
			}
			log.error('edge.failed', { error });
			close({ code: closeCodes.tryAgain, reason: 'the gateway could not open the document: try again' });
		} finally {
			socket.resume();
		}
	}

	#serve(socket: WebSocket, { person }: Caller, opened: Extract<Opened, { kind: 'document' }>): void {
		const { document, mayWrite } = opened;
		const { log } = this.#options;
		const connection = new Connection({
			socket: {
				send: (bytes) => socket.send(bytes),
				get waitingBytes() {
					return socket.bufferedAmount;
				},
				hold: () => socket.pause(),
				goOn: () => socket.resume(),
				close: (refusal) => closeWith(socket, refusal),
			},
			document,
			mayWrite,
			person,
			from: `edge of ${person}`,
			room: this.#enter(document),
			first: this.#first,
			log,
		});
		const stopWatching = opened.onClosed((refusal) => connection.close(refusal));
		const stopPinging = this.#ping(socket);
		const leave = opened.onServed?.();
		socket.on('message', (data, isBinary) => {
			if (isBinary && Buffer.isBuffer(data)) connection.take(data);
			else connection.close({ code: closeCodes.malformed, reason: 'expected binary messages of y-websocket' });
		});
		socket.on('close', () => {
			connection.end();
			stopWatching();
			stopPinging();
			leave?.();
			this.#leave(document);
		});
	}

	#enter(document: ServedDocument): PresenceRoom {
		const known = this.#rooms.get(document.name);
		if (known) return known.presence;
		const presence = new PresenceRoom();
		const unsubscribe = document.subscribe(() => this.#first.forget(document.name));
		this.#rooms.set(document.name, { presence, unsubscribe });
		return presence;
	}

	#leave({ name }: ServedDocument): void {
		const room = this.#rooms.get(name);
		if (!room?.presence.isEmpty) return;
		room.unsubscribe();
		this.#first.forget(name);
		this.#rooms.delete(name);
	}

	/** A reader that does not answer a ping until the next one is gone. */
	#ping(socket: WebSocket): () => void {
		const { clock } = this.#options;
		let isAlive = true;
		let cancel = (): void => {};
		socket.on('pong', () => {
			isAlive = true;
		});
		const next = (): void => {
			if (!isAlive) {
				socket.terminate();
				return;
			}
			isAlive = false;
			socket.ping();
			cancel = clock.after(pingMs, next);
		};
		cancel = clock.after(pingMs, next);
		return () => cancel();
	}
}

function isSame(before: Caller, now: Caller | null): boolean {
	return now?.person === before.person && now.access === before.access && now.session === before.session;
}

/** What does not fit into a frame of control is cut: the socket would throw. */
function closeWith(socket: WebSocket, { code, reason }: Refusal): void {
	const bytes = Buffer.from(reason).subarray(0, reasonBytesMax);
	socket.close(code, new TextDecoder().decode(bytes, { stream: true }));
}

function nameOf(url: string): string {
	const path = url.slice(pathPrefix.length).split('?', 1)[0] ?? '';
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}

function refuse(socket: Duplex, { status, words }: { readonly status: string; readonly words: string }): void {
	const body = `${words}\n`;
	const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}`;
	socket.on('error', () => {});
	// What it still says is not read; one that does not hang up is hung up on, or its line would stay for ever.
	socket.resume();
	socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy());
}

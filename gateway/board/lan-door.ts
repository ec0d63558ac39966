/**
 * The board in the clear at addresses of this machine, for a phone in the same room: off until a person opens it, and
 * said to be what it is. The same API answers; only the socket is another.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ganglineError } from '../../shared/ports/errors.ts';

export interface LanDoorOptions {
	/** Of the board on loopback; the others have the same. */
	readonly port: number;
	readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
	/** Takes over its WebSockets. */
	readonly attach: (server: Server) => void;
}

const connectionsMax = 128;

interface OpenDoor {
	readonly server: Server;
	/** All that are open; those of WebSockets are no business of the server any more, and it would wait for them. */
	readonly sockets: ReadonlySet<Socket>;
}

export class LanDoor {
	readonly #options: LanDoorOptions;
	#servers = new Map<string, OpenDoor>();

	constructor(options: LanDoorOptions) {
		this.#options = options;
	}

	/** The addresses at which it listens. */
	get hosts(): readonly string[] {
		return [...this.#servers.keys()];
	}

	/** `http://192.168.1.5:7430`, one for each address. */
	get origins(): readonly string[] {
		return this.hosts.map((host) => originOf(host, this.#options.port));
	}

	/** Listens at exactly these addresses. @throws GanglineError PORT_IN_USE, INVALID_CONFIG, and nothing has changed */
	async listen(hosts: readonly string[]): Promise<void> {
		const added = new Map<string, OpenDoor>();
		try {
			for (const host of hosts) {
				if (!this.#servers.has(host)) added.set(host, await this.#open(host));
			}
		} catch (error) {
			await Promise.all([...added.values()].map(closed));
			throw error;
		}
		const left = [...this.#servers].filter(([host]) => !hosts.includes(host));
		this.#servers = new Map([...this.#servers, ...added].filter(([host]) => hosts.includes(host)));
		await Promise.all(left.map(([, door]) => closed(door)));
	}

	#open(host: string): Promise<OpenDoor> {
		const { port, answer, attach } = this.#options;
		const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 30_000 }, answer);
		server.maxConnections = connectionsMax;
		const sockets = new Set<Socket>();
		server.on('connection', (socket) => {
			sockets.add(socket);
			socket.once('close', () => sockets.delete(socket));
		});
		attach(server);
		return new Promise((resolve, reject) => {
			// It stays: a connection that cannot be taken later, for want of descriptors, must not end the gateway.
			server.on('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(cause, host, port)));
			server.listen(port, host, () => resolve({ server, sockets }));
		});
	}
}

function originOf(host: string, port: number): string {
	return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function cannotListen(cause: NodeJS.ErrnoException, host: string, port: number): Error {
	const isTaken = cause.code === 'EADDRINUSE';
	return ganglineError(
		isTaken ? 'PORT_IN_USE' : 'INVALID_CONFIG',
		`the board cannot listen on ${host} port ${port}: ${isTaken ? 'another program has it' : cause.message}`,
		{ hint: 'expected an address of this machine: ip address', data: { host, port }, cause },
	);
}

function closed({ server, sockets }: OpenDoor): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		for (const socket of sockets) socket.destroy();
	});
}

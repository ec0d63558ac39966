/** What attackers of the network reach: raw sockets, and the library under their own node. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Connection, Stream } from '@libp2p/interface';

export function begun(socket: Socket): Promise<void> {
	return new Promise((resolve) => {
		socket.on('connect', resolve).on('close', () => resolve());
	});
}

/** What an attacker reaches by changing the library under it. */
interface OpenMuxer {
	createStream(): Promise<Stream>;
	addEventListener(kind: 'stream', listener: (event: { readonly detail: Stream }) => void): void;
	sendFrame(header: { type: number; flag: number; streamID: number; length: number }, data?: Uint8Array): boolean;
	readonly maConn: { readonly stream: { readonly socket: Socket } };
}

export function muxerOf(connection: Connection): OpenMuxer {
	return (connection as unknown as { readonly muxer: OpenMuxer }).muxer;
}

export async function openTcpServer(
	greet: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly close: () => void }> {
	const server = createServer((socket) => {
		socket.on('error', () => {});
		greet(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, close: () => void server.close() };
}

export function setIntervalOf(action: () => void): () => void {
	const timer = setInterval(action, 100);
	return () => clearInterval(timer);
}

/**
 * Writes of one message go to the kernel together. The library writes each part of an encrypted message by itself: the
 * two bytes of its length leave as a packet of their own, which the other side reads and waits after, and a large message
 * leaves its last sixteen bytes for the next round. So the socket is held while the parts are written.
 */
import { Socket } from 'node:net';
import type { MultiaddrConnection } from '@libp2p/interface';

type Parts = Iterable<Uint8Array> & { readonly byteLength: number };

/** Of a connection that has not begun its handshake. One without a socket that we know stays as it is. */
export function writeTogether(raw: MultiaddrConnection): void {
	if (!('socket' in raw) || !(raw.socket instanceof Socket) || !('sendData' in raw)) return;
	const { socket } = raw;
	raw.sendData = (parts: Parts): { sentBytes: number; canSendMore: boolean } => {
		socket.cork();
		for (const part of parts) socket.write(part);
		socket.uncork();
		return { sentBytes: parts.byteLength, canSendMore: !socket.writableNeedDrain };
	};
}

/**
 * Bounds that the library lacks. It reads the length before a protocol's name for as long as the bytes look unfinished,
 * in time that grows with the square (one unknown client with a few megabytes of 0xff stops the process for minutes),
 * it gathers a multiplexed frame of up to 4 GiB before it looks at the window, and it answers each ping of a peer that
 * reads nothing, at 400 bytes of memory for twelve. So bytes and frames are counted beside it, below every protocol, and a connection that passes a bound ends. The library may already hold the very bytes that
 * did; they are blanked, because it goes on reading what it holds.
 */
import type { Connection, MessageStream, MultiaddrConnection, StreamMuxer } from '@libp2p/interface';
import { framesWhileFullMax, handshakeBytesMax, negotiationBytesMax, windowBytesMax } from './libp2p-limits.ts';

type Bytes = Parameters<MessageStream['push']>[0];

/** Counts what the other side of one connection sent, encrypted, from the first byte on. */
export class LinkMeter {
	bytes = 0;
	readonly #raw: MultiaddrConnection;
	#bytesMax: number = handshakeBytesMax;
	#what = 'the handshake';

	/** Before the handshake begins. */
	constructor(raw: MultiaddrConnection) {
		this.#raw = raw;
		void this.#attach();
	}

	/** Begins a new count under a new bound. */
	bound(bytesMax: number, what: string): void {
		this.#bytesMax = bytesMax;
		this.#what = what;
		this.bytes = 0;
	}

	/** Ends the connection, whatever state the library thinks it is in: its own way out throws where the line is half closed. */
	end(connection: Connection, error: Error): void {
		try {
			connection.abort(error);
		} catch {
			// The streams have been told; what is left is the line.
		}
		this.#raw.abort(error);
	}

	/** A listener alone would take bytes from those for whom they are meant, so this one waits until it is not alone. */
	async #attach(): Promise<void> {
		const raw = this.#raw;
		while (raw.listenerCount('message') === 0) {
			if (raw.status !== 'open') return;
			await null;
		}
		raw.addEventListener('message', ({ data }) => {
			this.bytes += data.byteLength;
			if (this.bytes <= this.#bytesMax) return;
			blank(data);
			raw.abort(new Error(`more than ${this.#bytesMax} bytes for ${this.#what}`));
		});
	}
}

const headerBytes = 12;
const dataFrame = 0;

/** Follows the frames of one multiplexed connection. Made right after its muxer, so that it sees every byte. */
export function guardFrames(connection: MessageStream, muxer: StreamMuxer): void {
	const header = new Uint8Array(headerBytes);
	let headerFilled = 0;
	let dataLeft = 0;
	let stream = '';
	let framesWhileFull = 0;
	const negotiating = new Map<string, number>();

	/** What is wrong with these bytes; null: nothing. */
	const follow = (bytes: Uint8Array): string | null => {
		for (let at = 0; at < bytes.byteLength; ) {
			if (dataLeft > 0) {
				const part = Math.min(dataLeft, bytes.byteLength - at);
				dataLeft -= part;
				at += part;
				if (hasTalkedTooLong(part)) return `more than ${negotiationBytesMax} bytes before a protocol was chosen`;
				continue;
			}
			const part = bytes.subarray(at, at + headerBytes - headerFilled);
			header.set(part, headerFilled);
			headerFilled += part.byteLength;
			at += part.byteLength;
			if (headerFilled < headerBytes) break;
			headerFilled = 0;
			framesWhileFull = connection.writableNeedsDrain ? framesWhileFull + 1 : 0;
			if (framesWhileFull > framesWhileFullMax) return 'it asks and does not read the answers';
			if (header[1] !== dataFrame) continue;
			const view = new DataView(header.buffer);
			stream = String(view.getUint32(4));
			dataLeft = view.getUint32(8);
			if (dataLeft > windowBytesMax) return `a multiplexed frame of ${dataLeft} bytes was announced`;
		}
		return null;
	};
	const hasTalkedTooLong = (bytes: number): boolean => {
		const isNegotiating = muxer.streams.find(({ id }) => id === stream)?.protocol === '';
		if (!isNegotiating) {
			negotiating.delete(stream);
			return false;
		}
		const sum = (negotiating.get(stream) ?? 0) + bytes;
		negotiating.set(stream, sum);
		if (negotiating.size > 2 * muxer.streams.length) forgetEnded();
		return sum > negotiationBytesMax;
	};
	const forgetEnded = (): void => {
		const open = new Set(muxer.streams.map(({ id }) => id));
		for (const id of negotiating.keys()) if (!open.has(id)) negotiating.delete(id);
	};

	connection.addEventListener('message', ({ data }) => {
		for (const chunk of chunksOf(data)) {
			const wrong = follow(chunk);
			if (wrong === null) continue;
			blank(data);
			connection.abort(new Error(wrong));
			return;
		}
	});
}

function chunksOf(data: Bytes): Iterable<Uint8Array> {
	return data instanceof Uint8Array ? [data] : data;
}

function blank(data: Bytes): void {
	for (const chunk of chunksOf(data)) chunk.fill(0);
}

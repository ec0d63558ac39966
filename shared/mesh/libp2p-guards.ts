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
/** Longer lengths take a second byte. */
const answerBytesMax = 0x7f;

/** Follows the frames of one multiplexed connection. Made right after its muxer, so that it sees every byte. */
export function guardFrames(connection: MessageStream, muxer: StreamMuxer): void {
	const header = new Uint8Array(headerBytes);
	let headerFilled = 0;
	let dataLeft = 0;
	let stream = '';
	let framesWhileFull = 0;
	const talks = new Map<string, Talk>();

	/** What is wrong with these bytes; null: nothing. */
	const follow = (bytes: Uint8Array): string | null => {
		for (let at = 0; at < bytes.byteLength; ) {
			if (dataLeft > 0) {
				const part = bytes.subarray(at, at + dataLeft);
				dataLeft -= part.byteLength;
				at += part.byteLength;
				const wrong = negotiate(part);
				if (wrong !== null) return wrong;
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
	const negotiate = (bytes: Uint8Array): string | null => {
		const found = muxer.streams.find(({ id }) => id === stream);
		if (found?.protocol !== '') {
			talks.delete(stream);
			return null;
		}
		const talk = talks.get(stream) ?? { bytes: 0, answers: 0, left: 0 };
		talks.set(stream, talk);
		if (talks.size > 2 * muxer.streams.length) forgetEnded();
		return found.direction === 'inbound' ? hearAsker(talk, bytes) : hearAnswerer(talk, bytes);
	};
	const forgetEnded = (): void => {
		const open = new Set(muxer.streams.map(({ id }) => id));
		for (const id of talks.keys()) if (!open.has(id)) talks.delete(id);
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

/** What came on one stream before the library had its protocol. */
interface Talk {
	bytes: number;
	/** Whole ones. */
	answers: number;
	/** Of the answer that has begun. */
	left: number;
}

/** Who opens a stream says what it wants and sends nothing more until it is answered. */
function hearAsker(talk: Talk, { byteLength }: Uint8Array): string | null {
	talk.bytes += byteLength;
	return talk.bytes > negotiationBytesMax
		? `more than ${negotiationBytesMax} bytes before a protocol was chosen`
		: null;
}

/** Who is asked gives two short answers, each with a length of one byte; anything may follow at once. */
function hearAnswerer(talk: Talk, bytes: Uint8Array): string | null {
	for (let at = 0; at < bytes.byteLength && talk.answers < 2; ) {
		if (talk.left === 0) {
			talk.left = bytes[at] ?? 0;
			at++;
			if (talk.left > answerBytesMax) return 'an answer that is too long, before a protocol was chosen';
		}
		const part = Math.min(talk.left, bytes.byteLength - at);
		talk.left -= part;
		at += part;
		if (talk.left === 0) talk.answers++;
	}
	return null;
}

function chunksOf(data: Bytes): Iterable<Uint8Array> {
	return data instanceof Uint8Array ? [data] : data;
}

function blank(data: Bytes): void {
	for (const chunk of chunksOf(data)) chunk.fill(0);
}

/**
 * A Channel over one libp2p stream. The stream is always listened to (an unread one is reset by the library) and is
 * stopped while its reader lags, so the other side's window closes and its sender waits; sending waits for ours. How a
 * stream really ended is judged here: the library calls a broken connection and a finished stream by the same name.
 */
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface';
import { FrameInbox } from '../ports/frame-inbox.ts';
import {
	type Channel,
	frameBytesMax,
	GanglineError,
	ganglineError,
	type MeshProtocol,
	type Peer,
} from '../ports/index.ts';
import { encodeFrame, FrameDecoder } from './frame-decoder.ts';
import { frameOverheadBytes, inboxBytesMax, outboxBytesMax } from './libp2p-limits.ts';

export interface Libp2pChannelOptions {
	readonly stream: Stream;
	readonly peer: Peer;
	readonly protocol: MeshProtocol;
	/** The peer broke the rules of framing: its whole connection must go. */
	readonly broke: (error: GanglineError) => void;
	/** Nothing more will happen here. */
	readonly over: () => void;
}

export class Libp2pChannel implements Channel {
	readonly #options: Libp2pChannelOptions;
	readonly #decoder = new FrameDecoder(frameBytesMax);
	readonly #inbox = new FrameInbox(() => this.#resumeWhenRead());
	#sending: Promise<void> = Promise.resolve();
	#hasOtherClosed = false;
	#isClosed = false;
	#isResuming = false;
	#error: GanglineError | null = null;

	constructor(options: Libp2pChannelOptions) {
		this.#options = options;
		const { stream } = options;
		stream.addEventListener('remoteCloseWrite', () => {
			this.#hasOtherClosed = true;
		});
		stream.addEventListener('end', () => this.#ended());
		stream.addEventListener('close', (event) => this.#streamClosed(event));
		stream.addEventListener('message', (event) => this.#received(event));
		if (stream.remoteWriteStatus === 'closed') this.#hasOtherClosed = stream.status === 'open';
		if (stream.readableEnded) this.#ended();
		if (stream.status !== 'open' && stream.status !== 'closing') this.fail(this.#gone());
	}

	get peer(): Peer {
		return this.#options.peer;
	}

	get protocol(): MeshProtocol {
		return this.#options.protocol;
	}

	get isOver(): boolean {
		return this.#error !== null;
	}

	send(frame: Uint8Array): Promise<void> {
		if (frame.byteLength > frameBytesMax) {
			const what = `a frame has at most ${frameBytesMax} bytes, this one ${frame.byteLength}`;
			return Promise.reject(ganglineError('TOO_LARGE', what));
		}
		const encoded = encodeFrame(frame);
		const sent = this.#sending.then(() => this.#write(encoded));
		this.#sending = sent.catch(() => {});
		return sent;
	}

	frames(): AsyncIterable<Uint8Array> {
		return this.#inbox.frames();
	}

	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		await this.#sending;
		if (this.#error) return;
		try {
			await this.#options.stream.close();
		} catch (cause) {
			this.fail(this.#gone(cause));
		}
	}

	abort(reason: string): void {
		this.cut(ganglineError('PEER_GONE', `the channel to ${this.peer.node} was ended here: ${reason}`));
	}

	/** The channel broke: what arrived can still be read, then `error`. */
	fail(error: GanglineError): void {
		if (this.#error) return;
		this.#error = error;
		this.#inbox.end(error);
		this.#options.stream.abort(error);
		this.#options.over();
	}

	/** As `fail`, and what nobody has read is gone. */
	cut(error: GanglineError): void {
		if (this.#error) return;
		this.#inbox.drop(error);
		this.fail(error);
	}

	async #write(encoded: Uint8Array): Promise<void> {
		const { stream } = this.#options;
		this.#requireWritable();
		try {
			stream.send(encoded);
		} catch (cause) {
			throw this.#gone(cause);
		}
		while (stream.writableNeedsDrain || stream.writeBufferLength > outboxBytesMax) {
			this.#requireWritable();
			await somethingSent(stream);
		}
		if (this.#error) throw this.#error;
	}

	#requireWritable(): void {
		if (this.#error) throw this.#error;
		const { status, writeStatus } = this.#options.stream;
		if (status !== 'open' && status !== 'closing') throw this.#gone();
		if (writeStatus === 'closed') {
			throw ganglineError('PEER_GONE', `sent to ${this.peer.node} on a channel that was closed here`);
		}
	}

	#received({ data }: StreamMessageEvent): void {
		try {
			const chunks = data instanceof Uint8Array ? [data] : data;
			for (const chunk of chunks) for (const frame of this.#decoder.decode(chunk)) this.#inbox.push(frame);
		} catch (error) {
			if (!(error instanceof GanglineError)) throw error;
			this.cut(error);
			this.#options.broke(error);
			return;
		}
		if (!this.#isResuming) this.#pauseWhenFull();
	}

	#pauseWhenFull(): void {
		const { stream } = this.#options;
		if (this.#isFull() && stream.readStatus === 'readable') stream.pause();
	}

	/** The library reopens the window at the end of `resume`, so a pause from within it would be forgotten. */
	#resumeWhenRead(): void {
		const { stream } = this.#options;
		if (this.#isFull() || stream.readStatus !== 'paused') return;
		this.#isResuming = true;
		try {
			stream.resume();
		} catch {
			// The connection has ended meanwhile; what the stream still held has been handed over.
		} finally {
			this.#isResuming = false;
		}
		this.#pauseWhenFull();
	}

	#isFull(): boolean {
		return this.#inbox.bytes + this.#inbox.count * frameOverheadBytes > inboxBytesMax;
	}

	/** Everything that the other side sent has been handed over. */
	#ended(): void {
		if (!this.#hasOtherClosed || this.#error) return;
		if (this.#decoder.isInside) this.fail(this.#gone());
		else this.#inbox.end(null);
		this.#overWhenDone();
	}

	#streamClosed(event: StreamCloseEvent): void {
		if (this.#hasOtherClosed && event.error === undefined) this.#overWhenDone();
		else this.fail(this.#gone(event.error));
	}

	#overWhenDone(): void {
		if (this.#inbox.ended && this.#options.stream.status !== 'open') this.#options.over();
	}

	#gone(cause?: unknown): GanglineError {
		return ganglineError('PEER_GONE', `the channel ${this.protocol} to ${this.peer.node} broke`, { cause });
	}
}

/** Resolves when the stream sent something on or ended; the library's own wait resolves for ever after the first time. */
function somethingSent(stream: Stream): Promise<void> {
	return new Promise((resolve) => {
		const kinds = ['drain', 'idle', 'close'] as const;
		const done = (): void => {
			for (const kind of kinds) stream.removeEventListener(kind, done);
			resolve();
		};
		for (const kind of kinds) stream.addEventListener(kind, done);
	});
}

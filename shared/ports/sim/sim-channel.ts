/**
 * One end of a channel over a SimLink. A frame is copied when it is sent, so that nobody sees a later change to it; what
 * is sent and not yet read by the other side is bounded, and a sender past the bound waits.
 */
import { type GanglineError, ganglineError } from '../errors.ts';
import { FrameInbox } from '../frame-inbox.ts';
import { type Channel, frameBytesMax, type MeshProtocol, type Peer } from '../network.ts';

export interface SimChannelOptions {
	readonly peer: Peer;
	readonly protocol: MeshProtocol;
	readonly inFlightBytesMax: number;
	/** A hostile node: its frames may be of any length. */
	readonly sendsAnything: boolean;
	/** Runs `arrive` at the other side, after all that was carried before. */
	readonly carry: (arrive: () => void) => void;
	/** Asked for each frame that comes in; false: drop it. */
	readonly received: (bytes: number) => boolean;
	readonly tooLarge: () => void;
	readonly over: () => void;
}

export class SimChannel implements Channel {
	/** Told when the channel breaks before it was handed out. */
	onBroken: ((error: GanglineError) => void) | null = null;
	readonly #options: SimChannelOptions;
	readonly #inbox: FrameInbox;
	readonly #waiting: { readonly resolve: () => void; readonly reject: (error: GanglineError) => void }[] = [];
	#other: SimChannel | null = null;
	#unread = 0;
	/** Read here, and the sender does not know it. */
	#untold = 0;
	#isClosed = false;
	#error: GanglineError | null = null;
	#isDead = false;

	constructor(options: SimChannelOptions) {
		this.#options = options;
		this.#inbox = new FrameInbox((bytes) => this.#tellTaken(bytes));
	}

	/** Makes two ends of one channel. */
	static join(one: SimChannel, two: SimChannel): void {
		one.#other = two;
		two.#other = one;
	}

	get peer(): Peer {
		return this.#options.peer;
	}

	get protocol(): MeshProtocol {
		return this.#options.protocol;
	}

	get isOver(): boolean {
		return this.#error !== null || this.#isDead;
	}

	async send(frame: Uint8Array): Promise<void> {
		if (this.#isDead) return never();
		if (this.#error) throw this.#error;
		if (this.#isClosed) throw ganglineError('PEER_GONE', `sent to ${this.peer.node} on a channel that was closed here`);
		if (frame.byteLength > frameBytesMax && !this.#options.sendsAnything) {
			throw ganglineError('TOO_LARGE', `a frame has at most ${frameBytesMax} bytes, this one ${frame.byteLength}`);
		}
		const copy = new Uint8Array(frame);
		this.#unread += copy.byteLength;
		this.#options.carry(() => this.#other?.receive(copy));
		if (this.#unread <= this.#options.inFlightBytesMax) return;
		await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
	}

	frames(): AsyncIterable<Uint8Array> {
		return this.#inbox.frames();
	}

	async close(): Promise<void> {
		if (this.#isDead) return never();
		if (this.#isClosed || this.#error) return;
		this.#isClosed = true;
		this.#options.carry(() => this.#other?.otherClosed());
		this.#endWhenBothClosed();
	}

	abort(reason: string): void {
		if (this.isOver) return;
		this.#options.carry(() =>
			this.#other?.fail(ganglineError('PEER_GONE', `${this.#other.peer.node} ended the channel`)),
		);
		this.cut(ganglineError('PEER_GONE', `the channel to ${this.peer.node} was ended here: ${reason}`));
	}

	/** As `fail`, and what nobody has read is gone. */
	cut(error: GanglineError): void {
		if (this.isOver) return;
		this.#inbox.drop(error);
		this.fail(error);
	}

	/** The channel broke: what arrived can still be read, then `error`. */
	fail(error: GanglineError): void {
		if (this.isOver) return;
		this.#error = error;
		this.#inbox.end(error);
		for (const { reject } of this.#waiting.splice(0)) reject(error);
		this.#options.over();
		this.onBroken?.(error);
	}

	/** The process of this end is gone: nothing that it waits for ever comes. */
	die(): void {
		this.#isDead = true;
		this.#waiting.length = 0;
	}

	/** @internal From the other end. */
	receive(frame: Uint8Array): void {
		if (this.isOver || !this.#options.received(frame.byteLength)) return;
		if (frame.byteLength > frameBytesMax) {
			const what = `${this.peer.node} sent a frame of ${frame.byteLength} bytes, expected at most ${frameBytesMax}`;
			this.cut(ganglineError('TOO_LARGE', what));
			this.#options.tooLarge();
			return;
		}
		this.#inbox.push(frame);
	}

	/** @internal The other end's reader got this much. */
	taken(bytes: number): void {
		this.#unread -= bytes;
		if (this.#unread > this.#options.inFlightBytesMax) return;
		for (const { resolve } of this.#waiting.splice(0)) resolve();
	}

	/** @internal */
	otherClosed(): void {
		if (this.isOver) return;
		this.#inbox.end(null);
		this.#endWhenBothClosed();
	}

	/** As TCP opens its window: in steps, or every frame would make one more. */
	#tellTaken(bytes: number): void {
		this.#untold += bytes;
		if (this.#untold < this.#options.inFlightBytesMax / 4) return;
		const told = this.#untold;
		this.#untold = 0;
		this.#options.carry(() => this.#other?.taken(told));
	}

	#endWhenBothClosed(): void {
		if (this.#isClosed && this.#inbox.ended) this.#options.over();
	}
}

function never(): Promise<never> {
	return new Promise(() => {});
}

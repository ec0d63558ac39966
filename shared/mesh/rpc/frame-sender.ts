/**
 * Sends messages over a channel, in pieces where they are long. Short ones pass between the pieces of a long one; two
 * long ones never mix, because the other side keeps room for one.
 */
import { type Channel, ganglineError } from '../../ports/index.ts';
import { encodeFrame, type FrameKind } from './frames.ts';
import { bodyBytesMax, pieceBytes } from './limits.ts';

const nothing = new Uint8Array();

export class FrameSender {
	readonly #channel: Channel;
	#last: Promise<unknown> = Promise.resolve();
	#lastLong: Promise<unknown> = Promise.resolve();

	constructor(channel: Channel) {
		this.#channel = channel;
	}

	/** Resolves when the channel took all of it. A body that was begun is always finished. Throws what `Channel.send` throws. */
	send(kind: FrameKind, id: number, body: Uint8Array = nothing): Promise<void> {
		if (body.length <= pieceBytes) return this.#frame(kind, id, false, body);
		const turn = this.#lastLong.then(() => this.#pieces(kind, id, body));
		this.#lastLong = turn.catch(() => undefined);
		return turn;
	}

	async #pieces(kind: FrameKind, id: number, body: Uint8Array): Promise<void> {
		for (let from = 0; from < body.length; from += pieceBytes) {
			const to = from + pieceBytes;
			await this.#frame(kind, id, to < body.length, body.subarray(from, to));
		}
	}

	#frame(kind: FrameKind, id: number, more: boolean, body: Uint8Array): Promise<void> {
		const sent = this.#last.then(() => this.#channel.send(encodeFrame({ kind, id, more, body })));
		this.#last = sent.catch(() => undefined);
		return sent;
	}
}

/** A value as a body. Throws TOO_LARGE. */
export function encodeBody(value: unknown, what: string): Uint8Array {
	const bytes = Buffer.from(JSON.stringify(value ?? null));
	if (bytes.length <= bodyBytesMax) return bytes;
	throw ganglineError('TOO_LARGE', `${what} has ${bytes.length} bytes; expected at most ${bodyBytesMax}`);
}

/**
 * The frames of `/gangline/rpc/1`: one byte of kind, one that says whether more of this body follows, six of the
 * question's number, then the body's bytes. Pure. At most one body per direction is unfinished at any time: whoever
 * receives needs room for one, however many questions are open.
 */
import { ganglineError } from '../../ports/index.ts';
import { bodyBytesMax, pieceBytesMin } from './limits.ts';

/**
 * From the asker: `ask`, `stream` (both begin a question), `cancel`, `credit`. From the answerer: `answer` or `error`
 * (both end it), `item`, `end`.
 */
export const frameKinds = ['ask', 'stream', 'cancel', 'credit', 'answer', 'error', 'item', 'end'] as const;
export type FrameKind = (typeof frameKinds)[number];

export interface Frame {
	readonly kind: FrameKind;
	/** Of the question, chosen by the asker, never used twice on a channel. */
	readonly id: number;
	readonly more: boolean;
	readonly body: Uint8Array;
}

/** A frame whose body is whole. */
export interface Message {
	readonly kind: FrameKind;
	readonly id: number;
	readonly body: Uint8Array;
}

const headerBytes = 8;

export function encodeFrame({ kind, id, more, body }: Frame): Uint8Array {
	const bytes = Buffer.allocUnsafe(headerBytes + body.length);
	bytes.writeUInt8(frameKinds.indexOf(kind), 0);
	bytes.writeUInt8(more ? 1 : 0, 1);
	bytes.writeUIntBE(id, 2, 6);
	bytes.set(body, headerBytes);
	return bytes;
}

/** Throws MALFORMED. */
export function decodeFrame(bytes: Uint8Array): Frame {
	const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const kind = view.length < headerBytes ? undefined : frameKinds[view.readUInt8(0)];
	const more = view.length < headerBytes ? 0 : view.readUInt8(1);
	if (kind === undefined || more > 1) {
		throw ganglineError('MALFORMED', `a frame of ${bytes.length} bytes does not begin as one of rpc does`);
	}
	return { kind, id: view.readUIntBE(2, 6), more: more === 1, body: view.subarray(headerBytes) };
}

/** Puts bodies together again. Throws MALFORMED or TOO_LARGE for what no honest peer sends. */
export class BodyAssembler {
	#unfinished: { kind: FrameKind; id: number; pieces: Uint8Array[]; bytes: number } | null = null;

	/** The message that this frame completes, null while more follows. */
	take({ kind, id, more, body }: Frame): Message | null {
		const begun = this.#unfinished;
		const continues = begun !== null && begun.id === id && begun.kind === kind;
		if (!continues && !more) return { kind, id, body };
		if (begun !== null && !continues) {
			throw ganglineError('MALFORMED', `a body for question ${id} began before that of ${begun.id} was whole`);
		}
		const unfinished = begun ?? { kind, id, pieces: [], bytes: 0 };
		unfinished.bytes += body.length;
		if (unfinished.bytes > bodyBytesMax) {
			throw ganglineError('TOO_LARGE', `a body has more than ${bodyBytesMax} bytes`);
		}
		// A body of single bytes would cost us a hundred times what it costs the sender.
		if (more && body.length < pieceBytesMin) {
			throw ganglineError(
				'MALFORMED',
				`a piece of a body has ${body.length} bytes; expected at least ${pieceBytesMin}`,
			);
		}
		unfinished.pieces.push(Buffer.from(body));
		this.#unfinished = more ? unfinished : null;
		return more ? null : { kind, id, body: Buffer.concat(unfinished.pieces) };
	}
}

/**
 * Frames on a byte stream: four bytes of length, most significant first, then that many bytes. A longer length than
 * allowed is an error before anything of it is kept, and each frame is a copy, so that no small frame holds a large
 * buffer alive.
 */
import { ganglineError } from '../ports/index.ts';

const lengthBytes = 4;

/** The frame with its length before it; a copy. */
export function encodeFrame(frame: Uint8Array): Uint8Array {
	const encoded = Buffer.allocUnsafeSlow(lengthBytes + frame.byteLength);
	encoded.writeUInt32BE(frame.byteLength);
	encoded.set(frame, lengthBytes);
	return encoded;
}

export class FrameDecoder {
	readonly #bytesMax: number;
	readonly #header = new Uint8Array(lengthBytes);
	#headerFilled = 0;
	#frame: Uint8Array | null = null;
	#frameFilled = 0;
	/** Grows with what has arrived: who only announces a long frame costs nothing. */
	#length = 0;

	/** `bytesMax`: the longest frame. */
	constructor(bytesMax: number) {
		this.#bytesMax = bytesMax;
	}

	/** Whether a frame has begun and not ended. */
	get isInside(): boolean {
		return this.#headerFilled > 0;
	}

	/** The frames that end within `bytes`; throws TOO_LARGE for one that is longer than allowed. */
	*decode(bytes: Uint8Array): Generator<Uint8Array, void, void> {
		let rest = bytes;
		while (rest.byteLength > 0) {
			if (this.#headerFilled < lengthBytes) {
				rest = this.#takeHeader(rest);
				if (this.#headerFilled < lengthBytes) return;
			}
			rest = this.#takeBody(rest);
			if (this.#frameFilled < this.#length) return;
			yield this.#finish();
		}
	}

	#takeHeader(bytes: Uint8Array): Uint8Array {
		const part = bytes.subarray(0, lengthBytes - this.#headerFilled);
		this.#header.set(part, this.#headerFilled);
		this.#headerFilled += part.byteLength;
		if (this.#headerFilled === lengthBytes) this.#length = this.#readLength();
		return bytes.subarray(part.byteLength);
	}

	#readLength(): number {
		const length = new DataView(this.#header.buffer).getUint32(0);
		if (length <= this.#bytesMax) return length;
		throw ganglineError('TOO_LARGE', `a frame of ${length} bytes was announced, expected at most ${this.#bytesMax}`);
	}

	#takeBody(bytes: Uint8Array): Uint8Array {
		const part = bytes.subarray(0, this.#length - this.#frameFilled);
		this.#frame = this.#roomFor(this.#frameFilled + part.byteLength);
		this.#frame.set(part, this.#frameFilled);
		this.#frameFilled += part.byteLength;
		return bytes.subarray(part.byteLength);
	}

	/** At most four times what has arrived, so that a frame in few parts is copied once. */
	#roomFor(bytes: number): Uint8Array {
		const room = this.#frame;
		if (room !== null && room.byteLength >= bytes) return room;
		const larger = Buffer.allocUnsafeSlow(Math.min(this.#length, bytes * 4));
		if (room !== null) larger.set(room.subarray(0, this.#frameFilled));
		return larger;
	}

	#finish(): Uint8Array {
		const frame = this.#frame ?? new Uint8Array(0);
		this.#frame = null;
		this.#frameFilled = 0;
		this.#headerFilled = 0;
		return frame;
	}
}

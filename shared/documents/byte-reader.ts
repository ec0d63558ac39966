/** Walks over bytes in the encoding of Yjs (variable-length numbers, UTF-8 texts with their length) and makes nothing. */
import { isUtf8 } from 'node:buffer';
import { type GanglineError, ganglineError } from '../ports/index.ts';

export class ByteReader {
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	get isAtEnd(): boolean {
		return this.#at === this.#bytes.byteLength;
	}

	byte(): number {
		const byte = this.#bytes[this.#at++];
		if (byte === undefined) throw ended(this.#bytes);
		return byte;
	}

	number(): number {
		let value = 0;
		for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
			const byte = this.byte();
			value += (byte & 127) * factor;
			if (byte < 128) return value;
		}
		throw ganglineError('MALFORMED', 'an update has a number that is too large');
	}

	/** Passes over a text; answers its length as JavaScript counts it. */
	skipText(): number {
		const bytes = this.#text();
		if (!isUtf8(bytes)) throw ganglineError('MALFORMED', 'an update has a text that is not UTF-8');
		let characters = 0;
		// Each character has one byte that is no continuation; those of four bytes count twice.
		for (const byte of bytes) if ((byte & 0xc0) !== 0x80) characters += byte >= 0xf0 ? 2 : 1;
		return characters;
	}

	/** Passes over a text; whether it is this one, of ASCII characters. */
	isText(ascii: string): boolean {
		const bytes = this.#text();
		return bytes.byteLength === ascii.length && bytes.every((byte, i) => byte === ascii.charCodeAt(i));
	}

	#text(): Uint8Array {
		const length = this.number();
		const end = this.#at + length;
		if (end > this.#bytes.byteLength) throw ended(this.#bytes);
		const text = this.#bytes.subarray(this.#at, end);
		this.#at = end;
		return text;
	}
}

const ended = (bytes: Uint8Array): GanglineError =>
	ganglineError('MALFORMED', `an update of ${bytes.byteLength} bytes ends in the middle`);

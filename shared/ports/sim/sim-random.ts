/**
 * Randomness from a seed: the same seed gives the same bytes, on every machine. `fork` gives each part of a simulation a
 * source of its own, so that one more draw in one part does not change all others.
 */
import { createHash } from 'node:crypto';
import type { Random } from '../random.ts';

export class SimRandom implements Random {
	readonly #seed: string;
	#block = 0;
	#rest = Buffer.alloc(0);

	constructor(seed: string | number) {
		this.#seed = String(seed);
	}

	bytes(length: number): Uint8Array {
		while (this.#rest.length < length) this.#rest = Buffer.concat([this.#rest, this.#nextBlock()]);
		const drawn = new Uint8Array(this.#rest.subarray(0, length));
		this.#rest = this.#rest.subarray(length);
		return drawn;
	}

	/** A source of its own for one part, determined by this one's seed and `name` alone. */
	fork(name: string): SimRandom {
		return new SimRandom(`${this.#seed}/${name}`);
	}

	/** A whole number from 0 to `below` - 1. */
	below(below: number): number {
		return Math.floor((new DataView(this.bytes(4).buffer).getUint32(0) / 2 ** 32) * below);
	}

	/** One of `choices`, which must not be empty. */
	pick<T>(choices: readonly T[]): T {
		if (choices.length === 0) throw new RangeError('nothing to pick from');
		return choices[this.below(choices.length)] as T;
	}

	#nextBlock(): Buffer {
		return createHash('sha512')
			.update(`${this.#seed}#${this.#block++}`)
			.digest();
	}
}

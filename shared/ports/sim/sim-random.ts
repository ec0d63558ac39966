/**
 * Randomness from a seed: the same seed gives the same bytes, on every machine. `fork` gives each part of a simulation a
 * source of its own, so that one more draw in one part does not change all others.
 */
import { hash } from 'node:crypto';
import type { Random } from '../random.ts';

export class SimRandom implements Random {
	readonly #seed: string;
	#block = 0;
	#rest = Buffer.alloc(0);
	#at = 0;

	constructor(seed: string | number) {
		this.#seed = String(seed);
	}

	bytes(length: number): Uint8Array {
		this.#fill(length);
		const drawn = new Uint8Array(this.#rest.subarray(this.#at, this.#at + length));
		this.#at += length;
		return drawn;
	}

	/** A source of its own for one part, determined by this one's seed and `name` alone. */
	fork(name: string): SimRandom {
		return new SimRandom(`${this.#seed}/${name}`);
	}

	/** A whole number from 0 to `below` - 1. */
	below(below: number): number {
		this.#fill(4);
		const drawn = this.#rest.readUInt32BE(this.#at);
		this.#at += 4;
		return Math.floor((drawn / 2 ** 32) * below);
	}

	/** One of `choices`, which must not be empty. */
	pick<T>(choices: readonly T[]): T {
		if (choices.length === 0) throw new RangeError('nothing to pick from');
		return choices[this.below(choices.length)] as T;
	}

	/** What is left of the blocks holds `length` bytes then. */
	#fill(length: number): void {
		while (this.#rest.length - this.#at < length) {
			this.#rest = Buffer.concat([this.#rest.subarray(this.#at), this.#nextBlock()]);
			this.#at = 0;
		}
	}

	#nextBlock(): Buffer {
		return hash('sha512', `${this.#seed}#${this.#block++}`, 'buffer');
	}
}

/** Randomness of the operating system: good enough for keys, nonces and tokens. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../random.ts';

/** Asking the system costs more than what it gives: a new name is sixteen questions of four bytes. */
const poolBytes = 4096;

export class SystemRandom implements Random {
	readonly #pool = new Uint8Array(poolBytes);
	#used = poolBytes;

	bytes(length: number): Uint8Array {
		if (length > poolBytes) return randomFillSync(new Uint8Array(length));
		if (this.#used + length > poolBytes) {
			randomFillSync(this.#pool);
			this.#used = 0;
		}
		const fresh = this.#pool.slice(this.#used, this.#used + length);
		// What was given out is a key of somebody, perhaps: it is kept nowhere else.
		this.#pool.fill(0, this.#used, this.#used + length);
		this.#used += length;
		return fresh;
	}
}

/** Randomness of the operating system: good enough for keys, nonces and tokens. */
import { randomBytes } from 'node:crypto';
import type { Random } from '../random.ts';

export class SystemRandom implements Random {
	bytes(length: number): Uint8Array {
		return new Uint8Array(randomBytes(length));
	}
}

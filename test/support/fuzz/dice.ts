/**
 * Quick chance for fuzzing: a million inputs need some hundred million draws, more than SimRandom's hashes can give. The
 * same name gives the same draws on every machine, so any one input can be made again from the seed and its number.
 */
import type { Random } from '../../../shared/ports/index.ts';

export class Dice implements Random {
	#a: number;
	#b: number;
	#c: number;
	#count = 1;

	constructor(name: string) {
		let hash = 2_166_136_261;
		for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16_777_619);
		this.#a = hash;
		this.#b = Math.imul(hash, 0x9e3779b1) ^ name.length;
		this.#c = Math.imul(hash, 0x85ebca6b) ^ 0x5bd1e995;
		for (let i = 0; i < 12; i++) this.#next();
	}

	/** A whole number from 0 to `below` - 1. */
	below(below: number): number {
		return Math.floor((this.#next() / 2 ** 32) * below);
	}

	/** True once in `times`. */
	once(times: number): boolean {
		return this.below(times) === 0;
	}

	pick<T>(choices: readonly T[]): T {
		if (choices.length === 0) throw new RangeError('nothing to pick from');
		return choices[this.below(choices.length)] as T;
	}

	bytes(length: number): Uint8Array {
		const bytes = new Uint8Array(length);
		for (let i = 0; i < length; i++) bytes[i] = this.below(256);
		return bytes;
	}

	/** Mostly small, now and then up to `max`. */
	size(max: number): number {
		return this.below(2 ** this.below(Math.ceil(Math.log2(max + 1)) + 1)) % (max + 1);
	}

	/** The generator sfc32. */
	#next(): number {
		const sum = (this.#a + this.#b + this.#count++) | 0;
		this.#a = this.#b ^ (this.#b >>> 9);
		this.#b = (this.#c + (this.#c << 3)) | 0;
		this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
		return sum >>> 0;
	}
}

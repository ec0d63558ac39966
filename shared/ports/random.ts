/** Randomness. The adapter is cryptographic; the twin is seeded, so that a run can be repeated. */
export interface Random {
	/** `length` fresh bytes. */
	bytes(length: number): Uint8Array;
}

/** Lower-case hex of `length` fresh bytes. */
export function randomHex(random: Random, length: number): string {
	return Buffer.from(random.bytes(length)).toString('hex');
}

/** A number in [0, 1) with 32 bits of choice. */
export function randomFraction(random: Random): number {
	const bytes = random.bytes(4);
	return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}

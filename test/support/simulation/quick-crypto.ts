/**
 * Each signature is verified once a run instead of once a node: whether bytes are signed by a key does not depend on who
 * asks. Nine of ten verifications of a simulated mesh are repeats, and they were half of its time. Nothing is answered
 * that node:crypto did not answer for the same key, bytes and signature.
 */
import crypto, { type KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

interface Verified {
	readonly bytes: Buffer;
	readonly key: KeyObject;
}

const keptMax = 20_000;
const verified = new Map<string, Verified>();

/** Called once a process, before anything verifies. Undone by the returned function. */
export function verifyOnce(): () => void {
	const real = crypto.verify;
	const quick = (algorithm: null, bytes: Uint8Array, key: KeyObject, signature: Uint8Array): boolean => {
		const name = Buffer.from(signature).toString('latin1');
		const known = verified.get(name);
		if (known && known.key === key && known.bytes.equals(bytes)) return true;
		const isTrue = real(algorithm, bytes, key, signature);
		if (isTrue) {
			if (verified.size >= keptMax) verified.clear();
			verified.set(name, { bytes: Buffer.from(bytes), key });
		}
		return isTrue;
	};
	crypto.verify = quick as unknown as typeof crypto.verify;
	syncBuiltinESMExports();
	return () => {
		crypto.verify = real;
		syncBuiltinESMExports();
	};
}

/** The home's key in tests, and the person in whose name things land; apart, so that small programs start fast. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { LandingSigner } from '../../shared/ports/git.ts';

export const person = { name: 'Ada', email: 'ada@example.org' };

export function signer(secret = 'home'): LandingSigner {
	const mac = (bytes: Uint8Array): Buffer => createHmac('sha256', secret).update(bytes).digest();
	return {
		sign: mac,
		verify: (bytes, signature) => signature.length === 32 && timingSafeEqual(mac(bytes), signature),
	};
}

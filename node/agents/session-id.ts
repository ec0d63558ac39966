/** Ids of new sessions: programs that let us choose one want a version 4 UUID. */
import type { Random } from '../../shared/ports/index.ts';

export function newSessionId(random: Random): string {
	const bytes = Uint8Array.from(random.bytes(16));
	bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
	bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
	const hex = Buffer.from(bytes).toString('hex');
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

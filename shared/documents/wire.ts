/** What those who send documents need of Yjs: comparing state vectors, putting updates together. */
import * as Y from 'yjs';
import { ganglineError } from '../ports/index.ts';

/** Whether everything that `vector` counts is counted by `other` too. Throws MALFORMED for what is no state vector. */
export function isCoveredBy(vector: Uint8Array, other: Uint8Array): boolean {
	const clocks = decodeVector(other);
	return [...decodeVector(vector)].every(([client, clock]) => (clocks.get(client) ?? 0) >= clock);
}

/** One update with all that is in these, which followed each other. For few of them: the cost grows with the square. */
export function mergeUpdates(updates: readonly Uint8Array[]): Uint8Array {
	const [first, ...more] = updates;
	return first && more.length === 0 ? first : Y.mergeUpdates([...updates]);
}

/** The clocks of writers that `vector` counts. Throws MALFORMED. */
export function decodeVector(vector: Uint8Array): ReadonlyMap<number, number> {
	try {
		return Y.decodeStateVector(vector);
	} catch (cause) {
		throw ganglineError('MALFORMED', `${vector.byteLength} bytes are no state vector`, { cause });
	}
}

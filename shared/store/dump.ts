/**
 * A whole store as one stream of bytes, to be kept as a backup: every pair of the disk's map as it was at one moment.
 * Reading it back makes a store that verifies like the original; it is a copy, so its incarnation rises when it is
 * first opened, and nothing goes on under an old client id or an old author's name.
 */
import { ganglineError } from '../ports/errors.ts';
import type { DiskPair } from './disk.ts';
import { snapshotBytesMax } from './limits.ts';

const keyBytesMax = 1024;
const headBytes = 8;

/** Length of the key, length of the value (4 bytes each, big-endian), key, value. */
export async function* encodePairs(pairs: AsyncIterable<DiskPair>): AsyncIterable<Uint8Array> {
	for await (const [key, value] of pairs) {
		const name = Buffer.from(key);
		const head = Buffer.alloc(headBytes);
		head.writeUInt32BE(name.byteLength, 0);
		head.writeUInt32BE(value.byteLength, 4);
		yield Buffer.concat([head, name, value]);
	}
}

/** Throws MALFORMED for bytes that `encodePairs` has not made. */
export async function* decodePairs(chunks: AsyncIterable<Uint8Array>): AsyncIterable<DiskPair> {
	let rest: Buffer = Buffer.alloc(0);
	for await (const chunk of chunks) {
		rest = rest.byteLength === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
		let at = 0;
		for (let next = pairAt(rest, at); next; next = pairAt(rest, at)) {
			yield next.pair;
			at = next.end;
		}
		rest = rest.subarray(at);
	}
	if (rest.byteLength > 0) throw ganglineError('MALFORMED', 'the copy of the store ends in the middle of a record');
}

function pairAt(bytes: Buffer, at: number): { readonly pair: DiskPair; readonly end: number } | undefined {
	if (bytes.byteLength < at + headBytes) return undefined;
	const keyBytes = bytes.readUInt32BE(at);
	const valueBytes = bytes.readUInt32BE(at + 4);
	// Room for the hashes and lengths that stand around a snapshot.
	if (keyBytes > keyBytesMax || valueBytes > snapshotBytesMax + keyBytesMax) {
		throw ganglineError('MALFORMED', `the copy of the store has a record of ${keyBytes} and ${valueBytes} bytes`);
	}
	const value = at + headBytes + keyBytes;
	if (bytes.byteLength < value + valueBytes) return undefined;
	const key = bytes.toString('utf8', at + headBytes, value);
	return { pair: [key, bytes.subarray(value, value + valueBytes)], end: value + valueBytes };
}

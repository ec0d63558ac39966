/**
 * A segment: closed items that have left the index, as one immutable text. The index names it by its hash, so that a
 * replica believes it from whoever hands it on; what it says never changes again.
 */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, parseJson } from '../log/index.ts';
import { type Item, itemSchema } from '../pipeline/index.ts';
import { ganglineError } from '../ports/index.ts';
import { readAs } from '../ports/read-as.ts';
import { segmentBytesMax } from './limits.ts';

const segmentSchema = z.strictObject({
	v: z.literal(1),
	project: z.string(),
	number: z.int().min(1),
	items: z.array(itemSchema).min(1),
});

export interface Segment {
	/** 1, 2, 3, … in the project. */
	readonly number: number;
	readonly items: readonly Item[];
}

export interface EncodedSegment {
	readonly bytes: Uint8Array;
	/** SHA-256, hex. */
	readonly hash: string;
	/** How many of the given items are in it: the first ones that fit, at least one. */
	readonly taken: number;
}

/** Writes as many of `items` as fit into one segment. */
export function encodeSegment(project: string, number: number, items: readonly Item[]): EncodedSegment {
	let taken = 0;
	let size = 0;
	for (const item of items) {
		size += Buffer.byteLength(canonicalJson(item)) + 1;
		if (taken > 0 && size > segmentBytesMax) break;
		taken += 1;
	}
	const bytes = Buffer.from(canonicalJson({ v: 1, project, number, items: items.slice(0, taken) }));
	return { bytes, hash: segmentHash(bytes), taken };
}

/** Reads a segment that the index names by `hash`. Throws MALFORMED for any other bytes. */
export function decodeSegment(
	bytes: Uint8Array,
	expected: { readonly project: string; readonly hash: string },
): Segment {
	const { project, hash } = expected;
	if (segmentHash(bytes) !== hash) {
		throw ganglineError('MALFORMED', `a segment of ${bytes.byteLength} bytes is not the one that the index names`);
	}
	const parsed = readAs(segmentSchema, parseJson(Buffer.from(bytes).toString()));
	if (!parsed.success || parsed.data.project !== project) {
		throw ganglineError('MALFORMED', `a segment of ${project} is not as expected`, { cause: parsed.error });
	}
	return parsed.data;
}

/** What the index names a segment by: SHA-256, hex. */
export function segmentHash(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** What the records of an index look like: every text that becomes a value passes one of these, once. */

import { z } from 'zod';
import { parseJson } from '../log/index.ts';
import { ganglineError } from '../ports/index.ts';
import { readAs } from '../ports/read-as.ts';
import { metaKey } from './signed-records.ts';

const count = z.int().min(0);
const right = z.enum(['user', 'agent', 'gates', 'landing', 'scheduler', 'system', 'hold', 'relay']);
export const authorSchema = z.strictObject({ acts: z.array(right).exactOptional(), upTo: count.exactOptional() });
const refusalSchema = z.strictObject({ reason: z.string().max(100), detail: z.string().max(1000).exactOptional() });
export const refusalsSchema = z.record(z.string().regex(/^[1-9]\d{0,15}$/), refusalSchema);
export const closedSchema = z.enum([
	'completed',
	'abandoned',
	'superseded',
	'rejected',
	'blocked',
	'mergeFailed',
	'reviewHeld',
]);
/** Of a name of a segment. */
export const segmentSchema = z.strictObject({ hash: z.string().regex(/^[0-9a-f]{64}$/), items: z.int().min(1) });
const metaSchema = z.strictObject({
	v: z.literal(1),
	term: count,
	revision: count,
	nextNumber: z.int().min(1),
	/** What the writers' clocks are behind this publication. */
	clocks: z.record(z.string().regex(/^\d{1,10}$/), count),
	/** RecordTree over all other records. */
	root: z.string().regex(/^[0-9a-f]{64}$/),
	signature: z.string().max(100),
});

export type Meta = z.output<typeof metaSchema>;

export function parseMeta(text: string): Meta {
	return parseRecord(metaKey, metaSchema, text);
}

/** @throws GanglineError MALFORMED */
export function parseRecord<T>(key: string, schema: z.ZodType<T>, text: string): T {
	return checkRecord(key, schema, parseJson(text));
}

/** @throws GanglineError MALFORMED */
export function checkRecord<T>(key: string, schema: z.ZodType<T>, value: unknown): T {
	const result = readAs(schema, value);
	if (result.success) return result.data;
	throw ganglineError(
		'MALFORMED',
		`the record ${key} of the index is not as expected: ${z.prettifyError(result.error)}`,
	);
}

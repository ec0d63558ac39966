/**
 * What a record that was written by an earlier process must be now. Its hash was right, so it is what was written; when
 * its shape is another one, another version or a hand wrote it, and nothing is guessed.
 */

import type { z } from 'zod';
import { ganglineError } from '../ports/errors.ts';
import { readAs } from '../ports/read-as.ts';
import { whyInvalid } from '../ports/why-invalid.ts';

/** The value as `schema` has it. @throws GanglineError STORE_DAMAGED that names the record */
export function soundRecord<Schema extends z.ZodType>(schema: Schema, key: string, value: unknown): z.output<Schema> {
	const parsed = readAs(schema, value);
	if (parsed.success) return parsed.data;
	throw ganglineError('STORE_DAMAGED', `the record ${key} is not as expected: ${whyInvalid(parsed.error)}`, {
		hint: 'Put the store back from a backup: gangline restore; or start the version that wrote it.',
	});
}

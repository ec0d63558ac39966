/**
 * `schema.safeParse` for values of others. A bound of zod's on a text or list looks at the `length` of whatever is there,
 * also of an object, and throws where that is an object with a `toString` of its own: one line of JSON would be a bug of
 * ours instead of a fault of its sender.
 */
import { z } from 'zod';

export function readAs<Schema extends z.ZodType>(
	schema: Schema,
	value: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
	try {
		return schema.safeParse(value);
	} catch (cause) {
		const error = `expected a value that can be compared: ${cause instanceof Error ? cause.message : String(cause)}`;
		return z.custom<z.output<Schema>>(() => false, { error }).safeParse(null);
	}
}

/**
 * What `node/main verify --repo PATH` prints while it runs set-up and gates once on main: one JSON object a line, the
 * last one a verdict or an error. The command line starts it as a process and reads it with this schema.
 */
import { z } from 'zod';
import { treeVerdictSchema } from './gates.ts';

export const verifyLineSchema = z.discriminatedUnion('type', [
	/** What has begun, for people: "set-up: npm ci", "gate test". */
	z.object({ type: z.literal('progress'), step: z.string() }),
	z.object({ type: z.literal('verdict'), verdict: treeVerdictSchema }),
	z.object({
		type: z.literal('error'),
		error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullish() }),
	}),
]);
export type VerifyLine = z.output<typeof verifyLineSchema>;

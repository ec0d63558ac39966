/**
 * What `node/main verify --repo PATH` prints while it runs set-up and gates once on main: one JSON object a line, the
 * last one a verdict or an error. The command line starts it as a process and reads it with this schema.
 */
import { z } from 'zod';
import { gateKinds } from './work.ts';

const testCountSchema = z.object({ passed: z.number(), failed: z.number(), skipped: z.number() });

export const gateVerdictSchema = z.object({
	gate: z.string(),
	kind: z.enum(gateKinds),
	outcome: z.enum(['passed', 'failed', 'error']),
	why: z.string(),
	tail: z.string(),
	seconds: z.number(),
	tests: testCountSchema.nullable(),
	runs: z.number(),
});

export const treeVerdictSchema = z.object({
	tree: z.string(),
	gateSet: z.string(),
	passed: z.boolean(),
	gates: z.array(gateVerdictSchema),
});

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

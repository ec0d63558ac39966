/**
 * How gates went on a tree: what a worker reports, the home keeps and `verify` prints. Below everything else in this
 * room, because the pipeline and the project's settings name kinds of gates too.
 */
import { z } from 'zod';

export const gateKinds = ['setup', 'format', 'lint', 'docs', 'types', 'test', 'build', 'other'] as const;
export type GateKind = (typeof gateKinds)[number];

/** The end of a gate's output that is kept. */
export const gateTailCharactersMax = 16 * 1024;

const testCountSchema = z.object({ passed: z.number(), failed: z.number(), skipped: z.number() });
/** What the runner said it ran. */
export type TestCount = Readonly<z.output<typeof testCountSchema>>;

/** How one gate went on one tree. `error` is never a pass: it could not run, timed out, ran no test, or changed the tree. */
export const gateVerdictSchema = z.object({
	gate: z.string().max(100),
	kind: z.enum(gateKinds),
	outcome: z.enum(['passed', 'failed', 'error']),
	/** One line that names what went wrong; empty when it passed. */
	why: z.string().max(gateTailCharactersMax),
	tail: z.string().max(gateTailCharactersMax),
	seconds: z.number(),
	/** Null where we cannot read what the runner says. */
	tests: testCountSchema.nullable(),
	/** Runs it took (flaky gates are repeated). */
	runs: z.number(),
});
export type GateVerdict = Readonly<z.output<typeof gateVerdictSchema>>;

/** The verdict on a tree: what landing needs to know, and what is cached by (tree, gate set). */
export const treeVerdictSchema = z.object({
	tree: z.string().max(64),
	/** Hash of set-up, gates and their limits as main has them. */
	gateSet: z.string().max(200),
	passed: z.boolean(),
	gates: z.array(gateVerdictSchema).max(200).readonly(),
});
export type TreeVerdict = Readonly<z.output<typeof treeVerdictSchema>>;

/**
 * How a project moves to another home. The gateway asks the old home to seal it, the new one to take it, and only then
 * says so in the registry; whatever fails before that is undone by `unseal`, and each step may be
 * repeated. A sealed home that hears neither asks whether it `stays`.
 */
import { z } from 'zod';
import type { RpcMethod } from '../mesh/rpc.ts';
import { commitSchema } from '../pipeline/item-schema.ts';
import { nodeIdSchema, projectIdSchema, publicKeySchema } from '../registry/schema.ts';

const count = z.int().min(0);

/** What a home leaves behind: the state of its facts, main, and everything that is kept on refs. */
export const sealedSchema = z.object({
	generation: z.string().regex(/^[1-9]\d{0,14}$/),
	stateHash: z.string().regex(/^[0-9a-f]{64}$/),
	term: count,
	revision: count,
	main: commitSchema,
	/** Attempts and salvaged work, each with the commit of main that it grew on. */
	refs: z.array(z.object({ ref: z.string().max(500), commit: commitSchema, base: commitSchema })).max(5_000),
	/** Keys of all homes so far, oldest first: their landings stay landings. */
	homeKeys: z.array(publicKeySchema).max(1_000),
	/** Whether somebody has paused it; homes of before did not say. */
	paused: z.boolean().default(false),
});
export type Sealed = z.output<typeof sealedSchema>;

/** Gateway → the home: publish the last revision, stop, and serve what you have to `to`. Repeated: the same answer. */
export const sealMethod = {
	name: 'project.seal',
	args: z.object({ project: projectIdSchema, to: nodeIdSchema }),
	result: sealedSchema,
} satisfies RpcMethod;

/** Gateway → the sealed home: the move did not come about; go on. */
export const unsealMethod = {
	name: 'project.unseal',
	args: z.object({ project: projectIdSchema }),
	result: z.object({}),
} satisfies RpcMethod;

/**
 * The sealed home → gateway, from time to time: whether the move is over and it is the home still. Nobody else would
 * tell it where the gateway, the link or itself went down in the middle of one.
 */
export const staysMethod = {
	name: 'project.stays',
	args: z.object({ project: projectIdSchema }),
	result: z.object({ stays: z.boolean() }),
} satisfies RpcMethod;

/**
 * Gateway → the new home: bring everything, and begin a higher term. It is home only when the registry says so.
 * `sealed` null: the old home is gone for good, and what is here of the project is all there is.
 */
export const takeMethod = {
	name: 'project.take',
	args: z.object({ project: projectIdSchema, from: nodeIdSchema, sealed: sealedSchema.nullable() }),
	result: z.object({ term: count }),
} satisfies RpcMethod;

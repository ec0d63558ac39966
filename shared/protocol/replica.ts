/**
 * What replicas of a project tell its home: which state of the facts is on their disks, which refusals their people
 * will be shown, and of whose logs they have entries. With that the home may drop what everyone has.
 */
import { z } from 'zod';
import type { RpcMethod } from '../mesh/rpc.ts';
import { nodeIdSchema, projectIdSchema } from '../registry/schema.ts';

const author = z.string().min(1).max(100);
const count = z.int().min(0);

/**
 * Replica → home, soon after its facts changed and at each connection; through the gateway where there is no other way,
 * which alone may name another node than itself.
 */
export const coveredMethod = {
	name: 'project.covered',
	args: z.strictObject({
		project: projectIdSchema,
		node: nodeIdSchema,
		generation: z.string().regex(/^[1-9]\d{0,14}$/),
		stateHash: z.string().regex(/^[0-9a-f]{64}$/),
		/** The author under which the replica's process speaks now. */
		current: author,
		/** Per author of that node: up to which number the home's answers are on its disk. */
		heard: z.record(author, count),
		/** Authors of whose logs it has entries on its disk. */
		keeps: z.array(author).default([]),
	}),
	result: z.strictObject({}),
} satisfies RpcMethod;
export type CoveredArgs = z.output<typeof coveredMethod.args>;

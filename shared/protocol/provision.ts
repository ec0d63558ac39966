/**
 * Projects in containers on the machine of another member. The gateway asks a node with the duty `provision` by the names
 * of operations that people use, never in the words of an engine; nobody else may ask. The node tells each step, and asks
 * the gateway the one thing that it cannot see itself: who is connected there.
 */
import { z } from 'zod';
import type { RpcMethod, RpcStream } from '../mesh/rpc.ts';
import { containerNameSchema, containerViewSchema } from '../operations/container-operations.ts';
import type { CallName } from '../operations/index.ts';
import { nodeIdSchema } from '../registry/schema.ts';
import { json } from './mesh.ts';

/** What of the operations a gateway may ask for there. */
export const provisionOperations = [
	'container.create',
	'container.list',
	'container.show',
	'container.start',
	'container.stop',
	'container.rebuild',
	'container.limits',
	'container.idleStop',
	'container.remove',
	'container.prune',
	'container.gitKey',
	'container.gitToken',
	'container.gitIdentity',
	'container.gitForget',
] as const satisfies readonly CallName[];
export type ProvisionOperation = (typeof provisionOperations)[number];

/**
 * Gateway → a node with the duty: the operation for that person, `args` as they wrote them, without `on`. The result is
 * the operation's; the error too.
 */
export const provisionMethod = {
	name: 'provision.ask',
	args: z.strictObject({
		operation: z.enum(provisionOperations),
		args: z.record(z.string(), json),
		person: z.string().min(1).max(64),
		/** One-time, with which the node of a container that is made joins; null: it has, or nothing is made. */
		token: z.string().min(16).max(4096).nullable(),
	}),
	result: json,
} satisfies RpcMethod;

const container = z.strictObject({ name: containerNameSchema });
const seen = z.object({ container: containerViewSchema });

/** Gateway → the node: it has nothing to do; stop it until something is. */
export const provisionSleep = { name: 'provision.sleep', args: container, result: seen } satisfies RpcMethod;

/** Gateway → the node: how many are logged in over ssh. */
export const provisionLogins = {
	name: 'provision.logins',
	args: container,
	result: z.object({ logins: z.int().min(0) }),
} satisfies RpcMethod;

/** Gateway → the node: it is called so in the registry now. */
export const provisionRename = {
	name: 'provision.rename',
	args: container.extend({ to: containerNameSchema }),
	result: seen,
} satisfies RpcMethod;

/** Gateway → the node: each change of a container, the newest state of each for a slow reader. */
export const provisionSteps = {
	name: 'provision.steps',
	args: z.strictObject({}),
	item: containerViewSchema,
} satisfies RpcStream;

/** A node with the duty → gateway: whether it is connected with that node. */
export const provisionConnected = {
	name: 'provision.connected',
	args: z.strictObject({ node: nodeIdSchema }),
	result: z.object({ connected: z.boolean() }),
} satisfies RpcMethod;

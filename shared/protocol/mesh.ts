/**
 * What nodes and the gateway ask each other over rpc, besides work (work-rpc). Each method says who may ask; the one who
 * answers reads the asker's rights from the registry [I13]. Answers may be lost, so each may be asked again.
 */
import { z } from 'zod';
import type { RpcMethod, RpcStream } from '../mesh/rpc.ts';
import { changeEventSchema } from '../operations/node-operations.ts';
import { addressesSchema, labelsSchema, nodeIdSchema, projectIdSchema } from '../registry/schema.ts';

const name = z.string().min(1).max(200);
const count = z.int().min(0);
/** What took longer, or was longer ago, says nothing of the link as it is now. */
export const roundTripAgeMsMax = 10 * 60_000;
/** It was read from JSON, so it is some; the operation's own schema looks at it. One that walks it would meet its depth. */
export const json = z.custom<z.core.util.JSONType>((value) => value !== undefined);

/**
 * Any member → gateway, at each connection and every 10 s: here I am. What is said here is kept in memory only, except
 * for addresses, which go into the registry. How its worker is, a node says with `work.state`.
 */
export const helloMethod = {
	name: 'node.hello',
	args: z.strictObject({
		version: z.string().max(100),
		addresses: addressesSchema,
		/** The members it is connected with. */
		links: z.array(nodeIdSchema).max(2_000),
		/** Wall ms there, for the difference of the clocks. */
		at: z.number(),
		/** How long the gateway's answer took when it was last asked, and how long ago that was. Left out before the first. */
		roundTrip: z
			.strictObject({ ms: z.number().min(0).max(roundTripAgeMsMax), agoMs: z.number().min(0).max(roundTripAgeMsMax) })
			.exactOptional(),
	}),
	result: z.strictObject({ version: z.string().max(100), at: z.number(), revision: count }),
} satisfies RpcMethod;

/**
 * A node with the duty home → gateway: this project is mine. Adding it again from there changes nothing. Throws REFUSED
 * where it is another node's or another project has the name.
 */
export const registerProjectMethod = {
	name: 'project.register',
	args: z.strictObject({ id: projectIdSchema, name: z.string().min(1).max(63), branch: z.string().min(1).max(255) }),
	result: z.strictObject({ name: z.string(), revision: count }),
} satisfies RpcMethod;

/**
 * Gateway → node, for a person who is logged in at the gateway; and node → gateway, for the person who sits there
 * (`callerFor` in shared/registry decides). `args` as a client of the HTTP API writes them. The result is the
 * operation's; the error too.
 */
export const operationMethod = {
	name: 'operation.ask',
	args: z.strictObject({
		operation: z.string().max(100),
		args: z.record(z.string(), json),
		person: z.string().min(1).max(64),
	}),
	result: json,
} satisfies RpcMethod;

/** Gateway → node: what changes there, as it happens. Slow readers get `dropped` and read again. */
export const eventStream = {
	name: 'node.events',
	args: z.strictObject({}),
	item: changeEventSchema,
} satisfies RpcStream;

const role = z.enum(['coder', 'qa', 'mergemaster']);

/** As `PlacementTask`; the node that declined, why it may not have it, is the home's to know. */
export const placementTaskSchema = z.strictObject({
	id: name,
	project: projectIdSchema,
	workspace: name,
	role,
	rank: z.number(),
	runtime: name,
	agent: name.nullable(),
	account: name.nullable(),
	labels: labelsSchema,
	pin: name.nullable(),
	declinedBy: z.array(nodeIdSchema).max(2_000).exactOptional(),
});

/** Home → gateway: where should these run? Only for projects that are the asker's. Waits at most 2 s for it. */
export const placementMethod = {
	name: 'placement.ask',
	args: z.strictObject({ tasks: z.array(placementTaskSchema).max(1_000) }),
	result: z.strictObject({
		assignments: z.array(z.strictObject({ task: name, node: nodeIdSchema, reasons: z.array(z.string()) })),
		waiting: z.array(z.strictObject({ task: name, reason: z.string() })),
		/** What was known of each node when it was decided, for `gangline why`. */
		nodes: z.array(
			z.strictObject({ node: nodeIdSchema, name: z.string(), takes: z.boolean(), reasons: z.array(z.string()) }),
		),
	}),
} satisfies RpcMethod;

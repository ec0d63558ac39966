/**
 * The one door through which facts of the registry become values: each record is parsed here, wherever it came from,
 * and what has passed needs no second look. Bounds are part of the schema, because every member holds all of it [I15].
 */
import { z } from 'zod';
import { accessSchema } from '../operations/define.ts';
import { labelSchema, nodeNameSchema, personIdSchema, projectNameSchema } from '../operations/references.ts';
import { type NodeId, type ProjectId, parseNodeId, parseProjectId } from '../ports/ids.ts';
import type { MeshNode, MeshPerson, MeshProject } from './facts.ts';

/** Nodes, projects and people each; a mesh of one team has a hundredth of it. */
export const recordsMax = 2_000;
export const addressesMax = 16;
export const slotsMax = 64;

const at = z.number().min(0);

export const nodeIdSchema = z.string().transform((text, context): NodeId => {
	try {
		return parseNodeId(text);
	} catch {
		context.addIssue({ code: 'custom', message: 'expected `n` and 16 hex digits', input: text });
		return z.NEVER;
	}
});

export const projectIdSchema = z.string().transform((text, context): ProjectId => {
	try {
		return parseProjectId(text);
	} catch {
		context.addIssue({ code: 'custom', message: 'expected a ULID of 26 characters', input: text });
		return z.NEVER;
	}
});

/** Ed25519, 32 bytes, base64. */
export const publicKeySchema = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'expected 32 bytes in base64');

/** As `PeerAddress.addresses`: without the peer's id. */
export const addressSchema = z
	.string()
	.max(200)
	.regex(
		/^\/(?:ip4|ip6|dns4|dns6|dns)\/[0-9A-Za-z.:_-]+\/tcp\/[0-9]{1,5}(?:\/ws)?$/,
		'expected such as /ip4/192.0.2.7/tcp/7421',
	);

export const dutiesSchema = z
	.array(z.enum(['gateway', 'home', 'work', 'provision']))
	.max(4)
	.readonly();
export const worksForSchema = z.union([z.literal('any'), z.array(projectIdSchema).max(recordsMax).readonly()]);
export const slotsSchema = z.int().min(0).max(slotsMax);
export const labelsSchema = z.array(labelSchema).max(50).readonly();
export const addressesSchema = z.array(addressSchema).max(addressesMax).readonly();

export const meshNodeSchema = z.strictObject({
	id: nodeIdSchema,
	name: nodeNameSchema,
	publicKey: publicKeySchema,
	addresses: addressesSchema,
	duties: dutiesSchema,
	worksFor: worksForSchema,
	person: personIdSchema.nullable(),
	slots: slotsSchema,
	labels: labelsSchema,
	status: z.enum(['member', 'draining', 'revoked']),
	joinedAt: at,
	changedAt: at,
}) satisfies z.ZodType<MeshNode>;

export const meshProjectSchema = z.strictObject({
	id: projectIdSchema,
	name: projectNameSchema,
	home: nodeIdSchema,
	homeKey: publicKeySchema,
	term: z.int().min(1),
	branch: z.string().min(1).max(255),
	addedAt: at,
}) satisfies z.ZodType<MeshProject>;

export const meshPersonSchema = z.strictObject({
	id: personIdSchema,
	access: accessSchema,
}) satisfies z.ZodType<MeshPerson>;

/** The mesh's own id. */
export const meshIdSchema = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'expected a ULID of 26 characters');

/** The person's name in the mesh for the name of an account, such as `Ada L.`; the same for the same account everywhere. */
export function personIdFrom(account: string): string {
	const id = account
		.toLowerCase()
		.replace(/[^a-z0-9._-]/g, '-')
		.slice(0, 32);
	return personIdSchema.safeParse(id).success ? id : `_${id}`.slice(0, 32);
}

/**
 * What is said over `/gangline/join/1`. The joiner sends one frame, the gateway answers with one, followed by the signed
 * registry in as many frames as its length takes. JSON, because it happens once in a node's life.
 */
import { z } from 'zod';
import { membershipFields } from '../../operations/mesh-views.ts';
import { addressesSchema, meshIdSchema, meshNodeSchema } from '../../registry/index.ts';

const { name, duties, worksFor, homeFor, slots, labels, provision } = membershipFields;

/** What the joiner would like to be; never more than its token gives. */
export const joinWishSchema = z.strictObject({
	name: name.exactOptional(),
	duties: duties.exactOptional(),
	worksFor: worksFor.exactOptional(),
	homeFor: homeFor.exactOptional(),
	slots: slots.exactOptional(),
	provision: provision.exactOptional(),
	labels: labels.exactOptional(),
});
export type JoinWish = z.output<typeof joinWishSchema>;

export const joinRequestSchema = z.strictObject({
	v: z.literal(1),
	mesh: meshIdSchema,
	/** 16 bytes, base64url. */
	secret: z.string().regex(/^[\w-]{22}$/),
	/** What the machine is called, where the wish names nothing; made unique by the gateway. */
	hostName: name,
	wish: joinWishSchema,
	addresses: addressesSchema,
	version: z.string().max(100),
});
export type JoinRequest = z.output<typeof joinRequestSchema>;

/** Why a token was not taken. `wrong` says no more than that, whatever is the matter. */
export const joinRefusals = ['wrong', 'used', 'expired', 'revoked', 'wish', 'busy'] as const;

export const joinAnswerSchema = z.discriminatedUnion('kind', [
	z.strictObject({
		kind: z.literal('joined'),
		node: meshNodeSchema,
		/** It was a member before, with these rights; nothing has changed. */
		already: z.boolean(),
		gatewayName: z.string(),
		version: z.string().max(100),
		registryBytes: z.int().min(0),
	}),
	z.strictObject({
		kind: z.literal('refused'),
		reason: z.enum(joinRefusals),
		message: z.string().max(500),
		hint: z.string().max(500).nullable(),
	}),
]);
export type JoinAnswer = z.output<typeof joinAnswerSchema>;

/** A joiner's frame: a token, a wish with the longest lists. */
export const requestBytesMax = 64 * 1024;
/** The registry of the largest mesh. */
export const registryBytesMax = 8 * 1024 * 1024;
export const chunkBytes = 256 * 1024;
/** From the first byte of a joiner to the last of the answer. */
export const joinMsMax = 20_000;

export const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/**
 * What a stored or received record must look like to be an item. Strict: an unknown field is somebody else's version or
 * a mistake, and either must be seen. A stage is only taken as it can be reached: blocked and frozen hold a stage that
 * can be blocked or frozen [I2].
 */
import { z } from 'zod';
import { gateKinds } from '../protocol/gates.ts';
import type { IntentId } from './intent.ts';
import type { Item } from './item.ts';
import {
	dependenciesMax,
	descriptionBytesMax,
	detailCharactersMax,
	labelCharactersMax,
	labelsMax,
	nameCharactersMax,
	oneLine,
	reasonCharactersMax,
	titleCharactersMax,
	wordsBytesMax,
	wordsEntriesMax,
} from './limits.ts';
import type { Stage } from './stage.ts';
import { itemTypes, roles } from './table.ts';

const count = z.int().min(0);
const at = z.int().min(0);

/** A name that can be a part of a path or a ref without another thought. Keys are ULIDs wherever we make them. */
export const keySchema = z
	.string()
	.regex(/^[0-9A-Za-z][0-9A-Za-z_-]{0,39}$/, 'expected at most 40 letters, digits, `_` and `-`');
export const commitSchema = z
	.string()
	.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'expected a commit id of 40 or 64 hex digits');
export const tokenSchema = z.tuple([count, count]).readonly();
export const typeSchema = z.literal(Object.keys(itemTypes) as (keyof typeof itemTypes)[]);
export const roleSchema = z.literal(roles.item);
export const reviewSchema = z.literal(['human', 'server', 'agent']);
export const failureKindSchema = z.literal(['conflict', 'gates', 'emptyDiff', 'noCommits', 'other']);
export const gateKindSchema = z.literal(gateKinds);
export const nameSchema = z.string().min(1).max(nameCharactersMax);

export const titleSchema = z
	.string()
	.min(1)
	.max(titleCharactersMax)
	.regex(oneLine, 'expected one line without control characters');
export const descriptionSchema = boundedText(descriptionBytesMax);
export const wordsSchema = boundedText(wordsBytesMax);
export const labelsSchema = z.array(z.string().min(1).max(labelCharactersMax).regex(oneLine)).max(labelsMax);
export const dependenciesSchema = z.array(keySchema).max(dependenciesMax);

const reason = z.string().max(reasonCharactersMax);
const detail = z.string().max(detailCharactersMax);

const failed = { failure: failureKindSchema.exactOptional(), detail: detail.exactOptional() };
const pausable = [
	z.strictObject({ kind: z.literal('upcoming') }),
	z.strictObject({ kind: z.literal('backlog') }),
	z.strictObject({ kind: z.literal('coding') }),
	z.strictObject({ kind: z.literal('qa') }),
	z.strictObject({ kind: z.literal('reviewHold'), reason: reason.exactOptional() }),
	z.strictObject({ kind: z.literal('merge') }),
	z.strictObject({ kind: z.literal('mergeFailure'), ...failed }),
	z.strictObject({ kind: z.literal('mergeFailureFinal'), ...failed }),
] as const;
const blocked = z.strictObject({
	kind: z.literal('blocked'),
	reason: reason.exactOptional(),
	resumeTo: z.discriminatedUnion('kind', pausable),
});
const frozen = z.strictObject({
	kind: z.literal('frozen'),
	resumeTo: z.discriminatedUnion('kind', [...pausable, blocked]),
});
const archiveReasons = [
	'completed',
	'abandoned',
	'superseded',
	'rejected',
	'blocked',
	'mergeFailed',
	'reviewHeld',
] as const;

export const stageSchema: z.ZodType<Stage> = z.discriminatedUnion('kind', [
	...pausable,
	blocked,
	frozen,
	z.strictObject({
		kind: z.literal('done'),
		at: at.exactOptional(),
		commit: commitSchema.nullable().exactOptional(),
		token: tokenSchema.nullable().exactOptional(),
	}),
	z.strictObject({
		kind: z.literal('archived'),
		reason: z.literal(archiveReasons).exactOptional(),
		at: at.exactOptional(),
	}),
	z.strictObject({ kind: z.literal('abandoned') }),
	z.strictObject({ kind: z.literal('superseded'), by: keySchema.exactOptional() }),
	z.strictObject({ kind: z.literal('rejected'), reason: reason.exactOptional() }),
]);

const author = z.string().min(1).max(nameCharactersMax);

/** Parses one record of the index. */
export const itemSchema: z.ZodType<Item> = z.strictObject({
	key: keySchema,
	number: z.int().min(1),
	title: titleSchema,
	type: typeSchema,
	description: descriptionSchema,
	dependsOn: dependenciesSchema,
	parent: keySchema.nullable(),
	labels: labelsSchema,
	held: z.boolean(),
	agent: nameSchema.nullable(),
	review: reviewSchema.nullable(),
	origin: z.strictObject({ by: nameSchema, who: nameSchema }),
	addedAs: z
		.custom<IntentId>((text) => typeof text === 'string' && text.length <= 200 && /^.+#\d+$/.test(text))
		.exactOptional(),
	createdAt: at,
	changedAt: at,
	stage: stageSchema,
	token: tokenSchema.nullable(),
	holder: author.nullable(),
	role: roleSchema.nullable(),
	result: z.strictObject({ commit: commitSchema, base: commitSchema }).nullable(),
	approval: z
		.strictObject({ branch: commitSchema, main: commitSchema, mergeBase: commitSchema, who: nameSchema })
		.nullable(),
	lastFailure: z
		.strictObject({ reason, gate: nameSchema.exactOptional(), detail: detail.exactOptional(), at })
		.nullable(),
	words: z.array(wordsSchema).max(wordsEntriesMax),
	tries: z.strictObject({
		reworks: count,
		mergeFailures: z.strictObject({ kind: failureKindSchema, count }).nullable(),
		freeFixups: count,
		totalAttempts: count,
	}),
});

/** Text by its UTF-8 bytes, which is what a wire and a disk see. */
function boundedText(bytesMax: number): z.ZodType<string> {
	return z
		.string()
		.max(bytesMax)
		.refine((text) => text.length * 3 <= bytesMax || new TextEncoder().encode(text).length <= bytesMax, {
			error: `expected at most ${bytesMax} bytes`,
		});
}

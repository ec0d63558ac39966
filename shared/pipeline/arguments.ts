/**
 * The arguments of events, read once per intent. What is missing and what is wrong are different refusals. Text that
 * machines write (reasons, details) is cut to its bound and not refused: a failure must not be lost because its output
 * was long. What people write is refused when it is too long, so that they learn it.
 */

import { z } from 'zod';
import { readAs } from '../ports/read-as.ts';
import type { Refusal } from './intent.ts';
import {
	commitSchema,
	dependenciesSchema,
	descriptionSchema,
	failureKindSchema,
	gateKindSchema,
	keySchema,
	labelsSchema,
	nameSchema,
	reviewSchema,
	roleSchema,
	titleSchema,
	tokenSchema,
	typeSchema,
	wordsSchema,
} from './item-schema.ts';
import { detailCharactersMax, reasonCharactersMax } from './limits.ts';

/** Of the rows of the table and of the record events that carry work; what an event has no use for is ignored. */
const eventArguments = z.object({
	reason: z.string().transform(firstPart).exactOptional(),
	detail: z.string().transform(lastPart).exactOptional(),
	words: wordsSchema.exactOptional(),
	kind: failureKindSchema.exactOptional(),
	gate: nameSchema.exactOptional(),
	gateKind: gateKindSchema.exactOptional(),
	commit: commitSchema.exactOptional(),
	base: commitSchema.exactOptional(),
	branch: commitSchema.exactOptional(),
	main: commitSchema.exactOptional(),
	mergeBase: commitSchema.exactOptional(),
	token: tokenSchema.exactOptional(),
	by: keySchema.exactOptional(),
	force: z.boolean().exactOptional(),
	holder: z.string().min(1).exactOptional(),
	role: roleSchema.exactOptional(),
});
export type EventArguments = z.output<typeof eventArguments>;

const fields = {
	title: titleSchema,
	type: typeSchema,
	description: descriptionSchema,
	dependsOn: dependenciesSchema.transform((keys) => [...new Set(keys)]),
	parent: keySchema.nullable(),
	labels: labelsSchema.transform((labels) => [...new Set(labels)]),
	held: z.boolean(),
	agent: nameSchema.nullable(),
	review: reviewSchema.nullable(),
};

/** Strict: a misspelt field would be lost without a word. */
export const addArguments = z.strictObject({
	title: fields.title,
	type: fields.type.default('story'),
	description: fields.description.default(''),
	dependsOn: fields.dependsOn.default([]),
	parent: fields.parent.default(null),
	labels: fields.labels.default([]),
	held: fields.held.default(false),
	upcoming: z.boolean().default(false),
	agent: fields.agent.default(null),
	review: fields.review.default(null),
});
export type AddArguments = z.output<typeof addArguments>;

export const editArguments = z.strictObject({
	title: fields.title.exactOptional(),
	type: fields.type.exactOptional(),
	description: fields.description.exactOptional(),
	dependsOn: fields.dependsOn.exactOptional(),
	parent: fields.parent.exactOptional(),
	labels: fields.labels.exactOptional(),
	held: fields.held.exactOptional(),
	agent: fields.agent.exactOptional(),
	review: fields.review.exactOptional(),
});
export type EditArguments = z.output<typeof editArguments>;

export type Read<Arguments> =
	| { readonly ok: true; readonly args: Arguments }
	| { readonly ok: false; readonly refusal: Extract<Refusal, 'missingArgument' | 'invalid'> };

/** Arguments of a table row or of a record event other than add and edit. Null means absent. */
export function readEvent(
	given: Readonly<Record<string, unknown>> | undefined,
	needs: readonly string[],
): Read<EventArguments> {
	if (given === undefined)
		return needs.length === 0 ? { ok: true, args: {} } : { ok: false, refusal: 'missingArgument' };
	const present = Object.fromEntries(
		Object.entries(given).filter(([, value]) => value !== null && value !== undefined),
	);
	return readFields(eventArguments, present, needs);
}

export function readFields<Schema extends z.ZodType>(
	schema: Schema,
	given: Readonly<Record<string, unknown>> = {},
	needs: readonly string[] = [],
): Read<z.output<Schema>> {
	if (needs.some((name) => isMissing(given, name))) return { ok: false, refusal: 'missingArgument' };
	const parsed = readAs(schema, given);
	return parsed.success ? { ok: true, args: parsed.data } : { ok: false, refusal: 'invalid' };
}

/** Words and reasons are for somebody to read: blank ones are missing. Output may be empty. */
function isMissing(given: Readonly<Record<string, unknown>>, name: string): boolean {
	const value = Object.hasOwn(given, name) ? given[name] : undefined;
	if (value === undefined || value === null) return true;
	return (
		(name === 'reason' || name === 'words' || name === 'title') && typeof value === 'string' && value.trim() === ''
	);
}

function firstPart(text: string): string {
	return text.length <= reasonCharactersMax ? text : `${text.slice(0, reasonCharactersMax - 1).toWellFormed()}…`;
}

function lastPart(text: string): string {
	return text.length <= detailCharactersMax ? text : `…${text.slice(1 - detailCharactersMax).toWellFormed()}`;
}

/**
 * What an entry that comes over a wire or from a store must look like to be an intent. It is parsed here once; whether
 * it makes sense for its item is the fold's matter, which refuses it visibly. What does not even parse was not made by
 * a program of ours.
 */
import { z } from 'zod';
import type { Intent } from './intent.ts';
import { keySchema, tokenSchema } from './item-schema.ts';
import { argumentCharactersMax, argumentDepthMax, argumentValuesMax, nameCharactersMax } from './limits.ts';

const count = z.int().min(0);
const author = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$/, 'expected the id of an author');

/** Objects that `JSON.parse` made, small and flat, without a key that means something to JavaScript. */
const argumentsSchema = z.custom<Record<string, unknown>>(isArguments, {
	error: `expected an object of at most ${argumentCharactersMax} characters and ${argumentDepthMax} levels`,
});

export const intentSchema: z.ZodType<Intent> = z
	.strictObject({
		author,
		n: z.int().min(1),
		at: z.tuple([count, count]).readonly(),
		by: z.literal(['user', 'agent', 'gates', 'landing', 'scheduler', 'system']),
		who: z.string().min(1).max(nameCharactersMax).exactOptional(),
		/** Empty only where the entry was unreadable and is closed by a void. */
		item: z.union([keySchema, z.literal('')]),
		event: z.string().regex(/^[A-Za-z]{1,40}$/, 'expected the name of an event'),
		args: argumentsSchema.exactOptional(),
		token: tokenSchema.exactOptional(),
		onBehalfOf: author.exactOptional(),
		basedOn: count.exactOptional(),
	})
	.refine(({ item, event }) => item !== '' || event === 'void', { error: 'expected the key of an item' });

function isArguments(value: unknown): value is Record<string, unknown> {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
	const budget = { characters: argumentCharactersMax, values: argumentValuesMax };
	return isBoundedJson(value, argumentDepthMax, budget);
}

/** Spends the budget as it goes, so that a hostile value costs no more than an allowed one. */
function isBoundedJson(value: unknown, depth: number, budget: { characters: number; values: number }): boolean {
	budget.values -= 1;
	if (typeof value === 'string') budget.characters -= value.length;
	if (budget.values < 0 || budget.characters < 0) return false;
	if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
	if (typeof value === 'number') return Number.isFinite(value);
	if (typeof value !== 'object' || depth === 0) return false;
	if (Array.isArray(value)) return value.every((inner) => isBoundedJson(inner, depth - 1, budget));
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype !== Object.prototype && prototype !== null) return false;
	return Object.entries(value).every(([key, inner]) => {
		budget.characters -= key.length;
		return !reservedKeys.has(key) && isBoundedJson(inner, depth - 1, budget);
	});
}

const reservedKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

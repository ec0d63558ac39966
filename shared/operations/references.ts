/**
 * How people name things in arguments: an item by number, `#12`, provisional name or key; a project by name or id.
 * Parsed where they enter, so that a handler only looks them up.
 */
import { z } from 'zod';

/** `alias` is a provisional name such as `~laptop-3`, which stays valid after the home has given a number. */
export type ItemRef =
	| { readonly kind: 'number'; readonly number: number }
	| { readonly kind: 'alias'; readonly alias: string }
	| { readonly kind: 'key'; readonly key: string };

export type ProjectRef =
	| { readonly kind: 'id'; readonly id: string }
	| { readonly kind: 'name'; readonly name: string };

const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;
const itemNumber = /^#?([1-9][0-9]{0,8})$/;
const provisional = /^~?[A-Za-z][A-Za-z0-9._-]{0,62}$/;
const projectName = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const nodeName = /^[a-z0-9][a-z0-9-]{0,31}$/;
const nodeId = /^n[0-9a-f]{16}$/;
const personId = /^[a-z_][a-z0-9._-]{0,31}$/;

/** Null where the text cannot name an item at all. */
export function readItemRef(text: string): ItemRef | null {
	const number = itemNumber.exec(text)?.[1];
	if (number !== undefined) return { kind: 'number', number: Number(number) };
	if (ulid.test(text)) return { kind: 'key', key: text.toUpperCase() };
	if (provisional.test(text)) return { kind: 'alias', alias: text.startsWith('~') ? text : `~${text}` };
	return null;
}

/** Null where the text cannot name a project at all. */
function readProjectRef(text: string): ProjectRef | null {
	if (ulid.test(text)) return { kind: 'id', id: text.toUpperCase() };
	if (projectName.test(text)) return { kind: 'name', name: text };
	return null;
}

/** The shortest text that `readItemRef` reads back to the same thing; for messages. */
export function writeItemRef(ref: ItemRef): string {
	if (ref.kind === 'number') return `#${ref.number}`;
	return ref.kind === 'alias' ? ref.alias : ref.key;
}

export const itemRefSchema = z
	.union([z.int().min(1).max(999_999_999), z.string().min(1).max(64)])
	.transform((value, context): ItemRef => {
		const ref = readItemRef(String(value));
		if (ref !== null) return ref;
		context.addIssue({
			code: 'custom',
			message: 'expected an item: its number (12 or #12), `~name` or key',
			input: value,
		});
		return z.NEVER;
	})
	.describe('An item: its number (12 or #12), provisional name (~laptop-3) or key');

/** A node by its id, or by the name that the registry has for it. */
export const nodeRefSchema = z
	.string()
	.min(1)
	.max(64)
	.regex(nodeName, 'expected a node: its name or its id')
	.describe('A node: its name or its id');

export const nodeNameSchema = z
	.string()
	.regex(nodeName, 'expected a name of lower-case letters, digits and `-`, at most 32')
	.refine((text) => !nodeId.test(text), 'expected a name that does not look like an id');

export const projectNameSchema = z
	.string()
	.regex(projectName, "expected a project's name: lower-case letters, digits and . _ -, at most 63");

export const personIdSchema = z
	.string()
	.regex(personId, "expected a person's name of lower-case letters, digits and . _ -, at most 32")
	.describe('The name that logins and histories use');

export const labelSchema = z
	.string()
	.regex(/^[\p{L}\p{N}][\p{L}\p{N}:._/-]{0,49}$/u, 'expected a label of letters, digits and : . _ / -');

export const projectRefSchema = z
	.string()
	.min(1)
	.max(64)
	.transform((value, context): ProjectRef => {
		const ref = readProjectRef(value);
		if (ref !== null) return ref;
		context.addIssue({ code: 'custom', message: 'expected a project: its name or its id', input: value });
		return z.NEVER;
	})
	.describe('A project: its name or its id');

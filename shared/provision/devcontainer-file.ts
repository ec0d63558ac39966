/**
 * A `devcontainer.json`, read: JSON with comments and trailing commas, and a schema of the properties that mean something
 * here. Comments are blanked and JSON's own parser does the rest, so places in its messages are those of the file. The
 * text comes from whoever may write in the repository: it is bounded, and nothing of it is looked up on this machine.
 */
import { z } from 'zod';
import { ganglineError } from '../ports/index.ts';

/** Where it may lie, the first that is there. */
export const devcontainerPlaces = ['.devcontainer/devcontainer.json', '.devcontainer.json'] as const;
const charsMax = 64 * 1024;

export const hookNames = ['onCreate', 'updateContent', 'postCreate', 'postStart'] as const;
export type HookName = (typeof hookNames)[number];

const line = z
	.string()
	.max(4096)
	.regex(/^[^\0]*$/, 'expected a text without NUL');
const word = z
	.string()
	.max(4096)
	.regex(/^[^\0\r\n]*$/, 'expected one line');
const commandSchema = z.union([line, z.array(line).max(64)], 'expected a text, or a list of texts');
const hookSchema = z.union(
	[
		commandSchema,
		z
			.record(z.string().regex(/^[\w .-]{1,64}$/, 'expected a short name'), commandSchema)
			.refine((commands) => Object.keys(commands).length <= 16, 'expected at most 16 commands'),
	],
	'expected a command, a list of its words, or an object of commands by name',
);
const variablesSchema = z.record(
	z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'expected the name of a variable'),
	word.nullable(),
);
const portWords = 'expected a port from 1 to 65535';
const portSchema = z.union([z.int(portWords).min(1, portWords).max(65_535, portWords), word], portWords);

const fileSchema = z.looseObject({
	image: word.optional(),
	build: z
		.looseObject({
			dockerfile: word.optional(),
			args: z.record(z.string().regex(/^\w{1,128}$/), word).optional(),
			target: word.optional(),
		})
		.optional(),
	dockerFile: word.optional(),
	containerEnv: variablesSchema.optional(),
	remoteEnv: variablesSchema.optional(),
	forwardPorts: z.array(portSchema).max(32).optional(),
	appPort: z.union([portSchema, z.array(portSchema).max(32)]).optional(),
	portsAttributes: z.record(z.string(), z.looseObject({ label: word.optional() })).optional(),
	onCreateCommand: hookSchema.optional(),
	updateContentCommand: hookSchema.optional(),
	postCreateCommand: hookSchema.optional(),
	postStartCommand: hookSchema.optional(),
});
export type DevcontainerFile = z.output<typeof fileSchema>;
export type HookWish = z.output<typeof hookSchema>;

/** @throws GanglineError INVALID_CONFIG that says what, where and what was expected */
export function parseDevcontainer(text: string, path: string): DevcontainerFile {
	if (text.length > charsMax) throw bad(path, `it has ${text.length} characters; expected at most ${charsMax}`);
	const parsed = fileSchema.safeParse(jsonIn(text, path));
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	const place = (issue?.path ?? []).map(String).join('.').slice(0, 200);
	throw bad(path, `${place === '' ? '' : `${place}: `}${issue?.message ?? 'not as expected'}`);
}

function jsonIn(text: string, path: string): unknown {
	try {
		return JSON.parse(withoutCommas(withoutComments(text.replace(/^\uFEFF/, ' '))));
	} catch (cause) {
		throw bad(path, cause instanceof Error ? cause.message.slice(0, 300) : String(cause));
	}
}

// A string ends with its quote or with the text, so that a text without an end is gone through once.
const stringOrComment = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
const stringOrComma = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|,(?=[ \t\r\n]*[}\]])/g;

function withoutComments(text: string): string {
	return text.replace(stringOrComment, (found) => (found.startsWith('"') ? found : found.replace(/[^\n]/g, ' ')));
}

function withoutCommas(text: string): string {
	return text.replace(stringOrComma, (found) => (found === ',' ? ' ' : found));
}

function bad(path: string, why: string): Error {
	return ganglineError('INVALID_CONFIG', `${path} cannot be used: ${why}`, {
		hint: 'mend it and commit that, or leave it alone: --devcontainer none',
	});
}

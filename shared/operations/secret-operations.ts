/** Secrets of one node: put in, listed by name, removed. No operation ever answers a value. */
import { z } from 'zod';
import { secretCharactersMax, secretCharactersMin, secretLineCharactersMax } from '../ports/secrets.ts';
import { defineOperation } from './define.ts';
import { atSchema } from './item-views.ts';

const name = z
	.string()
	.regex(/^(?!GANGLINE_)[A-Z][A-Z0-9_]{0,63}$/, 'expected a name such as NPM_TOKEN: capital letters, digits, `_`')
	.describe('Also the name of the variable in which agents and gates find it');
const value = z
	.string()
	.min(
		secretCharactersMin,
		`expected at least ${secretCharactersMin} characters: a shorter one could not be hidden in logs`,
	)
	.max(secretCharactersMax)
	.refine((text) => text.split('\n').every((line) => line.length <= secretLineCharactersMax) && !text.includes('\0'), {
		error: `expected lines of at most ${secretLineCharactersMax} characters`,
	});
const secret = z.object({ name: z.string(), changedAt: atSchema });

export const secretOperations = {
	'secret.set': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'node',
		summary: 'Keep a secret on this node, for the agents and gates that name it',
		args: z.strictObject({ name, value }),
		result: z.object({ secret, answer: z.string() }),
		examples: [
			{ cli: 'gangline secret set NPM_TOKEN < token.txt', args: { name: 'NPM_TOKEN', value: 'npm_0123456789' } },
		],
		errors: ['TOO_LARGE'],
	}),
	'secret.list': defineOperation({
		kind: 'query',
		access: 'owner',
		runsAt: 'node',
		summary: 'Names of the secrets that this node keeps',
		args: z.strictObject({}),
		result: z.object({ secrets: z.array(secret) }),
		examples: [{ cli: 'gangline secret list', args: {} }],
		errors: [],
	}),
	'secret.delete': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'node',
		summary: 'Remove a secret from this node',
		args: z.strictObject({ name }),
		result: z.object({ name: z.string(), answer: z.string() }),
		examples: [{ cli: 'gangline secret delete NPM_TOKEN', args: { name: 'NPM_TOKEN' } }],
		errors: ['NOTHING_TO_SHOW'],
	}),
};

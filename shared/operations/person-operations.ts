/** Everything that can be asked about people: who they are, what they may do, and the token that proves it. */
import { z } from 'zod';
import { accessSchema, defineOperation } from './define.ts';
import { personViewSchema } from './mesh-views.ts';
import { personIdSchema } from './references.ts';

const id = personIdSchema;
const use = z
	.enum(['all', 'editor'], 'expected all or editor')
	.default('all')
	.describe('all: whatever the person may ask; editor: the tools at /mcp and nothing else');

export const personOperations = {
	'person.add': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Let a person in, or change what one may do',
		args: z.strictObject({ id, access: accessSchema.default('member') }),
		result: z.object({ person: personViewSchema, added: z.boolean(), answer: z.string() }),
		examples: [
			{ cli: 'gangline person add ann', args: { id: 'ann' } },
			{ cli: 'gangline person add bob --access viewer', args: { id: 'bob', access: 'viewer' } },
		],
		errors: ['REFUSED'],
	}),
	'person.list': defineOperation({
		kind: 'query',
		access: 'member',
		runsAt: 'gateway',
		summary: 'The people of the mesh and what each may do',
		args: z.strictObject({}),
		result: z.object({ people: z.array(personViewSchema) }),
		examples: [{ cli: 'gangline people', args: {} }],
		errors: [],
	}),
	'person.remove': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Take every right from a person, with the token and on every node where the person sits',
		args: z.strictObject({ id }),
		result: z.object({ person: personViewSchema, answer: z.string() }),
		examples: [{ cli: 'gangline person remove bob', args: { id: 'bob' } }],
		errors: ['NOTHING_TO_SHOW', 'REFUSED'],
	}),
	'person.token': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: "A new secret with which a person's programs ask the gateway; the one before is void",
		args: z.strictObject({ id, use }),
		result: z.object({ person: personViewSchema, token: z.string().describe('Shown once') }),
		examples: [
			{ cli: 'gangline person token ann', args: { id: 'ann' } },
			{ cli: 'gangline person token ann --editor', args: { id: 'ann', use: 'editor' } },
		],
		errors: ['NOTHING_TO_SHOW'],
	}),
	'person.revokeToken': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Make a secret of a person useless; logins in browsers stay',
		args: z.strictObject({ id, use }),
		result: z.object({ person: personViewSchema, answer: z.string() }),
		examples: [
			{ cli: 'gangline person token ann --revoke', args: { id: 'ann' } },
			{ cli: 'gangline person token ann --editor --revoke', args: { id: 'ann', use: 'editor' } },
		],
		errors: ['NOTHING_TO_SHOW'],
	}),
};

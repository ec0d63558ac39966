/** What people say to the agent of an item and decide for it while it works, and how they work on it themselves. */
import { z } from 'zod';
import { defineOperation } from './define.ts';
import { changeErrors, item, itemErrors, project, words } from './item-arguments.ts';
import { changeResultSchema, itemAnswerSchema } from './item-views.ts';

const said = z.object({ item: itemAnswerSchema, answer: z.string().describe('When it is heard') });

export const itemSteering = {
	'item.say': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Tell the agent of an item something: at its next turn, or when its next session begins',
		args: z.strictObject({ project, item, words: words.describe('What the agent is told') }),
		result: said,
		examples: [{ cli: 'gangline say 12 "use the new client"', args: { item: 12, words: 'use the new client' } }],
		errors: changeErrors,
	}),
	'item.answer': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Allow or refuse what the agent of an item asks for; a parked session goes on with the answer',
		args: z.strictObject({ project, item, decision: z.enum(['allow', 'deny']) }),
		result: said,
		examples: [{ cli: 'gangline answer 12 allow', args: { item: 12, decision: 'allow' } }],
		errors: changeErrors,
	}),
	'item.take': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Stop the agent of an item and work on it yourself, in its clone; give hands it back',
		args: z.strictObject({ project, item }),
		result: z.object({
			item: itemAnswerSchema,
			answer: z.string(),
			node: z.string().describe('The machine that has the clone'),
			folder: z.string().nullable().describe('Where the clone lies there; null where nothing has begun'),
		}),
		examples: [{ cli: 'gangline take 12', args: { item: 12 } }],
		errors: [...itemErrors, 'REFUSED', 'PEER_UNREACHABLE'],
	}),
	'item.give': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Hand a taken item back to its agent, which is told what you did in the clone',
		args: z.strictObject({ project, item, words: words.describe('What the agent is told besides').optional() }),
		result: changeResultSchema,
		examples: [{ cli: 'gangline give 12', args: { item: 12 } }],
		errors: changeErrors,
	}),
};

/** What the home refused after its author had gone on: shown wherever the author asks, until it has been seen. */
import { z } from 'zod';
import { defineOperation } from './define.ts';
import { project, projectErrors } from './item-arguments.ts';
import { atSchema } from './item-views.ts';

export const refusedWishSchema = z.object({
	id: z.string().describe('Names the wish for ever: author and number'),
	item: z.string().describe("The item's name; where it is gone, what it was called"),
	key: z.string(),
	event: z.string(),
	who: z.string().nullable(),
	at: atSchema.describe('When it was wanted'),
	words: z.string().describe('What was refused, and why'),
});
export type RefusedWish = z.output<typeof refusedWishSchema>;

export const refusedWishOperations = {
	'item.refusals': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'What people of this node wanted and the home refused later; shown until it was marked as seen',
		args: z.strictObject({
			project,
			seen: z.boolean().default(false).describe('Show it this once more and forget it'),
		}),
		result: z.object({ refused: z.array(refusedWishSchema) }),
		examples: [
			{ cli: 'gangline refusals', args: {} },
			{ cli: 'gangline refusals --seen', args: { seen: true } },
		],
		errors: projectErrors,
	}),
};

/** Everything that can be asked about telling people elsewhere that something needs them. */
import { z } from 'zod';
import { defineOperation } from './define.ts';
import { atSchema } from './item-views.ts';

const topicUrl = z
	.string()
	.max(300)
	.regex(
		/^https?:\/\/[A-Za-z0-9.:[\]-]+\/(?:[A-Za-z0-9._~-]+\/)*[A-Za-z0-9_-]{1,64}$/,
		'expected such as https://ntfy.sh/my-topic',
	)
	.describe('Server and topic; whoever knows the topic of a public server can read it');

const notifyStatusSchema = z.object({
	ntfy: z.object({ url: z.string(), hasToken: z.boolean() }).nullable().describe('Null: nobody is told'),
	lastSentAt: atSchema.nullable().describe('Since the gateway runs'),
	trouble: z.string().nullable().describe('Why the last message could not be sent; it is tried again'),
});
export type NotifyStatus = z.output<typeof notifyStatusSchema>;

export const notifyOperations = {
	'notify.status': defineOperation({
		kind: 'query',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Where messages go when something needs a person, and whether they arrive',
		args: z.strictObject({}),
		result: notifyStatusSchema,
		examples: [{ cli: 'gangline notify', args: {} }],
		errors: [],
	}),
	'notify.set': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Send a message to an ntfy topic when an item or project needs a person; or to nobody any more',
		args: z.strictObject({
			ntfy: z
				.strictObject({
					url: topicUrl,
					token: z.string().min(1).max(200).nullable().default(null).describe('Of an ntfy server that wants one'),
				})
				.nullable(),
		}),
		result: z.object({ notify: notifyStatusSchema, answer: z.string() }),
		examples: [
			{ cli: 'gangline notify --ntfy https://ntfy.sh/my-topic', args: { ntfy: { url: 'https://ntfy.sh/my-topic' } } },
			{ cli: 'gangline notify --off', args: { ntfy: null } },
		],
		errors: [],
	}),
	'notify.test': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Send one message now, to see that it arrives',
		args: z.strictObject({}),
		result: z.object({ answer: z.string() }),
		examples: [{ cli: 'gangline notify --test', args: {} }],
		errors: ['REMOTE_FAILED', 'REFUSED'],
	}),
};

/** Everything that can be asked about logins of browsers, and about where the board can be reached. */
import { z } from 'zod';
import { accessSchema, defineOperation } from './define.ts';
import { atSchema } from './item-views.ts';
import { personIdSchema } from './references.ts';

const minutesMax = 60 * 24;
const minutesDefault = 10;

const sessionViewSchema = z.object({
	id: z.string().describe('Names the session in `session revoke`; is no secret'),
	person: z.string(),
	on: z.enum(['browser', 'phone']),
	browser: z.string().describe('What the browser says of itself'),
	from: z.string().describe('The address it logged in from'),
	createdAt: atSchema,
	seenAt: atSchema.describe('Within some minutes'),
	expiresAt: atSchema,
	current: z.boolean().describe('It is the one that asks'),
});
export type SessionView = z.output<typeof sessionViewSchema>;

/** Proxies that are not on the gateway's machine. */
export const trustedProxiesSchema = z
	.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'expected an address or a network such as 10.0.0.0/8'))
	.max(16);

const boardStatusSchema = z.object({
	url: z.string().describe('For a browser of this machine'),
	publicUrl: z.string().nullable().describe('Where a reverse proxy shows it'),
	behindProxy: z.boolean().describe("Whether the proxy's X-Forwarded-For is believed"),
	trustedProxies: z.array(z.string()).default([]).describe('From whom besides this machine it is'),
	lan: z.array(z.string()).describe('Where phones nearby reach it, in the clear'),
	offers: z.array(z.string()).describe('Addresses of this machine where it does not listen'),
	trouble: z.string().nullable().describe('Why the page cannot be shown and what to type; null when it can'),
});
export type BoardStatus = z.output<typeof boardStatusSchema>;

const publicUrl = z
	.string()
	.max(200)
	.regex(
		/^https?:\/\/[a-z0-9.-]+(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~/-]*)?$/,
		'expected such as https://board.example.org/gangline/',
	)
	.refine((url) => URL.canParse(url), 'expected an address that there can be')
	.describe('With the path in front of the board, where the proxy has one');

export const sessionOperations = {
	'session.self': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'gateway',
		summary: 'Who asks, what they may do, and until when a browser is logged in',
		args: z.strictObject({}),
		result: z.object({
			person: z.string(),
			access: accessSchema,
			session: z.string().nullable().describe('Null for who asks with a token'),
			expiresAt: atSchema.nullable(),
			version: z.string(),
			gateway: z.string().describe("The gateway's name"),
			board: boardStatusSchema,
		}),
		examples: [{ cli: 'gangline session self', args: {} }],
		errors: [],
	}),
	'session.link': defineOperation({
		kind: 'command',
		access: 'viewer',
		runsAt: 'gateway',
		summary: 'A link for one login to the board; for others than oneself an owner makes it',
		args: z.strictObject({
			person: personIdSchema.optional().describe('Default: who asks'),
			on: z.enum(['browser', 'phone']).default('browser').describe('phone: at an address that a phone reaches'),
			minutes: z.int().min(1).max(minutesMax).default(minutesDefault).describe('How long it is good for'),
		}),
		result: z.object({
			url: z.string().describe('Holds the secret behind its #; good for one login'),
			person: z.string(),
			access: accessSchema,
			expiresAt: atSchema,
			warning: z.string().nullable().describe('Such as: in the clear'),
			board: boardStatusSchema,
		}),
		examples: [
			{ cli: 'gangline board', args: {} },
			{ cli: 'gangline board --person ann', args: { person: 'ann' } },
			{ cli: 'gangline phone', args: { on: 'phone' } },
		],
		errors: ['UNKNOWN_PERSON', 'REFUSED'],
	}),
	'session.list': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'gateway',
		summary: 'Browsers that are logged in: those of everyone for an owner, otherwise one’s own',
		args: z.strictObject({}),
		result: z.object({ sessions: z.array(sessionViewSchema).describe('Newest first') }),
		examples: [{ cli: 'gangline session list', args: {} }],
		errors: [],
	}),
	'session.revoke': defineOperation({
		kind: 'command',
		access: 'viewer',
		runsAt: 'gateway',
		summary: "Log a browser out, at once; an owner may log out anyone's",
		args: z.strictObject({ id: z.string().min(1).max(64) }),
		result: z.object({ session: sessionViewSchema, answer: z.string() }),
		examples: [{ cli: 'gangline session revoke s0123456789ab', args: { id: 's0123456789ab' } }],
		errors: ['NOTHING_TO_SHOW'],
	}),
	'board.status': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'gateway',
		summary: 'Where the board can be reached, and whether its page can be shown',
		args: z.strictObject({}),
		result: boardStatusSchema,
		examples: [{ cli: 'gangline board --status', args: {} }],
		errors: [],
	}),
	'board.open': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary:
			'Where else the board may be reached: behind a reverse proxy, or in the clear for phones nearby; kept over restarts',
		args: z
			.strictObject({
				publicUrl: publicUrl.nullable().optional(),
				behindProxy: z.boolean().optional().describe("Believe the proxy's X-Forwarded-For"),
				trustedProxies: trustedProxiesSchema
					.optional()
					.describe('From whom it is believed besides this machine; none: from this machine alone'),
				lan: z
					.array(z.string().min(2).max(200))
					.max(16)
					.optional()
					.describe('Addresses of this machine, plain http; none: loopback alone again'),
			})
			.refine((args) => Object.keys(args).length > 0, 'expected something to change'),
		result: z.object({ board: boardStatusSchema, answer: z.string() }),
		examples: [
			{
				cli: 'gangline board --public-url https://board.example.org/gangline/',
				args: { publicUrl: 'https://board.example.org/gangline/' },
			},
			{ cli: 'gangline phone --listen 192.168.1.5', args: { lan: ['192.168.1.5'] } },
		],
		errors: ['PORT_IN_USE', 'INVALID_CONFIG'],
	}),
};

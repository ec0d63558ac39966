/** `gangline board`, `phone` and `session …`: the board in a browser, and who is logged in to it. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import { minutesOf } from './minutes.ts';

const gather = (value: string, before: unknown): readonly string[] => [
	...(Array.isArray(before) ? before.map(String) : []),
	value,
];

export function registerBoard(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'board',
		summary: 'The board in a browser: print a link for one login, or open it',
		group: 'Look',
		examples: [
			'gangline board                                     a link for you, good for ten minutes',
			'gangline board --open                              open it here',
			'gangline board --person ann --expires 2h           a link for somebody else',
			'gangline board --status                            where it can be reached',
			'gangline board --public-url https://board.example.org/gangline/',
		],
		configure: (command) =>
			command
				.option('--open', 'open the link with the browser of this machine')
				.option('--person <name>', 'who logs in with it (default: you)')
				.option('--expires <time>', 'how long the link is good for, such as 30m or 2h (default: 10m)')
				.option('--status', 'say where the board can be reached; make no link')
				.option('--public-url <url>', 'where your reverse proxy shows it, path included')
				.option('--no-public-url', 'no proxy shows it any more')
				.option('--behind-proxy', 'believe the X-Forwarded-For of a proxy on this machine')
				.option('--trusted-proxy <address>', 'of a proxy elsewhere: its address or network (repeatable)', gather)
				.option('--no-behind-proxy', 'believe no X-Forwarded-For (default)'),
		run: async (session, _args, options) => {
			const { boardLink, boardStatus, openBoard } = await import('./run-board.ts');
			const publicUrl = options.text('publicUrl') ?? (options.choice('publicUrl') === false ? null : undefined);
			const trusted = options.list('trustedProxy');
			const behindProxy = options.choice('behindProxy') ?? (trusted === undefined ? undefined : true);
			if (options.flag('status')) return boardStatus(session);
			if (publicUrl !== undefined || behindProxy !== undefined) {
				return openBoard(session, {
					...(publicUrl === undefined ? {} : { publicUrl }),
					...(behindProxy === undefined ? {} : { behindProxy }),
					...(behindProxy === true ? { trustedProxies: [...(trusted ?? [])] } : {}),
				});
			}
			const expires = options.text('expires');
			return boardLink(session, {
				person: options.text('person'),
				minutes: expires === undefined ? undefined : minutesOf(expires),
				open: options.flag('open'),
			});
		},
	});
	registerPhone(program, context);
	registerSessions(program, context);
}

function registerPhone(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'phone',
		summary: 'The board on a phone: print a QR code for one login',
		group: 'Look',
		examples: [
			'gangline phone                                     asks before it opens anything',
			'gangline phone --listen 192.168.1.5                open the board for this network, in the clear',
			'gangline phone --off                               this machine alone again; phones are logged out',
		],
		configure: (command) =>
			command
				.option('--listen <address>', 'an address of this machine where the board answers in plain http from now on')
				.option('--off', 'close what --listen has opened, and log phones out')
				.option('--person <name>', 'who logs in with it (default: you)'),
		run: async (session, _args, options) => {
			const { closePhones, phoneLink } = await import('./run-phone.ts');
			if (options.flag('off')) return closePhones(session);
			return phoneLink(session, { listen: options.text('listen'), person: options.text('person') });
		},
	});
}

function registerSessions(program: Command, context: CliContext): void {
	const session = program
		.command('session')
		.description('Browsers that are logged in to the board: list, revoke, self')
		.helpGroup('Look:');
	describeExamples(session, ['gangline session list', 'gangline session revoke s0123456789ab']);
	defineCommand(session, context, {
		usage: 'list',
		summary: 'Which browsers are logged in, as whom, from where and until when',
		group: 'Look',
		examples: ['gangline session list'],
		run: async (run) => (await import('./run-sessions.ts')).listSessions(run),
	});
	defineCommand(session, context, {
		usage: 'revoke <id>',
		summary: 'Log a browser out, at once',
		group: 'Look',
		examples: ['gangline session revoke s0123456789ab'],
		run: async (run, args) => (await import('./run-sessions.ts')).revokeSession(run, args.required(0)),
	});
	defineCommand(session, context, {
		usage: 'self',
		summary: 'Who you are to the gateway, and what you may do',
		group: 'Look',
		examples: ['gangline session self'],
		run: async (run) => (await import('./run-sessions.ts')).showSelf(run),
	});
}

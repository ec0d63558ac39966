/** `gangline token …`: one-time secrets with which other machines join. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import { configureMembership, readMembership } from './membership-options.ts';
import { minutesOf } from './minutes.ts';
import { wholeNumber } from './review.ts';

export function registerToken(program: Command, context: CliContext): void {
	const token = program
		.command('token')
		.description('Let another machine in: one line to paste there')
		.helpGroup('More machines:');
	describeExamples(token, ['gangline token new', 'gangline token list', 'gangline token revoke <id>']);
	defineCommand(token, context, {
		usage: 'new',
		summary: 'Print one line to paste on another machine: it fetches Gangline, checks it, and joins',
		group: 'More machines',
		examples: [
			'gangline token new                                 a machine that works for any project',
			'gangline token new | ssh builder sh                the same without copying by hand',
			'gangline token new --work --projects app --slots 4 only for one project',
			"gangline token new --person ann --home-for app     ann's laptop, where the project app lives",
			'gangline token new --provision                     makes projects in containers too: gangline new --on',
			'gangline token new --uses 20 --expires 1d          for a room full of machines',
		],
		configure: (command) =>
			configureMembership(command)
				.option('--person <name>', 'who sits there: may say what is wanted, as far as the person may')
				.option('--uses <number>', 'how many machines may join with it (default: 1)', wholeNumber)
				.option('--expires <time>', 'how long it is good for, such as 30m, 2h, 7d (default: 1h)'),
		run: async (session, _args, options) => {
			const { newToken } = await import('./run-token.ts');
			const [uses, expires, person] = [options.number('uses'), options.text('expires'), options.text('person')];
			return newToken(session, {
				...readMembership(options),
				...(person === undefined ? {} : { person }),
				...(uses === undefined ? {} : { uses }),
				...(expires === undefined ? {} : { minutes: minutesOf(expires) }),
			});
		},
	});
	defineCommand(token, context, {
		usage: 'list',
		summary: 'Join tokens and what came of them; never their secrets',
		group: 'More machines',
		examples: ['gangline token list'],
		run: async (session) => (await import('./run-token.ts')).listTokens(session),
	});
	defineCommand(token, context, {
		usage: 'revoke <id>',
		summary: 'Make a token useless; machines that joined with it stay',
		group: 'More machines',
		examples: ['gangline token revoke t3f9a'],
		run: async (session, args) => (await import('./run-token.ts')).revokeToken(session, args.required(0)),
	});
}

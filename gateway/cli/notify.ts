/** `gangline notify`: messages to a phone when something needs a person. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { NotifyStatus } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand, type Options } from './define-command.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { moment } from './words.ts';

export function registerNotify(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'notify',
		summary: 'Be told when something needs you: messages by ntfy',
		group: 'Look',
		examples: [
			'gangline notify                                    where messages go',
			'gangline notify --ntfy https://ntfy.sh/my-topic    whoever knows the topic can read it',
			'gangline notify --ntfy https://ntfy.example.org/work --token-file ~/.ntfy-token',
			'gangline notify --test',
			'gangline notify --off',
		],
		configure: (command) =>
			command
				.option('--ntfy <url>', 'server and topic')
				.option('--token-file <file>', 'a file with the access token of the server')
				.option('--test', 'send one message now')
				.option('--off', 'tell nobody any more'),
		run: async (session, _args, options) => {
			refuseContradiction(options);
			if (options.flag('test')) return test(session);
			const wanted = await wantedOf(options);
			const gateway = await session.gateway();
			if (wanted === undefined) {
				const status = await gateway.call('notify.status', {});
				session.out.result(status, () => statusLines(status));
				return undefined;
			}
			const set = await gateway.call('notify.set', { ntfy: wanted });
			session.out.result(set, () => plainLine(set.answer));
			if (wanted !== null && !session.out.json) session.out.message('→ see that it arrives: gangline notify --test');
			return undefined;
		},
	});
}

async function test(session: Session): Promise<undefined> {
	const answer = await (await session.gateway()).call('notify.test', {});
	session.out.result(answer, () => plainLine(answer.answer));
	return undefined;
}

/** What would be passed over in silence is refused: whoever types it believes that it was kept. */
function refuseContradiction(options: Options): void {
	const whole = ['test', 'off'].filter((name) => options.flag(name)).map((name) => `--${name}`);
	const parts = ['ntfy', 'tokenFile'].filter((name) => options.text(name) !== undefined);
	if (whole.length + Math.min(1, parts.length) > 1) {
		const hint = 'one after the other: gangline notify --ntfy URL, then gangline notify --test';
		throw ganglineError('INVALID_ARGUMENT', `${whole.join(' and ')} stands alone: nothing was changed`, { hint });
	}
	if (parts.length === 1 && parts[0] === 'tokenFile') {
		const hint = 'gangline notify --ntfy URL --token-file FILE';
		throw ganglineError('INVALID_ARGUMENT', '--token-file belongs to --ntfy: nothing was changed', { hint });
	}
}

/** Undefined: nothing is to change. */
async function wantedOf(options: Options): Promise<{ url: string; token: string | null } | null | undefined> {
	if (options.flag('off')) return null;
	const url = options.text('ntfy');
	if (url === undefined) return undefined;
	const file = options.text('tokenFile');
	return { url, token: file === undefined ? null : await tokenIn(file) };
}

async function tokenIn(file: string): Promise<string> {
	const text = await readFile(file, 'utf8').catch((cause: unknown) => {
		throw ganglineError('INVALID_ARGUMENT', `--token-file ${JSON.stringify(file)} cannot be read`, { cause });
	});
	return text.trim();
}

function statusLines({ ntfy, lastSentAt, trouble }: NotifyStatus): string {
	if (ntfy === null) return 'nobody is told: gangline notify --ntfy https://ntfy.sh/<a topic that nobody guesses>';
	return [
		`ntfy: ${plainLine(ntfy.url)}${ntfy.hasToken ? ' with a token' : ''}`,
		lastSentAt === null ? 'nothing was sent since the gateway runs' : `last message: ${moment(lastSentAt)}`,
		...(trouble === null ? [] : [plainLine(trouble)]),
	].join('\n');
}

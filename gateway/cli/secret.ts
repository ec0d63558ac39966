/** `gangline secret`: what agents and gates may know and nobody else. A value comes from stdin alone, never as an argument. */
import type { Command } from 'commander';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { moment } from './words.ts';

export function registerSecret(program: Command, context: CliContext): void {
	const secret = program
		.command('secret')
		.description('Secrets of this node for agents and gates')
		.helpGroup('Set up:');
	describeExamples(secret, ['gangline secret set NPM_TOKEN < token.txt', 'gangline secret list']);
	defineCommand(secret, context, {
		usage: 'set <name>',
		summary: 'Keep what comes on stdin under a name, on this machine only, 0600',
		group: 'Set up',
		examples: ['gangline secret set NPM_TOKEN < token.txt', 'pass show npm | gangline secret set NPM_TOKEN'],
		run: async (session, args) => {
			const answer = await keepSecret(session, args.required(0));
			session.out.result(answer, () => plainLine(answer.answer));
			return undefined;
		},
	});
	defineCommand(secret, context, {
		usage: 'list',
		summary: 'Names of the secrets that are kept here; values are never shown',
		group: 'Set up',
		examples: ['gangline secret list'],
		run: async (session) => {
			const answer = await (await session.node()).call('secret.list', {});
			const lines = answer.secrets.map(({ name, changedAt }) => plainLine(`${name}  ${moment(changedAt)}`));
			session.out.result(answer, () => (lines.length === 0 ? 'no secrets' : lines.join('\n')));
			return undefined;
		},
	});
	defineCommand(secret, context, {
		usage: 'delete <name>',
		summary: 'Remove a secret from this machine',
		group: 'Set up',
		examples: ['gangline secret delete NPM_TOKEN'],
		run: async (session, args) => {
			const answer = await (await session.node()).call('secret.delete', { name: args.required(0) });
			session.out.result(answer, () => plainLine(answer.answer));
			return undefined;
		},
	});
}

export async function keepSecret(session: Session, name: string) {
	const value = await readSecret(session, `gangline secret set ${name}`);
	return (await session.node()).call('secret.set', { name, value });
}

/** Reads stdin to its end; a line end behind the last word is no part of a secret. */
export async function readSecret({ context: { stdin } }: Session, command: string): Promise<string> {
	if (stdin.isTTY) {
		throw ganglineError(
			'INVALID_ARGUMENT',
			'the value is read from stdin, and that is a terminal, which would show it',
			{ hint: `read -rs V; printf %s "$V" | ${command}; unset V` },
		);
	}
	return (await stdin.readAll()).replace(/\r?\n$/, '');
}

/** `gangline refusals`: what was wanted here and the home refused later, until somebody has seen it. */
import type { Command } from 'commander';
import type { Result } from '../../shared/operations/index.ts';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { moment } from './words.ts';

export function registerRefusals(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'refusals',
		summary: 'What was wanted here while the home was away and refused later',
		group: 'Look',
		examples: ['gangline refusals', 'gangline refusals --seen'],
		configure: (command) => command.option('--seen', 'show it this once more and forget it'),
		run: async (session, _args, options) => {
			const answer = await session.ask('item.refusals', { seen: options.flag('seen') });
			session.out.result(answer, () => refusalsText(session, answer));
			return undefined;
		},
	});
}

function refusalsText({ out }: Session, { refused }: Result<'item.refusals'>): string {
	if (refused.length === 0) return 'nothing was refused that you do not know of';
	return refused
		.map(
			({ at, words, who }) => `${moment(at)} ${plainLine(who ?? 'someone')}: ${out.paint('yellow', plainLine(words))}`,
		)
		.join('\n');
}

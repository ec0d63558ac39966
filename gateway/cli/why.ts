/** `gangline why <item>`: where an item runs and why there, or why nobody takes it. */
import type { Command } from 'commander';
import type { Result } from '../../shared/operations/index.ts';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { moment } from './words.ts';

export function registerWhy(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'why <item>',
		summary: 'Why an item runs where it runs, or why nobody takes it',
		group: 'Look',
		examples: ['gangline why 12'],
		run: async (session, args) => {
			const answer = await session.ask('item.why', { item: args.required(0) });
			session.out.result(answer, () => whyText(session, answer));
			return undefined;
		},
	});
}

function whyText({ out }: Session, { item, answer, placement }: Result<'item.why'>): string {
	const head = plainLine(`${item.name} ${answer}`);
	if (placement === null) return head;
	const who = placement.by === 'gateway' ? 'the gateway' : 'the home, without the gateway,';
	const considered = placement.nodes.map(({ name, takes, reasons }) => {
		const mark = takes ? out.paint('green', 'could') : out.paint('dim', 'could not');
		return `  ${plainLine(name)} ${mark}${reasons.length === 0 ? '' : `: ${plainLine(reasons.join('; '))}`}`;
	});
	const chosen = placement.node === null ? 'chose nobody' : `chose ${plainLine(placement.node)}`;
	const because = placement.reasons.length === 0 ? '' : ` because ${plainLine(placement.reasons.join('; '))}`;
	return [head, `${moment(placement.at)} ${who} ${chosen}${because}`, ...considered].join('\n');
}

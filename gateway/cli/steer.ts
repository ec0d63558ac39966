/** say, answer, take, give: what people tell the agent of an item and decide for it, and how they work on it themselves. */
import type { Command } from 'commander';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { printChange } from './item-lines.ts';
import { plainLine } from './output.ts';

export function registerSteer(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'say <item> <words...>',
		summary: 'Tell the agent of an item something: at its next turn, or when its next session begins',
		group: 'Work',
		examples: ['gangline say 12 "use the new client"'],
		run: async (session, args) => {
			const said = await session.ask('item.say', { item: args.required(0), words: args.rest(1).join(' ') });
			session.out.result(said, () => `${said.item.name}: ${plainLine(said.answer)}`);
			return undefined;
		},
	});
	defineCommand(program, context, {
		usage: 'answer <item> <decision>',
		summary: 'Allow or refuse what the agent of an item asks for: allow, or deny',
		group: 'Review',
		examples: ['gangline answer 12 allow', 'gangline answer 12 deny'],
		run: async (session, args) => {
			const decision = args.required(1);
			if (decision !== 'allow' && decision !== 'deny') {
				throw ganglineError('INVALID_ARGUMENT', `${JSON.stringify(decision)} is no answer: expected allow or deny`, {
					hint: `gangline show ${args.required(0)} says what is asked`,
				});
			}
			const given = await session.ask('item.answer', { item: args.required(0), decision });
			session.out.result(given, () => `${given.item.name}: ${plainLine(given.answer)}`);
			return undefined;
		},
	});
	defineCommand(program, context, {
		usage: 'take <item>',
		summary: 'Stop the agent of an item and work on it yourself: prints the folder of its clone',
		group: 'Work',
		examples: ['gangline take 12', 'cd "$(gangline take 12)"'],
		run: async (session, args) => {
			const taken = await session.ask('item.take', { item: args.required(0) });
			session.out.result(taken, () => taken.folder ?? '');
			if (!session.out.json) session.out.message(plainLine(taken.answer));
			return undefined;
		},
	});
	defineCommand(program, context, {
		usage: 'give <item> [words...]',
		summary: 'Hand a taken item back to its agent, which is told what you did in the clone',
		group: 'Work',
		examples: ['gangline give 12', 'gangline give 12 "the parser is done, the tests are not"'],
		run: async (session, args) => {
			const words = args.rest(1).join(' ');
			const item = args.required(0);
			printChange(session, await session.ask('item.give', words === '' ? { item } : { item, words }));
			return undefined;
		},
	});
}

/** `gangline prompt show <item>`: what an agent would be told, word for word. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import { plain, plainLine } from './output.ts';

export function registerPrompt(program: Command, context: CliContext): void {
	const prompt = program.command('prompt').description('What agents are told').helpGroup('Look:');
	describeExamples(prompt, ['gangline prompt show 12']);
	defineCommand(prompt, context, {
		usage: 'show <item>',
		summary: 'What an agent would be told about an item if it began now; your own words: .gangline/prompts/<role>.md',
		group: 'Look',
		examples: ['gangline prompt show 12', 'gangline prompt show 12 --role qa'],
		configure: (command) =>
			command.option('--role <role>', 'coder, qa, mergemaster or research; default: the one that is due'),
		run: async (session, args, options) => {
			const role = await roleOf(options.text('role'));
			const shown = await session.ask('item.prompt', { item: args.required(0), ...(role && { role }) });
			session.out.result(shown, () => plain(shown.prompt));
			const who =
				shown.agent === null ? 'nobody is configured to get this' : `${shown.agent} (${shown.runtime}) gets this`;
			session.out.message(plainLine(`${who} as ${shown.role}${formWords[shown.form]}`));
			if (shown.note !== null) session.out.message(plainLine(shown.note));
			return undefined;
		},
	});
}

const formWords = {
	first: '',
	resumed: ', to go on with its session',
	commitOnly: ', to commit what its last session has left',
	script: '',
} as const;

async function roleOf(typed: string | undefined) {
	if (typed === undefined) return undefined;
	const { toldRoles } = await import('../../shared/operations/told-roles.ts');
	const { ganglineError } = await import('../../shared/ports/errors.ts');
	const found = toldRoles.find((name) => name === typed);
	if (found !== undefined) return found;
	const known = toldRoles.join(', ');
	throw ganglineError('INVALID_ARGUMENT', `${JSON.stringify(typed)} is told nothing about items: expected ${known}`);
}

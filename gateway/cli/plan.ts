/** `gangline plan <file>`: splits work into items, as a file of subtasks says, and shows what may run at once. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Input, Result } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { plainLine } from './output.ts';

export function registerPlan(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'plan <file>',
		summary: 'Split work into items: show what may run at once, and add them with --create',
		group: 'Work',
		examples: [
			'gangline plan plan.json                    [{"id": "api", "title": "Add the API", "files": ["src/api/**"]}, …]',
			'gangline plan plan.json --create --parent 12',
		],
		configure: (command) =>
			command
				.option('--create', 'add the items; otherwise the plan is only shown')
				.option('--parent <item>', 'the epic that they belong to')
				.option('--hold', 'do not start them by themselves'),
		run: async (session, args, options) => {
			const subtasks = await readPlan(resolve(context.cwd, args.required(0)));
			const parent = options.text('parent');
			const answer = await session.ask('item.plan', {
				subtasks,
				...(parent === undefined ? {} : { parent }),
				...(options.flag('create') ? { create: true } : {}),
				...(options.flag('hold') ? { hold: true } : {}),
			});
			session.out.result(answer, () => planText(answer));
			return undefined;
		},
	});
}

type Subtasks = Input<'item.plan'>['subtasks'];

/** The list itself, or an object that has it; what is in it is for the operation to judge. */
async function readPlan(path: string): Promise<Subtasks> {
	const text = await readFile(path, 'utf8').catch((cause: unknown) => {
		throw ganglineError('INVALID_ARGUMENT', `${path} cannot be read`, { hint: 'name a JSON file', cause });
	});
	try {
		const read: unknown = JSON.parse(text);
		const list = typeof read === 'object' && read !== null && 'subtasks' in read ? read.subtasks : read;
		if (Array.isArray(list)) return list as Subtasks;
	} catch (cause) {
		throw ganglineError('INVALID_ARGUMENT', `${path} is no JSON: ${String(cause)}`, { cause });
	}
	throw ganglineError('INVALID_ARGUMENT', `${path} has no list of subtasks`, {
		hint: 'write [{"id": "api", "title": "Add the API", "files": ["src/api/**"], "dependsOn": []}, …]',
	});
}

function planText({ waves, items, answer }: Result<'item.plan'>): string {
	const names = new Map(items.map(({ id, item }) => [id, `${item.name} ${plainLine(item.title)}`]));
	const lines = waves.flatMap((wave, at) =>
		wave.map((group) => `  ${at + 1}. ${group.map((id) => names.get(id) ?? id).join(' · ')}`),
	);
	return [plainLine(answer), ...lines].join('\n');
}

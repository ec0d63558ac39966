/** `gangline settings`: the project file as main has it, with what it leaves out filled in. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';

export function registerSettings(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'settings',
		summary: 'How the project is set up, judged and worked on: its file as main has it, defaults filled in',
		group: 'Look',
		examples: ['gangline settings', 'gangline settings --json'],
		run: async (session) => {
			const { renderProjectConfig } = await import('../../shared/project/render.ts');
			const found = await session.ask('project.settings', {});
			session.out.result(found, () => renderProjectConfig(found.settings).trimEnd());
			if (!session.out.json) session.out.message(`changed in ${found.file}, committed; it counts once it is on main`);
			return undefined;
		},
	});
}

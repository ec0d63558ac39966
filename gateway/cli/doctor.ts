/** The command `gangline doctor`: what it is called. What it does is in run-doctor.ts, loaded only when it runs. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';

export function registerDoctor(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'doctor',
		summary: 'Check machine, state, repository and agents; each problem comes with the command that mends it',
		group: 'Set up',
		examples: ['gangline doctor', 'gangline doctor --repair', 'gangline doctor --json'],
		configure: (command) => command.option('--repair', 'run the fix of each failed check, each after a yes'),
		async run(session, _args, options) {
			const [{ runDoctor }, { systemWorld }] = await Promise.all([
				import('./run-doctor.ts'),
				import('./doctor-world.ts'),
			]);
			return runDoctor(session, systemWorld(session), { repair: options.flag('repair') });
		},
	});
}

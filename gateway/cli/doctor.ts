/** The command `gangline doctor`: what it is called. What it does is in run-doctor.ts, loaded only when it runs. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';

export function registerDoctor(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'doctor',
		summary: 'Check machine, state, repository and agents; each problem comes with the command that mends it',
		group: 'Set up',
		examples: ['gangline doctor', 'gangline doctor --repair', 'gangline doctor --agents', 'gangline doctor --json'],
		configure: (command) =>
			command
				.option('--repair', 'run the fix of each failed check, each after a yes')
				.option('--agents', "prove each agent's login with one smallest request, and say what it cost"),
		async run(session, _args, options) {
			const [{ runDoctor }, { systemWorld }] = await Promise.all([
				import('./run-doctor.ts'),
				import('./doctor-world.ts'),
			]);
			const asked = { repair: options.flag('repair'), asksAgents: options.flag('agents') };
			return runDoctor(session, systemWorld(session), asked);
		},
	});
}

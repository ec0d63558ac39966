/**
 * The command `gangline init`: what it is called, what it takes. What it does is in run-init.ts, loaded only when it
 * runs, so that no other command waits for it.
 */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { addInitOptions, readInitOptions } from './init-options.ts';
import type { InitMachine } from './run-init.ts';

/** `machine`: the real one unless a test brings its own. */
export function registerInit(program: Command, context: CliContext, machine?: InitMachine): void {
	defineCommand(program, context, {
		usage: 'init',
		summary: 'Make this repository a project: find its set-up and tests, commit one file, check main once',
		group: 'Set up',
		examples: [
			'gangline init                               ask, show, commit, check',
			'gangline init --yes                         take what is found',
			"gangline init --gate test='make check'      with a gate of your own",
			'gangline init --landing push --review human',
		],
		configure: addInitOptions,
		async run(session, _args, options) {
			const { runInit } = await import('./run-init.ts');
			await runInit({ session, machine: machine ?? (await thisMachine()), options: readInitOptions(options) });
			return undefined;
		},
	});
}

async function thisMachine(): Promise<InitMachine> {
	const { SystemRandom } = await import('../../shared/ports/system/index.ts');
	const { terminalQuestions } = await import('./init-questions.ts');
	return { platform: process.platform, random: new SystemRandom(), questions: terminalQuestions };
}

/** The commands `gangline service …`: what they are called. What they do is in run-service.ts, loaded when one runs. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import type { ServicePlace } from './run-service.ts';
import type { Session } from './session.ts';

type Actions = typeof import('./run-service.ts');

/** `place`: this machine unless a test brings another. */
export function registerService(program: Command, context: CliContext, place?: ServicePlace): void {
	const service = program
		.command('service')
		.description('Keep the node running with systemd: install, uninstall, status')
		.helpGroup('Set up:');
	describeExamples(service, ['gangline service install', 'gangline service status']);
	const define = (
		usage: string,
		summary: string,
		action: (actions: Actions) => (session: Session, place: ServicePlace) => Promise<undefined>,
	): void => {
		defineCommand(service, context, {
			usage,
			summary,
			group: 'Set up',
			examples: [`gangline service ${usage}`],
			async run(session) {
				const actions = await import('./run-service.ts');
				return action(actions)(session, place ?? actions.thisMachine);
			},
		});
	};
	define(
		'install',
		'Run the node as a systemd user service, now and at each login',
		(actions) => actions.installService,
	);
	define('uninstall', 'Stop the service and remove it; state and projects stay', (actions) => actions.uninstallService);
	define('status', 'Whether the service is installed, enabled and running', (actions) => actions.reportService);
}

/** `gangline gateway …`: the process on this machine that the others meet at. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';

type Actions = typeof import('./run-gateway.ts');

export function registerGateway(program: Command, context: CliContext): void {
	const gateway = program
		.command('gateway')
		.description('The meeting point of several machines: start, stop, status, listen, backup, restore')
		.helpGroup('More machines:');
	describeExamples(gateway, ['gangline gateway status', 'gangline gateway listen 192.168.1.5']);
	const define = (
		usage: string,
		summary: string,
		examples: readonly string[],
		action: (
			actions: Actions,
		) => (session: Parameters<Actions['start']>[0], words: readonly string[]) => Promise<undefined>,
	): void => {
		defineCommand(gateway, context, {
			usage,
			summary,
			group: 'More machines',
			examples,
			run: async (session, args) => action(await import('./run-gateway.ts'))(session, args.rest(0)),
		});
	};
	define(
		'start',
		'Start the gateway of this machine, and let its node join; makes one where there was none',
		['gangline gateway start'],
		({ start }) => start,
	);
	define('stop', 'Stop the gateway; the nodes go on without it', ['gangline gateway stop'], ({ stop }) => stop);
	define(
		'status',
		'Since when it runs, where it listens, how many nodes are connected',
		['gangline gateway status'],
		({ status }) => status,
	);
	defineCommand(gateway, context, {
		usage: 'backup <file>',
		summary: 'Keep the gateway in one new file: key, registry, tokens, people; it runs meanwhile',
		group: 'More machines',
		examples: ['gangline gateway backup /mnt/nas/gateway-$(date +%F).tar'],
		run: async (session, args) => (await import('./run-backup.ts')).backupGateway(session, args.required(0)),
	});
	defineCommand(gateway, context, {
		usage: 'restore <file>',
		summary: 'Put a gateway back where there is none, on the same machine or another, when the old one is gone',
		group: 'More machines',
		examples: ['gangline gateway restore gateway-2026-11-01.tar'],
		run: async (session, args) => (await import('./run-backup.ts')).restoreGateway(session, args.required(0)),
	});
	define(
		'listen [addresses...]',
		'Listen for other machines at these addresses of this one; without any: for this machine alone',
		[
			'gangline gateway listen 192.168.1.5',
			'gangline gateway listen 192.168.1.5 100.64.0.3:7431',
			'gangline gateway listen',
		],
		({ listen }) => listen,
	);
}

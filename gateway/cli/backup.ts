/** backup, restore: a node in one file, and back. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';

export function registerBackup(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'backup <file>',
		summary: 'Keep this node in one new file: key, board, history and canonical repositories; it may run meanwhile',
		group: 'Set up',
		examples: ['gangline backup ~/gangline.tar', 'gangline backup /mnt/nas/gangline-$(date +%F).tar'],
		run: async (session, args) => (await import('./run-backup.ts')).backup(session, args.required(0)),
	});
	defineCommand(program, context, {
		usage: 'restore <file>',
		summary: 'Put a backup back, into a state folder that has no node yet',
		group: 'Set up',
		examples: ['gangline restore ~/gangline.tar', 'GANGLINE_HOME=/srv/gangline gangline restore ~/gangline.tar'],
		run: async (session, args) => (await import('./run-backup.ts')).restore(session, args.required(0)),
	});
}

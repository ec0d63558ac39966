/** start, stop, ps: the processes of this machine. */
import type { Command } from 'commander';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { wholeNumber } from './review.ts';

export function registerNode(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'start [name]',
		summary:
			"Start the node in the background (and this machine's gateway), or add this folder's project to the one that runs",
		group: 'Run',
		examples: [
			'gangline start',
			'gangline start --port 0',
			'gangline start --foreground',
			'gangline start myapp   the container of a project',
		],
		configure: (command) =>
			command
				.option('--port <number>', 'listen on this port of 127.0.0.1, 0 takes any free one', portNumber)
				.option('--foreground', 'stay here, write the log to this terminal, stop with Ctrl-C'),
		run: async (session, args, options) => {
			const name = args.text(0);
			if (name !== undefined) return (await import('./run-containers.ts')).startContainer(session, name);
			const { start, startInForeground } = await import('./start.ts');
			const port = options.number('port');
			return options.flag('foreground') ? startInForeground(session, port) : start(session, port);
		},
	});
	defineCommand(program, context, {
		usage: 'stop [name]',
		summary: 'Stop the node, every agent that it runs, and the gateway of this machine; resumable work is kept',
		group: 'Run',
		examples: ['gangline stop', 'gangline stop myapp   the container of a project'],
		run: async (session, args) => {
			const name = args.text(0);
			if (name !== undefined) return (await import('./run-containers.ts')).stopContainer(session, name);
			return (await import('./stop.ts')).stop(session);
		},
	});
	defineCommand(program, context, {
		usage: 'ps',
		summary: 'What runs on this node now: agents and gates, since when, their last line',
		group: 'Look',
		examples: ['gangline ps', 'gangline ps --json'],
		run: async (session) => {
			const { showProcesses } = await import('./show-processes.ts');
			return showProcesses(session);
		},
	});
}

function portNumber(text: string): number {
	const port = wholeNumber(text);
	if (port <= 65_535) return port;
	throw ganglineError('INVALID_ARGUMENT', `--port ${JSON.stringify(text)} is no port: expected 0 to 65535`);
}

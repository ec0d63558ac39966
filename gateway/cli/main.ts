/**
 * The `gangline` command as a process: makes the real world for `run` and sets the exit code. The launcher
 * (gangline.js) starts this file on the right Node.js; it is the only one here that touches `process` itself.
 */
import { mainPath } from '../../shared/ports/system/installation.ts';
import { SystemClock } from '../../shared/ports/system/system-clock.ts';
import type { CliContext, Sink } from './context.ts';
import { systemPrograms } from './programs.ts';

export { run } from './run.ts';

/** Of a process that mostly waits: Node.js would keep 32 MB for what it is about to throw away. */
const smallHeap = '--max-semi-space-size=2';

function systemContext(interrupted: AbortSignal): CliContext {
	const { env, stdin, stdout, stderr } = process;
	return {
		env,
		cwd: process.cwd(),
		stdin: { isTTY: stdin.isTTY === true, readAll },
		stdout: sink(stdout),
		stderr: sink(stderr),
		streams: () => ({ input: stdin, output: stdout }),
		clock: new SystemClock(),
		terminal: {
			async confirm(message) {
				const { confirm } = await import('@clack/prompts');
				return (await confirm({ message, initialValue: false, output: stderr })) === true;
			},
		},
		programs: systemPrograms(env),
		nodeCommand: [process.execPath, smallHeap, ...nodeFlags(), mainPath('node')],
		gatewayCommand: [process.execPath, smallHeap, ...nodeFlags(), mainPath('gateway')],
		interrupted,
	};
}

function sink(stream: NodeJS.WriteStream): Sink {
	// Whoever reads us may leave early (`gangline log | head`): that is no error.
	stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
	return {
		isTTY: stream.isTTY === true,
		get columns() {
			return stream.isTTY ? stream.columns : undefined;
		},
		write: (text) => void stream.write(text),
	};
}

async function readAll(): Promise<string> {
	let text = '';
	process.stdin.setEncoding('utf8');
	for await (const part of process.stdin) text += part;
	return text;
}

function nodeFlags(): readonly string[] {
	return process.execArgv.filter((flag) => !flag.startsWith('--inspect'));
}

/** Runs the command line on this process. */
export async function main(): Promise<void> {
	const interruption = new AbortController();
	process.once('SIGINT', () => interruption.abort());
	const { run } = await import('./run.ts');
	process.exitCode = await run(process.argv.slice(2), systemContext(interruption.signal));
}

if (import.meta.main) await main();

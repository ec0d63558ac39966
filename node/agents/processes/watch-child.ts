/**
 * From a started child to how it ended: feeds stdin, passes output on as it comes, and resolves when the program has
 * ended and its pipes are drained or cut. Never rejects. Holds no output, however much there is.
 */
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { ExitStatus, ProcessSpec } from '../../../shared/ports/index.ts';

/** A pipe that a left-over process holds open is not waited for any longer than this after the program's end. */
const drainMs = 2_000;
/** What is kept of stderr to say why a launch failed, and of what the launcher announces. */
const keptCharsMax = 4_096;

export interface WatchedChild {
	readonly child: ChildProcess;
	readonly spec: ProcessSpec;
	/** Whether descriptor 3 tells of begin and end. */
	readonly announces: boolean;
	/** Called as soon as the leader has been reaped. */
	readonly onReaped: () => void;
}

export function watchChild({ child, spec, announces, onReaped }: WatchedChild): Promise<ExitStatus> {
	return new Promise((resolve) => {
		let announced = '';
		let opening = '';
		let status: ExitStatus | undefined;
		let cut: NodeJS.Timeout | undefined;
		// Who does not read its input any more has its reasons; its end tells them.
		child.stdin?.on('error', () => {});
		if (spec.stdin !== undefined) child.stdin?.write(spec.stdin);
		if (!spec.keepsStdin) child.stdin?.end();
		child.stdio[3]?.on('data', (bytes: Uint8Array) => {
			announced = `${announced}${Buffer.from(bytes).toString('latin1')}`.slice(0, keptCharsMax);
		});
		child.stdout?.on('data', (bytes: Uint8Array) => spec.onOutput?.('stdout', bytes));
		child.stderr?.on('data', (bytes: Uint8Array) => {
			if (announces && opening.length < keptCharsMax) opening += Buffer.from(bytes).toString('utf8');
			spec.onOutput?.('stderr', bytes);
		});
		child.on('error', (error) => {
			if (child.pid === undefined) resolve({ kind: 'notStarted', reason: error.message });
		});
		child.on('exit', (code, signal) => {
			onReaped();
			status = signal === null ? { kind: 'code', code: code ?? 1 } : { kind: 'signal', signal };
			cut = setTimeout(() => {
				for (const pipe of child.stdio) pipe?.destroy();
			}, drainMs);
		});
		child.on('close', () => {
			clearTimeout(cut);
			if (status) resolve(announces ? throughLauncher(status, announced, opening) : status);
		});
	});
}

/** The first process of a namespace is a shell, which says 128 + n for a program that a signal ended. */
function throughLauncher(status: ExitStatus, announced: string, opening: string): ExitStatus {
	if (!announced.startsWith('begun')) {
		const why = opening.trim() || `the launcher ended with ${JSON.stringify(status)}`;
		return { kind: 'notStarted', reason: `it could not be confined: ${why}` };
	}
	const ended = /^ended (\d+)$/m.exec(announced)?.[1];
	if (ended === undefined) return { kind: 'signal', signal: 'SIGKILL' };
	const number = Number(ended) - 128;
	const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
	return name === undefined ? { kind: 'code', code: Number(ended) } : { kind: 'signal', signal: name };
}

/**
 * One command of the project (a set-up step, a gate) from start to verified end, with its time limit. Keeps the
 * beginning and the end of what it said, within bounds; decides nothing.
 */
import type { Clock, Confinement, ExitStatus, Processes, StopReport } from '../../shared/ports/index.ts';

export interface CommandSpec {
	readonly runId: string;
	readonly command: string;
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	readonly confinement: Confinement;
	readonly timeoutSeconds: number;
	readonly signal: AbortSignal;
	/** For the run's log. */
	readonly onLog: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface CommandEnd {
	readonly exit: ExitStatus;
	readonly timedOut: boolean;
	readonly seconds: number;
	/** At most 16 KiB of the end. */
	readonly tail: string;
	/** Up to 1 MiB of beginning and end, for the test counter. */
	readonly text: string;
	readonly tree: StopReport;
}

export interface CommandPorts {
	readonly processes: Processes;
	readonly clock: Clock;
	/** bash where there is one, else sh. */
	readonly shellPath: string;
}

const graceMs = 3_000;
const tailCharsMax = 16 * 1024;

export async function runCommand(ports: CommandPorts, spec: CommandSpec): Promise<CommandEnd> {
	const { processes, clock } = ports;
	const output = keepEnds();
	const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
	const startedAt = clock.monotonic();
	let timedOut = false;
	const run = processes.start({
		id: spec.runId,
		argv: shellCommand(ports.shellPath, spec.command),
		cwd: spec.cwd,
		env: spec.env,
		confinement: spec.confinement,
		onOutput: (stream, bytes) => {
			const text = decoders[stream].decode(bytes, { stream: true });
			output.push(text);
			spec.onLog(stream, text);
		},
	});
	const cancelTimer = clock.after(spec.timeoutSeconds * 1000, () => {
		timedOut = true;
		void run.stop(graceMs);
	});
	const onAbort = (): void => void run.stop(graceMs);
	spec.signal.addEventListener('abort', onAbort, { once: true });
	if (spec.signal.aborted) onAbort();
	const exit = await run.exited;
	cancelTimer();
	spec.signal.removeEventListener('abort', onAbort);
	const seconds = (clock.monotonic() - startedAt) / 1000;
	const tree = await run.stop(0);
	const text = output.text();
	return { exit, timedOut, seconds, tail: text.slice(-tailCharsMax), text, tree };
}

/** A failing part of a pipe fails the command: `test | tee log` must not pass for tee's sake. */
export function shellCommand(shellPath: string, command: string): readonly [string, ...string[]] {
	return shellPath.endsWith('bash') ? [shellPath, '-eo', 'pipefail', '-c', command] : [shellPath, '-e', '-c', command];
}

/** Twenty patterns look through both for test counts, at once. */
const endCharsMax = 512 * 1024;

/** The first and the last half of a mebibyte of a text that comes in pieces. */
function keepEnds(): { push(text: string): void; text(): string } {
	let head = '';
	let tail = '';
	return {
		push(text) {
			const room = endCharsMax - head.length;
			head += text.slice(0, room);
			tail += text.slice(Math.max(0, room));
			if (tail.length > 2 * endCharsMax) tail = tail.slice(-endCharsMax);
		},
		text: () => head + tail.slice(-endCharsMax),
	};
}

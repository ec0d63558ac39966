/**
 * Runs another program to its end and keeps what it said, within bounds of time and size. For questions to the machine
 * (`git --version`, `gh auth status`) and for the node's one-shot modes; never for agents or gates.
 */
import { spawn } from 'node:child_process';

export interface CaptureOptions {
	readonly cwd?: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly stdin?: string;
	/** Default: 30 s. */
	readonly timeoutMs?: number;
	/** Called with each whole line of stdout as it comes. */
	readonly onLine?: (line: string) => void;
	/** Sends SIGTERM when aborted; the program's own clean-up is waited for. */
	readonly signal?: AbortSignal;
}

export interface Captured {
	/** Null: it could not be started, or was ended by a signal or by us. */
	readonly code: number | null;
	/** The last MiB. */
	readonly stdout: string;
	/** The last 16 KiB. */
	readonly stderr: string;
	/** Why it could not be started. */
	readonly notStarted: string | null;
	readonly timedOut: boolean;
}

const timeoutMsDefault = 30_000;
const killGraceMs = 10_000;
/** What it said last is read within that; what it left behind (ssh keeps its connection) may hold its output for hours. */
const lingerMs = 500;
const stdoutCharactersKept = 1024 * 1024;
const stderrCharactersKept = 16 * 1024;

/** Never rejects: how it went wrong is part of the answer. */
export function captureProgram(argv: readonly [string, ...string[]], options: CaptureOptions): Promise<Captured> {
	return new Promise((resolve) => {
		const [program, ...args] = argv;
		const child = spawn(program, args, { cwd: options.cwd, env: { ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
		let stdout = '';
		let stderr = '';
		let timedOut = false;
		let kill: NodeJS.Timeout | undefined;
		let linger: NodeJS.Timeout | undefined;
		const end = (): void => {
			child.kill('SIGTERM');
			kill ??= setTimeout(() => child.kill('SIGKILL'), killGraceMs);
		};
		const timer = setTimeout(() => {
			timedOut = true;
			end();
		}, options.timeoutMs ?? timeoutMsDefault);
		if (options.signal?.aborted) end();
		else options.signal?.addEventListener('abort', end, { once: true });
		const lines = lineSplitter(options.onLine);
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			stdout = (stdout + text).slice(-stdoutCharactersKept);
			lines(text);
		});
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			stderr = (stderr + text).slice(-stderrCharactersKept);
		});
		// A program that does not read its stdin closes it; its exit code says what matters.
		child.stdin.on('error', () => undefined).end(options.stdin ?? '');
		const finish = (code: number | null, notStarted: string | null): void => {
			clearTimeout(timer);
			clearTimeout(kill);
			clearTimeout(linger);
			options.signal?.removeEventListener('abort', end);
			resolve({ code, stdout, stderr, notStarted, timedOut });
		};
		child.once('error', (error) => finish(null, error.message));
		child.once('exit', () => {
			linger = setTimeout(() => {
				child.stdout.destroy();
				child.stderr.destroy();
			}, lingerMs);
		});
		child.once('close', (code) => finish(code, null));
	});
}

function lineSplitter(onLine: ((line: string) => void) | undefined): (text: string) => void {
	let rest = '';
	return (text) => {
		const parts = (rest + text).split('\n');
		rest = (parts.pop() ?? '').slice(-stdoutCharactersKept);
		for (const line of parts) onLine?.(line);
	};
}

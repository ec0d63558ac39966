/**
 * The one place that spawns git. A `GitProcess` is a way of calling it: with which environment, which settings, and
 * with which lock descriptor inherited by the child and by everything that the child starts. Output is bounded, time is
 * bounded (TERM, then KILL, to the whole process group), nothing is ever asked at a terminal: each child has a session
 * of its own, so there is none. A call that fails is GIT_FAILED with its arguments, exit code and last words.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type GanglineError, ganglineError } from '../ports/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface GitCall {
	readonly args: readonly string[];
	/** A folder to run in. Default: `/`, so that no call depends on where the program was started. */
	readonly cwd?: string;
	readonly env?: Environment;
	readonly stdin?: string | Uint8Array;
	/** Exit codes that are answers. Default: only 0. */
	readonly codes?: readonly number[];
	readonly timeoutMs?: number;
	/** How long it may say nothing, for a call that tells its progress: a remote that went silent, not one that is slow. */
	readonly silenceMs?: number;
	readonly outputBytesMax?: number;
	/** Receives stdout instead of the result, in pieces and without a bound. */
	readonly onStdout?: (piece: Buffer) => void;
}

export interface GitResult {
	readonly code: number;
	readonly stdout: Buffer;
	/** The last 4 KiB. */
	readonly stderr: string;
}

export interface GitProcessOptions {
	readonly environment: Environment;
	/** `-c` settings of every call. */
	readonly settings: readonly string[];
	/** An open file whose flock every child keeps alive. */
	readonly lock?: number;
}

const timeoutMsDefault = 120_000;
const killGraceMs = 2_000;
/** What git has said is read at once; a pipe that stays open longer is held by a program that git left behind. */
const drainMsMax = 1_000;
/** The largest answer kept in memory: a listing of a million paths; file contents have a bound of their own. */
const outputBytesMaxDefault = 128 * 1024 * 1024;
const stderrCharactersKept = 4_096;

export class GitProcess {
	readonly #options: GitProcessOptions;

	constructor(options: GitProcessOptions) {
		this.#options = options;
	}

	/** The same way of calling with more settings or another environment on top. */
	with(more: { readonly settings?: readonly string[]; readonly environment?: Environment }): GitProcess {
		return new GitProcess({
			...this.#options,
			settings: [...this.#options.settings, ...(more.settings ?? [])],
			environment: { ...this.#options.environment, ...more.environment },
		});
	}

	/** Runs git to its end. Throws GIT_FAILED for an exit code that is no answer, TOO_LARGE for too much output. */
	async run(call: GitCall): Promise<GitResult> {
		const child = this.start(call);
		const collected = collect(child, call);
		child.stdin?.end(call.stdin ?? '');
		const timer = killAfter(child, call.timeoutMs ?? timeoutMsDefault);
		const silence = call.silenceMs === undefined ? null : killWhenSilent(child, call.silenceMs);
		try {
			const exit = await exitOf(child);
			if (collected.overflow) throw tooMuch(call);
			const answer = exit.code !== null && (call.codes ?? [0]).includes(exit.code);
			if (!answer) throw gitFailed(call.args, exit, collected.stderr, timer.fired() || silence?.fired());
			return { code: exit.code ?? 0, stdout: Buffer.concat(collected.stdout), stderr: collected.stderr };
		} finally {
			timer.cancel();
			silence?.cancel();
		}
	}

	/** `run` for an answer of one line. */
	async line(call: GitCall): Promise<string> {
		return (await this.run(call)).stdout.toString().replace(/\n$/, '');
	}

	/** `run` for an answer of lines. */
	async lines(call: GitCall): Promise<string[]> {
		return (await this.line(call)).split('\n').filter((line) => line !== '');
	}

	/** `run` for an answer of NUL-terminated fields. */
	async fields(call: GitCall): Promise<string[]> {
		const fields = (await this.run(call)).stdout.toString().split('\0');
		if (fields.at(-1) === '') fields.pop();
		return fields;
	}

	/**
	 * Starts git with all three streams as pipes; the caller owns the child. `into`: an open file that takes stdout
	 * instead, from its present position on.
	 */
	start(call: Pick<GitCall, 'args' | 'cwd' | 'env'> & { readonly into?: number }): ChildProcess {
		const { environment, settings, lock } = this.#options;
		const child = spawn('git', [...settings.flatMap((setting) => ['-c', setting]), ...call.args], {
			cwd: call.cwd ?? '/',
			env: defined({ ...environment, ...call.env }),
			stdio: ['pipe', call.into ?? 'pipe', 'pipe', ...(lock === undefined ? [] : [lock])],
			detached: true,
		});
		// A child that ended early closes its end; its exit code says why, so the broken pipe adds nothing.
		child.stdin?.on('error', () => undefined);
		return child;
	}
}

/** What git needs to know of a child's end: a code, a signal, or why it never began. */
export interface Exit {
	readonly code: number | null;
	readonly signal: string | null;
	readonly notStarted?: Error;
}

/** Also where a program that git started (an ssh master, a credential cache) lives on and holds our pipes. */
export function exitOf(child: ChildProcess): Promise<Exit> {
	return new Promise((resolve) => {
		let drain: NodeJS.Timeout | undefined;
		const letGo = (): void => {
			child.stdout?.destroy();
			child.stderr?.destroy();
		};
		child.once('exit', () => {
			// A turn more: after a long pause of this process there may be words that it has not read yet.
			drain = setTimeout(() => setImmediate(letGo), drainMsMax);
		});
		child.once('close', () => clearTimeout(drain));
		child.once('error', (notStarted) => resolve({ code: null, signal: null, notStarted }));
		child.once('close', (code, signal) => resolve({ code, signal }));
	});
}

interface Deadline {
	cancel(): void;
	fired(): boolean;
}

/** `killAfter` counted from the last word that the child said. */
function killWhenSilent(child: ChildProcess, ms: number): Deadline {
	let deadline = killAfter(child, ms);
	const heard = (): void => {
		if (deadline.fired()) return;
		deadline.cancel();
		deadline = killAfter(child, ms);
	};
	child.stdout?.on('data', heard);
	child.stderr?.on('data', heard);
	return { cancel: () => deadline.cancel(), fired: () => deadline.fired() };
}

/** TERM to the child's process group after `ms`, KILL after a grace: git removes its lock files on TERM only. */
export function killAfter(child: ChildProcess, ms: number): Deadline {
	let fired = false;
	let timer = setTimeout(() => {
		fired = true;
		signalGroup(child, 'SIGTERM');
		timer = setTimeout(() => signalGroup(child, 'SIGKILL'), killGraceMs);
	}, ms);
	return { cancel: () => clearTimeout(timer), fired: () => fired };
}

const watchMs = 500;
/** Of the kernel's accounting; the same on every Linux that we know. */
const tickMs = 10;

/** Kills a child that used more processor time than `msMax`, after calling `onOver`. Sees the child alone, not its children. */
export function watchProcessorTime(child: ChildProcess, msMax: number, onOver: () => void): { stop(): void } {
	const timer = setInterval(() => {
		if (processorMsOf(child) <= msMax) return;
		clearInterval(timer);
		onOver();
		signalGroup(child, 'SIGKILL');
	}, watchMs);
	return { stop: () => clearInterval(timer) };
}

function processorMsOf(child: ChildProcess): number {
	try {
		const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return (Number(fields[11]) + Number(fields[12])) * tickMs;
	} catch {
		return 0;
	}
}

export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
	if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
	try {
		process.kill(-child.pid, signal);
	} catch {
		// Gone already: that is what was wanted.
	}
}

/** GIT_FAILED; `data.code` is null when the outcome is unknown (killed, timed out, not started). */
export function gitFailed(args: readonly string[], exit: Exit, stderr: string, timedOut = false): GanglineError {
	const command = `git ${args.join(' ')}`.slice(0, 500);
	const how = exit.notStarted
		? `could not be started (${exit.notStarted.message})`
		: timedOut
			? 'took too long and was stopped'
			: exit.code === null
				? `was ended by ${exit.signal}`
				: `ended with ${exit.code}`;
	const words = stderr.trim();
	return ganglineError('GIT_FAILED', `\`${command}\` ${how}${words === '' ? '' : `: ${words}`}`, {
		data: { args, code: exit.code, signal: exit.signal, timedOut, stderr: words },
		...(exit.notStarted === undefined ? {} : { cause: exit.notStarted }),
	});
}

/** Gathers what a child says, up to the bound; the end of stderr is the part that names the reason. */
export function collect(
	child: ChildProcess,
	call: GitCall,
): { stdout: Buffer[]; stderr: string; overflow: boolean; bytes: number } {
	const collected = { stdout: [] as Buffer[], stderr: '', overflow: false, bytes: 0 };
	const max = call.outputBytesMax ?? outputBytesMaxDefault;
	child.stdout?.on('data', (piece: Buffer) => {
		if (call.onStdout) return call.onStdout(piece);
		collected.bytes += piece.length;
		if (collected.bytes <= max) collected.stdout.push(piece);
		else if (!collected.overflow) {
			collected.overflow = true;
			signalGroup(child, 'SIGTERM');
		}
	});
	keepLastWords(child, collected);
	return collected;
}

/** The end of what a child says on stderr, for a caller that reads stdout itself. */
export function lastWords(child: ChildProcess): { readonly stderr: string } {
	return keepLastWords(child, { stderr: '' });
}

function keepLastWords<Kept extends { stderr: string }>(child: ChildProcess, kept: Kept): Kept {
	child.stderr?.on('data', (piece: Buffer) => {
		kept.stderr = (kept.stderr + piece.toString()).slice(-stderrCharactersKept);
	});
	return kept;
}

function tooMuch(call: GitCall): GanglineError {
	const max = call.outputBytesMax ?? outputBytesMaxDefault;
	return ganglineError('TOO_LARGE', `\`git ${call.args[0]}\` answered with more than ${max} bytes`, {
		data: { args: call.args, max },
	});
}

function defined(environment: Environment): Record<string, string> {
	return Object.fromEntries(
		Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
	);
}

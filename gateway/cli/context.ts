/**
 * The world as the command line sees it. `main.ts` makes the real one; tests make one that remembers what was written.
 * Nothing else below gateway/cli reads the environment, the terminal or the clock.
 */
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../shared/ports/clock.ts';

/** Something to write to. `columns` is the width of a terminal, undefined where it is none. */
export interface Sink {
	readonly isTTY: boolean;
	readonly columns: number | undefined;
	write(text: string): void;
}

interface Source {
	readonly isTTY: boolean;
	/** Everything until the end. */
	readAll(): Promise<string>;
}

/** Questions to the person at the terminal; only asked where `mayAsk` (session.ts) says so. */
interface Terminal {
	/** False also when the person interrupts the question. */
	confirm(question: string): Promise<boolean>;
}

export interface ProgramOptions {
	readonly cwd?: string;
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** Written to the program's stdin instead of letting it read the terminal. */
	readonly stdin?: string;
}

/** A program that goes on without us. */
export interface DetachedProgram {
	readonly pid: number;
	/** Resolves with how it ended, if it ends while we are still here; never rejects. */
	readonly exited: Promise<string>;
	/** Sends SIGTERM. */
	end(): void;
}

/** Other programs that the command line starts for the person: a pager, a login, the node. */
export interface Programs {
	/** The program's path on PATH, null where there is none. */
	find(name: string): Promise<string | null>;
	/** Runs it on our own terminal and resolves with its exit code (128 + n for a signal). */
	run(argv: readonly [string, ...string[]], options?: ProgramOptions): Promise<number>;
	/** Starts it in a session of its own, with stdout and stderr appended to a file that is made 0600. */
	startDetached(
		argv: readonly [string, ...string[]],
		options: ProgramOptions & { readonly logTo: string },
	): Promise<DetachedProgram>;
	/** Whether exactly this process (of this boot, with this start time) lives. */
	lives(identity: { readonly bootId: string; readonly pid: number; readonly startTicks: number }): Promise<boolean>;
}

export interface CliContext {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly cwd: string;
	readonly stdin: Source;
	readonly stdout: Sink;
	readonly stderr: Sink;
	/** Our own input and output as bytes, for who is a line between two programs and nothing else. */
	readonly streams: () => { readonly input: Readable; readonly output: Writable };
	readonly clock: Clock;
	readonly terminal: Terminal;
	readonly programs: Programs;
	/** How to start a node: the program and its arguments. */
	readonly nodeCommand: readonly [string, ...string[]];
	/** The same for a gateway. */
	readonly gatewayCommand: readonly [string, ...string[]];
	/** Aborted by Ctrl-C. */
	readonly interrupted: AbortSignal;
}

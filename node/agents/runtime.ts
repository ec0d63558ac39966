/**
 * The one interface behind which agents are run, and the table of those we know. A runtime is its program's command
 * line and a conversation with it in its own format; limits, stopping and outcomes are the same for all (session.ts).
 */
import type { Confinement, Processes } from '../../shared/ports/index.ts';
import type { AgentConfig } from '../../shared/project/config.ts';
import { acp } from './acp.ts';
import type {
	AgentEvent,
	FailureCause,
	PermissionAsk,
	PermissionDecision,
	SessionEnd,
	SessionTotals,
} from './agent-event.ts';
import { claudeCode } from './claude-code.ts';
import { codex } from './codex.ts';
import type { CountedBefore } from './session-usage.ts';
import { shell } from './shell.ts';

/** The limits of `AgentConfig`, without what only the project's file needs. */
export type AgentSettings = Pick<
	AgentConfig,
	| 'runtime'
	| 'model'
	| 'command'
	| 'mode'
	| 'permissions'
	| 'max_turns'
	| 'max_cost_usd'
	| 'timeout_seconds'
	| 'silence_seconds'
	| 'usd_per_million_input_tokens'
	| 'usd_per_million_output_tokens'
> & {
	readonly env: readonly string[];
	readonly allow: readonly string[];
	/** What it may change of the repository; undefined: everything. */
	readonly paths?: readonly string[] | undefined;
	readonly secrets?: readonly string[];
	readonly accounts?: readonly string[];
};

export interface AgentTask {
	/** Unique on this node, `[a-z0-9-]+`. */
	readonly runId: string;
	readonly agent: AgentSettings;
	readonly session: SessionPlan;
	readonly prompt: string;
	/** The item's description: where the shell runtime finds its script. */
	readonly description: string;
	readonly cwd: string;
	readonly tmp: string;
	readonly env: Readonly<Record<string, string>>;
	readonly confinement: Confinement;
	/** Tools of the system that the program is told of; absent: none. */
	readonly tools?: AgentTools;
	/** Decides at once whatever the program asks; absent: `permissions` say it. Only a program that asks is bound by it. */
	readonly judge?: (ask: PermissionAsk) => PermissionDecision;
	/** Every event, in order; the last is `exited`. */
	readonly onEvent?: (event: AgentEvent) => void;
	/** The session has this id. Resolves when it is kept: runtimes that can wait do nothing before. Must not reject. */
	readonly onSession?: (sessionId: string) => Promise<void>;
	/** For the run's log: what a person reads. */
	readonly onLog?: (stream: 'stdout' | 'stderr' | 'note', text: string) => void;
}

/** Where a session's tools are, over MCP. Never in a command line: the file is the owner's alone. */
export interface AgentTools {
	readonly url: string;
	readonly token: string;
	/** The same as a file, in the form that Claude Code reads. */
	readonly file: string;
}

/** `id`: of a new session where the program lets us choose it, or of the one to go on with. */
export type SessionPlan =
	| { readonly kind: 'new'; readonly id: string }
	| ({ readonly kind: 'resume'; readonly id: string } & CountedBefore);

export interface AgentSession {
	/** Resolves when the tree has been ended and verified. Never rejects. */
	readonly ended: Promise<SessionEnd>;
	readonly pid: number | null;
	/**
	 * Tells the agent something at its next turn. False when this program cannot be told while it runs, or has ended its
	 * work: then the session is stopped and resumed with the words.
	 */
	say(text: string): boolean;
	/** Answers an open question; false when it is not open. */
	answer(permissionId: string, decision: PermissionDecision): boolean;
	/** Ends the session: its turn is broken off, then TERM, grace, KILL. The outcome is `stopped`. */
	stop(reason: string): Promise<SessionEnd>;
}

export interface AgentRuntime {
	readonly name: AgentSettings['runtime'];
	/** Names of the person's variables that this runtime's program needs to log in. */
	readonly credentials: readonly string[];
	/** What `gangline agent login` calls its login; null where there is none. */
	readonly login: string | null;
	start(task: AgentTask): AgentSession;
}

/** A program as a runtime: pure, but for what some keep of a failure in a file. */
export interface RuntimeProgram {
	readonly name: AgentSettings['runtime'];
	/** The program that must be on PATH; null where there is none, or the agent's settings name it. */
	readonly program: string | null;
	/** Whether its output is JSON lines with a closing word. */
	readonly reports: boolean;
	readonly credentials: readonly string[];
	readonly login: string | null;
	command(input: CommandInput): RuntimeCommand;
	/** A fresh conversation with one run of the program. */
	converse(wire: Wire, input: CommandInput): Conversation;
	/** Asked after a session that was ended or failed in a turn; sums of the whole session, null where nothing is known. */
	readonly usageOf?: (sessionId: string, env: Readonly<Record<string, string>>) => Promise<SessionTotals | null>;
	/** Asked after a session that failed, where the program's lines do not tell the cause; null: not known either. */
	readonly causeOf?: (sessionId: string, env: Readonly<Record<string, string>>) => Promise<FailureCause | null>;
}

/** What a conversation stands on. */
export interface Wire {
	emit(event: AgentEvent): void;
	/** False when the program does not read. */
	write(line: string): boolean;
	/** No more will be written: programs that read their input end by it. */
	endInput(): void;
	/** The same, unless it soon begins another turn on what it was told before this one ended. */
	rest(): void;
	/** See `AgentTask.onSession`. */
	established(sessionId: string): Promise<void>;
}

export interface Conversation {
	/** One line of its stdout; false: no sense could be made of it. */
	read(line: unknown): boolean;
	/** The program runs and reads. */
	begin?(): void;
	say?(text: string): boolean;
	answer?(permissionId: string, decision: PermissionDecision): boolean;
	/** Asks the program to break off its turn, so that what it used is told. */
	interrupt?(): void;
	/** No more output will come. */
	end?(): void;
	/** What the program's own record of the session says was used; nothing is told twice. */
	used?(sums: SessionTotals): void;
}

export interface CommandInput {
	readonly agent: AgentSettings;
	readonly session: SessionPlan;
	readonly prompt: string;
	readonly description: string;
	readonly cwd: string;
	readonly tmp: string;
	readonly tools?: AgentTools;
	/** Whether what it asks is decided by somebody: then it must ask, also where everything else is allowed. */
	readonly judge?: AgentTask['judge'];
	readonly isRoot: boolean;
	/** bash where there is one, else sh. */
	readonly shellPath: string;
}

export interface RuntimeCommand {
	readonly argv: readonly [string, ...string[]];
	readonly stdin?: string;
	/** The conversation writes to it. */
	readonly keepsStdin?: boolean;
	readonly env: Readonly<Record<string, string>>;
	readonly notice?: string;
}

export const runtimePrograms: Readonly<Record<AgentSettings['runtime'], RuntimeProgram>> = {
	shell,
	'claude-code': claudeCode,
	codex,
	acp,
};

/** What a runtime stands on. */
export interface RuntimePorts {
	readonly processes: Processes;
	/** The executable behind a program's name on a PATH (native-program.ts). */
	readonly programFor: (name: string, path: string) => string;
	readonly isRoot: boolean;
	readonly shellPath: string;
}

/**
 * The one interface behind which agents are run, and the table of those we know. A runtime is its program's command
 * line and a translation of its output; limits, stopping and outcomes are the same for all (session.ts).
 */
import type { Confinement, Processes } from '../../shared/ports/index.ts';
import type { AgentConfig } from '../../shared/project/config.ts';
import type { AgentEvent, FailureCause, SessionEnd } from './agent-event.ts';
import { claudeCode } from './claude-code.ts';
import { codex } from './codex.ts';
import { shell } from './shell.ts';

/** The limits of `AgentConfig`, without what only the project's file needs. */
export type AgentSettings = Pick<
	AgentConfig,
	| 'runtime'
	| 'model'
	| 'max_turns'
	| 'max_cost_usd'
	| 'timeout_seconds'
	| 'silence_seconds'
	| 'usd_per_million_input_tokens'
	| 'usd_per_million_output_tokens'
> & { readonly env: readonly string[] };

export interface AgentTask {
	/** Unique on this node, `[a-z0-9-]+`. */
	readonly runId: string;
	readonly agent: AgentSettings;
	readonly prompt: string;
	/** The item's description: where the shell runtime finds its script. */
	readonly description: string;
	readonly cwd: string;
	readonly tmp: string;
	readonly env: Readonly<Record<string, string>>;
	readonly confinement: Confinement;
	/** Every event, in order; the last is `exited`. */
	readonly onEvent?: (event: AgentEvent) => void;
	/** For the run's log: what a person reads. */
	readonly onLog?: (stream: 'stdout' | 'stderr' | 'note', text: string) => void;
}

export interface AgentSession {
	/** Resolves when the tree has been ended and verified. Never rejects. */
	readonly ended: Promise<SessionEnd>;
	readonly pid: number | null;
	/** Ends the session: TERM, grace, KILL. The outcome is `stopped`. */
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
	/** Whether its output is JSON lines with a closing word. */
	readonly reports: boolean;
	readonly credentials: readonly string[];
	readonly login: string | null;
	command(input: CommandInput): RuntimeCommand;
	/** A fresh translator of one session's lines; null for a line that it cannot make sense of. */
	parser(): (json: unknown) => readonly AgentEvent[] | null;
	/** Asked after a session that failed, where the program's lines do not tell the cause; null: not known either. */
	readonly causeOf?: (sessionId: string, env: Readonly<Record<string, string>>) => Promise<FailureCause | null>;
}

export interface CommandInput {
	readonly agent: AgentSettings;
	readonly prompt: string;
	readonly description: string;
	readonly tmp: string;
	readonly isRoot: boolean;
	/** bash where there is one, else sh. */
	readonly shellPath: string;
}

export interface RuntimeCommand {
	readonly argv: readonly [string, ...string[]];
	readonly stdin?: string;
	readonly env: Readonly<Record<string, string>>;
	readonly notice?: string;
}

export const runtimePrograms: Readonly<Record<AgentSettings['runtime'], RuntimeProgram>> = {
	shell,
	'claude-code': claudeCode,
	codex,
};

/** What a runtime stands on. */
export interface RuntimePorts {
	readonly processes: Processes;
	/** The executable behind a program's name on a PATH (native-program.ts). */
	readonly programFor: (name: string, path: string) => string;
	readonly isRoot: boolean;
	readonly shellPath: string;
}

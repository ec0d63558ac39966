/**
 * What an attempt asks for to give its agent tools of the system, and what it gives for them: the tools live as long as
 * one session, under a token of their own. Who makes them is elsewhere (node/tools); without one, agents have none.
 */
import type { Task } from '../../shared/protocol/work.ts';
import type { AgentTools } from '../agents/index.ts';

/** One session of an agent, as its tools need it. */
export interface ToolRun {
	readonly task: Task;
	/** The configured agent. */
	readonly agent: string;
	/** The folder of this attempt alone. */
	readonly tmp: string;
	/** Its work is to change the item; whoever only looks gets nothing that writes [I13]. */
	readonly writes: boolean;
	/** A line for the run's log, which people see while it runs. */
	readonly progress: (words: string) => void;
	/** Runs the project's gates on the clone as it is now, and says what came of each. */
	readonly gates?: (signal: AbortSignal) => Promise<string>;
	/** Asks a person; the answer as words. Never rejects for want of one. */
	readonly ask?: (question: string, signal: AbortSignal) => Promise<string>;
}

export interface OpenTools {
	/** What the agent's program is told. */
	readonly offer: AgentTools;
	/** The session is over: the token names nobody any more, and what it had begun has ended. */
	close(): Promise<void>;
}

export interface ToolDesk {
	/** Null where none can be offered. */
	open(run: ToolRun): Promise<OpenTools | null>;
}

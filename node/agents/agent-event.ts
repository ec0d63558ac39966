/**
 * What an agent session tells while it runs and how it ended, in our words. Every runtime translates its program's own
 * format into these; what follows from them is decided in outcome.ts and recovery.ts, never by matching text.
 */
import type { ExitStatus, StopReport } from '../../shared/ports/index.ts';
import type { FileEdits, Usage } from '../../shared/protocol/work.ts';

export type AgentEvent =
	/** The program has begun a session that the model's service knows, or goes on with it. */
	| { readonly kind: 'started'; readonly sessionId: string }
	/** The model was asked once more. */
	| { readonly kind: 'turn' }
	| { readonly kind: 'text'; readonly text: string }
	/** `read`: the file that this tool reads, where it is one that reads; `edits`: those that it writes, as it names them. */
	| {
			readonly kind: 'tool';
			readonly name: string;
			readonly summary: string;
			readonly read?: string;
			readonly edits?: readonly string[];
	  }
	/** What was used since the last of these, and what the program says of the whole session (session-usage.ts). */
	| ({
			readonly kind: 'usage';
			readonly counted: SessionTotals;
			/** The program says what it costs, also where that is nothing. */
			readonly isCostTold?: true;
	  } & SessionTotals)
	/** Only `rejected` is a limit; `until` in wall ms where it is known. */
	| { readonly kind: 'rateLimit'; readonly status: 'allowed' | 'warning' | 'rejected'; readonly until: number | null }
	/** It waits for `answer(id, …)` and does nothing meanwhile. */
	| { readonly kind: 'permission'; readonly id: string; readonly ask: PermissionAsk }
	/** It waits for the answer to that question no more. */
	| { readonly kind: 'withdrawn'; readonly id: string }
	/** The program refused a tool by itself. */
	| { readonly kind: 'refused'; readonly tool: string; readonly message: string }
	/** Something a person may want to read in the log; decides nothing. */
	| { readonly kind: 'notice'; readonly message: string }
	/** The program's own last word on a turn. */
	| ({ readonly kind: 'result' } & SessionResult)
	| { readonly kind: 'exited'; readonly status: ExitStatus };

/** Sums of a session; a program may go on counting over its resumes. */
export interface SessionTotals {
	readonly costUsd: number;
	readonly inputTokens: number;
	readonly outputTokens: number;
}

/** What an agent wants to do and may not do unasked. */
export interface PermissionAsk {
	/** As the program calls it: `Bash`, `Write`. */
	readonly tool: string;
	readonly what:
		| { readonly kind: 'command'; readonly command: string }
		| { readonly kind: 'edit' | 'read'; readonly paths: readonly string[] }
		| { readonly kind: 'other' };
	/** One line for people: the command, the path, the address. */
	readonly summary: string;
}

/** `message` is told to the agent where it is refused. */
export type PermissionDecision = { readonly kind: 'allow' } | { readonly kind: 'deny'; readonly message: string };

export interface SessionResult {
	readonly isOk: boolean;
	/** Why it is not: `login` needs a person, `turns` and `cost` are its own limits, `api` is the service, `other` the rest. */
	readonly failure: 'login' | 'turns' | 'cost' | 'rateLimit' | 'api' | 'other' | null;
	/** One line for people. */
	readonly message: string;
}

/** Why a session failed, where its program tells that only after its end. `until` in wall ms. */
export interface FailureCause {
	readonly failure: 'login' | 'rateLimit' | 'api';
	readonly until: number | null;
}

export type SessionOutcome =
	| { readonly kind: 'finished' }
	/** Non-zero exit or a failed service. `login`: nobody but a person can repair it. */
	| { readonly kind: 'forced'; readonly cause: 'login' | 'api' | 'exit'; readonly reason: string }
	/** Wall ms. */
	| { readonly kind: 'rateLimited'; readonly until: number }
	| { readonly kind: 'overBudget'; readonly which: 'turns' | 'cost' | 'time' | 'processes' }
	/** It is stuck: nothing was heard of it for the silence limit, and nothing of it computed. */
	| { readonly kind: 'inactive'; readonly evidence: string }
	/** No session was established. */
	| { readonly kind: 'crashed'; readonly reason: string }
	| { readonly kind: 'stopped'; readonly reason: string };

export interface SessionEnd {
	readonly outcome: SessionOutcome;
	readonly usage: Usage;
	readonly sessionId: string | null;
	readonly filesRead: readonly string[];
	/** Files of the working folder that it said it edits, as paths in it, and how often; absent where it told of none. */
	readonly edits?: readonly FileEdits[];
	/** The last thing the agent said, or the last line of its errors. */
	readonly lastText: string;
	/** Lines that could not be read, and were passed over. */
	readonly garbageLines: number;
	/** Its model was asked, and nothing was told by which the cost could be known. */
	readonly isUnseen?: true;
	/** What the kernel showed when the tree had been ended. */
	readonly tree: StopReport;
}

/** One line for the run's log, null for what is not worth one. */
export function describeEvent(event: AgentEvent): string | null {
	switch (event.kind) {
		case 'started':
			return `session ${event.sessionId}`;
		case 'text':
			return event.text;
		case 'tool':
			return `> ${event.name} ${event.summary}`;
		case 'usage':
			return `used ${event.inputTokens} + ${event.outputTokens} tokens, $${event.costUsd.toFixed(4)}`;
		case 'rateLimit':
			return event.status === 'allowed' ? null : `rate limit: ${event.status}`;
		case 'permission':
			return `asks: ${event.ask.tool} ${event.ask.summary}`;
		case 'refused':
			return `refused ${event.tool}: ${event.message}`;
		case 'notice':
			return event.message;
		case 'result':
			return event.isOk ? 'finished' : `ended: ${event.message}`;
		case 'exited':
			return `exited: ${describeExit(event.status)}`;
		case 'turn':
		case 'withdrawn':
			return null;
	}
}

export function describeExit(status: ExitStatus): string {
	switch (status.kind) {
		case 'code':
			return `ended with ${status.code}`;
		case 'signal':
			return `was ended by ${status.signal}`;
		case 'notStarted':
			return `could not be started: ${status.reason}`;
	}
}

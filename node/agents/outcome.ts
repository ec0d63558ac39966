/**
 * From what was seen of a session to its outcome. Pure. What we did to it outranks what it says; its own result
 * outranks its exit code (an interrupted client exits with 0); a rate limit counts only where the session failed.
 */
import type { ExitStatus } from '../../shared/ports/index.ts';
import { describeExit, type SessionOutcome, type SessionResult } from './agent-event.ts';

export interface SessionFacts {
	/** What made us end it, null when it ended by itself. */
	readonly endedByUs: Extract<SessionOutcome, { kind: 'stopped' | 'overBudget' | 'inactive' }> | null;
	readonly exit: ExitStatus;
	/** Whether the runtime's program reports results at all; a shell does not. */
	readonly reports: boolean;
	/** It had said its last word, and we closed its input or ended what lingered. */
	readonly wasLetGo: boolean;
	readonly hasStarted: boolean;
	readonly result: SessionResult | null;
	/** Set by the last `rejected` notice; null inside when its end is not known. */
	readonly rejected: { readonly until: number | null } | null;
	/** Wall ms. */
	readonly now: number;
	/** The last line of stderr, to name what went wrong. */
	readonly lastError: string;
}

/** Waited when an account is limited and nobody says until when. */
const unknownLimitMs = 15 * 60_000;
/** A limit that is over by our clock and refuses all the same: clocks differ, and a try at once would be refused too. */
const limitMsMin = 10_000;
/** The last time that has a date, wall ms. */
const lastTime = 8.64e15;

export function decideOutcome(facts: SessionFacts): SessionOutcome {
	const { endedByUs, exit, reports, wasLetGo, hasStarted, result, rejected, now, lastError } = facts;
	if (endedByUs) return endedByUs;
	const reason = [describeExit(exit), lastError].filter(Boolean).join(': ');
	if (exit.kind === 'notStarted') return { kind: 'crashed', reason };
	const isClean = exit.kind === 'code' && exit.code === 0;
	if (!reports) return isClean ? { kind: 'finished' } : { kind: 'forced', cause: 'exit', reason };
	if (result?.isOk) return isClean || wasLetGo ? { kind: 'finished' } : { kind: 'forced', cause: 'exit', reason };
	if (rejected || result?.failure === 'rateLimit') {
		return { kind: 'rateLimited', until: limitEnd(rejected?.until ?? null, now) };
	}
	if (!result) {
		return hasStarted ? { kind: 'forced', cause: 'exit', reason } : { kind: 'crashed', reason };
	}
	switch (result.failure) {
		case 'turns':
		case 'cost':
			return { kind: 'overBudget', which: result.failure };
		case 'login':
		case 'api':
			return { kind: 'forced', cause: result.failure, reason: result.message };
		default:
			if (!hasStarted) return { kind: 'crashed', reason: result.message };
			return { kind: 'forced', cause: 'exit', reason: result.message };
	}
}

/** Whatever the program says: a time to come that has a date. */
function limitEnd(said: number | null, now: number): number {
	return said === null ? now + unknownLimitMs : Math.min(Math.max(said, now + limitMsMin), lastTime);
}

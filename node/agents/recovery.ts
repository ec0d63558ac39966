/**
 * What follows a coder's session, in particular one that changed files and committed nothing. Pure; the rule is data in
 * test/fixtures/spec/commit-recovery.json. Both counters have a cap, so every recovery ends [I11].
 */
import type { SessionOutcome } from './agent-event.ts';

/** What the system saw in the clone after a session. */
export interface SessionTrace {
	readonly exit: SessionOutcome['kind'];
	/** Whether uncommitted changes are there; a count will do. */
	readonly dirty: number | boolean;
	readonly newCommits: number;
	/** A hash of the uncommitted difference against the base. */
	readonly diff: string;
	readonly filesRead: readonly string[];
}

export interface RecoveryState {
	readonly total: number;
	readonly noProgress: number;
	/** Of the last session; null before the first. */
	readonly diff: string | null;
	/** Everything that earlier sessions of this recovery have read. */
	readonly filesRead: readonly string[];
}

export type RecoveryDecision = 'gates' | 'wait' | 'respawn' | 'noWork' | 'block(noProgress)' | 'block(total)';

export const recoveryCaps = { noProgress: 3, total: 8 } as const;

const fresh: RecoveryState = { total: 0, noProgress: 0, diff: null, filesRead: [] };

/** The next step, and the state to pass in after the next session. The state starts undefined. */
export function nextAfterSession(
	state: RecoveryState | undefined,
	session: SessionTrace,
): { readonly decision: RecoveryDecision; readonly state: RecoveryState | undefined } {
	if (session.newCommits > 0) return { decision: 'gates', state: undefined };
	if (session.exit === 'rateLimited') return { decision: 'wait', state: undefined };
	if (!session.dirty) return { decision: 'noWork', state };
	const before = state ?? fresh;
	const next: RecoveryState = {
		total: before.total + 1,
		noProgress: session.exit === 'forced' ? before.noProgress : noProgressAfter(before, session),
		diff: session.diff,
		filesRead: [...new Set([...before.filesRead, ...session.filesRead])],
	};
	if (next.total >= recoveryCaps.total) return { decision: 'block(total)', state: next };
	if (next.noProgress >= recoveryCaps.noProgress) return { decision: 'block(noProgress)', state: next };
	return { decision: 'respawn', state: next };
}

function noProgressAfter(before: RecoveryState, session: SessionTrace): number {
	const isFirst = before.total === 0;
	const hasRead = session.filesRead.some((path) => !before.filesRead.includes(path));
	return isFirst || session.diff !== before.diff || hasRead ? 1 : before.noProgress + 1;
}

/** Pauses before a program that began no session is started again; there are no more tries than pauses and one. */
export const crashPausesMs: readonly number[] = [2_000, 15_000];

/**
 * After a program that ended before it had begun a session: installed anew at this moment, out of memory, or broken for
 * good, which nobody can tell apart by one try. `crashes`: how many in a row, this one too. Null: a person must look.
 */
export function pauseAfterCrash(crashes: number): number | null {
	return crashPausesMs[crashes - 1] ?? null;
}

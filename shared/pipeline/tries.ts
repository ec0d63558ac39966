/**
 * The counters of an item and their caps. They belong to the item and outlive stages, grants, crashes and clean-up;
 * only a person (unblock, requestChanges, reopen) or a landing resets them [I11]. How each event counts is written at
 * its function here, and nowhere else is anything counted.
 */
import type { Tries } from './item.ts';
import type { MergeFailureKind } from './stage.ts';

export const tries = {
	_about:
		'Counters belong to the item, not to a stage, a lease or a run; they survive crashes, grants and clean-up, and are reset only by a person (unblock, requestChanges, reopen) or by landing.',
	reworks: {
		cap: 5,
		counts: 'qaFailed; a gate that failed after a session; a session that ended with nothing done',
		analysisAt: 3,
		// biome-ignore lint/suspicious/noThenProperty: the rule's own word, and no function.
		then: 'at the 3rd, when a research agent is configured, it looks first (read-only); after the 5th: block',
	},
	mergeFailures: {
		cap: 3,
		counts:
			'consecutive mergeFailed of one kind; another kind begins at 1; not while a recovery agent for it is running',
		// biome-ignore lint/suspicious/noThenProperty: the rule's own word, and no function.
		then: 'block',
	},
	freeFixups: {
		cap: 3,
		counts:
			'a landing or rework that failed only in gates of kind format, lint or docs; these do not count as reworks until the cap is reached',
	},
	totalAttempts: {
		cap: 12,
		counts: 'every grant of an item role and every fixup, counted or free',
		// biome-ignore lint/suspicious/noThenProperty: the rule's own word, and no function.
		then: 'block',
	},
	commitRecovery: { noProgress: 3, total: 8, see: 'commit-recovery.json' },
	limitStops: {
		counts: 'a session stopped for turns, cost, time or silence counts as a rework; a rate limit counts nothing',
	},
} as const;

export const noTries: Tries = { reworks: 0, mergeFailures: null, freeFixups: 0, totalAttempts: 0 };

/** Gates that a machine can nearly always satisfy: failing in one of them is free, three times. */
const freeGates: ReadonlySet<string> = new Set(['format', 'lint', 'docs']);

/** qaFailed, and attemptFailed: a gate after a session, a session with nothing done or stopped for a limit. */
export function countRework(counted: Tries, gateKind?: string): Tries {
	if (isFree(counted, gateKind)) return { ...counted, freeFixups: counted.freeFixups + 1 };
	return { ...counted, reworks: counted.reworks + 1 };
}

/**
 * mergeFailed. A recovery agent never runs while landing fails: an item's role ends when it enters merge, so "not
 * while a recovery agent is running" holds by construction. A failure in a free gate counts there too.
 */
export function countMergeFailure(counted: Tries, kind: MergeFailureKind, gateKind?: string): Tries {
	const before = counted.mergeFailures?.kind === kind ? counted.mergeFailures.count : 0;
	const freeFixups = isFree(counted, gateKind) ? counted.freeFixups + 1 : counted.freeFixups;
	return { ...counted, freeFixups, mergeFailures: { kind, count: before + 1 } };
}

/** grant and fixup, each for itself: a fixup and the coder's grant after it are two. */
export function countAttempt(counted: Tries): Tries {
	return { ...counted, totalAttempts: counted.totalAttempts + 1 };
}

/**
 * Whether another attempt may begin: null, or which counter says no, in words for the block that follows. Asked before
 * a grant, fixup or retry, never while one runs (the twelfth attempt may finish).
 */
export function capReached(counted: Tries): string | null {
	const { reworks, mergeFailures, totalAttempts } = counted;
	if (reworks >= tries.reworks.cap) return `${reworks} reworks failed (cap ${tries.reworks.cap})`;
	if (mergeFailures && mergeFailures.count >= tries.mergeFailures.cap) {
		return `landing failed ${mergeFailures.count} times in a row as ${mergeFailures.kind} (cap ${tries.mergeFailures.cap} merge failures)`;
	}
	if (attemptsSpent(counted)) return `${totalAttempts} attempts in total were made (cap ${tries.totalAttempts.cap})`;
	return null;
}

/** The last line of defence in the rules themselves: no thirteenth grant, whoever asks [I11]. */
export function attemptsSpent(counted: Tries): boolean {
	return counted.totalAttempts >= tries.totalAttempts.cap;
}

function isFree(counted: Tries, gateKind: string | undefined): boolean {
	return gateKind !== undefined && freeGates.has(gateKind) && counted.freeFixups < tries.freeFixups.cap;
}

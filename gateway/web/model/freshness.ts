/**
 * How fresh what is shown is, and when to try again. One state for the one stream of changes: a short interruption is
 * nobody's matter, after three failed tries it is said, with a way to try at once. Pure; the store has the timers.
 */
export type Freshness =
	/** Nothing has been heard yet. */
	| { readonly kind: 'connecting'; readonly failures: number }
	/** Every change arrives as it happens. */
	| { readonly kind: 'live'; readonly since: number }
	/** The stream ended; `since` is when it was last whole. */
	| { readonly kind: 'retrying'; readonly since: number; readonly failures: number }
	/** The page is out of sight and reads nothing. */
	| { readonly kind: 'resting'; readonly since: number };

export type FreshnessEvent =
	| { readonly kind: 'opened'; readonly at: number }
	| { readonly kind: 'failed'; readonly at: number }
	| { readonly kind: 'rested'; readonly at: number }
	| { readonly kind: 'woke' };

/** That many tries may fail before it is said. */
export const quietFailuresMax = 2;
const firstWaitMs = 500;
const longestWaitMs = 15_000;

export const notYet: Freshness = { kind: 'connecting', failures: 0 };

export function freshnessAfter(now: Freshness, event: FreshnessEvent): Freshness {
	switch (event.kind) {
		case 'opened':
			return { kind: 'live', since: event.at };
		case 'failed':
			return failedOnce(now, event.at);
		case 'rested':
			return { kind: 'resting', since: now.kind === 'retrying' ? now.since : event.at };
		case 'woke':
			return now.kind === 'resting' ? { kind: 'retrying', since: now.since, failures: 0 } : now;
	}
}

/** How long to wait before the next try. */
export function waitMsAfter(failures: number): number {
	return Math.min(longestWaitMs, firstWaitMs * 2 ** Math.max(0, failures - 1));
}

/** Whether a person must be told, and may want to try at once. */
export function isLost(now: Freshness): boolean {
	return (now.kind === 'retrying' || now.kind === 'connecting') && now.failures > quietFailuresMax;
}

function failedOnce(now: Freshness, at: number): Freshness {
	if (now.kind === 'connecting') return { kind: 'connecting', failures: now.failures + 1 };
	if (now.kind === 'retrying') return { ...now, failures: now.failures + 1 };
	// Nothing was heard while it rested, whatever was tried meanwhile.
	if (now.kind === 'resting') return { kind: 'retrying', since: now.since, failures: 1 };
	return { kind: 'retrying', since: at, failures: 1 };
}

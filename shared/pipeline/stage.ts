/**
 * Where an item is. Fifteen stages; each arm holds what exists only then. Payload fields that come from an event's
 * arguments are optional, because the table alone (without the project's rules) moves stages too.
 */
export type Stage =
	/** An idea, not yet ready to be worked on. */
	| { readonly kind: 'upcoming' }
	/** Ready; starts by itself when its dependencies are satisfied and a node has room. */
	| { readonly kind: 'backlog' }
	/** Someone writes the change on the item's own branch. */
	| { readonly kind: 'coding' }
	/** Needs a person; no agent may run. */
	| { readonly kind: 'blocked'; readonly reason?: string; readonly resumeTo: Stage }
	/** A QA agent checks the change. */
	| { readonly kind: 'qa' }
	/** Waits for a person's approval. */
	| { readonly kind: 'reviewHold'; readonly reason?: string }
	/** In the landing queue; no agent, the system lands it. */
	| { readonly kind: 'merge' }
	/** Landing failed; what follows depends on the kind of failure. */
	| { readonly kind: 'mergeFailure'; readonly failure?: MergeFailureKind; readonly detail?: string }
	/** Recovery was tried and gave up; a person decides. */
	| { readonly kind: 'mergeFailureFinal'; readonly failure?: MergeFailureKind; readonly detail?: string }
	/** Landed on main, or an epic whose children are done, or a spike with its report. */
	| { readonly kind: 'done'; readonly at?: number; readonly commit?: string | null; readonly token?: Token | null }
	/** Out of the live document. */
	| { readonly kind: 'archived'; readonly reason?: ArchiveReason; readonly at?: number }
	/** Paused in place; unfreeze returns to exactly `resumeTo`. */
	| { readonly kind: 'frozen'; readonly resumeTo: Stage }
	| { readonly kind: 'abandoned' }
	| { readonly kind: 'superseded'; readonly by?: string }
	/** Turned down; its work is kept for people to look at. */
	| { readonly kind: 'rejected'; readonly reason?: string };

export type StageKind = Stage['kind'];

export type MergeFailureKind = 'conflict' | 'gates' | 'emptyDiff' | 'noCommits' | 'other';

export type ArchiveReason =
	| 'completed'
	| 'abandoned'
	| 'superseded'
	| 'rejected'
	| 'blocked'
	| 'mergeFailed'
	| 'reviewHeld';

/** Minted by a grant; a later one is larger. Compared as two numbers. */
export type Token = readonly [term: number, revision: number];

export function sameToken(a: Token | null | undefined, b: Token | null | undefined): boolean {
	if (!a || !b) return false;
	return a[0] === b[0] && a[1] === b[1];
}

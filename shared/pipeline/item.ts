/** An item as the home publishes it: the facts. Everything shown about it (column, badge, who waits for whom) is derived on read. */
import type { IntentId, StagedItem } from './intent.ts';
import type { MergeFailureKind } from './stage.ts';

export type ItemType = 'story' | 'bug' | 'refactor' | 'spike' | 'epic';
export type ItemRole = 'coder' | 'qa' | 'mergemaster';
export type ReviewMode = 'human' | 'server' | 'agent';

export interface Item extends StagedItem {
	readonly key: string;
	/** For people; given by the home at acceptance, never given again. */
	readonly number: number;
	readonly title: string;
	readonly type: ItemType;
	/** The first description, at most 16 KiB; later text lives in the item's text document. */
	readonly description: string;
	/** Keys of items that must be done first. */
	readonly dependsOn: readonly string[];
	/** Key of the epic this item belongs to. */
	readonly parent: string | null;
	readonly labels: readonly string[];
	/** Not started by itself. */
	readonly held: boolean;
	/** The configured agent that does it; null: the project's default, or `shell` where the description has a fenced sh block. */
	readonly agent: string | null;
	/** Overrides the project's review mode. */
	readonly review: ReviewMode | null;
	/** Who made it: kind and id. */
	readonly origin: { readonly by: string; readonly who: string };
	/** The intent that added it: what it was called before it had a number (`~laptop-3`) stays an alias. */
	readonly addedAs?: IntentId;
	readonly createdAt: number;
	/** When the stage, the holder or the result last changed, wall ms of the home. */
	readonly changedAt: number;
	/** What the holder works as; null while nobody does, also where a result is accepted and its token still names it. */
	readonly role: ItemRole | null;
	/** The last accepted result: kept under refs/gangline/attempts/<key>/<token>. */
	readonly result: { readonly commit: string; readonly base: string } | null;
	/** The approval that the current result has. */
	readonly approval: Approval | null;
	/** The last failure in a line, with what failed; null after a success or a person's reset. */
	readonly lastFailure: Failure | null;
	/** Words of a person for the next prompt, newest last; cleared by landing. */
	readonly words: readonly string[];
	readonly tries: Tries;
}

export interface Approval {
	readonly branch: string;
	readonly main: string;
	readonly mergeBase: string;
	readonly who: string;
}

export interface Failure {
	readonly reason: string;
	readonly gate?: string;
	readonly detail?: string;
	readonly at: number;
}

/** Counters of the item; reset only by a person (unblock, requestChanges, reopen) or by landing [I11]. */
export interface Tries {
	readonly reworks: number;
	readonly mergeFailures: { readonly kind: MergeFailureKind; readonly count: number } | null;
	readonly freeFixups: number;
	readonly totalAttempts: number;
}

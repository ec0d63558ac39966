/**
 * What someone wants: one entry of an author's log. `event` is either a row of the pipeline's table or one of the
 * record events below, which change an item without moving it through the table.
 */
import type { Stage, Token } from './stage.ts';

/** For whom an author acts. Rights come from the registry (`authors` of the state), never from the entry. */
export type By = 'user' | 'agent' | 'gates' | 'landing' | 'scheduler' | 'system';

/**
 * What an author may: act as someone, be named as a holder (`hold`: a worker whose reports its home writes down), or
 * speak for holders (`relay`: that home). A worker on another machine holds and never writes.
 */
export type Right = By | 'hold' | 'relay';

export interface Intent {
	readonly author: string;
	/** 1, 2, 3, … per author. */
	readonly n: number;
	/** Hybrid logical time. */
	readonly at: readonly [ms: number, counter: number];
	readonly by: By;
	/** The person an intent by `user` speaks for; for others the node, agent or reconciler, so that origin is never unnamed. */
	readonly who?: string;
	readonly item: string;
	readonly event: string;
	readonly args?: Readonly<Record<string, unknown>>;
	/** The token that the work was done under; required of agent, gates and landing. */
	readonly token?: Token;
	/** The holder whose report this is, where a home writes it down that may `relay`. */
	readonly onBehalfOf?: string;
	/** The project's revision that its author had seen. */
	readonly basedOn?: number;
}

/**
 * Events beside the table. Each needs the right to act as its `by`, like every intent.
 * - `add` {title, type, description, dependsOn, parent, labels, held, upcoming, agent, review}: by user, agent or system; the item must not exist.
 * - `edit` {some of the fields of add}: by user; by agent only under its token, and not what decides about it (review, agent, held, type).
 * - `delete`: by user; the record goes for good, its number is never given again. Refused while others depend on it or belong to it.
 * - `grant` {holder, role}: by system, while nobody works on the item; mints the token and counts a total attempt.
 * - `release` {reason}: by system; the holder is gone or gave the item back: token, holder and role become null, the stage stays;
 *   only in mergeFailure and mergeFailureFinal the token stays, held by nobody: the accepted result lands under it.
 * - `attemptFailed` {reason, gate?, gateKind?, detail}: by gates; the session or a gate after it failed: counts a rework (or a free fix-up) and lets go like release.
 * - `result` {commit, base}: by gates in mergeFailure and mergeFailureFinal (a mergemaster's new result); becomes the item's result.
 * - `void`: an entry that cannot be read any more, closed so that nobody waits for it. Its `item` says nothing and may be empty.
 */
export const recordEvents = ['add', 'edit', 'delete', 'grant', 'release', 'attemptFailed', 'result', 'void'] as const;
export type RecordEvent = (typeof recordEvents)[number];

/** Why an intent was refused, in the order in which the checks are made. */
export type Refusal =
	| 'notAuthorised'
	| 'unknownItem'
	| 'staleToken'
	| 'notAllowed'
	| 'notYours'
	| 'alreadyExists'
	| 'missingArgument'
	| 'invalid'
	| 'dependencies'
	| 'movedSinceReview'
	| 'lost';

export type Outcome = 'applied' | 'duplicate' | 'waiting' | `refused:${Refusal}`;

/** `author#n`, the name of an intent in outcomes. */
export type IntentId = `${string}#${number}`;

export function partsOf(id: IntentId): { readonly author: string; readonly n: number } {
	const split = id.lastIndexOf('#');
	return { author: id.slice(0, split), n: Number(id.slice(split + 1)) };
}

/** The part of an item that the table needs. */
export interface StagedItem {
	readonly stage: Stage;
	readonly token: Token | null;
	/** The author that works under the token. */
	readonly holder: string | null;
}

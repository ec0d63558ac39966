/**
 * What an accepted event leaves on the item besides its stage: result, approval, last failure, words, tries, hold, and
 * who works. One small function per event, so that each can be read beside its row of the table.
 */
import type { EventArguments } from './arguments.ts';
import { type ProjectRulesContext, shownIn } from './guards.ts';
import type { Intent } from './intent.ts';
import type { Failure, Item } from './item.ts';
import { wordsEntriesMax } from './limits.ts';
import { whoOf } from './sequence.ts';
import type { Stage } from './stage.ts';
import { innermost, mayRun } from './transition.ts';
import { countAttempt, countMergeFailure, countRework, noTries } from './tries.ts';

export interface Accepted {
	readonly intent: Intent;
	readonly args: EventArguments;
}

/** The item after a row of the table was applied to it. */
export function moved(item: Item, accepted: Accepted & { readonly stage: Stage; readonly clearsToken: boolean }): Item {
	const { stage, clearsToken, intent } = accepted;
	const spent = clearsToken ? { token: null, holder: null } : {};
	return {
		...item,
		...spent,
		stage,
		role: clearsToken ? null : roleIn(stage, item),
		changedAt: intent.at[0],
		...noted(item, accepted),
	};
}

/** What a mergemaster found instead: the approval stays only where it was given for the same difference. */
export function withNewResult(item: Item, { intent, args }: Accepted, { diffIsAsShown }: ProjectRulesContext): Item {
	const next: Item = { ...item, result: resultIn(args), changedAt: intent.at[0] };
	const { approval } = next;
	if (approval === null) return next;
	const { who: _who, ...shown } = approval;
	return diffIsAsShown(next, shown) ? next : { ...next, approval: null };
}

/** The session, or a gate after it, failed; nobody works on the item any more. */
export function afterFailedAttempt(item: Item, accepted: Accepted): Item {
	const { args } = accepted;
	return {
		...letGo(item, accepted.intent),
		lastFailure: failure(accepted, args.reason ?? 'failed'),
		tries: countRework(item.tries, args.gateKind),
	};
}

/**
 * Nobody works on the item any more and what its holder still sends is refused. Where an accepted result waits to land
 * again its token stays, because landing needs one; but nobody holds it.
 */
export function letGo(item: Item, intent: Intent): Item {
	const { kind } = innermost(item.stage);
	const waitsToLand = kind === 'mergeFailure' || kind === 'mergeFailureFinal';
	return { ...item, token: waitsToLand ? item.token : null, holder: null, role: null, changedAt: intent.at[0] };
}

/** A pause keeps who works, so that it goes on under its token; every other stage ends a role it does not allow. */
function roleIn(stage: Stage, { role }: Item): Item['role'] {
	const paused = stage.kind === 'frozen' || stage.kind === 'blocked';
	return paused || mayRun(stage) === role ? role : null;
}

function noted(item: Item, accepted: Accepted): Partial<Item> {
	const { intent, args } = accepted;
	const reset = { tries: noTries, lastFailure: null };
	switch (intent.event) {
		case 'start':
			// Whoever starts it by hand wants it worked on; whoever defers it does not want it started at once again.
			return intent.by === 'user' ? { held: false } : {};
		case 'defer':
			return { held: true, approval: null };
		case 'submit':
		case 'submitForQa':
		case 'submitForReview':
			return args.commit && args.base ? { result: resultIn(args), approval: null, lastFailure: null } : {};
		case 'qaPassed':
		case 'complete':
			return { lastFailure: null };
		case 'qaFailed':
			return {
				approval: null,
				lastFailure: failure(accepted, args.reason ?? ''),
				tries: countRework(item.tries, args.gateKind),
			};
		case 'approve':
			return { approval: approvalBy(accepted) };
		case 'requestChanges':
			return { ...reset, approval: null, words: [...item.words, args.words ?? ''].slice(-wordsEntriesMax) };
		case 'landed':
		case 'foundOnMain':
			return { ...reset, words: [] };
		case 'resultLost':
			return {
				result: null,
				approval: null,
				lastFailure: failure(accepted, 'the commits of the result never arrived'),
			};
		case 'mergeFailed': {
			const kind = args.kind ?? 'other';
			const tries = countMergeFailure(item.tries, kind, args.gateKind);
			return { lastFailure: failure(accepted, `landing failed: ${kind}`), tries };
		}
		case 'fixup':
			return {
				approval: null,
				lastFailure: failure(accepted, 'landing failed: gates'),
				tries: countAttempt(item.tries),
			};
		case 'unblock': {
			// Who goes on with a change that was shown to them has approved it.
			const approval = approvalBy(accepted);
			return approval ? { ...reset, approval } : reset;
		}
		case 'reopen':
			return { ...reset, approval: null };
		default:
			return {};
	}
}

function failure({ intent, args }: Accepted, reason: string): Failure {
	const gate = args.gate === undefined ? {} : { gate: args.gate };
	const detail = args.detail === undefined ? {} : { detail: args.detail };
	return { reason, ...gate, ...detail, at: intent.at[0] };
}

function resultIn({ commit, base }: EventArguments): Item['result'] {
	return commit && base ? { commit, base } : null;
}

function approvalBy({ intent, args }: Accepted): Item['approval'] {
	const shown = shownIn(args);
	return shown && { ...shown, who: whoOf(intent) };
}

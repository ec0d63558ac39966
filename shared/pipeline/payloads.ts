/**
 * What a stage carries besides its kind, made from the event's arguments and the stage it left. Deterministic: the only
 * time is the intent's own.
 */
import type { EventArguments } from './arguments.ts';
import type { Intent } from './intent.ts';
import type { Item } from './item.ts';
import type { ArchiveReason, Stage } from './stage.ts';

/** Fills the stage that the table gave. `item` is as it was before. */
export function withPayload(
	stage: Stage,
	item: Item,
	{ intent, args }: { intent: Intent; args: EventArguments },
): Stage {
	// What resumes is given back exactly as it was left; a queued-again merge has no payload.
	if (intent.event === 'unfreeze' || intent.event === 'unblock') return stage;
	const reason = args.reason === undefined ? {} : { reason: args.reason };
	const detail = args.detail === undefined ? {} : { detail: args.detail };
	switch (stage.kind) {
		case 'blocked':
		case 'reviewHold':
		case 'rejected':
			return { ...stage, ...reason };
		case 'mergeFailure':
			return { ...stage, ...(args.kind === undefined ? {} : { failure: args.kind }), ...detail };
		case 'mergeFailureFinal':
			return { ...stage, ...failureOf(item.stage), ...detail };
		case 'superseded':
			return { ...stage, ...(args.by === undefined ? {} : { by: args.by }) };
		case 'done':
			return {
				kind: 'done',
				at: intent.at[0],
				commit: args.commit ?? null,
				// What is found on main says in its trailers under which token it landed; a later grant may be the item's.
				token: args.commit === undefined ? null : (args.token ?? item.token),
			};
		case 'archived':
			return { kind: 'archived', reason: archiveReason(item.stage), at: intent.at[0] };
		default:
			return stage;
	}
}

function failureOf(stage: Stage): Partial<Pick<Extract<Stage, { kind: 'mergeFailure' }>, 'failure' | 'detail'>> {
	if (stage.kind !== 'mergeFailure') return {};
	const { kind: _kind, ...payload } = stage;
	return payload;
}

function archiveReason({ kind }: Stage): ArchiveReason {
	switch (kind) {
		case 'done':
			return 'completed';
		case 'mergeFailureFinal':
			return 'mergeFailed';
		case 'reviewHold':
			return 'reviewHeld';
		case 'superseded':
		case 'rejected':
		case 'blocked':
			return kind;
		default:
			return 'abandoned';
	}
}

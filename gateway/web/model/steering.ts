/**
 * What a person may do with an item besides moving it about: tell its agent something, take its clone and give it back,
 * try its result; and the moves that lead on, each with what comes of it. Pure; the same rules as the home has.
 */
import type { ItemDetail } from '../../../shared/operations/index.ts';
import { type Move, movesOf } from './moves.ts';

export interface Steering {
	readonly kind: 'say' | 'take' | 'give' | 'preview';
	readonly label: string;
	/** What comes of it, in a sentence. */
	readonly does: string;
}

export type Step = { readonly kind: 'move'; readonly move: Move; readonly does: string } | Steering;

export type Steered = Pick<
	ItemDetail,
	'stage' | 'column' | 'type' | 'name' | 'holder' | 'asks' | 'result' | 'runs' | 'agent' | 'description'
>;

/** Stages in which the item is, or may be, in an agent's hands. */
const inHands: ReadonlySet<Steered['stage']> = new Set(['coding', 'qa', 'mergeFailure', 'blocked']);
/** Stages in which its clone says more than its result. */
const inWork: ReadonlySet<Steered['stage']> = new Set(['coding', 'frozen', 'blocked']);
const over: ReadonlySet<Steered['stage']> = new Set(['done', 'archived']);

/** In the order in which they are offered: what leads on first. `byScript`: no agent hears or is relieved. */
export function stepsOf(item: Steered, byScript: boolean): readonly Step[] {
	const { stage, type, holder, asks, result } = item;
	const moves = movesOf(item).flatMap((move): Step[] => {
		if (move.does === undefined) return [];
		// What is asked is answered; to go on without an answer would ask again.
		if (move.event === 'unblock' && asks !== null) return [];
		return [{ kind: 'move', move, does: move.does }];
	});
	if (type === 'epic') return moves;
	const steering: Steering[] = [];
	if (!over.has(stage) && !byScript) {
		const does = holder
			? 'Its agent reads your words at its next turn.'
			: 'Your words are kept, and its next session begins with them.';
		steering.push({ kind: 'say', label: 'Tell its agent…', does });
	}
	if (inHands.has(stage) && (holder !== null || item.runs.length > 0)) {
		const who = byScript ? 'What runs' : 'Its agent';
		steering.push({ kind: 'take', label: 'Take over…', does: `${who} is stopped and you work in its clone.` });
	}
	if (stage === 'frozen') {
		const does = byScript
			? 'It goes on from what you committed in the clone.'
			: 'Its agent goes on, told what you did.';
		steering.push({ kind: 'give', label: 'Give it back…', does });
	}
	if (!over.has(stage) && (result !== null || (inWork.has(stage) && item.runs.length > 0 && !byScript))) {
		const what = inWork.has(stage) ? 'what its clone has now' : 'its result';
		steering.push({ kind: 'preview', label: 'Try it…', does: `The project’s program is run with ${what}.` });
	}
	return [...moves, ...steering];
}

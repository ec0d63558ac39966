/**
 * What an item is shown as, in one word, derived from where it is and who works on it; never stored. A badge says what
 * last became of an item, this says what happens with it now: a failed item whose agent runs is recovering, not failed,
 * and nothing that is done ever shows a failure.
 */
import type { ItemAnswer } from '../../../shared/operations/index.ts';

/** How it is meant to be felt; each tone has an icon and a word too, so that colour is never the only sign. */
export type Tone = 'idle' | 'queued' | 'working' | 'needs' | 'failed' | 'done' | 'frozen' | 'closed';

export interface DisplayState {
	readonly kind:
		| 'idea'
		| 'ready'
		| 'held'
		| 'waiting'
		| 'working'
		| 'asking'
		| 'queued'
		| 'checking'
		| 'review'
		| 'merging'
		| 'next'
		| 'inQueue'
		| 'recovering'
		| 'recoveryQueued'
		| 'failed'
		| 'gaveUp'
		| 'blocked'
		| 'frozen'
		| 'done'
		| 'closed'
		| 'archived';
	readonly label: string;
	readonly tone: Tone;
}

export type Shown = Pick<
	ItemAnswer,
	| 'stage'
	| 'resumeTo'
	| 'holder'
	| 'waitsBecause'
	| 'queuePosition'
	| 'lastFailure'
	| 'dependsOn'
	| 'held'
	| 'labels'
	| 'type'
	| 'asks'
>;

/** `headMerges`: whether the first of the landing queue is being merged now, so that the second is next. */
export function displayOf(item: Shown, headMerges = true): DisplayState {
	if (item.asks !== null) return state('asking', 'Asks you', 'needs');
	switch (item.stage) {
		case 'upcoming':
			return state('idea', 'Idea', 'idle');
		case 'backlog':
			return backlog(item);
		case 'coding':
			return worked(item, state('working', 'Working', 'working'));
		case 'qa':
			return worked(item, state('checking', 'Checking', 'working'));
		case 'reviewHold':
			return state('review', 'Needs review', 'needs');
		case 'merge':
			return inQueue(item, headMerges);
		case 'mergeFailure':
			return failedMerge(item);
		case 'mergeFailureFinal':
			return item.holder ? state('recovering', 'Recovering', 'working') : state('gaveUp', 'Merge failed', 'failed');
		case 'blocked':
			return state('blocked', 'Blocked', 'needs');
		case 'frozen':
			return state('frozen', 'Frozen', 'frozen');
		case 'done':
			return state('done', item.type === 'epic' || item.type === 'spike' ? 'Done' : 'Landed', 'done');
		case 'archived':
			return state('archived', 'Archived', 'closed');
		case 'abandoned':
			return state('closed', 'Abandoned', 'closed');
		case 'superseded':
			return state('closed', 'Superseded', 'closed');
		case 'rejected':
			return state('closed', 'Rejected', 'closed');
	}
}

/** Whether the item of the queue's head is merged now: nothing holds it up. */
export function isMerging(item: Pick<ItemAnswer, 'stage' | 'queuePosition' | 'waitsBecause'>): boolean {
	return item.stage === 'merge' && item.queuePosition === 1 && item.waitsBecause === null;
}

function state(kind: DisplayState['kind'], label: string, tone: Tone): DisplayState {
	return { kind, label, tone };
}

function backlog(item: Shown): DisplayState {
	const unmet = item.dependsOn.filter(({ satisfied }) => !satisfied);
	if (unmet.length > 0) {
		const more = unmet.length > 1 ? ` +${unmet.length - 1}` : '';
		return state('waiting', `Waits for ${unmet[0]?.name ?? 'another'}${more}`, 'idle');
	}
	if (item.held || item.labels.includes('hold')) return state('held', 'Held', 'idle');
	if (item.type === 'epic') return state('waiting', 'Epic', 'idle');
	return item.lastFailure ? state('recoveryQueued', 'Retry queued', 'queued') : state('ready', 'Ready', 'queued');
}

/** A failed try is no failure while somebody works on the next one, or somebody is about to. */
function worked(item: Shown, running: DisplayState): DisplayState {
	if (item.holder) return item.lastFailure ? state('recovering', 'Recovering', 'working') : running;
	return item.lastFailure ? state('recoveryQueued', 'Retry queued', 'queued') : state('queued', 'Queued', 'queued');
}

function inQueue({ queuePosition, waitsBecause, stage }: Shown, headMerges: boolean): DisplayState {
	if (isMerging({ stage, queuePosition, waitsBecause })) return state('merging', 'Merging', 'working');
	if (queuePosition === 1 || (queuePosition === 2 && headMerges)) return state('next', 'Lands next', 'queued');
	return state('inQueue', queuePosition === null ? 'Waits to land' : `Waiting #${queuePosition}`, 'queued');
}

/** Whatever becomes of a merge failure the system does by itself, until it gives up. */
function failedMerge(item: Shown): DisplayState {
	return item.holder
		? state('recovering', 'Recovering', 'working')
		: state('recoveryQueued', 'Recovery queued', 'queued');
}

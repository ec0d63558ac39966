/**
 * The words that `item.move` takes: what a person may do to an item apart from approving and asking for changes (those
 * are bound to what was shown), and the stages and columns a person may send it to.
 */
export const moveEvents = [
	'accept',
	'start',
	'defer',
	'retryMerge',
	'complete',
	'block',
	'unblock',
	'freeze',
	'unfreeze',
	'abandon',
	'supersede',
	'reject',
	'reopen',
	'archive',
] as const;
export type MoveEvent = (typeof moveEvents)[number];

/** Stages and columns; `closed` has no word of its own because three events lead there. */
const moveTargets = [
	'backlog',
	'coding',
	'blocked',
	'merge',
	'done',
	'frozen',
	'abandoned',
	'superseded',
	'rejected',
	'archived',
] as const;

export const moveWords = [...moveEvents, ...moveTargets] as const;
export type MoveWord = (typeof moveWords)[number];

/**
 * The event that a word stands for, given the stage the item is in. Where a target can be reached in several ways the
 * one that undoes least is meant; whether the table allows the event is the table's matter.
 */
export function eventFor(word: MoveWord, from: string): MoveEvent {
	switch (word) {
		case 'backlog':
			if (from === 'upcoming') return 'accept';
			if (from === 'frozen') return 'unfreeze';
			if (from === 'blocked') return 'unblock';
			return ['abandoned', 'superseded', 'rejected'].includes(from) ? 'reopen' : 'defer';
		case 'coding':
			if (from === 'frozen') return 'unfreeze';
			return from === 'blocked' ? 'unblock' : 'start';
		case 'merge':
			return 'retryMerge';
		case 'blocked':
			return 'block';
		case 'done':
			return 'complete';
		case 'frozen':
			return 'freeze';
		case 'abandoned':
			return 'abandon';
		case 'superseded':
			return 'supersede';
		case 'rejected':
			return 'reject';
		case 'archived':
			return 'archive';
		default:
			return word;
	}
}

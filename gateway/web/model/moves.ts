/**
 * What a person may do with an item now, from the pipeline's own table: the same for a menu, a key and a card that is
 * dropped on a column. What needs more than a click (words, another item, a diff that was looked at) says so.
 */
import type { ItemAnswer, MoveEvent } from '../../../shared/operations/index.ts';
import type { Column } from '../../../shared/pipeline/table.ts';
import { rowFor } from '../../../shared/pipeline/transition.ts';

export interface Move {
	readonly event: MoveEvent;
	readonly label: string;
	/** What comes of it, where it is offered with words beside it. */
	readonly does?: string;
	/** What must be asked before it is done. */
	readonly asks: 'nothing' | 'reason' | 'item' | 'sure';
	/** The move that takes it back; null where nothing does. */
	readonly undo: MoveEvent | null;
}

/** What dropping an item on a column comes to. */
export type Drop =
	| { readonly kind: 'move'; readonly move: Move }
	/** It must be looked at first. */
	| { readonly kind: 'review'; readonly words: string }
	| { readonly kind: 'stays' }
	| { readonly kind: 'refused'; readonly words: string };

export type Movable = Pick<ItemAnswer, 'stage' | 'column' | 'type' | 'name'>;

/** In the order of a menu: what leads on first, what ends last. */
const moves: readonly Move[] = [
	{ event: 'accept', label: 'Make ready', does: 'It may be started from now on.', asks: 'nothing', undo: null },
	{
		event: 'start',
		label: 'Start now',
		does: 'It is worked on as soon as a slot is free.',
		asks: 'nothing',
		undo: 'defer',
	},
	{ event: 'unblock', label: 'Try again', does: 'Its agent goes on, told what failed.', asks: 'nothing', undo: null },
	{ event: 'unfreeze', label: 'Unfreeze', does: 'It goes on exactly where it was.', asks: 'nothing', undo: 'freeze' },
	{
		event: 'retryMerge',
		label: 'Try to land again',
		does: 'Its result joins the landing queue once more.',
		asks: 'nothing',
		undo: null,
	},
	{ event: 'reopen', label: 'Reopen', does: 'It goes back to the backlog.', asks: 'nothing', undo: 'abandon' },
	{ event: 'complete', label: 'Mark as done', asks: 'sure', undo: null },
	{ event: 'defer', label: 'Back to backlog', asks: 'nothing', undo: 'start' },
	{ event: 'freeze', label: 'Freeze in place', asks: 'nothing', undo: 'unfreeze' },
	{ event: 'block', label: 'Block…', asks: 'reason', undo: 'unblock' },
	{ event: 'supersede', label: 'Superseded by…', asks: 'item', undo: 'reopen' },
	{ event: 'reject', label: 'Turn down…', asks: 'reason', undo: 'reopen' },
	{ event: 'abandon', label: 'Abandon', asks: 'nothing', undo: 'reopen' },
	{ event: 'archive', label: 'Archive', asks: 'sure', undo: null },
];

export function movesOf(item: Movable): readonly Move[] {
	return moves.filter(({ event }) => isAllowed(item, event));
}

export function moveBy(event: MoveEvent): Move | undefined {
	return moves.find((move) => move.event === event);
}

/** What becomes of an item that is dropped on a column. */
export function dropOn(item: Movable, column: Column): Drop {
	if (item.column === column) return { kind: 'stays' };
	if (item.stage === 'reviewHold' && column === 'merge')
		return { kind: 'review', words: `look at what ${item.name} changes, then approve it` };
	if (item.stage === 'reviewHold' && column === 'coding')
		return { kind: 'review', words: `say what should be different in ${item.name}` };
	const event = eventsTo[column].find((one) => isAllowed(item, one));
	const move = event && moveBy(event);
	return move ? { kind: 'move', move } : { kind: 'refused', words: whyNot(item, column) };
}

/** What leads to a column, that which undoes least first. */
const eventsTo: Readonly<Record<Column, readonly MoveEvent[]>> = {
	backlog: ['accept', 'reopen', 'defer'],
	coding: ['start', 'unblock'],
	qa: [],
	merge: ['retryMerge'],
	done: ['complete'],
	closed: ['abandon'],
	archived: ['archive'],
};

function isAllowed({ stage, type }: Movable, event: MoveEvent): boolean {
	if (event === 'complete' && type !== 'epic' && type !== 'spike') return false;
	if (event === 'start' && type === 'epic') return false;
	// From a frozen item only what unfreezes or ends it: its column is that of where it was.
	return rowFor(stage, event)?.by.includes('user') ?? false;
}

function whyNot({ name, stage, type }: Movable, column: Column): string {
	if (stage === 'frozen') return `${name} is frozen: unfreeze it first`;
	if (column === 'qa') return `${name} gets there by itself when a result is checked`;
	if (column === 'merge') return `${name} is queued for landing when its result is approved`;
	if (column === 'done' && type !== 'epic' && type !== 'spike')
		return `${name} is done when it has landed on main; nobody can say so for it`;
	if (stage === 'done') return `${name} has landed: what is on main is changed by another item`;
	return `${name} cannot go from ${stage} to ${column}`;
}

/**
 * One project's board as the page knows it: the last whole answer, with everything that happened since laid over it. A
 * value; each change makes a new one and leaves the items alone that it does not touch, so that only they are drawn anew.
 */
import type { Board, ChangeEvent, ItemAnswer, ProjectView } from '../../../shared/operations/index.ts';

export interface ProjectBoard {
	readonly project: ProjectView;
	readonly items: ReadonlyMap<string, ItemAnswer>;
	/** What the last whole answer said beside its items; null before the first. */
	readonly whole: Omit<Board, 'project' | 'items'> | null;
}

export function boardOf(project: ProjectView): ProjectBoard {
	return { project, items: new Map(), whole: null };
}

/** The board as it was answered. Items that say the same stay the very same objects. */
export function withAnswer(board: ProjectBoard, answer: Board): ProjectBoard {
	const { project, items, ...whole } = answer;
	const next = new Map(items.map((item) => [item.key, sameOr(board.items.get(item.key), item)] as const));
	return { project, items: next, whole };
}

/** The board after one change; the very same where it is none of its own. */
export function withEvent(board: ProjectBoard, event: ChangeEvent): ProjectBoard {
	switch (event.kind) {
		case 'item':
			return event.project === board.project.id ? withChange(board, event.item) : board;
		case 'itemGone': {
			if (event.project !== board.project.id || !board.items.has(event.key)) return board;
			return { ...board, items: without(board.items, event.key) };
		}
		case 'project':
			return event.project.id === board.project.id ? { ...board, project: event.project } : board;
		default:
			return board;
	}
}

/**
 * With an item as a change tells it. Whoever is not its home does not know what it cost or which agent works on it: what
 * was known of that stays.
 */
export function withItem(board: ProjectBoard, item: ItemAnswer): ProjectBoard {
	const before = board.items.get(item.key);
	const next = sameOr(before, before ? keepKnown(before, item) : item);
	if (next === before) return board;
	const items = new Map(board.items);
	items.set(item.key, next);
	return { ...board, items };
}

/** A change is told by a replica, which does not know what an agent asks: an open question stays until the home was read. */
function withChange(board: ProjectBoard, item: ItemAnswer): ProjectBoard {
	const before = board.items.get(item.key);
	if (!before || before.asks === null || before.stage !== item.stage) return withItem(board, item);
	const { asks, needsYou } = before;
	return withItem(board, { ...item, asks: item.asks ?? asks, needsYou: item.needsYou ?? needsYou });
}

function keepKnown(before: ItemAnswer, item: ItemAnswer): ItemAnswer {
	const isSameHolder = before.holder !== null && item.holder?.node === before.holder.node;
	return {
		...item,
		costUsd: Math.max(before.costUsd, item.costUsd),
		attempts: Math.max(before.attempts, item.attempts),
		holder: item.holder && isSameHolder ? { ...item.holder, ...onlyKnown(before.holder) } : item.holder,
		queuePosition: item.queuePosition ?? (item.stage === before.stage ? before.queuePosition : null),
	};
}

function onlyKnown(holder: ItemAnswer['holder']): { readonly agent?: string; readonly since?: number } {
	return { ...(holder?.agent && { agent: holder.agent }), ...(holder && { since: holder.since }) };
}

function without(items: ReadonlyMap<string, ItemAnswer>, key: string): ReadonlyMap<string, ItemAnswer> {
	const next = new Map(items);
	next.delete(key);
	return next;
}

function sameOr(before: ItemAnswer | undefined, next: ItemAnswer): ItemAnswer {
	return before !== undefined && before !== next && JSON.stringify(before) === JSON.stringify(next) ? before : next;
}

/**
 * How a board's items stand in lanes: what needs a person first, then the pipeline's columns. An item stands in one lane
 * only. Within a lane that which is furthest along comes first, so that the top is what moves next.
 */
import type { ItemAnswer } from '../../../shared/operations/index.ts';
import type { Column } from '../../../shared/pipeline/table.ts';

export const lanes = ['needsYou', 'backlog', 'coding', 'qa', 'merge', 'done', 'closed'] as const;
export type Lane = (typeof lanes)[number];

export const laneTitles: Readonly<Record<Lane, string>> = {
	needsYou: 'Needs you',
	backlog: 'Backlog',
	coding: 'Coding',
	qa: 'Review',
	merge: 'Landing',
	done: 'Done',
	closed: 'Closed',
};

/** Where dropping a card leads; nothing can be put into what needs a person. */
export function columnOfLane(lane: Lane): Column | null {
	return lane === 'needsYou' ? null : lane;
}

export function laneOf(item: Pick<ItemAnswer, 'needsYou' | 'column'>): Lane | null {
	if (item.needsYou !== null) return 'needsYou';
	return item.column === 'archived' ? null : item.column;
}

export function inLanes(items: Iterable<ItemAnswer>): Readonly<Record<Lane, readonly ItemAnswer[]>> {
	const found: Record<Lane, ItemAnswer[]> = {
		needsYou: [],
		backlog: [],
		coding: [],
		qa: [],
		merge: [],
		done: [],
		closed: [],
	};
	for (const item of items) {
		const lane = laneOf(item);
		if (lane !== null) found[lane].push(item);
	}
	found.needsYou.sort((a, b) => a.changedAt - b.changedAt);
	found.backlog.sort(byNumber);
	found.coding.sort((a, b) => Number(b.holder !== null) - Number(a.holder !== null) || byNumber(a, b));
	found.qa.sort(byNumber);
	found.merge.sort((a, b) => (a.queuePosition ?? 1e9) - (b.queuePosition ?? 1e9) || byNumber(a, b));
	found.done.sort((a, b) => b.changedAt - a.changedAt);
	found.closed.sort((a, b) => b.changedAt - a.changedAt);
	return found;
}

function byNumber(a: ItemAnswer, b: ItemAnswer): number {
	return (a.number ?? 1e9) - (b.number ?? 1e9) || (a.key < b.key ? -1 : 1);
}

/** Which items a list and a board show, and what happens next with one in a sentence; the same at home and elsewhere. */
import type { ItemView } from '../pipeline/index.ts';
import type { ItemAnswer, SearchHit } from './item-views.ts';
import type { Board } from './project-operations.ts';
import type { Args, Result } from './registry.ts';

const listedColumns: ReadonlySet<string> = new Set(['backlog', 'coding', 'qa', 'merge', 'done']);

/** Items in `done` that a board shows; older ones are found in the history. */
const doneShown = 20;

export function listed(
	items: readonly ItemAnswer[],
	{ columns, stages, labels, needsYou }: Omit<Args<'item.list'>, 'project'>,
): ItemAnswer[] {
	return items.filter(
		(item) =>
			(columns ? columns.includes(item.column) : stages !== undefined || listedColumns.has(item.column)) &&
			(stages?.includes(item.stage) ?? true) &&
			(labels?.every((label) => item.labels.includes(label)) ?? true) &&
			(!needsYou || item.needsYou !== null),
	);
}

/** All that is not closed or archived, and what was done last; by number, new ones last. */
export function boardItems(views: ReadonlyMap<string, ItemView>): {
	readonly counts: Board['counts'];
	readonly shown: readonly ItemView[];
} {
	const counts: Board['counts'] = {};
	for (const { column } of views.values()) counts[column] = (counts[column] ?? 0) + 1;
	const open = [...views.values()].filter(({ column }) => !['done', 'closed', 'archived'].includes(column));
	const done = [...views.values()].filter(({ column }) => column === 'done');
	const recent = done.sort((a, b) => b.changedAt - a.changedAt).slice(0, doneShown);
	const number = (view: ItemView): number => view.number ?? Number.POSITIVE_INFINITY;
	return { counts, shown: [...open, ...recent].sort((a, b) => (number(a) === number(b) ? 0 : number(a) - number(b))) };
}

const archiveColumns: ReadonlySet<string> = new Set(['done', 'closed', 'archived']);

/** Whether an item stands in the archive; what has left the index does anyway. */
export function isInArchive({ column }: Pick<ItemView, 'column'>): boolean {
	return archiveColumns.has(column);
}

/** One page of the archive, newest first; empty where there is no such page. */
export function archivePage(
	all: readonly SearchHit[],
	{ page, size }: Pick<Args<'item.archive'>, 'page' | 'size'>,
	partial: string | null = null,
): Result<'item.archive'> {
	const sorted = all.toSorted((a, b) => b.changedAt - a.changedAt || b.number - a.number);
	const items = sorted.slice((page - 1) * size, page * size);
	return { items, page, size, pages: Math.max(1, Math.ceil(all.length / size)), total: all.length, partial };
}

/** An item as a search or the archive shows it. */
export function hitOf(
	project: string,
	item: Pick<ItemView, 'key' | 'title' | 'type' | 'stage' | 'changedAt'> & { readonly number: number },
	{ archived, snippet = null }: { readonly archived: boolean; readonly snippet?: string | null },
): SearchHit {
	const { key, number, title, type, stage, changedAt } = item;
	return { project, key, number, name: `#${number}`, title, type, stage: stage.kind, archived, changedAt, snippet };
}

/** Said where it is not known which node will take an item. */
export const someWorker = 'a worker that is free';

/** `starts on X`, `waits because …`: what happens next with the item, in one sentence. `node`: where it would start. */
export function nextSentence(item: Pick<ItemAnswer, 'stage' | 'stageReason' | 'waitsBecause'>, node: string): string {
	const { stage, stageReason: why, waitsBecause: waits } = item;
	switch (stage) {
		case 'backlog':
		case 'coding':
			return waits === null ? `starts on ${node}` : `waits because ${waits}`;
		case 'merge':
			return waits === null ? 'lands when the gates pass on main as it is now' : `waits because ${waits}`;
		case 'blocked':
			return why === null ? 'is blocked' : `is blocked: ${why}`;
		case 'reviewHold':
			return why === null ? 'waits for you' : `waits for you: ${why}`;
		case 'done':
		case 'archived':
		case 'abandoned':
		case 'superseded':
		case 'rejected':
			return `is ${stage}`;
		default:
			return waits === null ? `is in ${stage}` : `waits because ${waits}`;
	}
}

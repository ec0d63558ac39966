/** Finds what people name: items by number, provisional name or key. */
import type { ItemView } from '../pipeline/index.ts';
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import { type ItemRef, writeItemRef } from './references.ts';

/** A project's items as they are seen where the question is asked. */
export interface SeenItems {
	/** What people call the project. */
	readonly name: string;
	views(): ReadonlyMap<string, ItemView>;
}

/**
 * The item that a person names. Numbers of a process's log begin anew at each start, so of several items that were
 * once called the same the one without a number is meant, else the newest.
 * @throws GanglineError UNKNOWN_ITEM
 */
export function findView(project: SeenItems, ref: ItemRef): ItemView {
	const views = project.views();
	const found =
		ref.kind === 'key' ? views.get(ref.key) : newest([...views.values()].filter((view) => named(view, ref)));
	if (found) return found;
	throw unknownItem(project.name, ref);
}

function named(view: ItemView, ref: ItemRef): boolean {
	return ref.kind === 'number' ? view.number === ref.number : ref.kind === 'alias' && view.alias === ref.alias;
}

function newest(views: readonly ItemView[]): ItemView | undefined {
	const unnumbered = views.filter(({ number }) => number === null);
	const among = unnumbered.length > 0 ? unnumbered : views;
	return among.toSorted((a, b) => b.createdAt - a.createdAt)[0];
}

/** `data.item` is what was named, so that whoever shows the error can look for what was meant. */
export function unknownItem(project: string, ref: ItemRef): GanglineError {
	const item = writeItemRef(ref);
	return ganglineError('UNKNOWN_ITEM', `there is no item ${item} in ${project}`, {
		hint: 'gangline list shows the items that are open',
		data: { item },
	});
}

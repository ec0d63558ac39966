/** Finds what people name: items by number, provisional name or key. */
import { type ItemRef, writeItemRef } from '../../../shared/operations/index.ts';
import type { Item, ItemView } from '../../../shared/pipeline/index.ts';
import { type GanglineError, ganglineError } from '../../../shared/ports/index.ts';
import type { Project } from '../../home/project.ts';

/** @throws GanglineError UNKNOWN_ITEM */
export function findView(project: Project, ref: ItemRef): ItemView {
	for (const view of project.views().values()) {
		if (
			ref.kind === 'number'
				? view.number === ref.number
				: ref.kind === 'key'
					? view.key === ref.key
					: view.alias === ref.alias
		) {
			return view;
		}
	}
	throw unknownItem(project, ref);
}

/** @throws GanglineError UNKNOWN_ITEM */
export function findItem(project: Project, ref: ItemRef): Item {
	const item = project.home.item(findView(project, ref).key);
	if (!item) throw unknownItem(project, ref);
	return item;
}

function unknownItem(project: Project, ref: ItemRef): GanglineError {
	return ganglineError('UNKNOWN_ITEM', `there is no item ${writeItemRef(ref)} in ${project.name}`, {
		hint: 'gangline list shows the items that are open',
	});
}

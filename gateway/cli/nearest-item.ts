/** "Did you mean #12?" for an item that is not there: the same letters in another name, or the word in a title. */

import type { ItemAnswer } from '../../shared/operations/index.ts';
import { nearest } from '../../shared/operations/nearest.ts';
import { type GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import type { NodeClient } from './client.ts';
import { plainLine } from './output.ts';

/** The same error with a hint that names the item nearest to the one that is not there; as it is where none is near. */
export async function withNearestItem(error: GanglineError, node: NodeClient, project: string): Promise<GanglineError> {
	const typed = error.data.item;
	if (typeof typed !== 'string') return error;
	const items = await node.call('item.list', { project }).then(
		(answer) => answer.items,
		() => [],
	);
	const near = nearestItem(items, typed);
	if (near === undefined) return error;
	const hint = `did you mean ${near.name} (${plainLine(near.title)})?`;
	return ganglineError(error.code, error.message, { hint, data: error.data, cause: error.cause });
}

function nearestItem(items: readonly ItemAnswer[], typed: string): ItemAnswer | undefined {
	const word = typed.replace(/^[#~]/, '').toLowerCase();
	const inTitle = items.find(({ title }) => word.length > 2 && title.toLowerCase().includes(word));
	if (inTitle) return inTitle;
	const names = items.flatMap(({ name, alias }) => (alias === null ? [name] : [name, alias]));
	// Of a number only a slip of the same length is near: 21 is no mistyped 1.
	const near = /^[0-9]+$/.test(word)
		? nearest(
				`#${word}`,
				names.filter((name) => name.length === word.length + 1),
			)
		: nearest(`~${word}`, names);
	return items.find(({ name, alias }) => near !== null && (name === near || alias === near));
}

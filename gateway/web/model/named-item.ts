/**
 * Which item an address means, by the rule that the system itself has for what people name: numbers and keys are given
 * once, but provisional names are given anew by each process, so of several items that were once called the same the one
 * without a number is meant, else the newest.
 */
import type { ItemAnswer } from '../../../shared/operations/index.ts';

type Named = Pick<ItemAnswer, 'number' | 'key' | 'name' | 'alias' | 'createdAt'>;

export function itemNamed<Item extends Named>(items: Iterable<Item>, wanted: string): Item | undefined {
	let found: Item | undefined;
	for (const item of items) {
		if (String(item.number) === wanted || item.key === wanted.toUpperCase()) return item;
		if ((item.name === wanted || item.alias === wanted) && (found === undefined || isMeantBefore(item, found)))
			found = item;
	}
	return found;
}

function isMeantBefore(one: Named, other: Named): boolean {
	if ((one.number === null) !== (other.number === null)) return one.number === null;
	return one.createdAt > other.createdAt;
}

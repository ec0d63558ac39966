/** Brings many items into the landing queue at once: a batch for each step that they all take, not for each item. */
import type { Home } from '../../../node/home/home.ts';
import type { CommitId } from '../../../shared/ports/index.ts';

export interface ItemToLand {
	readonly key: string;
	readonly commit: CommitId;
	readonly base: CommitId;
}

const itemsPerBatch = 50;

/** Adds the items and takes each to `merge` with its commit as its result. */
export async function itemsInMerge(
	{ home, workAuthor }: { readonly home: Home; readonly workAuthor: string },
	items: readonly ItemToLand[],
): Promise<void> {
	for (let from = 0; from < items.length; from += itemsPerBatch) {
		await batchInMerge(home, workAuthor, items.slice(from, from + itemsPerBatch));
	}
}

async function batchInMerge(home: Home, workAuthor: string, items: readonly ItemToLand[]): Promise<void> {
	const grant = { holder: workAuthor, role: 'coder' };
	await home.submit(
		'edge',
		items.map(({ key: item }) => ({ by: 'user', who: 'ada', item, event: 'add', args: { title: `Item ${item}` } })),
	);
	await home.submit(
		'home',
		items.map(({ key: item }) => ({ by: 'scheduler', who: 'scheduler', item, event: 'start', args: {} })),
	);
	await home.submit(
		'home',
		items.map(({ key: item }) => ({ by: 'system', who: 'system', item, event: 'grant', args: grant })),
	);
	await home.submit(
		'work',
		items.map(({ key: item, commit, base }) => {
			const token = home.item(item)?.token;
			if (!token) throw new RangeError(`no grant was given for ${item}`);
			return { by: 'gates', who: 'shell', item, event: 'submit', args: { commit, base }, token };
		}),
	);
}

import { expect, it } from 'vitest';
import { historyWrites, readHistory } from '../../../node/home/history.ts';
import type { HistoryEntry } from '../../../shared/pipeline/index.ts';
import { openSimStore } from '../../../shared/ports/sim/index.ts';

function entry(n: number, item: string, more: Partial<HistoryEntry>): HistoryEntry {
	const by = 'user' as const;
	const said = { id: `ann#${n}` as const, revision: n, item, by, who: 'ann', at: n, from: null, to: null };
	return { ...said, number: null, event: 'edit', reason: null, outcome: 'applied', ...more };
}

it('the history names items that are gone as they were called, and no item by its key', async () => {
	const store = await openSimStore();
	const gone = 'refused:unknownItem';
	const entries = [
		entry(1, 'keyOne', { event: 'add', number: 1 }),
		entry(2, 'keyOne', { event: 'delete', number: 1 }),
		entry(3, 'keyOne', { outcome: gone }),
		entry(4, 'keyTwo', { event: 'add', outcome: 'refused:invalid' }),
		entry(5, 'keyTwo', { outcome: gone }),
	];
	await store.write(historyWrites('shop', entries));
	const seen = await readHistory(store, { project: 'shop', limit: 3 });
	expect(seen.entries.map(({ item }) => item)).toEqual(['#1', 'a new item', 'an item that was deleted']);
});

it('[I12] a fold of long words is kept, whatever they are written in', async () => {
	const store = await openSimStore();
	const entries = Array.from({ length: 600 }, (_, n) =>
		entry(n, 'keyOne', { event: 'comment', reason: '詳'.repeat(2_000) }),
	);
	await store.write(historyWrites('shop', entries));
	const seen = await readHistory(store, { project: 'shop', limit: 1_000 });
	expect(seen.entries.map(({ revision }) => revision)).toEqual(entries.map(({ revision }) => revision));
});

import { describe, expect, it } from 'vitest';
import { archivePage, hitOf, operations } from '../../../shared/operations/index.ts';
import type { SearchHit } from '../../../shared/operations/item-views.ts';

const hit = (number: number, changedAt: number): SearchHit =>
	hitOf(
		'P',
		{ key: `K${number}`, number, title: `Item ${number}`, type: 'story', stage: { kind: 'done' }, changedAt },
		{ archived: number % 2 === 0 },
	);
const all = Array.from({ length: 103 }, (_, i) => hit(i + 1, i));

describe('a page of the archive', () => {
	it('begins with what was finished last, and every item is on one page', () => {
		const first = archivePage(all, { page: 1, size: 25 });
		expect(first).toMatchObject({ pages: 5, total: 103, partial: null });
		expect(first.items[0]?.name).toBe('#103');
		const seen = [1, 2, 3, 4, 5].flatMap((page) => archivePage(all, { page, size: 25 }).items.map(({ key }) => key));
		expect(new Set(seen).size).toBe(103);
		expect(seen).toHaveLength(103);
	});

	it('is empty where there is no such page, and says how many there are', () => {
		expect(archivePage(all, { page: 6, size: 25 })).toMatchObject({ items: [], pages: 5 });
		expect(archivePage([], { page: 1, size: 10 }, 'its home is away')).toMatchObject({
			pages: 1,
			partial: 'its home is away',
		});
	});

	it('orders what was finished at the same time by number', () => {
		expect(archivePage([hit(1, 5), hit(2, 5)], { page: 1, size: 10 }).items.map(({ name }) => name)).toEqual([
			'#2',
			'#1',
		]);
	});

	it('has 10, 25, 50 or 100 items and nothing else', () => {
		for (const size of [10, 25, 50, 100])
			expect(operations['item.archive'].args.safeParse({ project: 'shop', size }).success).toBe(true);
		for (const part of [{ size: 7 }, { size: 1000 }, { page: 0 }, { page: 1.5 }])
			expect(operations['item.archive'].args.safeParse({ project: 'shop', ...part }).success).toBe(false);
	});
});

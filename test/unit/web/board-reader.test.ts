/** How the page reads whole boards: as the schema says, what is known already not again, many in slices. */
import { describe, expect, it } from 'vitest';
import { BoardReader } from '../../../gateway/web/browser/answer.ts';
import { anItem } from '../../support/item-answer.ts';

const home = {
	node: 'vm',
	here: true,
	connected: true,
	since: null,
	changesWaiting: 0,
	resultsWaiting: 0,
	words: null,
};
const project = {
	...{ id: 'P', name: 'shop', path: '/shop', branch: 'main', review: 'human', landing: 'local' },
	...{ paused: false, trouble: null },
};

function boardWith(items: readonly unknown[]): unknown {
	return JSON.parse(
		JSON.stringify({
			...{ project, items, home, counts: {}, queue: [], costUsd: 0, refused: [], people: [] },
			distance: {
				branch: 'main',
				canonical: '0123456789'.repeat(4),
				ahead: 0,
				behind: 0,
				words: '',
				checkout: null,
				origin: null,
			},
			takenAt: 1,
			qualification: { ready: true, reason: null, saw: null, at: null },
		}),
	);
}

describe('the reader of boards', () => {
	it('gives items that say the same as last time back as the very same', async () => {
		const reader = new BoardReader(async () => {});
		const first = await reader.read('P', boardWith([anItem({ number: 1 }), anItem({ number: 2 })]));
		const second = await reader.read('P', boardWith([anItem({ number: 2 }), anItem({ number: 1, title: 'new' })]));
		expect(second.items[0]).toBe(first.items[1]);
		expect(second.items.map(({ title }) => title)).toEqual(['Item 2', 'new']);
		expect((await reader.read('Q', boardWith([anItem({ number: 2 })]))).items[0]).not.toBe(first.items[1]);
	});

	it('rests between slices of what is new, and not for what it knows', async () => {
		let rests = 0;
		const reader = new BoardReader(async () => {
			rests += 1;
		});
		const many = boardWith(Array.from({ length: 1_000 }, (_, index) => anItem({ number: index + 1 })));
		expect((await reader.read('P', many)).items).toHaveLength(1_000);
		expect(rests).toBe(5);
		await reader.read('P', many);
		expect(rests).toBe(5);
	});

	it('refuses what is no board, or has an item that is none', async () => {
		const reader = new BoardReader(async () => {});
		for (const body of [null, { items: 3 }, { items: [] }, boardWith([{ key: 'K1' }])]) {
			await expect(reader.read('P', body)).rejects.toMatchObject({ code: 'MALFORMED' });
		}
	});
});

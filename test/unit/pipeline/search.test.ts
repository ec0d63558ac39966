/** Search finds what people remember of an item: words in any order, anywhere, in any case. */
import { describe, expect, it } from 'vitest';
import { searchItems } from '../../../shared/pipeline/index.ts';
import { makeItem } from '../../support/facts.ts';

const items = [
	makeItem('a', { number: 1, title: 'Fix the login redirect', description: 'It loops for guests.' }),
	makeItem('b', { number: 2, title: 'Guests may pay', words: ['and the LOGIN page says so'] }),
	makeItem('c', {
		number: 30,
		title: 'Große Übersicht',
		labels: ['login'],
		description: `${'x '.repeat(200)}needle ${'y '.repeat(200)}`,
	}),
];

const found = (query: string): readonly number[] => searchItems(items, query).map(({ item }) => item.number);

describe('searchItems', () => {
	it.each([
		['login', [1, 30, 2]],
		['login guests', [2, 1]],
		['GUESTS Login', [2, 1]],
		['#30', [30]],
		['30', [30]],
		['GROSSE', []],
		['große übersicht', [30]],
		['nothing', []],
		['   ', []],
	])('%j finds %j, the best first and of equals the newest', (query, numbers) => {
		expect(found(query)).toEqual(numbers);
	});

	it('shows a piece of the text around the hit, and none for a hit in the title', () => {
		expect(searchItems(items, 'needle')[0]?.snippet).toMatch(/^….{0,40}needle .{0,80}…$/);
		expect(searchItems(items, 'redirect')[0]?.snippet).toBeNull();
	});
});

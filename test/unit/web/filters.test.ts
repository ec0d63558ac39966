import { describe, expect, it } from 'vitest';
import { filtered, isFiltered, noFilters, readFilters, writeFilters } from '../../../gateway/web/model/filters.ts';
import { inLanes } from '../../../gateway/web/model/lanes.ts';
import { anItem } from '../../support/item-answer.ts';

const items = [
	anItem({ number: 12, title: 'Show the Löhne', labels: ['ui'] }),
	anItem({ number: 120, title: 'Something else', type: 'bug' }),
	anItem({ number: 3, title: 'Third', holder: { node: 'big', role: 'coder', agent: 'claude', since: 1 } }),
];
const found = (part: object): (number | null)[] =>
	filtered(items, { ...noFilters, ...part }).map(({ number }) => number);

describe('filters of the board', () => {
	it('find every word, whatever case and accents', () => {
		expect(found({ words: 'LOHNE show' })).toEqual([12]);
		expect(found({ words: 'claude big' })).toEqual([3]);
		expect(found({ words: 'show nothing' })).toEqual([]);
	});

	it('find a number with and without its sign', () => {
		expect(found({ words: '#12' })).toEqual([12]);
		expect(found({ words: '120' })).toEqual([120]);
	});

	it('narrow by type, label and agent', () => {
		expect(found({ type: 'bug' })).toEqual([120]);
		expect(found({ label: 'ui' })).toEqual([12]);
		expect(found({ agent: 'claude' })).toEqual([3]);
	});

	it('stand in the address and come back out of it', () => {
		const filters = { words: 'a b', type: 'bug', label: 'ui', agent: 'claude' };
		expect(readFilters({ ...writeFilters(filters) })).toEqual(filters);
		expect(writeFilters(noFilters)).toEqual({});
		expect(isFiltered(noFilters)).toBe(false);
	});

	it('leave the very same list where nothing is filtered', () => {
		expect(filtered(items, noFilters)).toBe(items);
	});
});

describe('lanes', () => {
	it('stand each item in one lane, what needs a person before all', () => {
		const lanes = inLanes([
			anItem({ number: 1, column: 'qa', stage: 'reviewHold', needsYou: 'look' }),
			anItem({ number: 2, column: 'merge', stage: 'merge', queuePosition: 2 }),
			anItem({ number: 3, column: 'merge', stage: 'merge', queuePosition: 1 }),
			anItem({ number: 4, column: 'archived', stage: 'archived' }),
		]);
		expect(lanes.needsYou.map(({ number }) => number)).toEqual([1]);
		expect(lanes.qa).toEqual([]);
		expect(lanes.merge.map(({ number }) => number)).toEqual([3, 2]);
		expect(Object.values(lanes).flat()).toHaveLength(3);
	});
});

import { describe, expect, it } from 'vitest';
import { itemInAddress, type Place, readRoute, writeRoute } from '../../../gateway/web/model/route.ts';

const places: readonly (readonly [string, Place])[] = [
	['./', { view: 'board', project: null }],
	['p/shop', { view: 'board', project: 'shop' }],
	['p/shop/12', { view: 'item', project: 'shop', item: '12', part: 'overview' }],
	['p/shop/12/diff', { view: 'item', project: 'shop', item: '12', part: 'diff' }],
	['p/shop/~laptop-3/log', { view: 'item', project: 'shop', item: '~laptop-3', part: 'log' }],
	['archive', { view: 'archive', project: null }],
	['p/shop/archive', { view: 'archive', project: 'shop' }],
	['new', { view: 'new', project: null }],
	['nodes', { view: 'nodes' }],
];

describe('addresses', () => {
	it('are written and read back the same', () => {
		for (const [path, place] of places) {
			expect(writeRoute(place)).toBe(path);
			expect(readRoute(path === './' ? '' : path, '').place).toEqual(place);
		}
	});

	it('carry filters and pages', () => {
		expect(writeRoute({ view: 'archive', project: null }, { page: '2', q: 'a b' })).toBe('archive?page=2&q=a+b');
		expect(readRoute('archive', '?page=2&q=a+b').query).toEqual({ page: '2', q: 'a b' });
	});

	it('that mean nothing are said to be so', () => {
		for (const path of ['x', 'p', 'p/a/1/what', 'p/a/1/log/more'])
			expect(readRoute(path, '').place.view).toBe('nowhere');
	});

	it('have no sign that would end the path', () => {
		expect(itemInAddress('#12')).toBe('12');
		expect(itemInAddress('~vm-3')).toBe('~vm-3');
	});
});

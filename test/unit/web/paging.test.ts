import { describe, expect, it } from 'vitest';
import { pageIn, pageLinks, readPaging } from '../../../gateway/web/model/paging.ts';

describe('pages of a long list', () => {
	it('are read from the address, with sizes that are offered', () => {
		expect(readPaging({})).toEqual({ page: 1, size: 25 });
		expect(readPaging({ page: '3', size: '50' })).toEqual({ page: 3, size: 50 });
		expect(readPaging({ page: '3', size: '7' })).toEqual({ page: 3, size: 25 });
		for (const page of ['x', '1.5', '0', '-4', '1e9']) expect(readPaging({ page }).page).toBe(0);
	});

	it('say where they lie in the whole', () => {
		expect(pageIn(103, { page: 1, size: 25 })).toEqual({ from: 1, to: 25, pages: 5, instead: null });
		expect(pageIn(103, { page: 5, size: 25 })).toEqual({ from: 101, to: 103, pages: 5, instead: null });
		expect(pageIn(0, { page: 1, size: 25 })).toEqual({ from: 0, to: 0, pages: 1, instead: null });
	});

	it('offer the nearest that is there instead of one that cannot be', () => {
		expect(pageIn(103, { page: 6, size: 25 })).toMatchObject({ from: 0, to: 0, instead: 5 });
		expect(pageIn(103, { page: 0, size: 25 }).instead).toBe(1);
	});

	it('link to the ends and the neighbours', () => {
		expect(pageLinks(1, 1)).toEqual([1]);
		expect(pageLinks(5, 9)).toEqual([1, null, 4, 5, 6, null, 9]);
		expect(pageLinks(1, 3)).toEqual([1, 2, 3]);
	});
});

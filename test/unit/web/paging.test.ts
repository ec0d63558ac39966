import { describe, expect, it } from 'vitest';
import { pageLinks, pageOf, readPaging } from '../../../gateway/web/model/paging.ts';

const hundred = Array.from({ length: 103 }, (_, i) => i + 1);

describe('pages of a long list', () => {
	it('are read from the address, with sizes that are offered', () => {
		expect(readPaging({})).toEqual({ page: 1, size: 25 });
		expect(readPaging({ page: '3', size: '50' })).toEqual({ page: 3, size: 50 });
		expect(readPaging({ page: '3', size: '7' })).toEqual({ page: 3, size: 25 });
		expect(readPaging({ page: 'x' }).page).toBe(0);
		expect(readPaging({ page: '1.5' }).page).toBe(0);
	});

	it('show their part and where it lies in the whole', () => {
		expect(pageOf(hundred, { page: 1, size: 25 })).toMatchObject({
			from: 1,
			to: 25,
			pages: 5,
			total: 103,
			instead: null,
		});
		expect(pageOf(hundred, { page: 5, size: 25 })).toMatchObject({ items: [101, 102, 103], from: 101, to: 103 });
		expect(pageOf([], { page: 1, size: 25 })).toMatchObject({ items: [], from: 0, to: 0, pages: 1, instead: null });
	});

	it('offer the nearest that is there instead of one that cannot be', () => {
		expect(pageOf(hundred, { page: 6, size: 25 })).toMatchObject({ items: [], instead: 5 });
		expect(pageOf(hundred, { page: 0, size: 25 }).instead).toBe(1);
		expect(pageOf(hundred, { page: -4, size: 25 }).instead).toBe(1);
	});

	it('link to the ends and the neighbours', () => {
		expect(pageLinks(1, 1)).toEqual([1]);
		expect(pageLinks(5, 9)).toEqual([1, null, 4, 5, 6, null, 9]);
		expect(pageLinks(1, 3)).toEqual([1, 2, 3]);
	});
});

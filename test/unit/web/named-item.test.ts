/** Which item an address of the page means. */
import { describe, expect, it } from 'vitest';
import { itemNamed } from '../../../gateway/web/model/named-item.ts';
import { anItem } from '../../support/item-answer.ts';

const old = anItem({ key: 'A', number: 1, name: '#1', alias: '~laptop-1', createdAt: 1 });
const settled = anItem({ key: 'B', number: 2, name: '#2', alias: '~laptop-1', createdAt: 2 });
const fresh = anItem({ key: 'C', number: null, name: '~laptop-1', alias: '~laptop-1', createdAt: 0 });

describe('an item in an address', () => {
	it('is found by its number and by its key, however it is written', () => {
		expect(itemNamed([old, settled], '2')).toBe(settled);
		expect(itemNamed([old, settled], 'a')).toBe(old);
		expect(itemNamed([old, settled], '3')).toBeUndefined();
	});

	it('is, of several that were once called the same, the one without a number, else the newest', () => {
		expect(itemNamed([old, fresh, settled], '~laptop-1')).toBe(fresh);
		expect(itemNamed([settled, old], '~laptop-1')).toBe(settled);
		expect(itemNamed([old, settled], '~laptop-1')).toBe(settled);
	});
});

/** Room for large documents: so many bytes, in the order of asking, given back however a transfer ends. */
import { describe, expect, it } from 'vitest';
import { BulkPlaces } from '../../../shared/mesh/sync/bulk-places.ts';

describe('BulkPlaces', () => {
	it('gives room while there is some, then in the order of asking', () => {
		const given: string[] = [];
		const places = new BulkPlaces(10);
		const take = (name: string, bytes: number): (() => void) => places.take(bytes, () => given.push(name));
		const [a, , c] = [take('a', 6), take('b', 4), take('c', 4), take('d', 1)];
		expect(given).toEqual(['a', 'b']);
		c?.();
		expect(given).toEqual(['a', 'b']);
		a?.();
		expect(given).toEqual(['a', 'b', 'd']);
	});

	it('counts a place once, however often it is given back', () => {
		const given: string[] = [];
		const places = new BulkPlaces(10);
		const first = places.take(10, () => given.push('first'));
		const second = places.take(10, () => given.push('second'));
		places.take(10, () => given.push('third'));
		first();
		first();
		expect(given).toEqual(['first', 'second']);
		second();
		expect(given).toEqual(['first', 'second', 'third']);
	});

	it('lets in alone what is larger than all room', () => {
		const given: string[] = [];
		const places = new BulkPlaces(10);
		const small = places.take(1, () => given.push('small'));
		places.take(99, () => given.push('large'));
		places.take(1, () => given.push('next'));
		expect(given).toEqual(['small']);
		small();
		expect(given).toEqual(['small', 'large']);
	});
});

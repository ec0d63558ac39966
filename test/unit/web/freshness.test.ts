import { describe, expect, it } from 'vitest';
import {
	type Freshness,
	type FreshnessEvent,
	freshnessAfter,
	isLost,
	notYet,
	waitMsAfter,
} from '../../../gateway/web/model/freshness.ts';

const told = (...events: FreshnessEvent[]): Freshness => events.reduce(freshnessAfter, notYet);
const failed = (at: number): FreshnessEvent => ({ kind: 'failed', at });
const opened = (at: number): FreshnessEvent => ({ kind: 'opened', at });

describe('freshness', () => {
	it('says nothing of two failed tries, and of the third that the gateway is away since the first', () => {
		const twice = told(opened(10), failed(20), failed(21));
		expect(isLost(twice)).toBe(false);
		const thrice = freshnessAfter(twice, failed(25));
		expect(isLost(thrice)).toBe(true);
		expect(thrice).toEqual({ kind: 'retrying', since: 20, failures: 3 });
	});

	it('is live again with the next stream', () => {
		expect(told(opened(10), failed(20), failed(21), failed(22), opened(30))).toEqual({ kind: 'live', since: 30 });
	});

	it('tells of a gateway that never answered', () => {
		expect(isLost(told(failed(1), failed(2)))).toBe(false);
		expect(isLost(told(failed(1), failed(2), failed(3)))).toBe(true);
	});

	it('rests while nobody looks and keeps since when it knows nothing new', () => {
		expect(told(opened(10), { kind: 'rested', at: 40 })).toEqual({ kind: 'resting', since: 40 });
		expect(told(opened(10), failed(20), { kind: 'rested', at: 40 })).toEqual({ kind: 'resting', since: 20 });
		expect(told(opened(10), { kind: 'rested', at: 40 }, { kind: 'woke' })).toEqual({
			kind: 'retrying',
			since: 40,
			failures: 0,
		});
	});

	it('knows nothing new since it began to rest, though something was tried meanwhile', () => {
		const rested: FreshnessEvent = { kind: 'rested', at: 40 };
		expect(told(opened(10), rested, failed(90))).toEqual({ kind: 'retrying', since: 40, failures: 1 });
	});

	it('waits longer after each failure, up to a bound', () => {
		expect([1, 2, 3, 4, 5, 6, 20].map(waitMsAfter)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
	});
});

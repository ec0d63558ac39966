import { describe, expect, it } from 'vitest';
import { ago, count, plainWords, span, usd } from '../../../gateway/web/model/words.ts';

describe('words', () => {
	it('say a span as people do', () => {
		expect([900, 59_000, 60_000, 3_600_000, 7_500_000, 36_000_000, 200_000_000].map(span)).toEqual([
			...['1 s', '59 s', '1 min', '1 h', '2 h 5 min', '10 h', '2 d'],
		]);
		expect(ago(1_000, 5_000)).toBe('just now');
		expect(ago(0, 120_000)).toBe('2 min ago');
	});

	it('say a sum, and nothing of nothing', () => {
		expect([0, 0.001, 1.234, 1234].map(usd)).toEqual(['', '< $0.01', '$1.23', '$1234']);
	});

	it('count', () => {
		expect([count(1, 'try', 'tries'), count(2, 'try', 'tries'), count(1200, 'file')]).toEqual([
			...['1 try', '2 tries', '1,200 files'],
		]);
	});

	it('leave out the command that a shell is told', () => {
		expect(plainWords('it is held: gangline move 7 start')).toBe('it is held');
		expect(plainWords('#4 is in coding')).toBe('#4 is in coding');
		expect(plainWords(null)).toBeNull();
	});
});

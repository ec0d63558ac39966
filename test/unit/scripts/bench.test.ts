/** The arithmetic of the benchmarks: a wrong sum there would be believed by everyone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alternate, repeat } from '../../bench/alternate.ts';
import { type BenchResult, compared, figuresOf, judged, median, quantile, ratioOf } from '../../bench/result.ts';
import { tableOf } from '../../bench/table.ts';

const flat = (value: number, cpuMs: number | null = null) => figuresOf([value], cpuMs);

function result(p50: number, more: Partial<BenchResult> = {}): BenchResult {
	return { ...judged({ name: 'it', unit: 'ms', ours: flat(p50) }), ...more };
}

describe('the figures of a benchmark', () => {
	it('are values that were measured, in their order', () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 200 }), (samples) => {
				const { p50, p90, p99, min, max } = figuresOf(samples);
				expect([min, p50, p90, p99, max]).toEqual([min, p50, p90, p99, max].sort((a, b) => a - b));
				expect(samples).toEqual(expect.arrayContaining([min, p50, p90, p99, max]));
			}),
		);
	});

	it('take the nearest rank, so one outlier of a hundred is not the 99th percentile', () => {
		const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
		expect([0.5, 0.9, 0.99, 1].map((share) => quantile(hundred, share))).toEqual([50, 90, 99, 100]);
		expect(median([9, 1, 5])).toBe(5);
	});

	it('refuse to be made of nothing', () => {
		expect(() => figuresOf([])).toThrow('no samples');
	});
});

describe('the ratio to a peer', () => {
	it('is the middle of the rounds, so a machine that slows down for both adds nothing', () => {
		expect(ratioOf([1, 10, 100], [2, 20, 200])).toBe(0.5);
		expect(ratioOf([1, 1, 90], [2, 2, 2])).toBe(0.5);
	});

	it('leaves out rounds in which the peer has no figure', () => {
		expect(ratioOf([4, 4], [2])).toBe(2);
		expect(ratioOf([4], [0])).toBeNull();
	});
});

describe('goals', () => {
	it('are met only when each is, and none is judged where none is set', () => {
		const ours = { ...flat(4, 8), p99: 20 };
		const goals = [
			{ of: 'p50', atMost: 5 },
			{ of: 'p99', atMost: 15 },
		] as const;
		expect(judged({ name: 'a', unit: 'ms', ours, goals }).met).toBe(false);
		expect(judged({ name: 'a', unit: 'ms', ours, goals: goals.slice(0, 1) }).met).toBe(true);
		expect(judged({ name: 'a', unit: 'ms', ours }).met).toBeNull();
	});

	it('may be a least, a ratio, or a ratio of processor time', () => {
		const measured = { name: 'a', unit: 'per second', ours: flat(9_000, 2), peer: { ...flat(3_000, 4), name: 'b' } };
		const judge = (goal: Parameters<typeof judged>[0]['goals']) =>
			judged({ ...measured, ratio: 3, goals: goal ?? [] }).met;
		expect(judge([{ of: 'p50', atLeast: 10_000 }])).toBe(false);
		expect(judge([{ of: 'ratio', atLeast: 3 }])).toBe(true);
		expect(judge([{ of: 'cpuRatio', atMost: 0.5 }])).toBe(true);
	});

	it('are missed where there is no figure to judge', () => {
		expect(judged({ name: 'a', unit: 'ms', ours: flat(1), goals: [{ of: 'ratio', atMost: 2 }] }).met).toBe(false);
	});
});

describe('two runs compared', () => {
	it('call slower what is slower by every measure that both have', () => {
		const before = result(10, { ratio: 1, ours: flat(10, 5) });
		expect(compared([result(20, { ratio: 2, ours: flat(20, 10) })], [before])).toMatchObject([{ isSlower: true }]);
		expect(compared([result(20, { ratio: 1, ours: flat(20, 5) })], [before])).toEqual([]);
		expect(compared([result(5, { ratio: 0.5, ours: flat(5, 2) })], [before])).toMatchObject([{ isSlower: false }]);
	});

	it('know that more of a rate is faster', () => {
		const [more, less] = [20, 10].map((value) => result(value, { unit: 'per second', ours: flat(value) }));
		expect(compared([more as BenchResult], [less as BenchResult])).toMatchObject([{ isSlower: false }]);
		expect(compared([less as BenchResult], [more as BenchResult])).toMatchObject([{ isSlower: true }]);
	});

	it('say nothing of what only one run has', () => {
		expect(compared([result(10)], [])).toEqual([]);
	});
});

describe('runs in turns', () => {
	it('changes who begins with each round, and leaves the first runs out', async () => {
		const order: string[] = [];
		const side = (name: string, value: number) => ({
			once: () => {
				order.push(name);
				return value;
			},
			cpuMs: () => order.filter((one) => one === name).length * 3,
		});
		const { ours, peer, ratio } = await alternate(side('a', 2), side('b', 8), { rounds: 2, perRound: 2, warmUp: 1 });
		expect(order.join('')).toBe('abaabbbbaa');
		expect([ours.samples, ours.p50, ours.cpuMs, peer.p50, ratio]).toEqual([4, 2, 3, 8, 0.25]);
	});

	it('measures wall and processor time of what answers no figure of its own', async () => {
		const busy = () => {
			const begin = performance.now();
			while (performance.now() - begin < 2);
		};
		const { p50, cpuMs } = await repeat({ once: busy }, { rounds: 2, perRound: 5 });
		expect(p50).toBeGreaterThanOrEqual(2);
		expect(cpuMs).toBeGreaterThan(0);
	});
});

describe('the table', () => {
	it('has a row for each result and says what was missed by how much', () => {
		const missed = judged({ name: 'slow thing', unit: 'ms', ours: flat(12), goals: [{ of: 'p50', atMost: 10 }] });
		const beside = judged({
			name: 'other',
			unit: 'MiB',
			ours: flat(1),
			peer: { ...flat(2), name: 'a peer' },
			ratio: 0.5,
		});
		const [head = '', ...rows] = tableOf([missed, beside]).split('\n');
		expect(head).toContain('ratio');
		expect(rows[0]).toMatch(/^slow thing, ms +12 .*p50 ≤ 10 +MISSED \(p50 12\)$/);
		expect(rows[1]).toMatch(/^other, MiB .*a peer .* 0\.5$/);
	});
});

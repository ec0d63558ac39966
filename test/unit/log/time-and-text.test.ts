/** Hybrid time and canonical JSON: what orders the logs, and what is hashed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aheadMsMax, canonicalJson, compareTimes, HybridClock, parseJson } from '../../../shared/log/index.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';

describe('HybridClock', () => {
	it('never goes back, whatever the machine’s clock and the others do', () => {
		const step = fc.oneof(
			fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -100_000, max: 100_000 }) }),
			fc.record({ kind: fc.constant('observe' as const), ms: fc.integer({ min: -100_000, max: 100_000 }) }),
			fc.record({ kind: fc.constant('next' as const), ms: fc.constant(0) }),
		);
		fc.assert(
			fc.property(fc.array(step), (steps) => {
				const clock = new SimClock();
				const time = new HybridClock(clock);
				let last = time.next();
				for (const { kind, ms } of steps) {
					if (kind === 'jump') clock.jump(ms);
					else if (kind === 'observe') {
						const seen = [clock.now() + ms, 7] as const;
						expect(time.observe(seen)).toBe(ms <= aheadMsMax);
						if (ms <= aheadMsMax) expect(compareTimes(time.next(), seen)).toBeGreaterThan(0);
					}
					const next = time.next();
					expect(compareTimes(next, last)).toBeGreaterThan(0);
					last = next;
				}
			}),
			{ numRuns: 200, seed: 4 },
		);
	});

	it('does not follow a time more than 60 s ahead', () => {
		const clock = new SimClock(1000);
		const time = new HybridClock(clock);
		expect(time.observe([1000 + aheadMsMax + 1, 0])).toBe(false);
		expect(time.next()).toEqual([1000, 0]);
		expect(time.observe([1000 + aheadMsMax, 3])).toBe(true);
		expect(time.next()).toEqual([1000 + aheadMsMax, 4]);
	});
});

describe('canonicalJson', () => {
	it('is one text for one value, whatever the order of its keys', () => {
		expect(canonicalJson({ b: [1, { d: null, c: 'ü' }], a: undefined, A: true })).toBe(
			'{"A":true,"b":[1,{"c":"ü","d":null}]}',
		);
		fc.assert(
			fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
				const text = canonicalJson(value);
				expect(canonicalJson(JSON.parse(text))).toBe(text);
			}),
			{ numRuns: 300, seed: 5 },
		);
	});

	it.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1, Symbol('x')])('refuses %s', (value) => {
		expect(() => canonicalJson({ value })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
	});

	it('refuses cycles and what is nested too deep', () => {
		const cycle: Record<string, unknown> = {};
		cycle.self = cycle;
		expect(() => canonicalJson(cycle)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
	});
});

describe('parseJson', () => {
	it.each(['{"__proto__":{"isAdmin":true}}', '[{"\\u005f_proto__":1}]', '{', '', '['.repeat(200_000)])(
		'refuses %.40s',
		(text) => {
			expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
		},
	);

	it('takes the words where they are no key', () => {
		expect(parseJson('{"title":"__proto__ \\u00fc"}')).toEqual({ title: '__proto__ ü' });
	});
});

import { describe, expect, test } from 'vitest';
import { intentSchema, itemSchema } from '../../../shared/pipeline/index.ts';
import { TestProject } from './test-project.ts';

const intent = {
	author: 'n0123456789abcdef.01234567.edge',
	n: 1,
	at: [1, 0],
	by: 'user',
	item: '01J00000000000000000000000',
	event: 'add',
};

function accepts(change: object): boolean {
	return intentSchema.safeParse({ ...intent, ...change }).success;
}

describe('an intent from a wire', () => {
	test('passes as it is and is not changed', () => {
		const full = { ...intent, who: 'Ann', args: { title: 'ä', dependsOn: ['x'] }, token: [1, 2], basedOn: 3 };
		expect(intentSchema.parse(full)).toStrictEqual(full);
		expect(accepts({ event: 'void', item: '' })).toBe(true);
	});

	test('[I13] is refused for unknown fields and for values out of their bounds', () => {
		const wrong: readonly object[] = [
			{ extra: 1 },
			{ author: '' },
			{ author: '__proto__' },
			{ author: 'a#1' },
			{ n: 0 },
			{ n: 1.5 },
			{ n: 2 ** 53 },
			{ at: [1] },
			{ at: [-1, 0] },
			{ at: [Number.NaN, 0] },
			{ by: 'owner' },
			{ item: '' },
			{ item: '../../etc' },
			{ item: '__proto__' },
			{ event: 'add item' },
			{ event: '' },
			{ token: [1] },
			{ token: [1, 2, 3] },
			{ who: '' },
			{ who: 'x'.repeat(101) },
			{ basedOn: -1 },
		];
		for (const change of wrong) expect(accepts(change), JSON.stringify(change)).toBe(false);
		expect(intentSchema.safeParse(JSON.parse('{"__proto__": {}}')).success).toBe(false);
	});

	test('[I15] carries arguments of bounded size, depth and kind', () => {
		const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
		expect(accepts({ args: { description: 'x'.repeat(16 * 1024) } })).toBe(true);
		expect(accepts({ args: { a: nested(3) } })).toBe(true);
		const wrong: readonly unknown[] = [
			{ a: nested(4) },
			{ a: 'x'.repeat(70_000) },
			{ a: Array.from({ length: 2000 }, () => 1) },
			{ a: Number.POSITIVE_INFINITY },
			{ a: undefined },
			{ a: () => 1 },
			{ a: new Map() },
			{ constructor: 1 },
			JSON.parse('{"__proto__": {"x": 1}}'),
			JSON.parse('{"a": {"__proto__": 1}}'),
			[],
			'text',
			null,
		];
		for (const args of wrong) expect(accepts({ args }), String(args)).toBe(false);
	});
});

describe('a stored item', () => {
	const stored = () => structuredClone(new TestProject().to('mergeFailure').item('a'));

	test('passes as the rules made it', () => {
		expect(itemSchema.parse(stored())).toStrictEqual(stored());
		const frozen = new TestProject().to('mergeFailure');
		frozen.user('block', 'a', { reason: 'x' });
		frozen.user('freeze', 'a');
		expect(itemSchema.parse(frozen.item('a'))).toStrictEqual(frozen.item('a'));
	});

	test('[I2] is refused with a field too many or missing, and in a stage that cannot be reached', () => {
		const { title: _title, ...untitled } = stored();
		const wrong: readonly object[] = [
			{ ...stored(), claimedBy: 'x' },
			untitled,
			{ ...stored(), number: 0 },
			{ ...stored(), token: [1] },
			{ ...stored(), stage: { kind: 'flying' } },
			{ ...stored(), stage: { kind: 'coding', reason: 'x' } },
			{ ...stored(), stage: { kind: 'blocked' } },
			{ ...stored(), stage: { kind: 'blocked', resumeTo: { kind: 'done' } } },
			{ ...stored(), stage: { kind: 'blocked', resumeTo: { kind: 'blocked', resumeTo: { kind: 'coding' } } } },
			{ ...stored(), stage: { kind: 'frozen', resumeTo: { kind: 'frozen', resumeTo: { kind: 'coding' } } } },
			{ ...stored(), tries: { reworks: -1, mergeFailures: null, freeFixups: 0, totalAttempts: 0 } },
		];
		for (const item of wrong) expect(itemSchema.safeParse(item).success, JSON.stringify(item)).toBe(false);
	});
});

import { describe, expect, test } from 'vitest';
import { type By, type FoldState, foldIntents, type Intent, type Stage } from '../../../shared/pipeline/index.ts';
import { processorMsSince } from '../../support/processor-time.ts';

const base = { by: 'user', item: 'a', event: 'start' } as const;
const item = (stage: Stage) => ({ stage, token: null, holder: null });

function state(parts: Partial<FoldState> = {}): FoldState {
	return { acceptedUpTo: {}, authors: { u: ['user'] }, items: { a: item({ kind: 'backlog' }) }, ...parts };
}

describe('names that JavaScript gives a meaning', () => {
	const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

	test('as items that are not there they are unknown, and nothing is inherited', () => {
		for (const name of names) {
			const { items, outcomes } = foldIntents(state(), [{ ...base, item: name, author: 'u', n: 1, at: [1, 0] }]);
			expect(outcomes).toEqual({ 'u#1': 'refused:unknownItem' });
			expect(Object.keys(items)).toEqual(['a']);
		}
		expect({}).not.toHaveProperty('stage');
	});

	test('as items that are there they are items', () => {
		for (const name of names) {
			const items = Object.fromEntries([[name, item({ kind: 'backlog' })]]);
			const result = foldIntents(state({ items }), [{ ...base, item: name, author: 'u', n: 1, at: [1, 0] }]);
			expect(result.outcomes).toEqual({ 'u#1': 'applied' });
			expect(Object.entries(result.items)).toEqual([[name, item({ kind: 'coding' })]]);
			expect(Object.getPrototypeOf(result.items)).toBe(Object.prototype);
		}
	});

	test('[I13] as authors without rights they are strangers, and their entries are settled', () => {
		for (const name of names) {
			const { outcomes, acceptedUpTo } = foldIntents(state(), [{ ...base, author: name, n: 1, at: [1, 0] }]);
			expect(Object.entries(outcomes)).toEqual([[`${name}#1`, 'refused:notAuthorised']]);
			expect(Object.entries(acceptedUpTo)).toEqual([[name, 1]]);
		}
	});

	test('as authors with rights, events and `by` they bypass nothing', () => {
		const authors = Object.fromEntries(names.map((name) => [name, ['user' as const]]));
		for (const name of names) {
			const outcomeOf = (intent: Partial<Intent>): unknown =>
				foldIntents(state({ authors }), [{ ...base, author: name, n: 1, at: [1, 0], ...intent }]).outcomes[`${name}#1`];
			expect(outcomeOf({})).toBe('applied');
			expect(outcomeOf({ event: name })).toBe('refused:notAllowed');
			expect(outcomeOf({ by: name as By })).toBe('refused:notAuthorised');
		}
	});
});

describe('the order in which intents are judged', () => {
	test('numbers and times compare as numbers, authors by code unit', () => {
		const authors: FoldState['authors'] = { Z: ['user'], a: ['user'], ä: ['user'] };
		const judged = (intents: readonly Intent[]): string[] =>
			Object.keys(foldIntents(state({ authors }), intents).outcomes);
		const intents: Intent[] = [
			{ ...base, author: 'ä', n: 1, at: [9, 2] },
			{ ...base, author: 'a', n: 1, at: [9, 10] },
			{ ...base, author: 'Z', n: 1, at: [10, 0] },
			{ ...base, author: 'Z', n: 2, at: [10, 0] },
			{ ...base, author: 'a', n: 2, at: [10, 0] },
		];
		expect(judged(intents)).toEqual(['ä#1', 'a#1', 'Z#1', 'Z#2', 'a#2']);
		expect(judged([...intents].reverse())).toEqual(['ä#1', 'a#1', 'Z#1', 'Z#2', 'a#2']);
	});

	test('an author whose clock went back is still judged in the order of its numbers', () => {
		const events = ['start', 'freeze', 'unfreeze'];
		const intents = events.map((event, at): Intent => ({ ...base, event, author: 'u', n: at + 1, at: [100 - at, 0] }));
		const { items, outcomes } = foldIntents(state(), intents);
		expect(Object.values(outcomes)).toEqual(['applied', 'applied', 'applied']);
		expect(items.a?.stage).toEqual({ kind: 'coding' });
	});

	test('[I14] a repetition is one intent, and of two entries with one number every replica takes the same', () => {
		const one: Intent = { ...base, author: 'u', n: 1, at: [1, 0] };
		const two: Intent = { ...one, event: 'freeze' };
		expect(foldIntents(state(), [one, structuredClone(one)]).outcomes).toEqual({ 'u#1': 'applied' });
		expect(foldIntents(state(), [one, two])).toEqual(foldIntents(state(), [two, one]));
	});

	test('a number that cannot come next waits and holds up nothing else', () => {
		const at = [1, 0] as const;
		const numbers = [1, 1.5, 2, 4].map((n): Intent => ({ ...base, author: 'u', n, at }));
		const { outcomes, acceptedUpTo } = foldIntents(state(), numbers);
		expect(outcomes).toMatchObject({ 'u#1.5': 'duplicate', 'u#4': 'waiting', 'u#1': 'applied' });
		expect(acceptedUpTo).toEqual({ u: 2 });
	});
});

test('ten thousand intents of five hundred authors on ten thousand items take well under two seconds', () => {
	const size = 10_000;
	const names = Array.from({ length: 500 }, (_, at) => `u${at}`);
	const items = Object.fromEntries(Array.from({ length: size }, (_, at) => [`k${at}`, item({ kind: 'backlog' })]));
	const authors = Object.fromEntries(names.map((name) => [name, ['user' as const]]));
	const intents = Array.from({ length: size }, (_, at): Intent => {
		return { ...base, item: `k${at}`, author: names[at % 500] ?? '', n: Math.floor(at / 500) + 1, at: [at, 0] };
	});
	const before = process.cpuUsage();
	const { outcomes } = foldIntents({ acceptedUpTo: {}, authors, items }, intents);
	expect(processorMsSince(before)).toBeLessThan(1500);
	expect(Object.values(outcomes).filter((outcome) => outcome === 'applied')).toHaveLength(size);
});

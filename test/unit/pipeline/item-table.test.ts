/** The table of items: a record that is cheap to change, and looks like one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyFacts, type Item, type ProjectFacts } from '../../../shared/pipeline/index.ts';
import { tableOf, withFields, withItems } from '../../../shared/pipeline/item-table.ts';
import { factsWith, makeItem } from '../../support/facts.ts';

const keys = fc.oneof(fc.constantFrom('a', 'b', 'constructor', '__proto__', 'toString'), fc.string({ maxLength: 3 }));
const changes = fc.array(fc.tuple(keys, fc.option(fc.nat(3))), { maxLength: 6 });

describe('facts over a table', () => {
	it('are the facts that copying would make, whatever is changed, read and compacted in between', () => {
		const runs = fc.array(fc.record({ changes, read: fc.boolean(), many: fc.boolean() }), { maxLength: 8 });
		fc.assert(
			fc.property(runs, (steps) => {
				let facts: ProjectFacts = emptyFacts();
				const expected = new Map<string, Item>();
				for (const { changes: wanted, read, many } of steps) {
					const before = new Map(expected);
					const laid = new Map<string, Item | null>();
					const more = many ? Array.from({ length: 300 }, (_, i) => [`m${i}`, 1] as const) : [];
					for (const [key, number] of [...wanted, ...more]) {
						const item = number === null ? null : makeItem(key, { number });
						laid.set(key, item);
						if (item) expected.set(key, item);
						else expected.delete(key);
					}
					const earlier = tableOf(facts);
					const later = earlier.with(laid).compacted();
					const differ = [...new Set([...before.keys(), ...expected.keys()])];
					expect(new Set(later.changedSince(earlier))).toEqual(
						new Set(differ.filter((key) => before.get(key) !== expected.get(key))),
					);
					facts = withItems(facts, later);
					if (read) expect(Object.keys(facts.items)).toHaveLength(expected.size);
				}
				for (const [key, item] of expected) expect(tableOf(facts).get(key)).toBe(item);
				expect(tableOf(facts).get('nobody')).toBeUndefined();
				expect(new Map(Object.entries(facts.items))).toEqual(expected);
				expect(Object.getPrototypeOf(facts.items)).toBe(Object.prototype);
			}),
			{ numRuns: 200 },
		);
	});

	it('keep their items when they are spread, and the record that was made of them', () => {
		const facts = withItems(factsWith(1, []), tableOf(factsWith(1, [makeItem('a')])));
		const spread = { ...facts, revision: 2 };
		expect(spread).toEqual(factsWith(2, [makeItem('a')], { nextNumber: 1 }));
		expect(tableOf(spread)).toBe(tableOf(facts));
		expect(facts.items).toBe(facts.items);
		expect(Object.isFrozen(facts) && Object.isFrozen(tableOf(facts).with(new Map([['b', makeItem('b')]])).record)).toBe(
			true,
		);
	});

	it('lose no field when one is changed', () => {
		const facts: ProjectFacts = factsWith(1, [makeItem('a')], {
			closedDependencies: { z: 'completed' },
			segments: { 1: { hash: '0'.repeat(64), items: 3 } },
			acceptedUpTo: { n1: 4 },
		});
		expect(withFields(facts, { authors: { n1: ['user'] } })).toEqual({ ...facts, authors: { n1: ['user'] } });
	});
});

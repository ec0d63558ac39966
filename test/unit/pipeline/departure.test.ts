/** What leaves the facts is not missed by what remains. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { depart, type Item, mayLeave, unmetDependencies } from '../../../shared/pipeline/index.ts';
import { factsWith, makeItem } from '../../support/facts.ts';

const archived = (key: string, changes: Partial<Item> = {}): Item =>
	makeItem(key, { stage: { kind: 'archived', reason: 'completed', at: 1 }, ...changes });

describe('items that leave the facts', () => {
	it('are the archived ones, and epics only after their children', () => {
		const epic = archived('e', { number: 1, type: 'epic' });
		const facts = factsWith(9, [
			epic,
			archived('b', { number: 3, parent: 'e' }),
			makeItem('c', { number: 2, parent: 'e' }),
			archived('a', { number: 4 }),
		]);
		expect(mayLeave(facts).map(({ key }) => key)).toEqual(['b', 'a']);
		const rest = depart(facts, mayLeave(facts)).facts;
		expect(Object.keys(rest.items)).toEqual(['e', 'c']);
		expect(mayLeave(rest)).toEqual([]);
	});

	it('are remembered by how they ended as long as someone depends on them', () => {
		const facts = factsWith(
			9,
			[
				archived('a', { number: 1 }),
				archived('b', { number: 2, stage: { kind: 'archived', reason: 'abandoned', at: 1 } }),
				archived('n', { number: 3 }),
				makeItem('c', { number: 4, dependsOn: ['a', 'b'] }),
			],
			{ closedDependencies: { old: 'completed' } },
		);
		const { facts: rest, gone } = depart(facts, mayLeave(facts));
		expect(gone.map(({ key }) => key)).toEqual(['a', 'b', 'n']);
		expect(rest.closedDependencies).toEqual({ a: 'completed', b: 'abandoned' });
		const c = rest.items.c;
		expect(c && unmetDependencies(rest, c)).toEqual(
			facts.items.c && unmetDependencies(facts, facts.items.c).map((one) => ({ ...one, number: null })),
		);
	});

	it('[I8] change for nobody what they wait for, whatever leaves', () => {
		const keys = ['a', 'b', 'c', 'd', 'e'];
		const itemOf = (key: string, number: number) =>
			fc
				.record({
					stage: fc.constantFrom<Item['stage']>(
						{ kind: 'backlog' },
						{ kind: 'done', at: 1 },
						{ kind: 'archived', reason: 'completed', at: 1 },
						{ kind: 'archived', reason: 'rejected', at: 1 },
					),
					dependsOn: fc.subarray(keys.filter((other) => other !== key)),
					parent: fc.constantFrom(null, ...keys.filter((other) => other !== key)),
				})
				.map((changes) => makeItem(key, { number, ...changes }));
		fc.assert(
			fc.property(fc.tuple(...keys.map((key, i) => itemOf(key, i + 1))), fc.subarray(keys), (items, some) => {
				const facts = factsWith(20, items);
				const { facts: rest, gone } = depart(
					facts,
					items.filter(({ key }) => some.includes(key)),
				);
				expect(Object.keys(rest.items).length + gone.length).toBe(items.length);
				for (const item of Object.values(rest.items)) {
					const kinds = (all: typeof rest) =>
						unmetDependencies(all, item).map(({ key, why, reason }) => [key, why, reason]);
					expect(kinds(rest)).toEqual(kinds(facts));
				}
			}),
		);
	});
});

/** Archived items leave the home's facts in segments, and are found again. */
import { describe, expect, it } from 'vitest';
import { Segments } from '../../../node/home/segments.ts';
import type { Item, ProjectFacts } from '../../../shared/pipeline/index.ts';
import type { Store } from '../../../shared/ports/index.ts';
import { openSimStore, SimDisk, SimLog } from '../../../shared/ports/sim/index.ts';
import { factsWith, makeItem, projectOne as project } from '../../support/facts.ts';

const day = 24 * 60 * 60_000;
const archived = (number: number, changedAt: number): Item =>
	makeItem(`K${number}`, {
		number,
		changedAt,
		title: `Item ${number}`,
		stage: { kind: 'archived', reason: 'completed', at: changedAt },
	});

/** The home as far as segments need it; facts and writes are one batch. */
function homeOn(store: Store, begin: ProjectFacts) {
	const home = {
		facts: begin,
		publish: async (change: Parameters<ConstructorParameters<typeof Segments>[0]['home']['publish']>[0]) => {
			const made = change(home.facts);
			if (!made) return;
			await store.write(made.writes);
			home.facts = made.facts;
		},
	};
	return { home, segments: new Segments({ project, store, home, log: new SimLog(), described: (item) => item }) };
}

describe('segments', () => {
	it('wait until there are enough items, or one has waited a day', async () => {
		const store = await openSimStore();
		const few = homeOn(store, factsWith(9, [archived(1, 0), archived(2, 10), makeItem('open', { number: 3 })]));
		await few.segments.pass(day - 1);
		expect(Object.keys(few.home.facts.items)).toHaveLength(3);
		await few.segments.pass(day);
		expect(Object.keys(few.home.facts.items)).toEqual(['open']);
		expect(few.home.facts.segments).toEqual({ 1: { hash: expect.stringMatching(/^[0-9a-f]{64}$/), items: 2 } });
		const many = homeOn(
			await openSimStore(),
			factsWith(
				900,
				Array.from({ length: 150 }, (_, i) => archived(i + 1, 0)),
			),
		);
		await many.segments.pass(1);
		expect(Object.keys(many.home.facts.items)).toEqual([]);
	});

	it('[I6] [I15] keep what left the index, found again after a restart', async () => {
		const disk = new SimDisk();
		const store = await openSimStore(disk);
		const items = Array.from({ length: 300 }, (_, i) => ({ ...archived(i + 1, 0), description: 'x'.repeat(5_000) }));
		const before = homeOn(store, factsWith(900, [...items, makeItem('open', { number: 301, title: 'Item open' })]));
		await before.segments.pass(1);
		expect(Object.keys(before.home.facts.items).length).toBeLessThanOrEqual(100);
		await store.close();
		const after = homeOn(await openSimStore(disk), before.home.facts);
		const found = await after.segments.search('item 217');
		expect(found.map(({ item }) => item)).toEqual([items[216]]);
		expect(await after.segments.search('open')).toEqual([]);
	});
});

import { describe, expect, it } from 'vitest';
import { dueForArchive } from '../../../node/home/sweep.ts';
import { factsWith, makeItem } from '../../support/facts.ts';

const day = 24 * 60 * 60 * 1000;
const done = (key: string, changedAt: number) => makeItem(key, { stage: { kind: 'done' }, changedAt });

describe('dueForArchive', () => {
	it('names what was closed two weeks ago or longer, and nothing that is open', () => {
		const items = [done('old', 0), done('young', 2 * day), makeItem('open', { changedAt: 0 })];
		expect(dueForArchive(factsWith(1, items), 15 * day).map(({ key }) => key)).toEqual(['old']);
	});

	it('[I15] names the oldest beyond five hundred', () => {
		const items = Array.from({ length: 503 }, (_, index) => done(`i${index}`, 503 - index));
		expect(dueForArchive(factsWith(1, items), 600).map(({ key }) => key)).toEqual(['i502', 'i501', 'i500']);
	});

	it('leaves to people what waits for them', () => {
		const held = makeItem('a', { stage: { kind: 'reviewHold' }, changedAt: 0 });
		expect(dueForArchive(factsWith(1, [held]), 100 * day)).toEqual([]);
	});
});

import { describe, expect, it } from 'vitest';
import { asksOf, needsYou, type Situation, waitsBecause } from '../../../shared/operations/index.ts';
import { type Item, viewItems } from '../../../shared/pipeline/index.ts';
import { factsWith, makeItem } from '../../support/facts.ts';

const free: Situation = {
	mayNotBegin: null,
	mayNotLand: null,
	autoStart: true,
	nobody: null,
	freeSlots: 1,
	busy: new Set(),
	queuePosition: null,
	limitedUntil: null,
	proposal: null,
};

function view(item: Partial<Item>) {
	const [seen] = viewItems(factsWith(1, [makeItem('01ARZ3NDEKTSV4RRFFQ69G5FAV', item)]));
	if (seen === undefined) throw new Error('the item is there');
	return seen;
}

describe('[I12] why nothing happens with an item', () => {
	const check = (what: string, item: Partial<Item>, situation: Partial<Situation>, words: RegExp | null): void => {
		it(`is said of one that ${what}`, () => {
			const said = waitsBecause(view(item), { ...free, ...situation });
			if (words === null) expect(said).toBeNull();
			else expect(said).toMatch(words);
		});
	};
	const backlog = { stage: { kind: 'backlog' } } as const;
	check('starts', backlog, {}, null);
	check('is held', { ...backlog, held: true }, {}, /held: gangline move \d+ start/);
	check('nobody can do', backlog, { nobody: 'no agent is configured' }, /no agent is configured/);
	check(
		'nobody can do although it was begun',
		{ stage: { kind: 'coding' } },
		{ nobody: 'no agent is configured' },
		/no agent is configured/,
	);
	check('is not started by itself', backlog, { autoStart: false }, /auto_start is off: gangline move \d+ start/);
	check('waits for the project', backlog, { mayNotBegin: 'main is red' }, /main is red/);
	check('waits for a slot', backlog, { freeSlots: 0 }, /all slots are busy/);
	check('is an idea', { stage: { kind: 'upcoming' } }, {}, /gangline move \d+ accept/);
	check('is frozen', { stage: { kind: 'frozen', resumeTo: { kind: 'backlog' } } }, {}, /gangline move \d+ unfreeze/);
	check(
		'is blocked',
		{ stage: { kind: 'blocked', reason: 'the vendor', resumeTo: { kind: 'backlog' } } },
		{},
		/the vendor/,
	);
});

describe('what a person has to do', () => {
	it('is a command to type, for what waits for them and for nothing else', () => {
		expect(needsYou(view({ stage: { kind: 'reviewHold' } }))).toMatch(/^gangline diff \d+, then gangline approve \d+/);
		expect(needsYou(view({ stage: { kind: 'blocked', resumeTo: { kind: 'backlog' } } }))).toMatch(/unblock/);
		expect(needsYou(view({ stage: { kind: 'backlog' } }))).toBeNull();
	});

	it('is to answer what an agent asks, until the item has left its hands', () => {
		const coding = view({ stage: { kind: 'coding' } });
		expect(asksOf(coding, 'Bash curl')).toBe('Bash curl');
		expect(needsYou(coding, 'Bash curl')).toMatch(/^gangline answer \d+ allow, or deny: Bash curl$/);
		expect(asksOf(view({ stage: { kind: 'done' } }), 'Bash curl')).toBeNull();
	});
});

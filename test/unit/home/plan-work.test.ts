import { describe, expect, it } from 'vitest';
import { planWork, type WorkConditions, type WorkerState } from '../../../node/home/plan-work.ts';
import type { Item } from '../../../shared/pipeline/index.ts';
import { factsWith, makeItem } from '../../support/facts.ts';

const me = 'n0000000000000001.00000001.work';
const mine = (role: Item['role'] = 'coder') => ({ token: [1, 5] as const, holder: me, role });

function plan(items: readonly Item[], worker: Partial<WorkerState> = {}, conditions: Partial<WorkConditions> = {}) {
	const actions = planWork(
		factsWith(9, items),
		{
			author: me,
			mayReturn: (author) => author === me,
			busy: [],
			reporting: new Set(),
			freeSlots: 2,
			notBefore: new Map(),
			...worker,
		},
		{ mayBegin: true, autoStart: true, agentFor: () => 'shell', now: 1000, ...conditions },
	);
	return actions.map((action) => `${action.kind} ${'key' in action ? action.key : action.item.key}`);
}

const coding = (key: string, changes: Partial<Item> = {}) => makeItem(key, { stage: { kind: 'coding' }, ...changes });

describe('planWork', () => {
	it('starts what is ready, as many as there is room for', () => {
		const items = ['a', 'b', 'c'].map((key, index) => makeItem(key, { number: index + 1 }));
		expect(plan(items)).toEqual(['start a', 'start b']);
		expect(plan(items, { freeSlots: 0 })).toEqual([]);
	});

	it('[I8] starts nothing whose dependencies are not done, nor what is held, nor when the project may not begin', () => {
		const first = makeItem('a', { held: true });
		const second = makeItem('b', { number: 2, dependsOn: ['a'] });
		expect(plan([first, second])).toEqual([]);
		expect(plan([makeItem('c')], {}, { mayBegin: false })).toEqual([]);
		expect(plan([makeItem('c')], {}, { autoStart: false })).toEqual([]);
	});

	it('grants what was started before it starts more', () => {
		expect(plan([coding('a'), makeItem('b', { number: 2 })], { freeSlots: 1 })).toEqual(['grant a']);
	});

	it('[I5] grants nothing that has a holder, runs, or waits for its report', () => {
		const held = coding('a', mine());
		const busy = [{ key: 'a', role: 'coder' as const, token: [1, 5] as const }];
		expect(plan([held], { busy })).toEqual([]);
		expect(plan([held], { reporting: new Set(['a']) })).toEqual([]);
		expect(plan([coding('b')], { reporting: new Set(['b']) })).toEqual([]);
	});

	it('goes on under its own token with what nothing runs for', () => {
		expect(plan([coding('a', mine())])).toEqual(['resume a']);
	});

	it('takes an item back from a worker that ended', () => {
		const gone = coding('a', { ...mine(), holder: 'n0000000000000001.00000000.work' });
		expect(plan([gone])).toEqual(['release a']);
	});

	it('stops what the stage does not want any more, or whose token was spent', () => {
		const busy = [{ key: 'a', role: 'coder' as const, token: [1, 5] as const }];
		const frozen = makeItem('a', { ...mine(), stage: { kind: 'frozen', resumeTo: { kind: 'coding' } } });
		expect(plan([frozen], { busy })).toEqual(['cancel a']);
		expect(plan([coding('a', { token: [1, 7], holder: me, role: 'coder' })], { busy })).toContain('cancel a');
		expect(plan([], { busy })).toEqual(['cancel a']);
	});

	it('waits for a rate limit without a grant', () => {
		expect(plan([coding('a')], { notBefore: new Map([['a', 2000]]) })).toEqual([]);
		expect(plan([coding('a')], { notBefore: new Map([['a', 500]]) })).toEqual(['grant a']);
	});

	it('[I11] [I12] blocks at a cap, and where nothing can work on it', () => {
		const tired = coding('a', { tries: { ...makeItem('x').tries, reworks: 5 } });
		expect(plan([tired])).toEqual(['block a']);
		expect(plan([coding('b')], {}, { agentFor: () => null })).toEqual(['block b']);
	});

	it.each([
		['gates', 'fixup a'],
		['conflict', 'grant a'],
		['emptyDiff', 'block a'],
		['noCommits', 'block a'],
		['other', 'block a'],
	] as const)('follows a failed landing of kind %s by %s', (failure, expected) => {
		expect(plan([makeItem('a', { stage: { kind: 'mergeFailure', failure } })])).toEqual([expected]);
	});

	it('completes an epic when its children are done, and never works on it', () => {
		const epic = makeItem('e', { type: 'epic' });
		const child = makeItem('c', { parent: 'e', number: 2, stage: { kind: 'done' } });
		expect(plan([epic, child])).toEqual(['complete e']);
		expect(plan([epic])).toEqual([]);
	});
});

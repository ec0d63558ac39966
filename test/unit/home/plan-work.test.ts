import { describe, expect, it } from 'vitest';
import { planWork, type WorkConditions, type WorkerSeen } from '../../../node/home/plan-work.ts';
import type { Item } from '../../../shared/pipeline/index.ts';
import { parseNodeId } from '../../../shared/ports/index.ts';
import { factsWith, makeItem } from '../../support/facts.ts';

const here = parseNodeId('n0000000000000001');
const there = parseNodeId('n0000000000000002');
const me = `${here}.00000001.work`;
const other = `${there}.00000001.work`;
const mine = (role: Item['role'] = 'coder') => ({ token: [1, 5] as const, holder: me, role });
const theirs = { token: [1, 5] as const, holder: other, role: 'coder' as const };

function worker(changes: Partial<WorkerSeen> = {}): WorkerSeen {
	return { node: here, author: me, silentMs: 0, isGone: false, busy: [], reporting: [], room: 2, ...changes };
}
const remote = (changes: Partial<WorkerSeen> = {}) => worker({ node: there, author: other, ...changes });

function actions(items: readonly Item[], workers: readonly WorkerSeen[], conditions: Partial<WorkConditions> = {}) {
	return planWork(factsWith(9, items), workers, {
		mayBegin: true,
		autoStart: true,
		agentFor: () => 'shell',
		notBefore: new Map(),
		lostAfterMs: () => 600_000,
		missing: new Set(),
		wasGranted: () => true,
		now: 1000,
		...conditions,
	});
}

function plan(items: readonly Item[], seen: Partial<WorkerSeen> = {}, conditions: Partial<WorkConditions> = {}) {
	return words(actions(items, [worker(seen)], conditions));
}

function planBoth(items: readonly Item[], seen: Partial<WorkerSeen> = {}, conditions: Partial<WorkConditions> = {}) {
	return words(actions(items, [worker(), remote(seen)], conditions));
}

function words(list: ReturnType<typeof actions>): string[] {
	return list.map((action) => {
		const where = 'node' in action && action.node === there ? ' there' : '';
		return `${action.kind} ${'key' in action ? action.key : action.item.key}${where}`;
	});
}

const coding = (key: string, changes: Partial<Item> = {}) => makeItem(key, { stage: { kind: 'coding' }, ...changes });
const run = { key: 'a', role: 'coder' as const, token: [1, 5] as const };

describe('planWork', () => {
	it('starts what is ready, as many as there is room for', () => {
		const items = ['a', 'b', 'c'].map((key, index) => makeItem(key, { number: index + 1 }));
		expect(plan(items)).toEqual(['start a', 'start b']);
		expect(plan(items, { room: 0 })).toEqual([]);
	});

	it('[I12] [I13] lets no worker keep items from others by what it says of grants that it never had', () => {
		const items = [coding('a'), coding('b', { ...mine(), number: 2 })];
		const claims = ['a', 'b'].map((key) => ({ key, role: 'coder' as const, token: [1, 5] as const }));
		const never = { wasGranted: () => false };
		expect(planBoth(items, { reporting: claims }, never)).toEqual(['grant a', 'resume b']);
		expect(planBoth(items, { busy: claims }, never)).toEqual(['cancel a there', 'grant a', 'resume b']);
		expect(planBoth(items, { reporting: claims })).toEqual([]);
	});

	it('[I12] gives QA to an agent of that role, and to a person where there is none or all tries are spent', () => {
		const qa = makeItem('a', { stage: { kind: 'qa' } });
		expect(plan([qa])).toEqual(['grant a']);
		expect(plan([qa], {}, { agentFor: (_item, role) => (role === 'qa' ? null : 'ada') })).toEqual(['block a']);
		const tries = { reworks: 5, mergeFailures: null, freeFixups: 0, totalAttempts: 6 };
		expect(plan([{ ...qa, tries }])).toEqual(['block a']);
	});

	it('sends a change that fails a gate at landing back at most twice', () => {
		const failed = (count: number) =>
			makeItem('a', {
				stage: { kind: 'mergeFailure', failure: 'gates', detail: 'no' },
				tries: { reworks: 0, mergeFailures: { kind: 'gates', count }, freeFixups: 0, totalAttempts: 2 },
			});
		expect([1, 2, 3].map((count) => plan([failed(count)]))).toEqual([['fixup a'], ['fixup a'], ['block a']]);
	});

	it('[I8] starts nothing whose dependencies are not done, nor what is held, nor when the project may not begin', () => {
		const first = makeItem('a', { held: true });
		const second = makeItem('b', { number: 2, dependsOn: ['a'] });
		expect(plan([first, second])).toEqual([]);
		expect(plan([makeItem('c')], {}, { mayBegin: false })).toEqual([]);
		expect(plan([makeItem('c')], {}, { autoStart: false })).toEqual([]);
	});

	it('grants what was started before it starts more', () => {
		expect(plan([coding('a'), makeItem('b', { number: 2 })], { room: 1 })).toEqual(['grant a']);
	});

	it('[I5] grants nothing that has a holder, runs, or waits for its report', () => {
		const held = coding('a', mine());
		expect(plan([held], { busy: [run] })).toEqual([]);
		expect(plan([held], { reporting: [run] })).toEqual([]);
		expect(plan([coding('b')], { reporting: [{ key: 'b', token: [1, 2] }] })).toEqual([]);
	});

	it('goes on under its own token with what nothing runs for', () => {
		expect(plan([coding('a', mine())])).toEqual(['resume a']);
	});

	it('takes an item back from a worker that began anew', () => {
		const gone = coding('a', { ...mine(), holder: `${here}.00000000.work` });
		expect(plan([gone])).toEqual(['release a']);
	});

	it('stops what the stage does not want any more, or whose token was spent', () => {
		const frozen = makeItem('a', { ...mine(), stage: { kind: 'frozen', resumeTo: { kind: 'coding' } } });
		expect(plan([frozen], { busy: [run] })).toEqual(['cancel a']);
		expect(plan([coding('a', { token: [1, 7], holder: me, role: 'coder' })], { busy: [run] })).toContain('cancel a');
		expect(plan([], { busy: [run] })).toEqual(['cancel a']);
	});

	it('waits for a rate limit without a grant', () => {
		expect(plan([coding('a')], {}, { notBefore: new Map([['a', 2000]]) })).toEqual([]);
		expect(plan([coding('a')], {}, { notBefore: new Map([['a', 500]]) })).toEqual(['grant a']);
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

	it.each([
		['conflict', undefined, 'conflicts with main; no agent is configured that could resolve it'],
		['conflict', 'conflicts in a.txt', 'conflicts in a.txt; no agent is configured that could resolve it'],
		['emptyDiff', undefined, 'landing failed: emptyDiff'],
		['emptyDiff', 'main has it already', 'main has it already'],
	] as const)('[I12] says why a landing that failed by %s waits for a person (%s)', (failure, detail, reason) => {
		const stage = { kind: 'mergeFailure', failure, ...(detail && { detail }) } as const;
		const [action] = actions([makeItem('a', { stage })], [worker()], {
			agentFor: (_item, role) => (role === 'mergemaster' ? null : 'ada'),
		});
		expect(action).toMatchObject({ kind: 'block', reason });
	});

	it('[I12] names the agent that an item asks for and that is not configured', () => {
		const [action] = actions([coding('a', { agent: 'eve' })], [worker()], { agentFor: () => null });
		expect(action).toMatchObject({ kind: 'block', reason: expect.stringContaining('no agent named eve') });
	});

	it('completes an epic when its children are done, and never works on it', () => {
		const epic = makeItem('e', { type: 'epic' });
		const child = makeItem('c', { parent: 'e', number: 2, stage: { kind: 'done' } });
		expect(plan([epic, child])).toEqual(['complete e']);
		expect(plan([epic])).toEqual([]);
	});
});

describe('planWork with several workers', () => {
	const held = coding('a', theirs);
	const minute = 60_000;

	it('adds up the room of those that are heard of', () => {
		const items = ['a', 'b', 'c', 'd', 'e'].map((key, index) => makeItem(key, { number: index + 1 }));
		expect(planBoth(items, { room: 1 })).toEqual(['start a', 'start b', 'start c']);
		expect(planBoth(items, { room: 2, silentMs: 31_000 })).toEqual(['start a', 'start b']);
		expect(planBoth(items, { room: 2, author: null })).toEqual(['start a', 'start b']);
	});

	it.each([
		['is busy with it', { busy: [run] }, []],
		['has its report', { reporting: [run] }, []],
		['is there and nothing runs', {}, ['resume a there']],
		['is unknown', { silentMs: 9 * minute }, []],
		['was not heard of since we began', { author: null, silentMs: 9 * minute }, []],
		['was silent for ten minutes', { silentMs: 10 * minute }, ['release a']],
		['was silent for ten minutes since we began', { author: null, silentMs: 10 * minute }, ['release a']],
		['was revoked', { isGone: true, busy: [run] }, ['release a']],
		['began anew', { author: `${there}.00000002.work` }, ['release a']],
		['began anew and has the report of its predecessor', { author: `${there}.00000002.work`, reporting: [run] }, []],
	] as const)('[I5] [I12] with an item whose holder %s it does what follows', (_what, seen, expected) => {
		expect(planBoth([held], seen)).toEqual(expected);
	});

	it('[I12] gives an impatient item away as soon as its holder shows as unknown, never before', () => {
		const conditions = { lostAfterMs: () => 0 };
		expect(planBoth([held], { silentMs: 29_999, busy: [run] }, conditions)).toEqual([]);
		expect(planBoth([held], { silentMs: 30_000, busy: [run] }, conditions)).toEqual(['release a']);
	});

	it('[I5] stops a loser that comes back, and waits with a grant until nothing of it runs', () => {
		const released = coding('a');
		expect(planBoth([released], { busy: [run] })).toEqual(['cancel a there']);
		const again = coding('a', { token: [1, 8], holder: me, role: 'coder' });
		expect(words(actions([again], [worker({ busy: [{ ...run, token: [1, 8] }] }), remote({ busy: [run] })]))).toEqual([
			'cancel a there',
		]);
	});

	it('[I7] fetches a result that is not here from who made it, and says it is lost when that one is', () => {
		const waits = makeItem('a', {
			stage: { kind: 'merge' },
			token: [1, 5],
			holder: other,
			result: { commit: '1'.repeat(40), base: '2'.repeat(40) },
		});
		const conditions = { missing: new Set(['a']) };
		expect(planBoth([waits], {}, conditions)).toEqual(['fetch a there']);
		expect(planBoth([waits], { silentMs: minute }, conditions)).toEqual([]);
		expect(planBoth([waits], { isGone: true }, conditions)).toEqual(['resultLost a']);
		expect(planBoth([{ ...waits, holder: null }], {}, conditions)).toEqual(['resultLost a']);
		expect(planBoth([waits])).toEqual([]);
	});
});

/** What checkers find by replaying what was accepted: each passes on a good history and fails on one that was spoiled. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { HistoryEntry, Item } from '../../../shared/pipeline/index.ts';
import { projectOne } from '../../support/facts.ts';
import { allCheckers } from '../../support/simulation/checkers/index.ts';
import { authorAt, MadeUpMesh, registryOf } from '../../support/simulation/made-up-mesh.ts';
import type { Checker } from '../../support/simulation/types.ts';

const a = '01K0TASK00000000000000000A';
const b = '01K0TASK00000000000000000B';

let mesh: MadeUpMesh;
let checkers: readonly Checker[];
beforeEach(() => {
	mesh = new MadeUpMesh();
	checkers = allCheckers();
});

/** What all checkers say, by invariant. */
async function said(): Promise<ReadonlyMap<number, string>> {
	const seen = await mesh.seen();
	const found = checkers.map((one) => [one.invariant, one.step(seen).join('; ')] as const);
	return new Map(found.filter(([, words]) => words !== ''));
}

const change = (key: string, how: Partial<Item>): void => {
	const item = mesh.facts.items[key];
	if (!item) throw new Error(`no item ${key}`);
	mesh.facts = { ...mesh.facts, items: { ...mesh.facts.items, [key]: { ...item, ...how } } };
};
/** As if the home had accepted it. */
const accept = (id: string, item: Partial<HistoryEntry> = {}): void => {
	const { revision } = mesh.facts;
	mesh.history = mesh.history.map((entry) =>
		entry.id === id ? { ...entry, outcome: 'applied', revision: revision + 1, ...item } : entry,
	);
	mesh.facts = { ...mesh.facts, revision: revision + 1 };
};

describe('checkers that replay what was accepted', () => {
	it('find nothing in what the rules accept', async () => {
		mesh.granted(a);
		mesh.ann('add', b, { title: 'b', dependsOn: [a] });
		mesh.ann('start', b);
		mesh.gates('attemptFailed', a, { reason: 'red' });
		mesh.ann('freeze', a);
		mesh.ann('unfreeze', a);
		mesh.system('grant', a, { holder: authorAt('w1', 'work'), role: 'coder' });
		mesh.ann('delete', '01K0TASK00000000000000000X');
		expect(mesh.facts.items[a]?.tries).toMatchObject({ reworks: 1, totalAttempts: 2 });
		expect([...(await said())]).toEqual([]);
	});

	it('[I2] find a stage that no row leads to', async () => {
		mesh.granted(a);
		await said();
		change(a, { stage: { kind: 'qa' } });
		expect((await said()).get(2)).toMatch(/#1 has stage .*"qa".*"coding"/);
	});

	it('[I2] find an event that no row has', async () => {
		mesh.ann('add', a, { title: 'a' });
		accept(mesh.ann('unblock', a));
		expect((await said()).get(2)).toContain('no row leads there from backlog');
	});

	it('[I4] find what was accepted under a spent token', async () => {
		const token = mesh.granted(a);
		mesh.ann('defer', a);
		const of = { by: 'gates', who: 'shell', item: a, event: 'attemptFailed', args: { reason: 'red' }, token } as const;
		accept(mesh.say(authorAt('desk', 'work'), { ...of, onBehalfOf: authorAt('w1', 'work') }), { from: 'backlog' });
		expect((await said()).get(4)).toContain('the item has none');
	});

	it('[I4] find what another than the holder brought', async () => {
		const token = mesh.granted(a);
		const of = { by: 'gates', who: 'shell', item: a, event: 'attemptFailed', args: { reason: 'red' }, token } as const;
		accept(mesh.say(authorAt('desk', 'work'), of));
		expect((await said()).get(4)).toContain('the holder is');
	});

	it('[I4] find a token that was not spent', async () => {
		const token = mesh.granted(a);
		mesh.ann('defer', a);
		change(a, { token });
		expect((await said()).get(4)).toContain('by what was accepted null');
	});

	it('[I4] find a refusal of what the holder says under the token', async () => {
		mesh.granted(a);
		const id = mesh.gates('attemptFailed', a, { reason: 'red' });
		mesh.history = mesh.history.map((entry) => (entry.id === id ? { ...entry, outcome: 'refused:staleToken' } : entry));
		expect((await said()).get(4)).toContain('it has the token of the item');
	});

	it('[I5] find a second grant', async () => {
		mesh.granted(a);
		accept(mesh.system('grant', a, { holder: authorAt('w1', 'work'), role: 'coder' }));
		expect((await said()).get(5)).toContain('works on it already as coder');
	});

	it('[I8] find what started too early', async () => {
		mesh.ann('add', a, { title: 'a' });
		mesh.ann('add', b, { title: 'b', dependsOn: [a] });
		accept(mesh.ann('start', b), { to: 'coding' });
		expect((await said()).get(8)).toContain(`started before ${a}`);
	});

	it('[I8] find nothing where a person forces it', async () => {
		mesh.ann('add', a, { title: 'a' });
		mesh.ann('add', b, { title: 'b', dependsOn: [a] });
		mesh.ann('start', b, { force: true });
		expect([...(await said())]).toEqual([]);
	});

	it('[I9] find a landing out of another stage, and let the one of a deleted life be', async () => {
		const token = mesh.granted(a);
		mesh.ann('delete', a);
		mesh.granted(a);
		mesh.system('foundOnMain', a, { commit: 'c'.repeat(40), token });
		expect((await said()).get(9)).toBeUndefined();
		const later = mesh.granted(b);
		mesh.system('foundOnMain', b, { commit: 'd'.repeat(40), token: later });
		expect((await said()).get(9)).toContain('it landed while it was in coding');
	});

	it('[I10] find an epic that was done before its children', async () => {
		mesh.ann('add', a, { title: 'a', type: 'epic' });
		mesh.ann('add', b, { title: 'b', parent: a });
		accept(mesh.system('complete', a), { to: 'done' });
		expect((await said()).get(10)).toContain('before its children');
	});

	it('[I11] find a counter that was reset', async () => {
		mesh.granted(a);
		mesh.gates('attemptFailed', a, { reason: 'red' });
		await said();
		change(a, { tries: { reworks: 0, mergeFailures: null, freeFixups: 0, totalAttempts: 1 } });
		expect((await said()).get(11)).toContain('"reworks":1');
	});

	it('[I11] find the grant past the cap', async () => {
		mesh.granted(a);
		for (let n = 0; n < 5; n++) {
			mesh.gates('attemptFailed', a, { reason: 'red' });
			if (n < 4) mesh.system('grant', a, { holder: authorAt('w1', 'work'), role: 'coder' });
		}
		expect([...(await said())]).toEqual([]);
		mesh.system('grant', a, { holder: authorAt('w1', 'work'), role: 'coder' });
		expect((await said()).get(11)).toContain('5 reworks were made');
	});

	it('[I13] find a person for whom somebody else spoke', async () => {
		mesh.say(authorAt('ann', 'edge'), { by: 'user', who: 'bob', item: a, event: 'add', args: { title: 'a' } });
		expect((await said()).get(13)).toContain('does not speak for bob');
	});

	it('[I13] find a laptop that acts as the system', async () => {
		mesh.ann('add', a, { title: 'a' });
		accept(
			mesh.say(authorAt('ann', 'edge'), { by: 'system', who: 'me', item: a, event: 'block', args: { reason: 'x' } }),
		);
		expect((await said()).get(13)).toContain('may not act as system');
	});

	it('[I13] find a grant to who was revoked long ago, and none to who was a moment ago', async () => {
		await said();
		mesh.registry = registryOf(['desk', 'ann'], 2);
		mesh.now += 10_000;
		mesh.granted(a);
		expect([...(await said())]).toEqual([]);
		mesh.now += 300_000;
		await said();
		mesh.granted(b);
		expect((await said()).get(13)).toContain('may not work for the project');
	});

	it('[I14] find what was settled twice, and what was passed over', async () => {
		mesh.ann('add', a, { title: 'a' });
		const [entry] = mesh.history;
		if (!entry) throw new Error('nothing was said');
		mesh.history = [entry, { ...entry, revision: 2 }];
		mesh.facts = { ...mesh.facts, revision: 2 };
		expect((await said()).get(14)).toBeDefined();
		mesh = new MadeUpMesh();
		checkers = allCheckers();
		mesh.ann('add', a, { title: 'a' });
		mesh.ann('edit', a, { title: 'b' });
		mesh.history = mesh.history.slice(1);
		expect([...(await said()).values()].join()).toContain('was settled after');
	});

	it('[I14] find an item that came from nothing', async () => {
		mesh.ann('add', a, { title: 'a' });
		await said();
		const item = mesh.facts.items[a];
		if (!item) throw new Error('no item');
		mesh.facts = { ...mesh.facts, items: { ...mesh.facts.items, [b]: { ...item, key: b } } };
		expect((await said()).get(14)).toContain('came from nothing');
	});

	it('begin again with the facts where a store was put back', async () => {
		mesh.granted(a);
		await said();
		const before = mesh.facts;
		mesh.ann('add', b, { title: 'b' });
		await said();
		mesh.emit({ kind: 'diskLost', node: 'desk', how: 'backup' });
		mesh.facts = { ...before, term: 1_700_000_000 };
		mesh.home = { generation: '2' };
		mesh.replica = { generation: '2' };
		expect([...(await said())]).toEqual([]);
	});

	it('[I4] know a token by the term in which it was given, though the home has moved meanwhile', async () => {
		mesh.ann('add', a, { title: 'a' });
		mesh.ann('start', a);
		await said();
		mesh.system('grant', a, { holder: authorAt('w1', 'work'), role: 'coder' });
		const published = { node: 'desk', project: projectOne, term: 1, generation: '1', revision: mesh.facts.revision };
		const history = mesh.history.slice(-1);
		mesh.emit({ kind: 'published', ...published, history, intents: [], wallMs: mesh.now, isOneFold: false });
		mesh.emit({ kind: 'homeMoved', project: projectOne, from: 'w1', to: 'desk', how: 'sealed', term: 2 });
		mesh.facts = { ...mesh.facts, term: 2 };
		mesh.home = { generation: '2' };
		mesh.replica = { generation: '2' };
		expect((await said()).get(4)).toBeUndefined();
	});

	it('[I14] find a number that meant something else before a home was lost', async () => {
		const before = mesh.facts;
		mesh.ann('add', a, { title: 'a' });
		expect([...(await said())]).toEqual([]);
		mesh.emit({ kind: 'homeGivenUp', project: projectOne, from: 'desk' });
		mesh.facts = { ...before, term: 2 };
		mesh.say(authorAt('desk', 'edge'), { by: 'user', who: 'ann', item: b, event: 'add', args: { title: 'b' } });
		mesh.home = { generation: '2' };
		mesh.replica = { generation: '2' };
		expect((await said()).get(14)).toBe(`the number 1 was given to ${a} and to ${b}`);
	});

	it('[I7] know what a person deleted in the first breath of a new home', async () => {
		const token = mesh.granted(a);
		const of = { node: 'w1', project: projectOne, item: a, token } as const;
		const base = await mesh.push({ 'a.txt': '0\n' });
		const commit = await mesh.commit({ 'a.txt': '2\n' }, [base]);
		await said();
		mesh.nodes.set('w1', { made: [{ ...of, commit, base }] });
		mesh.emit({ kind: 'homeGivenUp', project: projectOne, from: 'desk' });
		mesh.ann('delete', a);
		mesh.facts = { ...mesh.facts, term: 2 };
		mesh.home = { generation: '2' };
		mesh.replica = { generation: '2' };
		await said();
		mesh.emit({ kind: 'reportSent', ...of, report: 'result', commit });
		mesh.emit({ kind: 'reportSettled', ...of });
		expect((await said()).get(7)).toBeUndefined();
	});

	it('[I14] let an author go on after what a lost life had settled', async () => {
		mesh.ann('add', a, { title: 'a' });
		const before = mesh.facts;
		mesh.ann('edit', a, { title: 'b' });
		await said();
		mesh.emit({ kind: 'diskLost', node: 'desk', how: 'flip' });
		mesh.facts = { ...before, term: 1_700_000_000 };
		mesh.home = { generation: '2' };
		mesh.replica = { generation: '2' };
		expect([...(await said())]).toEqual([]);
		mesh.facts = { ...mesh.facts, acceptedUpTo: { [authorAt('ann', 'edge')]: 2 } };
		mesh.ann('edit', a, { title: 'c' });
		expect([...(await said())]).toEqual([]);
	});

	it('[I7] ask for no commit that grew on what only a lost home had of main', async () => {
		const begin = await mesh.push({ 'a.txt': '0\n' });
		const base = await mesh.push({ 'a.txt': '1\n' });
		const token = mesh.granted(a);
		const of = { node: 'w1', project: projectOne, item: a, token } as const;
		const commit = await mesh.commit({ 'a.txt': '2\n' }, [base]);
		await said();
		mesh.nodes.set('w1', { made: [{ ...of, commit, base }] });
		mesh.emit({ kind: 'homeGivenUp', project: projectOne, from: 'desk' });
		mesh.emit({ kind: 'reportSent', ...of, report: 'result', commit });
		mesh.emit({ kind: 'reportSettled', ...of });
		await mesh.git.moveMain(begin, base);
		mesh.facts = { ...mesh.facts, term: 2 };
		mesh.home = { generation: '2' };
		mesh.replica = { generation: '2' };
		expect((await said()).get(7)).toBe(undefined);
	});

	it('[I6] find a history that is shorter than it was', async () => {
		mesh.granted(a);
		await said();
		mesh.history = mesh.history.slice(0, -1);
		expect((await said()).get(6)).toContain('lost entries');
	});
});

/** Checkers of what owners set for a project, of labels, of what QA said, and of what commits say of themselves. */
import { beforeEach, describe, expect, it } from 'vitest';
import { projectOne } from '../../support/facts.ts';
import { allCheckers } from '../../support/simulation/checkers/index.ts';
import { landsOnce, mainMoves } from '../../support/simulation/checkers/landings.ts';
import { Ledger } from '../../support/simulation/checkers/ledger.ts';
import { Budgets, Pauses } from '../../support/simulation/checkers/owners.ts';
import { rightsHold } from '../../support/simulation/checkers/rights.ts';
import { settledOnce } from '../../support/simulation/checkers/settled-once.ts';
import { tokensHold } from '../../support/simulation/checkers/tokens-and-grants.ts';
import { authorAt, MadeUpMesh } from '../../support/simulation/made-up-mesh.ts';

const a = '01K0TASK00000000000000000A';
const holder = authorAt('w1', 'work');
const of = { node: 'desk', project: projectOne, item: a } as const;

let mesh: MadeUpMesh;
beforeEach(() => {
	mesh = new MadeUpMesh();
});

describe('[I12] the checker of pauses', () => {
	const give = (): void => mesh.emit({ kind: 'grant', ...of, token: [1, 1], holder, role: 'coder' });

	it('finds what is given while a project is paused, but for what was on its way', async () => {
		const pauses = new Pauses();
		const step = async () => pauses.read(await mesh.seen());
		mesh.emit({ kind: 'pausing', node: 'desk', project: projectOne, paused: true });
		mesh.now += 5_000;
		give();
		expect(await step()).toEqual([]);
		mesh.now += 20_000;
		give();
		expect((await step()).join()).toContain('though the project is paused for 25000 ms');
		mesh.emit({ kind: 'pausing', node: 'desk', project: projectOne, paused: false });
		give();
		expect(await step()).toEqual([]);
	});
});

describe('[I12] the checker of budgets', () => {
	const begin = (costUsd: number): void =>
		mesh.emit({ kind: 'agentStarted', ...of, node: 'w1', token: [1, 1], behaviour: 'finishes', costUsd });

	it('adds up what one home has granted, until an owner raises it', async () => {
		const budgets = new Budgets();
		const step = async () => budgets.read(await mesh.seen());
		mesh.budgetUsd = 5;
		mesh.emit({ kind: 'grant', ...of, token: [1, 1], holder, role: 'coder' });
		begin(3);
		begin(2);
		expect(await step()).toEqual([]);
		begin(1);
		expect(await step()).toEqual(['what desk has granted costs 6.00 USD, and the budget is 5']);
		mesh.budgetUsd = null;
		begin(1);
		expect(await step()).toEqual([]);
	});
});

describe('[I13] the checker of rights', () => {
	const said = async (): Promise<string> => {
		const seen = await mesh.seen();
		return checkers.flatMap((one) => one.step(seen)).join('; ');
	};
	let checkers = allCheckers();
	beforeEach(() => {
		checkers = allCheckers();
	});

	it('finds an item at a node that lacks the label it asks for; its own name is one', async () => {
		mesh.granted(a, { labels: ['needs:w1'] });
		expect(await said()).toBe('');
		mesh.granted('01K0TASK00000000000000000B', { labels: ['needs:fast'] });
		expect(await said()).toContain('has not the label fast');
	});

	it('finds a home that decides after it has handed over, whatever it knows', async () => {
		const checker = rightsHold(new Ledger());
		const moved = { kind: 'homeMoved', project: projectOne, from: 'desk', to: 'w1', term: 2 } as const;
		mesh.ann('add', a, { title: 'a' });
		const late = {
			kind: 'publishedInVain',
			node: 'desk',
			project: projectOne,
			term: 1,
			history: mesh.history,
		} as const;
		mesh.emit({ ...moved, how: 'lost' });
		mesh.emit(late);
		expect(await mesh.step(checker)).toEqual([]);
		mesh.emit({ ...moved, how: 'sealed' });
		mesh.emit(late);
		expect((await mesh.step(checker)).join()).toContain('which it has handed over');
	});
});

describe('[I14] the checker of wishes', () => {
	it('finds one that waits for the home and is not shown as waiting', async () => {
		const checker = settledOnce(new Ledger());
		mesh.ann('add', a, { title: 'a' });
		const facts = { ...mesh.facts, acceptedUpTo: { [authorAt('ann', 'edge')]: 0 } };
		const pending = [...mesh.intents.values()];
		const id = `${authorAt('ann', 'edge')}#1` as const;
		mesh.replica = { facts, pending, unsettled: [id] };
		expect(await mesh.step(checker)).toEqual([]);
		mesh.replica = { facts, pending };
		expect((await mesh.step(checker)).join()).toContain('ann does not show it as waiting');
	});
});

describe('[I9] the checker of main', () => {
	const change = { 'a.txt': '1\n' };

	it('[I3] finds an item that counts as landed by what a person wrote into a commit', async () => {
		const [lands, moves] = [landsOnce(new Ledger()), mainMoves(new Ledger())];
		const base = await mesh.push({ 'a.txt': 'a\n' });
		mesh.granted(a);
		const to = await mesh.push(change);
		mesh.emit({ kind: 'pushed', node: 'desk', project: projectOne, commit: to, forges: a });
		expect([...(await mesh.end(lands)), ...(await mesh.step(moves))]).toEqual([]);
		mesh.emit({ kind: 'mainMoved', node: 'desk', project: projectOne, from: base, to, by: 'landing' });
		mesh.system('foundOnMain', a, { commit: to });
		const seen = await mesh.seen();
		expect(lands.step(seen).join()).toContain(`counts as landed in ${to}, which a person pushed`);
		expect(moves.step(seen).join()).toContain("counts as a landing and is a person's");
	});

	it('finds what lands where an agent looks first, and none has passed it', async () => {
		const checker = mainMoves(new Ledger());
		const base = await mesh.push({ 'a.txt': 'a\n' });
		mesh.granted(a, { review: 'agent' });
		const result = await mesh.commit(change, [base]);
		mesh.gates('submit', a, { commit: result, base });
		await mesh.land(a, { result });
		expect((await mesh.step(checker)).join()).toContain('QA did not pass it and nobody approved it');
	});

	it('finds nothing where QA has passed it', async () => {
		const checker = mainMoves(new Ledger());
		const base = await mesh.push({ 'a.txt': 'a\n' });
		mesh.granted(a, { review: 'agent' });
		const result = await mesh.commit(change, [base]);
		mesh.gates('submitForQa', a, { commit: result, base });
		judge('qaPassed');
		await mesh.land(a, { result });
		expect(await mesh.step(checker)).toEqual([]);
	});
});

/** What a QA agent at the worker is taken to have said. */
function judge(event: 'qaPassed' | 'qaFailed'): void {
	mesh.system('grant', a, { holder, role: 'qa' });
	const token = mesh.facts.items[a]?.token ?? [0, 0];
	const args = { reason: 'I looked' };
	mesh.say(authorAt('desk', 'work'), { by: 'agent', who: 'judge', item: a, event, args, token, onBehalfOf: holder });
	mesh.emit({ kind: 'reportSent', ...of, node: 'w1', token, report: 'verdict', commit: null });
	const published = { node: 'desk', project: projectOne, term: 1, generation: '1', revision: mesh.facts.revision };
	const history = mesh.history.slice(-1);
	mesh.emit({ kind: 'judged', ...of, node: 'w1', token, verdict: 'pass' });
	mesh.emit({ kind: 'published', ...published, history, intents: [], wallMs: mesh.now, isOneFold: false });
}

describe('[I4] the checker of words', () => {
	it('finds a verdict that is taken for another one', async () => {
		const base = await mesh.push({ 'a.txt': 'a\n' });
		for (const [event, found] of [
			['qaPassed', ''],
			['qaFailed', 'w1 said something else of it'],
		] as const) {
			const checker = tokensHold(new Ledger());
			mesh.granted(a, { review: 'agent' });
			await mesh.step(checker);
			const commit = await mesh.commit({ 'a.txt': event }, [base]);
			mesh.gates('submitForQa', a, { commit, base });
			judge(event);
			const said = (await mesh.step(checker)).join();
			if (found === '') expect(said).toBe('');
			else expect(said).toContain(found);
			mesh.ann('delete', a);
		}
	});
});

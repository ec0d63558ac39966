/** What becomes of what a worker reports: the doors of the work loop. */
import { describe, expect, it } from 'vitest';
import { ganglineError, parseNodeId } from '../../../shared/ports/index.ts';
import type { WorkReport } from '../../../shared/protocol/work.ts';
import { firstKey as a, kinds, LoopBench, there, working } from '../../support/loop-bench.ts';

const b = '01K0000000000000000000000B';
const usage = { costUsd: 1, inputTokens: 10, outputTokens: 1, seconds: 1 };
const ada = { name: 'ada', runtime: 'claude-code', max_cost_usd: 2 };
const stopped: WorkReport = { kind: 'stopped', reason: 'told to', commit: null, usage };
const failed: WorkReport = {
	...{ kind: 'failed', reason: 'red', gate: 'check', gateKind: 'other', detail: 'line 12', commit: null, usage },
};

describe('a report', () => {
	it('[I6] that comes twice at once is settled once', async () => {
		const bench = await working();
		const { begun } = bench;
		await Promise.all([bench.loop.report(there, begun, failed), bench.loop.report(there, begun, failed)]);
		expect(bench.item(a).tries.reworks).toBe(1);
		expect(kinds(bench).filter((what) => what === 'acknowledge')).toHaveLength(1);
	});

	it('[I13] is settled whatever another node says of the same grant at that moment', async () => {
		const bench = await working();
		const { begun } = bench;
		const lie = bench.loop.report(parseNodeId('n9999999999999999'), begun, failed).catch((error) => error.code);
		await bench.loop.report(there, begun, failed);
		expect(await lie).toBe('FORBIDDEN');
		expect(bench.item(a).tries.reworks).toBe(1);
		expect(kinds(bench).filter((what) => what === 'acknowledge')).toHaveLength(1);
	});

	it('[I11] of a run of which only its promise is known settles that, and nothing else', async () => {
		const bench = await LoopBench.open({ agent: [ada], budget: { item_usd: 5 } });
		await bench.add(a, { agent: 'ada' });
		const task = await bench.loop.task(bench.item(a), 'coder', bench.config, bench.main);
		const owed = { ...task, token: [1, 77] as const };
		await bench.runs.costs.promise({ key: a, number: 1, run: '1.77', agent: 'ada', node: there, usd: 2, at: 0 });
		await bench.loop.report(there, owed, failed);
		expect(bench.runs.costs.costUsd(a)).toBe(1);
		expect(bench.runs.costs.promises()).toEqual([]);
		expect(bench.item(a).tries.reworks).toBe(0);
		expect(bench.asked.at(-1)).toMatchObject({ what: 'acknowledge' });
	});

	it('takes no words of a person away: whoever begins after it is told them, said before the run or during it', async () => {
		const bench = await LoopBench.open();
		await bench.add(a);
		await bench.talks.note(a, 'ann: mind the gap');
		await bench.pass();
		await bench.pass();
		const first = bench.begun;
		expect(first.notes).toEqual(['ann: mind the gap']);
		await bench.talks.note(a, 'ann: and the step');
		await bench.loop.report(there, first, failed);
		const next = await bench.loop.task(bench.item(a), 'coder', bench.config, bench.main);
		expect(next.notes).toEqual(['ann: mind the gap', 'ann: and the step']);
	});

	it('[I4] [I7] ends its grant: what waits to land keeps the token, a frozen item goes on under another', async () => {
		const bench = await working();
		const commit = await bench.disk.commit({ 'a.txt': 'a\n', 'b.txt': 'b\n' }, bench.main);
		const verdict = { tree: commit, gateSet: 'set', passed: true, gates: [] };
		await bench.loop.report(there, bench.begun, { kind: 'result', commit, base: bench.main, verdict, usage });
		expect(bench.item(a)).toMatchObject({ stage: { kind: 'merge' }, token: bench.begun.token });
		const other = await working();
		const said = { by: 'user', who: 'ada', item: a, args: {} } as const;
		await other.home.submit('edge', [{ ...said, event: 'freeze' }]);
		await other.loop.report(there, other.begun, stopped);
		expect(other.item(a).token).toEqual(other.begun.token);
		await other.home.submit('edge', [{ ...said, event: 'unfreeze' }]);
		const { begun } = other;
		other.hears();
		await other.pass();
		await other.pass();
		expect(kinds(other).filter((what) => what === 'begin')).toHaveLength(2);
		expect(other.begun.token).not.toEqual(begun.token);
	});

	it('[I7] of an item that the facts have lost is kept, where the grant is in our books', async () => {
		const bench = await working();
		const fetched: string[] = [];
		bench.fetch = async (_from, commit) => void fetched.push(commit);
		const commit = await bench.disk.commit({ 'b.txt': 'b\n' }, bench.main);
		const verdict = { tree: commit, gateSet: 'set', passed: true, gates: [] };
		await bench.home.revise((facts) => ({ ...facts, items: {} }));
		await bench.loop.report(there, bench.begun, { kind: 'result', commit, base: bench.main, verdict, usage });
		expect(bench.home.item(a)).toBeUndefined();
		expect(fetched).toEqual([commit]);
		expect(bench.asked.at(-1)).toMatchObject({ what: 'acknowledge' });
	});

	it('[I7] of a grant whose home died before it was in its books is kept, when another may have the item', async () => {
		const bench = await working();
		await bench.runs.forget(a);
		bench.hears();
		await bench.pass();
		expect(kinds(bench)).toEqual(['offer', 'begin', 'begin']);
		await bench.home.submit('edge', [{ by: 'user', who: 'ada', item: a, event: 'defer', args: {} }]);
		const fetched: string[] = [];
		bench.fetch = async (_from, commit) => void fetched.push(commit);
		const commit = await bench.disk.commit({ 'b.txt': 'b\n' }, bench.main);
		await bench.loop.report(there, bench.begun, { ...stopped, commit });
		expect(fetched).toEqual([commit]);
	});

	it('[I11] of what waits to land again and nobody holds gives a promise back from who held it alone', async () => {
		const bench = await working();
		const { begun } = bench;
		const commit = await bench.disk.commit({ 'a.txt': 'a\n', 'b.txt': 'b\n' }, bench.main);
		const verdict = { tree: commit, gateSet: 'set', passed: true, gates: [] };
		await bench.loop.report(there, begun, { kind: 'result', commit, base: bench.main, verdict, usage });
		const { token } = begun;
		const conflict = { kind: 'conflict', detail: 'a.txt' };
		await bench.home.submit('home', [
			{ by: 'landing', who: 'landing', item: a, event: 'mergeFailed', args: conflict, token },
			{ by: 'system', who: 'system', item: a, event: 'release', args: { reason: 'not heard of' } },
		]);
		expect(bench.item(a)).toMatchObject({ stage: { kind: 'mergeFailure' }, holder: null, token });
		const promised = { key: a, number: 1, run: token.join('.'), agent: 'ada', node: there, usd: 2, at: 0 };
		await bench.runs.costs.promise(promised);
		await bench.loop.report(parseNodeId('n9999999999999999'), begun, { ...failed, usage: { ...usage, costUsd: 0 } });
		expect(bench.runs.costs.promises()).toEqual([promised]);
		await bench.loop.report(there, begun, failed);
		expect(bench.runs.costs.promises()).toEqual([]);
	});

	it('[I12] with a question is kept with it, for the person and for the next session', async () => {
		const bench = await working();
		const asks = { id: 'q1', question: 'may I run make?', at: 5 };
		await bench.loop.report(there, bench.begun, { kind: 'blocked', reason: 'it asks', commit: null, usage, asks });
		expect(bench.item(a).stage.kind).toBe('blocked');
		expect(bench.talks.parked(a)).toEqual(asks);
	});

	it('of an account that is limited waits for its end, and counts no try', async () => {
		const bench = await working({ agent: [ada] }, { agent: 'ada' });
		const until = bench.disk.clock.now() + 60_000;
		expect(bench.loop.nextLimitEnd()).toBeNull();
		await bench.loop.report(there, bench.begun, { kind: 'rateLimited', until, usage });
		expect(bench.loop.nextLimitEnd()).toBe(until);
		expect(bench.item(a).tries.reworks).toBe(0);
		bench.asked.length = 0;
		bench.hears();
		await bench.pass();
		expect(kinds(bench)).toEqual([]);
		expect(bench.loop.notBefore(a)).toBe(until);
		expect(bench.loop.notBefore(b)).toBeNull();
	});

	it('of no grant that this home knows tells of the limits that it met all the same', async () => {
		const bench = await working({ agent: [ada] }, { agent: 'ada' });
		const until = bench.disk.clock.now() + 60_000;
		const unknown = { ...bench.begun, token: [1, 77] as const };
		await bench.loop.report(there, unknown, { kind: 'rateLimited', until, usage });
		expect(bench.loop.nextLimitEnd()).toBe(until);
		expect(bench.runs.costs.costUsd(a)).toBe(0);
	});

	it('that met limits on the way is heard of them, whose account it was and whatever became of the work', async () => {
		const rita = { ...ada, name: 'rita', role: 'research', accounts: ['own', 'work'] };
		const bench = await working({ agent: [ada, rita] }, { agent: 'ada' });
		const until = bench.disk.clock.now() + 60_000;
		const limits = [
			{ agent: 'ada', until },
			{ agent: 'rita', account: 'work', until: until + 1_000 },
		];
		await bench.loop.report(there, bench.begun, { ...failed, limits });
		bench.hears({ logins: ['claude-code:own', 'claude-code:work'] });
		expect(bench.item(a).tries.reworks).toBe(1);
		const login = { runtime: 'claude-code', agent: null };
		expect(bench.pool.limitedUntil([{ ...login, account: 'claude-code' }])).toBe(until);
		const named = (name: string) => ({ ...login, agent: `claude-code:${name}`, account: `claude-code:${name}`, name });
		expect(bench.pool.limitedUntil([named('work')])).toBe(until + 1_000);
		expect(bench.pool.limitedUntil([named('own')])).toBeNull();
	});

	it('of one account of two goes on with the other, and waits where both are limited until the first of them ends', async () => {
		const bench = await LoopBench.open({ agent: [{ ...ada, accounts: ['work', 'own'] }] });
		const logins = ['claude-code:work', 'claude-code:own'];
		bench.hears({ logins });
		await bench.add(a, { agent: 'ada' });
		await bench.pass();
		await bench.pass();
		expect(bench.begun.account).toBe('work');
		const until = bench.disk.clock.now() + 60_000;
		await bench.loop.report(there, bench.begun, { kind: 'rateLimited', until, usage });
		bench.hears({ logins });
		await bench.pass();
		expect([bench.begun.account, bench.loop.notBefore(a)]).toEqual(['own', null]);
		await bench.loop.report(there, bench.begun, { kind: 'rateLimited', until: until + 1, usage });
		bench.asked.length = 0;
		for (let pass = 0; pass < 3; pass++) {
			bench.hears({ logins });
			await bench.pass();
		}
		expect(kinds(bench)).toEqual([]);
		expect(bench.loop.notBefore(a)).toBe(until);
		expect(bench.log.lines.filter(({ event }) => event === 'accounts.limited')).toHaveLength(1);
		expect(bench.item(a).tries.reworks).toBe(0);
	});

	it('[I7] of commits that cannot be taken says so, and what it says besides counts', async () => {
		const bench = await working();
		bench.fetch = () => Promise.reject(ganglineError('TOO_LARGE', 'a pack of 9 GiB'));
		const commit = 'c'.repeat(40);
		await bench.loop.report(there, bench.begun, { ...failed, commit });
		expect(bench.item(a).lastFailure?.reason).toBe('red; its commits could not be taken: a pack of 9 GiB');
	});

	it('[I6] whose commits cannot be fetched now is not acknowledged', async () => {
		const bench = await working();
		bench.fetch = () => Promise.reject(ganglineError('PEER_GONE', 'the line broke'));
		const report = { ...failed, commit: 'c'.repeat(40) };
		await expect(bench.loop.report(there, bench.begun, report)).rejects.toMatchObject({ code: 'PEER_GONE' });
		expect(kinds(bench)).not.toContain('acknowledge');
	});

	it('[I12] of a script that failed twice in the same way waits for a person', async () => {
		const bench = await working();
		await bench.loop.report(there, bench.begun, { ...failed, detail: 'line 12' });
		await bench.pass();
		await bench.loop.report(there, bench.begun, { ...failed, detail: 'line 13' });
		expect(bench.item(a).stage).toMatchObject({
			...{ kind: 'blocked' },
			reason: 'its script failed twice in the same way: red',
		});
	});
});

describe('an accepted result that is not here', () => {
	/** An item in the queue whose result only its worker has. */
	async function missing(): Promise<LoopBench> {
		const bench = await working();
		const { facts } = bench.disk;
		const commit = 'd'.repeat(40);
		const item = {
			...bench.item(a),
			stage: { kind: 'merge' },
			role: null,
			result: { commit, base: bench.main },
		} as const;
		bench.disk.facts = { ...facts, items: { [a]: item } };
		bench.hears();
		return bench;
	}

	it('[I7] is fetched from who made it', async () => {
		const bench = await missing();
		const wanted: string[] = [];
		bench.fetch = async (from, commit) => void wanted.push(`${from} ${commit}`);
		await bench.pass();
		expect(wanted).toEqual([`${there} ${'d'.repeat(40)}`]);
	});

	it('[I12] is given up where who made it has it no more, and asked for again where the line broke', async () => {
		const bench = await missing();
		bench.fetch = () => Promise.reject(ganglineError('PEER_GONE', 'the line broke'));
		await bench.pass();
		expect(bench.item(a).stage.kind).toBe('merge');
		bench.fetch = () => Promise.reject(ganglineError('NOTHING_TO_SHOW', 'no such commit'));
		await bench.pass();
		expect(bench.item(a).stage.kind).not.toBe('merge');
		const broken = await missing();
		broken.fetch = () => Promise.reject(new TypeError('a bug'));
		await expect(broken.pass()).rejects.toThrow('a bug');
	});
});

describe('a failed landing', () => {
	it('goes back to be mended with what failed, also where nothing was said', async () => {
		const bench = await LoopBench.open();
		await bench.add(a);
		const { facts } = bench.disk;
		const item = { ...bench.item(a), stage: { kind: 'mergeFailure', failure: 'gates' } } as const;
		bench.disk.facts = { ...facts, items: { [a]: item } };
		await bench.pass();
		expect(bench.item(a)).toMatchObject({ stage: { kind: 'coding' }, lastFailure: { detail: 'a gate failed' } });
	});
});

/** What a home gives to a worker and what not, and what becomes of what it reports: the doors of grants and of the loop. */
import { describe, expect, it } from 'vitest';
import { lostAfter } from '../../../node/home/work-loop.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import type { WorkReport } from '../../../shared/protocol/work.ts';
import { lostAfterMsDefault } from '../../../shared/protocol/worker-state.ts';
import { makeItem } from '../../support/facts.ts';
import { LoopBench, there } from '../../support/loop-bench.ts';

const a = '01K0000000000000000000000A';
const b = '01K0000000000000000000000B';
const usage = { costUsd: 1, inputTokens: 10, outputTokens: 1, seconds: 1 };
const ada = { name: 'ada', runtime: 'claude-code', max_cost_usd: 2 };
const stopped: WorkReport = { kind: 'stopped', reason: 'told to', commit: null, usage };
const failed: WorkReport = {
	...{ kind: 'failed', reason: 'red', gate: 'check', gateKind: 'other', detail: 'line 12', commit: null, usage },
};
const kinds = (bench: LoopBench): readonly string[] => bench.asked.map(({ what }) => what);

/** A bench with one item that was started and has been begun at the worker. */
async function working(settings: object = {}, args: Parameters<LoopBench['add']>[1] = {}): Promise<LoopBench> {
	const bench = await LoopBench.open(settings);
	await bench.add(a, args);
	await bench.pass();
	await bench.pass();
	return bench;
}

describe('a grant', () => {
	it('[I5] is offered, made a fact, and only then begun, and says why it went there', async () => {
		const bench = await LoopBench.open();
		expect(bench.loop.placement(a)).toBeNull();
		bench.answers = {
			offer: async () => {
				expect(bench.item(a).holder).toBeNull();
				return { kind: 'accepted' };
			},
			begin: async () => {
				expect(bench.item(a).holder).toBe(`${there}.00000001.work`);
				return true;
			},
		};
		await bench.add(a);
		await bench.pass();
		await bench.pass();
		expect(kinds(bench)).toEqual(['offer', 'begin']);
		expect(bench.loop.placement(a)).toMatchObject({ by: 'home', node: there });
	});

	it('that the worker declines is none, and says so', async () => {
		const bench = await LoopBench.open();
		bench.answers = { offer: async () => ({ kind: 'declined', reason: 'the disk is full' }) };
		await bench.add(a);
		await bench.pass();
		await bench.pass();
		expect(bench.item(a).holder).toBeNull();
		expect(bench.loop.placement(a)?.reasons.join()).toMatch(/builder declined: the disk is full|declined/);
	});

	it('[I4] is withdrawn where a person froze the item while the worker was asked', async () => {
		const bench = await LoopBench.open();
		bench.answers = {
			offer: async () => {
				await bench.home.submit('edge', [{ by: 'user', who: 'ada', item: a, event: 'freeze', args: {} }]);
				return { kind: 'accepted' };
			},
		};
		await bench.add(a);
		await bench.pass();
		await bench.pass();
		expect(kinds(bench)).toEqual(['offer', 'cancel']);
		expect(bench.item(a)).toMatchObject({ holder: null, stage: { kind: 'frozen' } });
	});

	it('is withdrawn where the project was paused while the worker was asked, and ended where it had begun', async () => {
		for (const when of ['offer', 'begin'] as const) {
			const bench = await LoopBench.open();
			const pause = <Answer>(answer: Answer): Answer => {
				bench.isPaused = true;
				return answer;
			};
			bench.answers =
				when === 'offer' ? { offer: async () => pause({ kind: 'accepted' }) } : { begin: async () => pause(true) };
			for (const key of [a, b]) await bench.add(key);
			await bench.pass();
			await bench.pass();
			expect(kinds(bench)).toEqual(when === 'offer' ? ['offer', 'cancel'] : ['offer', 'begin', 'cancel']);
			expect([bench.item(a).holder === null, bench.item(b).holder]).toEqual([when === 'offer', null]);
		}
	});

	it('waits while its agent works on as many items as its setting allows', async () => {
		const bench = await LoopBench.open({ agent: [{ ...ada, concurrency: 1 }] });
		await bench.add(a, { agent: 'ada' });
		await bench.add(b, { agent: 'ada' });
		await bench.pass();
		await bench.pass();
		expect(bench.loop.placement(b)?.reasons).toEqual(['ada works on 1 items, as many as its concurrency allows']);
		bench.asked.length = 0;
		await bench.pass();
		expect(kinds(bench)).not.toContain('offer');
	});

	it('is for an agent that speaks ACP under its own name', async () => {
		const bench = await working({ agent: [{ name: 'eve', runtime: 'acp', command: ['eve'] }] }, { agent: 'eve' });
		expect(bench.begun).toMatchObject({ agent: 'eve', role: 'coder' });
	});

	it('brings a researcher from the third failed try on, where there is one', async () => {
		const bench = await working({ agent: [ada, { name: 'rita', role: 'research', runtime: 'claude-code' }] });
		const item = makeItem(a, { agent: 'ada', tries: { ...makeItem(a).tries, reworks: 3 } });
		expect(await bench.loop.task(item, 'coder', bench.config, bench.main)).toMatchObject({ research: 'rita' });
		const fresh = makeItem(a, { agent: 'ada', lastFailure: { reason: 'red', detail: 'line 12', at: 1 } });
		const task = await bench.loop.task(fresh, 'coder', bench.config, bench.main);
		expect(task).not.toHaveProperty('research');
		expect(task.item.lastFailure).toBe('red\nline 12');
	});

	it('[I7] of an earlier home is not gone on with: what its run committed is kept there alone', async () => {
		const bench = await working();
		const { facts } = bench.disk;
		bench.disk.facts = { ...facts, term: facts.term + 1 };
		bench.asked.length = 0;
		bench.hears();
		for (let pass = 0; pass < 3; pass++) await bench.pass();
		expect(kinds(bench)).toEqual(['offer', 'begin']);
		expect(bench.begun.token[0]).toBe(facts.term + 1);
	});

	it('[I7] says under which ref the result lies that it goes on from, where one has it', async () => {
		const bench = await LoopBench.open();
		const commit = await bench.disk.commit({ 'a.txt': 'b\n' }, bench.main);
		const item = makeItem(a, { token: [1, 9], result: { commit, base: bench.main } });
		expect(await bench.loop.task(item, 'coder', bench.config, bench.main)).not.toHaveProperty('startAt');
		await bench.disk.git.keep(`refs/gangline/attempts/${a}/1.9`, commit);
		const task = await bench.loop.task(item, 'coder', bench.config, bench.main);
		expect(task.startAt).toEqual({ ref: `refs/gangline/attempts/${a}/1.9`, base: bench.main });
	});
});

describe('a budget', () => {
	it('[I11] that an item has used up has a person look at it, and says how it goes on', async () => {
		const bench = await working({ agent: [ada], budget: { item_usd: 1 } }, { agent: 'ada' });
		expect(bench.begun.allowanceUsd).toBe(1);
		await bench.loop.report(there, bench.begun, stopped);
		bench.hears();
		await bench.pass();
		expect(bench.item(a).stage).toMatchObject({
			...{ kind: 'blocked' },
			reason: expect.stringMatching(/used up.*raise it in \.gangline\/project\.toml, then gangline move 1 unblock/),
		});
	});

	it('[I11] of the day that is used up lets the item wait for tomorrow', async () => {
		const bench = await working({ agent: [ada], budget: { day_usd: 1 } }, { agent: 'ada' });
		await bench.loop.report(there, bench.begun, stopped);
		bench.hears();
		await bench.pass();
		expect(bench.item(a).stage.kind).toBe('coding');
		expect(bench.loop.placement(a)?.reasons.join()).toContain('it goes on tomorrow');
	});

	it('[I11] that is promised to others while the worker is asked gives the item back', async () => {
		const bench = await LoopBench.open({ agent: [ada], budget: { project_usd: 1 } });
		const other = { key: b, number: 2, run: '1.99', agent: 'ada', node: there, usd: 1, at: 0 };
		bench.answers = {
			offer: async () => {
				await bench.runs.costs.promise(other);
				return { kind: 'accepted' };
			},
		};
		await bench.add(a, { agent: 'ada' });
		await bench.pass();
		await bench.pass();
		expect(kinds(bench)).toEqual(['offer', 'cancel']);
		expect(bench.item(a).holder).toBeNull();
	});

	it.each(['gone', 'barred'] as const)(
		'[I12] books as spent what was promised to a worker that is %s, and gives the item back',
		async (standing) => {
			const bench = await working({ agent: [ada], budget: { project_usd: 3 } }, { agent: 'ada' });
			const usd = bench.begun.allowanceUsd ?? 0;
			bench.standing = standing;
			await bench.pass();
			expect(bench.item(a).holder).toBeNull();
			expect(bench.runs.costs.gone(a).project).toEqual({ spent: usd, reserved: 0 });
		},
	);

	it('[I11] that is used up begins nothing again under a grant that goes on', async () => {
		const bench = await working({ agent: [ada], budget: { item_usd: 1 } }, { agent: 'ada' });
		await bench.runs.costs.settle({ key: a, number: 1, run: '1.98', agent: 'ada', node: there }, usage);
		const { token } = bench.begun;
		await bench.runs.costs.settle({ key: a, number: 1, run: token.join('.'), agent: 'ada', node: there }, usage);
		bench.asked.length = 0;
		bench.hears();
		await bench.pass();
		expect(kinds(bench)).toEqual([]);
		expect(bench.item(a).stage.kind).toBe('blocked');
	});
});

describe('a holder that goes on', () => {
	it('[I12] keeps its item while nobody else has room, and loses it to who has', async () => {
		const bench = await working();
		const { clock } = bench.disk;
		bench.answers = { begin: async () => false };
		const goOn = async (): Promise<void> => {
			bench.hears();
			await bench.pass();
			await clock.advance(20_000);
		};
		for (let n = 0; n < 5; n++) await goOn();
		expect(bench.item(a).holder).not.toBeNull();
		bench.hears({}, 'n0000000000000003' as typeof there);
		await goOn();
		expect(bench.item(a).holder).toBeNull();
	});

	it('is asked for nothing while main may not be begun on', async () => {
		const bench = await working();
		bench.asked.length = 0;
		bench.hears();
		await bench.pass('main is red');
		expect(kinds(bench)).toEqual([]);
	});
});

describe('a report', () => {
	it('[I6] that comes twice at once is settled once', async () => {
		const bench = await working();
		const { begun } = bench;
		await Promise.all([bench.loop.report(there, begun, failed), bench.loop.report(there, begun, failed)]);
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
		expect(bench.asked.at(-1)).toMatchObject({ what: 'acknowledge', over: true });
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

	it('[I7] of a result ends its grant, though what waits to land keeps the token; of a frozen item it goes on until commits are left', async () => {
		const bench = await working();
		const commit = await bench.disk.commit({ 'a.txt': 'a\n', 'b.txt': 'b\n' }, bench.main);
		const verdict = { tree: commit, gateSet: 'set', passed: true, gates: [] };
		await bench.loop.report(there, bench.begun, { kind: 'result', commit, base: bench.main, verdict, usage });
		expect(bench.item(a)).toMatchObject({ stage: { kind: 'merge' }, token: bench.begun.token });
		expect(bench.asked.at(-1)).toMatchObject({ what: 'acknowledge', over: true });
		const other = await working();
		await other.home.submit('edge', [{ by: 'user', who: 'ada', item: a, event: 'freeze', args: {} }]);
		await other.loop.report(there, other.begun, stopped);
		expect(other.asked.at(-1)).toMatchObject({ what: 'acknowledge', over: false });
		await other.loop.report(there, other.begun, { ...stopped, commit });
		expect(other.asked.at(-1)).toMatchObject({ what: 'acknowledge', over: true });
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
		expect(bench.asked.at(-1)).toMatchObject({ what: 'acknowledge', over: true });
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

describe('how long a holder may be silent', () => {
	it('is what the project says, or the usual where that cannot be read, and nothing for who is impatient', async () => {
		const { config } = await LoopBench.open({ work: { lost_after_seconds: 40 } });
		expect(lostAfter({ labels: [] }, config)).toBe(40_000);
		expect(lostAfter({ labels: [] }, null)).toBe(lostAfterMsDefault);
		expect(lostAfter({ labels: ['impatient'] }, config)).toBe(0);
	});
});

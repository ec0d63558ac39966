/** What a home gives to a worker and what not: the doors of grants. */
import { describe, expect, it } from 'vitest';
import { lostAfter } from '../../../node/home/work-loop.ts';
import type { WorkReport } from '../../../shared/protocol/work.ts';
import { lostAfterMsDefault } from '../../../shared/protocol/worker-state.ts';
import { makeItem } from '../../support/facts.ts';
import { firstKey as a, kinds, LoopBench, there, working } from '../../support/loop-bench.ts';

const b = '01K0000000000000000000000B';
const usage = { costUsd: 1, inputTokens: 10, outputTokens: 1, seconds: 1 };
const ada = { name: 'ada', runtime: 'claude-code', max_cost_usd: 2 };
const stopped: WorkReport = { kind: 'stopped', reason: 'told to', commit: null, usage };

/** The item is not given where `happens` while its worker is asked. */
async function expectWithdrawn(bench: LoopBench, happens: () => Promise<unknown>): Promise<void> {
	bench.answers = {
		offer: async () => {
			await happens();
			return { kind: 'accepted' };
		},
	};
	await bench.add(a, { agent: 'ada' });
	await bench.pass();
	await bench.pass();
	expect(kinds(bench)).toEqual(['offer', 'cancel']);
	expect(bench.item(a).holder).toBeNull();
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

	it('[I12] is none where the account became limited while others were asked', async () => {
		const bench = await LoopBench.open({ agent: [ada] });
		await expectWithdrawn(bench, () => bench.pool.limited(there, 'claude-code', bench.disk.clock.now() + 20_000));
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

	it.each([
		['', 1],
		[', however far that one had counted', -1],
	])('[I7] of an earlier home%s is not gone on with: what its run committed is kept there alone', async (_, more) => {
		const bench = await working();
		const { facts } = bench.disk;
		bench.disk.facts = { ...facts, term: facts.term + more };
		bench.asked.length = 0;
		bench.hears();
		for (let pass = 0; pass < 3; pass++) await bench.pass();
		expect(kinds(bench)).toEqual(['offer', 'begin']);
		expect(bench.begun.token[0]).toBe(facts.term + more);
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
		await expectWithdrawn(bench, () => bench.runs.costs.promise(other));
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

describe('how long a holder may be silent', () => {
	it('is what the project says, or the usual where that cannot be read, and nothing for who is impatient', async () => {
		const { config } = await LoopBench.open({ work: { lost_after_seconds: 40 } });
		expect(lostAfter({ labels: [] }, config)).toBe(40_000);
		expect(lostAfter({ labels: [] }, null)).toBe(lostAfterMsDefault);
		expect(lostAfter({ labels: ['impatient'] }, config)).toBe(0);
	});
});

/** Life signs of a worker, and whom it takes for away: homes soon, the gateway only when it was told and said nothing. */
import { describe, expect, it } from 'vitest';
import { StateTeller } from '../../../node/foreign/index.ts';
import type { Rpc } from '../../../shared/mesh/rpc.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { SimClock, SimLog, settle } from '../../../shared/ports/sim/index.ts';
import type { WorkerState } from '../../../shared/protocol/worker-state.ts';
import { oneId } from '../../support/mesh-pair.ts';

const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const state: WorkerState = {
	...{ author: `${oneId}.00000001.work`, slots: { total: 1, free: 1 }, shortage: null, busy: [], reporting: [] },
	...{
		projects: [],
		runtimes: [],
		load: 0,
		free: { diskMb: 1, memoryMb: 1 },
		floor: { diskMb: 0, memoryMb: 0 },
	},
};

/** Tells one listener for `minutes`, who answers or not; answers how often it was told, and what the log says. */
async function told(about: ReadonlySet<string> | null, answers: boolean, minutes = 10) {
	const clock = new SimClock();
	const log = new SimLog();
	let asked = 0;
	const rpc = {
		ask: async () => {
			asked += 1;
			if (!answers) throw ganglineError('PEER_GONE', 'nobody is there');
			return { mains: [], forget: [] };
		},
	};
	let backs = 0;
	const teller = new StateTeller({
		...{ clock, log, state: () => state, listeners: () => new Map([[oneId, about]]) },
		rpc: rpc as unknown as Pick<Rpc, 'ask'>,
		...{ onMain: () => {}, onForget: () => {}, onBack: () => (backs += 1) },
	});
	teller.start();
	for (let second = 0; second < minutes * 60; second++) {
		await clock.advance(1_000);
		await settle();
	}
	const awayMs = teller.awayMs(oneId);
	teller.stop();
	return { asked, backs, awayMs, said: log.lines.map(({ event }) => event) };
}

describe('a worker that says how it is', () => {
	it.each([
		['a home, every five seconds', new Set([project]), 115],
		['the gateway, every twenty seconds', null, 28],
	] as const)('tells %s, and takes nobody who answers for away', async (_, about, atLeast) => {
		const { asked, backs, awayMs, said } = await told(about, true);
		expect(asked).toBeGreaterThanOrEqual(atLeast);
		expect(asked).toBeLessThan(atLeast * 1.2);
		expect([backs, awayMs, said]).toEqual([0, null, []]);
	});

	it.each([
		['a home', new Set([project]), [project]],
		['the gateway', null, []],
	] as const)('[I13] hears from %s about its own projects alone', async (_, about, heard) => {
		const clock = new SimClock();
		const other = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
		const main = 'a'.repeat(40);
		const answer = {
			mains: [project, other].map((id) => ({ project: id, main })),
			forget: [project, other].map((id) => ({ project: id, key: '01BX5ZZKBKACTAV9WEVGEMMVS0' })),
		};
		const told = { mains: [] as string[], forget: [] as string[] };
		const teller = new StateTeller({
			...{ clock, log: new SimLog(), state: () => state, listeners: () => new Map([[oneId, about]]) },
			rpc: { ask: async () => answer } as unknown as Pick<Rpc, 'ask'>,
			onMain: (id) => told.mains.push(id),
			onForget: (id) => told.forget.push(id),
			onBack: () => {},
		});
		teller.start();
		await settle();
		teller.stop();
		expect(told).toEqual({ mains: heard, forget: heard });
	});

	it('[I13] does not hear from a home about a project that another has got while it answered', async () => {
		const answer = Promise.withResolvers<unknown>();
		const told: string[] = [];
		let about = new Set([project]);
		const teller = new StateTeller({
			...{ clock: new SimClock(), log: new SimLog(), state: () => state, listeners: () => new Map([[oneId, about]]) },
			rpc: { ask: () => answer.promise } as unknown as Pick<Rpc, 'ask'>,
			onMain: (id) => told.push(id),
			onForget: (id) => told.push(id),
			onBack: () => {},
		});
		teller.start();
		about = new Set();
		answer.resolve({
			mains: [{ project, main: 'a'.repeat(40) }],
			forget: [{ project, key: '01BX5ZZKBKACTAV9WEVGEMMVS0' }],
		});
		await settle();
		teller.stop();
		expect(told).toEqual([]);
	});

	it('says once that a home or the gateway is away, and since when', async () => {
		for (const about of [new Set([project]), null]) {
			const { awayMs, said } = await told(about, false);
			expect(said).toEqual(['home.away']);
			expect(awayMs).toBeGreaterThan(590_000);
		}
	});
});

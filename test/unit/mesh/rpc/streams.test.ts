import { describe, expect, it } from 'vitest';
import type { NetworkRpc } from '../../../../shared/mesh/rpc/index.ts';
import { ganglineError } from '../../../../shared/ports/index.ts';
import { oneId, twoId } from '../../../support/mesh-pair.ts';

import { connected, count, failureOf } from '../../../support/rpc-pair.ts';

describe('a stream', () => {
	const counting = (answerer: NetworkRpc, made: { items: number; ended: boolean }): void =>
		answerer.serveStream(count, async function* ({ to, size }) {
			try {
				for (let i = 0; i < to; i++) {
					made.items++;
					yield `${i}`.padEnd(size);
				}
			} finally {
				made.ended = true;
			}
		});

	it('brings every item in order, small and large ones', async () => {
		const { asker, answerer, finish } = await connected();
		counting(answerer, { items: 0, ended: false });
		for (const [to, size] of [
			[5_000, 0],
			[6, 3_000_000],
			[0, 0],
		] as const) {
			const got: number[] = [];
			await finish(
				(async () => {
					for await (const item of asker.askStream(twoId, count, { to, size })) got.push(Number(item));
				})(),
			);
			expect(got).toEqual(Array.from({ length: to }, (_, i) => i));
		}
	});

	it('[I15] makes a fast side wait for a slow reader', async () => {
		const { asker, answerer, finish, clock } = await connected();
		const made = { items: 0, ended: false };
		counting(answerer, made);
		const items = asker.askStream(twoId, count, { to: 1_000, size: 100_000 })[Symbol.asyncIterator]();
		await finish(items.next());
		await clock.advance(60_000);
		expect(made.items).toBeLessThan(15);
		for (let i = 1; i < 30; i++) await finish(items.next());
		await clock.advance(1_000);
		expect(made.items).toBeLessThan(45);
		await finish(items.return?.() ?? Promise.resolve());
		await clock.advance(100);
		expect(made.ended).toBe(true);
	});

	it('ends with what was thrown there after the items before it', async () => {
		const { asker, answerer, finish } = await connected();
		answerer.serveStream(count, async function* () {
			yield 'first';
			throw ganglineError('NOTHING_TO_SHOW', 'the log ends here');
		});
		const got: string[] = [];
		const reading = (async () => {
			for await (const item of asker.askStream(twoId, count, { to: 1, size: 1 })) got.push(item);
		})();
		expect(await failureOf(finish(reading))).toMatchObject({ code: 'NOTHING_TO_SHOW' });
		expect(got).toEqual(['first']);
	});

	it('gives up when nothing comes for too long, but not while its own reader rests', async () => {
		const { asker, answerer, finish, clock } = await connected();
		answerer.serveStream(count, async function* (_, __, signal) {
			yield 'a';
			yield 'b';
			await new Promise((resolve) => signal.addEventListener('abort', resolve));
		});
		const items = asker.askStream(twoId, count, { to: 1, size: 1 }, { idleMs: 500 })[Symbol.asyncIterator]();
		await finish(items.next());
		await clock.advance(5_000);
		expect(await finish(items.next())).toMatchObject({ value: 'b' });
		expect(await failureOf(finish(items.next()))).toMatchObject({ code: 'PEER_UNREACHABLE' });
	});

	it('breaks with the connection', async () => {
		const { asker, answerer, finish, net, clock } = await connected();
		answerer.serveStream(count, async function* (_, __, signal) {
			yield 'a';
			await new Promise((resolve) => signal.addEventListener('abort', resolve));
		});
		const items = asker.askStream(twoId, count, { to: 1, size: 1 })[Symbol.asyncIterator]();
		await finish(items.next());
		const next = failureOf(items.next());
		await clock.advance(10);
		net.breakLinks(oneId, twoId);
		expect(await finish(next)).toMatchObject({ code: 'PEER_GONE' });
	});
});

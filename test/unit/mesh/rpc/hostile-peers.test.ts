/** Peers that break the rules of questions and streams. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Channel, pause } from '../../../../shared/ports/index.ts';
import { oneId, twoId } from '../../../support/mesh-pair.ts';

import {
	answerByHand,
	connectedByHand,
	count,
	echo,
	echoing,
	failureOf,
	frame,
	never,
} from '../../../support/rpc-pair.ts';

describe('[I13] a peer that breaks the rules', () => {
	const question = { method: 'test.echo', args: { text: 'x' } };
	const piece = Buffer.alloc(131_072, 'x');
	const crimes: Readonly<Record<string, readonly Uint8Array[]>> = {
		'sends bytes that are no frame': [Buffer.from('GET / HTTP/1.1')],
		'sends nothing in a frame': [Buffer.alloc(0)],
		'asks in no JSON': [frame('ask', 1, Buffer.from('{'))],
		'names no method': [frame('ask', 1, [])],
		'hides a prototype in its question': [
			frame('ask', 1, Buffer.from('{"method":"test.echo","args":{"__proto__":{}}}')),
		],
		'asks the same question twice at once': [frame('ask', 1, question), frame('ask', 1, question)],
		'asks 65 questions at once': Array.from({ length: 65 }, (_, i) => frame('ask', i + 1, question)),
		'answers on the side where it asks': [frame('answer', 1, {})],
		'begins two long bodies at once': [frame('ask', 1, piece, true), frame('ask', 2, piece, true)],
		'sends a body without end': Array.from({ length: 65 }, () => frame('ask', 1, piece, true)),
		'sends a body in crumbs': [frame('ask', 1, Buffer.from('x'), true)],
		'gives credit that is no number': [frame('credit', 1, Buffer.from('lots'.repeat(2)))],
		'sends a frame past the bound': [Buffer.alloc(2 * 1024 * 1024)],
	};

	for (const [crime, frames] of Object.entries(crimes)) {
		it(`${crime}: is cut off, and no handler hears of it more than once`, async () => {
			const { one, two, asker, finish, clock, log } = await connectedByHand();
			let heard = 0;
			asker.serve(echo, () => {
				heard++;
				return never();
			});
			const channel = await finish(two.open(oneId, '/gangline/rpc/1'));
			for (const bytes of frames) void channel.send(bytes).catch(() => undefined);
			await clock.advance(1_000);
			expect(one.links()).toEqual([]);
			expect(heard).toBeLessThanOrEqual(64);
			if (!crime.includes('past the bound')) expect(log.of('rpc.peerCutOff')).toHaveLength(1);
		});
	}

	const lies: Readonly<Record<string, (channel: Channel, id: number) => Promise<void>>> = {
		'answers what was never asked': (channel) => channel.send(frame('answer', 99, {})),
		'answers in no JSON': (channel, id) => channel.send(frame('answer', id, Buffer.from('}'))),
		'answers with an item': (channel, id) => channel.send(frame('item', id, 'x')),
		'throws what is no error': (channel, id) => channel.send(frame('error', id, { sorry: true })),
	};
	for (const [lie, answer] of Object.entries(lies)) {
		it(`${lie}: is cut off, and the asker learns that it is gone`, async () => {
			const { one, two, asker, finish, clock } = await connectedByHand();
			answerByHand(two, answer);
			expect(await failureOf(finish(asker.ask(twoId, echo, { text: 'x' })))).toMatchObject({ code: 'PEER_GONE' });
			await clock.advance(1_000);
			expect(one.links()).toEqual([]);
		});
	}

	it('sends more items than it had credit for: is cut off', async () => {
		const { one, two, asker, finish, clock } = await connectedByHand();
		answerByHand(two, async (channel, id) => {
			for (let i = 0; i < 200; i++) await channel.send(frame('item', id, Buffer.from(JSON.stringify('x'.repeat(1e5)))));
		});
		const items = asker.askStream(twoId, count, { to: 1, size: 1 })[Symbol.asyncIterator]();
		await finish(items.next());
		await clock.advance(10_000);
		expect(one.links()).toEqual([]);
	});

	it('asks and gives up in a loop: its handlers do not pile up', async () => {
		const { one, two, asker, finish, clock } = await connectedByHand();
		let running = 0;
		asker.serve(echo, () => {
			running++;
			return never();
		});
		for (let round = 0; round < 3; round++) {
			const channel = await finish(two.open(oneId, '/gangline/rpc/1'));
			for (let id = 1; id < 200; id++) {
				await finish(channel.send(frame('ask', id, question)));
				await finish(channel.send(frame('cancel', id, Buffer.alloc(0))));
			}
			await clock.advance(100);
		}
		expect(one.links()).toHaveLength(1);
		expect(running).toBe(128);
	});

	it('[I15] reads no answers: is not read any further until it does', async () => {
		const { two, asker, finish, clock } = await connectedByHand();
		let asked = 0;
		asker.serve(echo, async () => {
			asked++;
			return { text: 'x'.repeat(50_000), from: twoId };
		});
		const channel = await finish(two.open(oneId, '/gangline/rpc/1'));
		const all = 1_000;
		const sending = (async () => {
			for (let id = 1; id <= all; id++) {
				await channel.send(frame('ask', id, question));
				// It waits for nothing, but for the number that may be open at once.
				if (id % 32 === 0) await pause(clock, 1);
			}
		})();
		await clock.advance(5_000);
		expect(asked).toBeLessThan(400);
		let answered = 0;
		void (async () => {
			for await (const _ of channel.frames()) answered++;
		})();
		await finish(sending);
		await clock.advance(5_000);
		expect([asked, answered]).toEqual([all, all]);
	});

	it('survives anything that is thrown at it', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), async (frames) => {
				const { one, two, asker, finish, clock } = await connectedByHand();
				echoing(asker);
				const channel = await finish(two.open(oneId, '/gangline/rpc/1'));
				for (const bytes of frames) void channel.send(bytes).catch(() => undefined);
				await clock.advance(100);
				expect(one.links().length).toBeLessThanOrEqual(1);
			}),
			{ numRuns: 60 },
		);
	});
});

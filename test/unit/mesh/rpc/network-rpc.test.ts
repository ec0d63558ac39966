import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ganglineError } from '../../../../shared/ports/index.ts';
import { oneId, twoId } from '../../../support/mesh-pair.ts';

import {
	answerByHand,
	connected,
	connectedByHand,
	echo,
	echoing,
	failureOf,
	frame,
	never,
} from '../../../support/rpc-pair.ts';

describe('NetworkRpc', () => {
	it('answers with who asked, and only what the schema names', async () => {
		const { asker, answerer, finish } = await connected();
		echoing(answerer);
		expect(await finish(asker.ask(twoId, echo, { text: 'hi' }))).toEqual({ text: 'hi', from: oneId });
	});

	it('carries bodies of any length up to the bound, many at once, whole', async () => {
		const { asker, answerer, finish } = await connected();
		echoing(answerer);
		const lengths = [0, 1, 131_000, 131_072, 400_000, 3_000_000, 12, 900_000, 7_900_000];
		const answers = await finish(
			Promise.all(lengths.map((length) => asker.ask(twoId, echo, { text: 'x'.repeat(length) }, { timeoutMs: 1e9 }))),
		);
		expect(answers.map(({ text }) => text.length)).toEqual(lengths);
	});

	it('refuses to send what is too long, and says so of an answer', async () => {
		const { asker, answerer, finish } = await connected();
		answerer.serve(echo, async () => ({ text: 'x'.repeat(9_000_000), from: '' }));
		expect(await failureOf(asker.ask(twoId, echo, { text: 'x'.repeat(9_000_000) }))).toMatchObject({
			code: 'TOO_LARGE',
		});
		expect(await failureOf(finish(asker.ask(twoId, echo, { text: '' })))).toMatchObject({ code: 'TOO_LARGE' });
	});

	it('throws here what was thrown there, without its cause and without secrets', async () => {
		const { asker, answerer, finish } = await connected();
		answerer.serve(echo, async () => {
			throw ganglineError('FORBIDDEN', 'not with https://ada:pass@example.org/', {
				hint: 'ask the owner',
				data: { project: 'app', password: 'hunter2' },
				cause: new Error('hunter3'),
			});
		});
		const error = await failureOf(finish(asker.ask(twoId, echo, { text: '' })));
		expect(error).toMatchObject({ code: 'FORBIDDEN', hint: 'ask the owner', data: { project: 'app' } });
		expect(JSON.stringify([error.message, error.data, error.cause])).not.toMatch(/hunter|pass@/);
	});

	it('keeps the words of a bug in the log of the node that has it', async () => {
		const { asker, answerer, finish, log } = await connected();
		answerer.serve(echo, async () => {
			throw new TypeError('undefined has no secret 42');
		});
		const error = await failureOf(finish(asker.ask(twoId, echo, { text: '' })));
		expect(error).toMatchObject({ code: 'INTERNAL' });
		expect(error.message).not.toContain('42');
		expect(log.of('rpc.handlerFailed')).toHaveLength(1);
	});

	it('takes a code of a newer version for INTERNAL', async () => {
		const { one, asker, two, finish } = await connectedByHand();
		answerByHand(two, (channel, id) =>
			channel.send(frame('error', id, { code: 'FROM_THE_FUTURE', message: 'no words for it' })),
		);
		const error = await failureOf(finish(asker.ask(twoId, echo, { text: '' })));
		expect(error).toMatchObject({ code: 'INTERNAL', message: 'no words for it', data: { code: 'FROM_THE_FUTURE' } });
		expect(one.links()).toHaveLength(1);
	});

	it('refuses arguments that do not fit, on both sides, without cutting anyone off', async () => {
		const { asker, answerer, finish, one } = await connected();
		echoing(answerer);
		const wrong = { ...echo, args: z.object({ text: z.any() }) };
		expect(await failureOf(asker.ask(twoId, echo, { text: 4 as unknown as string }))).toMatchObject({
			code: 'INVALID_ARGUMENT',
		});
		expect(await failureOf(finish(asker.ask(twoId, wrong, { text: 4 })))).toMatchObject({ code: 'INVALID_ARGUMENT' });
		expect(await failureOf(finish(asker.ask(twoId, { ...echo, name: 'test.none' }, { text: '' })))).toMatchObject({
			code: 'UNKNOWN_OPERATION',
		});
		expect(one.links()).toHaveLength(1);
	});

	it('gives up after the time given and tells the other side', async () => {
		const { asker, answerer, finish, clock } = await connected();
		let told: unknown;
		answerer.serve(echo, async (_, __, signal) => {
			signal.addEventListener('abort', () => {
				told = signal.reason;
			});
			return never();
		});
		const began = clock.monotonic();
		const error = await failureOf(finish(asker.ask(twoId, echo, { text: '' }, { timeoutMs: 700 })));
		expect(error).toMatchObject({ code: 'PEER_UNREACHABLE', data: { ms: 700 } });
		expect(clock.monotonic() - began).toBeLessThan(720);
		await clock.advance(50);
		expect(told).toMatchObject({ code: 'PEER_GONE' });
	});

	it('ends with the reason of the caller who left, and tells the other side', async () => {
		const { asker, answerer, finish, clock } = await connected();
		let isTold = false;
		answerer.serve(echo, (_, __, signal) => {
			signal.addEventListener('abort', () => {
				isTold = true;
			});
			return never();
		});
		const leaving = new AbortController();
		const asked = asker.ask(twoId, echo, { text: '' }, { signal: leaving.signal });
		await clock.advance(100);
		leaving.abort(new Error('changed my mind'));
		await expect(finish(asked)).rejects.toThrow('changed my mind');
		await clock.advance(50);
		expect(isTold).toBe(true);
		await expect(asker.ask(twoId, echo, { text: '' }, { signal: leaving.signal })).rejects.toThrow('changed my mind');
	});

	it('rejects what waits with PEER_GONE when the connection breaks, and asks anew over the next one', async () => {
		const { asker, answerer, finish, net, clock, connect } = await connected();
		let isTold = false;
		answerer.serve({ ...echo, name: 'test.hang' }, (_, __, signal) => {
			signal.addEventListener('abort', () => {
				isTold = true;
			});
			return never();
		});
		echoing(answerer);
		const asked = failureOf(asker.ask(twoId, { ...echo, name: 'test.hang' }, { text: '' }));
		await clock.advance(100);
		net.breakLinks(oneId, twoId);
		expect(await finish(asked)).toMatchObject({ code: 'PEER_GONE' });
		await clock.advance(50);
		expect(isTold).toBe(true);
		expect(await failureOf(finish(asker.ask(twoId, echo, { text: '' })))).toMatchObject({ code: 'PEER_GONE' });
		await connect();
		expect(await finish(asker.ask(twoId, echo, { text: 'again' }))).toMatchObject({ text: 'again' });
	});

	it('[I15] has at most 64 questions open at a peer; the others wait their turn', async () => {
		const { asker, answerer, clock } = await connected();
		let [running, most] = [0, 0];
		const held: (() => void)[] = [];
		answerer.serve(echo, async ({ text }) => {
			most = Math.max(most, ++running);
			await new Promise<void>((resolve) => held.push(resolve));
			running--;
			return { text, from: '' };
		});
		const all = Promise.all(Array.from({ length: 200 }, (_, i) => asker.ask(twoId, echo, { text: String(i) })));
		let isDone = false;
		void all.finally(() => {
			isDone = true;
		});
		while (!isDone) {
			for (const go of held.splice(0)) go();
			await clock.advance(20);
		}
		expect((await all).map(({ text }) => text)).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
		expect(most).toBe(64);
	});

	it('ends everything when it is closed', async () => {
		const { asker, answerer, finish, clock } = await connected();
		answerer.serve(echo, never);
		const asked = failureOf(asker.ask(twoId, echo, { text: '' }));
		await clock.advance(100);
		await asker.close();
		expect(['STOPPING', 'PEER_GONE']).toContain((await finish(asked)).code);
		expect(await failureOf(asker.ask(twoId, echo, { text: '' }))).toMatchObject({ code: 'STOPPING' });
	});
});

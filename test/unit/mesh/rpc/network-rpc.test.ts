/** Questions and streams between two members over the simulated network, honest ones and others. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeFrame, type FrameKind } from '../../../../shared/mesh/rpc/frames.ts';
import { NetworkRpc } from '../../../../shared/mesh/rpc/index.ts';
import type { RpcMethod, RpcStream } from '../../../../shared/mesh/rpc.ts';
import { type Channel, GanglineError, ganglineError, pause } from '../../../../shared/ports/index.ts';
import { type MeshPair, meshPair, oneId, twoId } from '../../../support/mesh-pair.ts';

const echo = {
	name: 'test.echo',
	args: z.object({ text: z.string() }),
	result: z.object({ text: z.string(), from: z.string() }),
} satisfies RpcMethod;

const count = {
	name: 'test.count',
	args: z.object({ to: z.int(), size: z.int() }),
	item: z.string(),
} satisfies RpcStream;

interface Here extends MeshPair {
	readonly asker: NetworkRpc;
	readonly answerer: NetworkRpc;
}

async function connected(): Promise<Here> {
	const pair = await meshPair();
	const rpcOf = (network: MeshPair['one']): NetworkRpc => new NetworkRpc({ ...pair, network });
	const [asker, answerer] = [rpcOf(pair.one), rpcOf(pair.two)];
	return { ...pair, asker, answerer };
}

const echoing = (answerer: NetworkRpc): void =>
	answerer.serve(echo, async ({ text }, peer) => ({ text, from: peer.node, secret: 'stays here' }));

async function failureOf(promise: Promise<unknown>): Promise<GanglineError> {
	const error = await promise.then(
		() => null,
		(thrown: unknown) => thrown,
	);
	expect(error).toBeInstanceOf(GanglineError);
	return error as GanglineError;
}

const never = (): Promise<never> => new Promise(() => undefined);

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

/** A first node with rpc, and a second one whose frames a test writes. */
async function connectedByHand() {
	const pair = await meshPair({ twoSendsAnything: true });
	return { ...pair, asker: new NetworkRpc({ ...pair, network: pair.one }) };
}

function frame(kind: FrameKind, id: number, body: unknown, more = false): Uint8Array {
	const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
	return encodeFrame({ kind, id, more, body: bytes });
}

/** Answers each question with what `answer` sends. */
function answerByHand(two: MeshPair['two'], answer: (channel: Channel, id: number) => Promise<void>): void {
	two.handle('/gangline/rpc/1', (channel) => {
		void (async () => {
			for await (const bytes of channel.frames()) await answer(channel, Buffer.from(bytes).readUIntBE(2, 6));
		})().catch(() => undefined);
	});
}

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

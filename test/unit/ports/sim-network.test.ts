/** What the twin of Network does beyond the port's contract: weather, crashes, and the same run from the same seed. */
import { describe, expect, it } from 'vitest';
import type { Channel, NodeId } from '../../../shared/ports/index.ts';
import { parseNodeId } from '../../../shared/ports/index.ts';
import { SimClock, SimNet, type SimNetwork, SimRandom, settle } from '../../../shared/ports/sim/index.ts';

const ids = ['a', 'b', 'c', 'd'].map((letter) => parseNodeId(`n${letter.repeat(16)}`));
const keyOf = (node: NodeId): Uint8Array => Buffer.from(node.padEnd(32).slice(0, 32));

function world(seed = 1, options: { readonly connectionMsMean?: number } = {}) {
	const clock = new SimClock();
	const net = new SimNet({ clock, random: new SimRandom(seed), ...options });
	const start = (node: NodeId): SimNetwork => net.node({ node, publicKey: keyOf(node), admission: () => 'member' });
	const nodes = ids.map(start);
	const dial = async (from: SimNetwork, to: SimNetwork): Promise<void> =>
		finish(clock, from.dial({ ...to.peer, addresses: to.addresses() }));
	const [a, b, c, d] = nodes as [SimNetwork, SimNetwork, SimNetwork, SimNetwork];
	return { clock, net, start, dial, a, b, c, d };
}

async function finish<T>(clock: SimClock, promise: Promise<T>): Promise<T> {
	let isOver = false;
	promise
		.catch(() => {})
		.finally(() => {
			isOver = true;
		});
	await settle();
	for (let i = 0; i < 20_000 && !isOver; i++) await clock.advance(5);
	return promise;
}

/** Reads everything that comes, and how it ends. */
function listen(channel: Channel): string[] {
	const heard: string[] = [];
	void (async () => {
		try {
			for await (const frame of channel.frames()) heard.push(Buffer.from(frame).toString());
			heard.push('end');
		} catch (error) {
			heard.push(error instanceof Error && 'code' in error ? String(error.code) : String(error));
		}
	})();
	return heard;
}

async function channelBetween({ clock, dial, a, b }: ReturnType<typeof world>) {
	const heard: string[][] = [];
	b.handle('/gangline/sync/1', (channel) => heard.push(listen(channel)));
	await dial(a, b);
	const channel = await finish(clock, a.open(b.self, '/gangline/sync/1'));
	return { channel, heard };
}

const text = (words: string): Uint8Array => Buffer.from(words);

describe('SimNet', () => {
	it('holds back what a partition meets and delivers it in order when it heals in time', async () => {
		const here = world();
		const { channel, heard } = await channelBetween(here);
		await channel.send(text('before'));
		await here.clock.advance(20);
		here.net.partition(here.a.self, here.b.self);
		await channel.send(text('held 1'));
		await channel.send(text('held 2'));
		await here.clock.advance(15_000);
		expect(heard[0]).toEqual(['before']);
		here.net.heal();
		await channel.send(text('after'));
		await here.clock.advance(40);
		expect(heard[0]).toEqual(['before', 'held 1', 'held 2', 'after']);
		expect(here.a.links().map(({ node }) => node)).toEqual([here.b.self]);
		await here.clock.advance(60_000);
		expect(here.a.links()).toHaveLength(1);
	});

	it('lets both sides give up on their own when a partition lasts', async () => {
		const here = world();
		const { channel, heard } = await channelBetween(here);
		const changes: string[] = [];
		here.a.subscribe(({ kind }) => changes.push(`a ${kind}`));
		here.b.subscribe(({ kind }) => changes.push(`b ${kind}`));
		here.net.block(here.a.self, here.b.self);
		await here.clock.advance(19_000);
		expect(changes).toEqual([]);
		await here.clock.advance(12_000);
		expect(changes.sort()).toEqual(['a down', 'b down']);
		expect(heard[0]).toEqual(['PEER_GONE']);
		await expect(channel.send(text('late'))).rejects.toMatchObject({ code: 'PEER_GONE' });
		await expect(here.dial(here.a, here.b)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
		here.net.heal(here.a.self, here.b.self);
		await here.dial(here.a, here.b);
		expect(here.b.links()).toHaveLength(1);
	});

	it('carries the open direction of a one-way partition until it is given up', async () => {
		const here = world();
		const { channel, heard } = await channelBetween(here);
		here.net.block(here.b.self, here.a.self);
		await channel.send(text('still heard'));
		await here.clock.advance(1_000);
		expect(heard[0]).toEqual(['still heard']);
	});

	it('tells others of a crashed process at once and of a crashed machine after the silence', async () => {
		for (const [how, ms] of [
			['process', 20],
			['machine', 31_000],
		] as const) {
			const here = world();
			const { channel } = await channelBetween(here);
			const heard = listen(channel);
			const never: string[] = [];
			void here.b.open(here.a.self, '/gangline/rpc/1').finally(() => never.push('settled'));
			here.net.crash(here.b.self, how);
			await here.clock.advance(how === 'process' ? 0.5 : 15_000);
			expect(heard).toEqual([]);
			await here.clock.advance(ms);
			expect([heard, here.a.links(), never]).toEqual([['PEER_GONE'], [], []]);
			const again = here.start(here.b.self);
			expect(again.addresses()).toEqual(here.b.addresses());
			await here.dial(here.a, again);
			expect(here.a.links()).toHaveLength(1);
		}
	});

	it('splits nodes into groups and heals them', async () => {
		const { net, dial, a, b, c, d } = world();
		net.split([a.self, b.self], [c.self, d.self]);
		await dial(a, b);
		await dial(c, d);
		await expect(dial(a, d)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
		net.heal();
		await dial(a, d);
		expect(a.links()).toHaveLength(2);
	});

	it('flaps until it is told to stop', async () => {
		const here = world();
		const stop = here.net.flap(here.a.self, here.b.self, { upMs: 1_000, downMs: 1_000 });
		const seen = new Set<boolean>();
		for (let i = 0; i < 40; i++) {
			await here.clock.advance(250);
			seen.add(here.net.passes(here.a.peer, here.b.peer));
		}
		expect(seen.size).toBe(2);
		stop();
		await here.clock.advance(10_000);
		expect(here.net.passes(here.a.peer, here.b.peer)).toBe(true);
		expect(here.clock.waiting).toBe(0);
	});

	it('loses connections when told so and by itself where it is made to', async () => {
		const here = world(1, { connectionMsMean: 5_000 });
		let downs = 0;
		here.a.subscribe(({ kind }) => {
			if (kind === 'down') downs++;
		});
		for (let i = 0; i < 5; i++) {
			await here.dial(here.a, here.b);
			await here.clock.advance(60_000);
		}
		expect(downs).toBe(5);
		await here.dial(here.a, here.b);
		here.net.breakLinks(here.b.self, here.a.self);
		expect(here.a.links()).toEqual([]);
	});

	it('gives the same run for the same seed and another for another', async () => {
		const run = async (seed: number): Promise<string> => {
			const here = world(seed);
			const trace: string[] = [];
			const all = [here.a, here.b, here.c, here.d];
			for (const node of all) {
				node.handle('/gangline/rpc/1', (channel) => {
					void (async () => {
						for await (const frame of channel.frames())
							trace.push(`${here.clock.monotonic()} ${node.self} ${frame[0]}`);
					})();
				});
			}
			for (const from of all) for (const to of all) if (from !== to) await here.dial(from, to);
			const channels = await Promise.all(
				all.flatMap((from) =>
					all.filter((to) => to !== from).map((to) => finish(here.clock, from.open(to.self, '/gangline/rpc/1'))),
				),
			);
			for (const [i, channel] of channels.entries()) for (let n = 0; n < 3; n++) void channel.send(Uint8Array.of(i, n));
			await here.clock.advance(100);
			expect(trace).toHaveLength(36);
			return trace.join('\n');
		};
		const [first, second, other] = [await run(7), await run(7), await run(8)];
		expect(second).toBe(first);
		expect(other).not.toBe(first);
	});
});

/** Redial over simulated networks: whoever is wanted is found again, whatever happened, at a bounded pace. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redial } from '../../../shared/mesh/redial.ts';
import { type Network, type NodeId, type PeerAddress, parseNodeId } from '../../../shared/ports/index.ts';
import { SimClock, SimNet, type SimNetwork, SimRandom } from '../../../shared/ports/sim/index.ts';

const idOf = (n: number): NodeId => parseNodeId(`n${n.toString(16).padStart(16, '0')}`);
const keyOf = (node: NodeId): Uint8Array => new Uint8Array(Buffer.from(node.padEnd(32, '.')));

function world(seed: number, peers = 1) {
	const clock = new SimClock();
	const random = new SimRandom(seed);
	const net = new SimNet({ clock, random });
	const start = (n: number): SimNetwork =>
		net.node({ node: idOf(n), publicKey: keyOf(idOf(n)), admission: () => 'member' });
	const us = start(0);
	const dials: { readonly node: NodeId; readonly at: number }[] = [];
	const counted: Network = {
		...{ self: us.self, addresses: () => us.addresses(), links: () => us.links() },
		dial: (peer) => {
			dials.push({ node: peer.node, at: clock.monotonic() });
			return us.dial(peer);
		},
		open: (node, protocol) => us.open(node, protocol),
		handle: (protocol, take) => us.handle(protocol, take),
		subscribe: (listener) => us.subscribe(listener),
		cutOff: (node, reason) => us.cutOff(node, reason),
		review: () => us.review(),
		[Symbol.asyncDispose]: () => us[Symbol.asyncDispose](),
	};
	const redial = new Redial({ network: counted, clock, random: random.fork('redial') });
	const others = Array.from({ length: peers }, (_, i) => start(i + 1));
	const addressOf = (node: SimNetwork): PeerAddress => ({ ...node.peer, addresses: node.addresses() });
	const stateOf = (node: SimNetwork) => redial.states().get(node.self);
	return { clock, random, net, start, us, dials, redial, others, addressOf, stateOf, first: others[0] as SimNetwork };
}

const gaps = (dials: readonly { readonly at: number }[]): number[] =>
	dials.slice(1).map(({ at }, i) => at - (dials[i]?.at ?? 0));

describe('Redial', () => {
	it('connects who is wanted, at once, and nobody else', async () => {
		const here = world(1, 3);
		here.redial.want(here.others.slice(0, 2).map(here.addressOf));
		await here.clock.advance(100);
		expect(
			here.us
				.links()
				.map(({ node }) => node)
				.sort(),
		).toEqual([idOf(1), idOf(2)]);
		expect(here.stateOf(here.first)).toEqual({ kind: 'connected', since: expect.any(Number) });
		expect(here.redial.states().size).toBe(2);
		await here.clock.advance(600_000);
		expect(here.dials).toHaveLength(2);
	});

	it('waits longer and longer for who is away, up to half a minute, and never stops trying', async () => {
		for (const seed of [1, 2, 3]) {
			const here = world(seed);
			here.net.crash(here.first.self);
			const away = here.clock.now();
			here.redial.want([here.addressOf(here.first)]);
			await here.clock.advance(8 * 3600_000);
			const waits = gaps(here.dials);
			expect(Math.min(...waits.slice(0, 1))).toBeGreaterThanOrEqual(500);
			for (const [i, wait] of waits.entries()) {
				const longest = Math.min(30_000, 500 * 2 ** (i + 1));
				expect(wait).toBeGreaterThanOrEqual(longest / 2);
				expect(wait).toBeLessThanOrEqual(longest + 20);
			}
			expect(waits.length).toBeGreaterThan((8 * 3600) / 30);
			expect(new Set(waits.slice(10).map(Math.round)).size).toBeGreaterThan(100);
			const state = here.stateOf(here.first);
			expect(state).toMatchObject({ kind: 'away', since: away, tries: waits.length + 1 });
			expect(state?.kind === 'away' && state.lastFailure).toMatch(/connection refused/);
			const back = here.start(1);
			await here.clock.advance(30_100);
			expect(here.stateOf(back)?.kind).toBe('connected');
		}
	});

	it('begins with short waits again after a connection that lasted, not after one that broke right away', async () => {
		const here = world(4);
		here.redial.want([here.addressOf(here.first)]);
		await here.clock.advance(60_000);
		here.net.breakLinks(here.us.self, here.first.self);
		await here.clock.advance(520);
		expect(here.stateOf(here.first)?.kind).toBe('connected');
		const before = here.dials.length;
		const end = here.clock.monotonic() + 600_000;
		while (here.clock.monotonic() < end) {
			here.net.breakLinks(here.us.self, here.first.self);
			await here.clock.advance(50);
		}
		const since = here.dials.slice(before);
		expect(since.length).toBeLessThan(45);
		expect(Math.max(...gaps(since))).toBeGreaterThan(14_000);
	});

	it('tries at once when addresses change and when it is told that the network is back', async () => {
		const here = world(5);
		const real = here.addressOf(here.first);
		here.redial.want([{ ...real, addresses: ['/ip4/10.9.9.9/tcp/1'] }]);
		await here.clock.advance(300_000);
		expect(here.stateOf(here.first)?.kind).toBe('away');
		here.redial.want([real]);
		await here.clock.advance(30);
		expect(here.stateOf(here.first)?.kind).toBe('connected');

		here.net.crash(here.first.self);
		await here.clock.advance(300_000);
		const back = here.start(1);
		here.redial.tryNow();
		await here.clock.advance(30);
		expect(here.stateOf(back)?.kind).toBe('connected');
	});

	it('tries again at once when the addresses changed while a dial hung', async () => {
		const here = world(6);
		here.net.partition(here.us.self, here.first.self);
		here.redial.want([here.addressOf(here.first)]);
		await here.clock.advance(5_000);
		here.net.heal();
		here.redial.want([
			{ ...here.addressOf(here.first), addresses: ['/ip4/10.9.9.9/tcp/1', ...here.first.addresses()] },
		]);
		await here.clock.advance(5_100);
		expect(here.stateOf(here.first)?.kind).toBe('connected');
	});

	it('takes the first peer that is back for a sign to try the others', async () => {
		const here = world(7, 5);
		here.redial.want(here.others.map(here.addressOf));
		await here.clock.advance(100);
		const nodes = here.others.map(({ self }) => self);
		here.net.split([here.us.self], nodes);
		await here.clock.advance(3_600_000);
		expect(here.us.links()).toEqual([]);
		here.net.heal();
		for (let i = 0; i < 800 && here.us.links().length === 0; i++) await here.clock.advance(50);
		await here.clock.advance(10_100);
		expect(here.us.links()).toHaveLength(5);
	});

	it('lets a peer that connected by itself be, and forgets who is not wanted any more', async () => {
		const here = world(8, 2);
		const [one, two] = here.others as [SimNetwork, SimNetwork];
		void one.dial({ ...here.us.peer, addresses: here.us.addresses() });
		await here.clock.advance(20);
		here.redial.want([here.addressOf(one), here.addressOf(two), { ...here.us.peer, addresses: here.us.addresses() }]);
		await here.clock.advance(20);
		expect(here.dials.map(({ node }) => node)).toEqual([two.self]);
		here.redial.want([here.addressOf(one)]);
		here.net.breakLinks(here.us.self, two.self);
		await here.clock.advance(60_000);
		expect([here.dials.length, [...here.redial.states().keys()]]).toEqual([1, [one.self]]);
	});

	it('stops without leaving a timer', async () => {
		const here = world(9, 3);
		for (const node of here.others) here.net.crash(node.self);
		here.redial.want(here.others.map(here.addressOf));
		await here.clock.advance(45_000);
		here.redial[Symbol.dispose]();
		await here.clock.advance(11_000);
		const dials = here.dials.length;
		await here.clock.advance(600_000);
		expect([here.clock.waiting, here.dials.length]).toEqual([0, dials]);
	});

	it('dials few at a time', async () => {
		const here = world(10, 60);
		here.net.split(
			[here.us.self],
			here.others.map(({ self }) => self),
		);
		here.redial.want(here.others.map(here.addressOf));
		await here.clock.advance(9_000);
		expect(here.dials.length).toBeLessThanOrEqual(16);
		await here.clock.advance(60_000);
		expect(new Set(here.dials.map(({ node }) => node)).size).toBe(60);
	});

	it('[I12] finds everyone within a minute after the last fault healed, for any seed', async () => {
		await fc.assert(
			fc.asyncProperty(fc.integer(), async (seed) => {
				const here = world(seed, 4);
				const both = here.others.map((node) => {
					const redial = new Redial({ network: node, clock: here.clock, random: here.random.fork(node.self) });
					redial.want([{ ...here.us.peer, addresses: here.us.addresses() }]);
					return redial;
				});
				here.redial.want(here.others.map(here.addressOf));
				for (let i = 0; i < 30; i++) {
					const node = here.random.pick(here.others);
					const fault = here.random.below(5);
					if (fault === 0) here.net.partition(here.us.self, node.self);
					else if (fault === 1) here.net.block(node.self, here.us.self);
					else if (fault === 2) here.net.breakLinks(here.us.self, node.self);
					else if (fault === 3) here.net.heal(here.us.self, node.self);
					else here.redial.tryNow();
					await here.clock.advance(here.random.below(40_000));
				}
				here.net.heal();
				await here.clock.advance(60_000);
				expect(here.us.links()).toHaveLength(4);
				for (const node of here.others) expect(here.stateOf(node)?.kind).toBe('connected');
				for (const redial of [here.redial, ...both]) redial[Symbol.dispose]();
			}),
			{ numRuns: 25 },
		);
	});
});

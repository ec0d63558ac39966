/** The port Network: one suite, run on the twin and on libp2p over real loopback sockets. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Channel, frameBytesMax, type MeshProtocol } from '../../shared/ports/index.ts';
import { codeOf, libp2pWorld, listen, type NetworkWorld, simWorld, type TestNode } from '../support/network-worlds.ts';

const sync: MeshProtocol = '/gangline/sync/1';
const join: MeshProtocol = '/gangline/join/1';

describe.each([
	['SimNetwork', simWorld],
	['libp2p over TCP', libp2pWorld],
] as const)('%s', (_, makeWorld) => {
	let world: NetworkWorld;
	let a: TestNode;
	let b: TestNode;

	beforeEach(async () => {
		world = makeWorld();
		[a, b] = [await world.start('a'), await world.start('b')];
	});
	afterEach(() => world[Symbol.asyncDispose]());

	/** b's ends of the channels that others open to it. */
	function taken(node: TestNode, protocol = sync): Channel[] {
		const channels: Channel[] = [];
		node.network.handle(protocol, (channel) => channels.push(channel));
		return channels;
	}

	async function connected(protocol = sync): Promise<{ ours: Channel; theirs: Channel }> {
		const channels = taken(b, protocol);
		await world.finish(a.network.dial(b.address));
		const ours = await world.finish(a.network.open(b.identity.nodeId, protocol));
		await world.until(() => channels.length === 1);
		return { ours, theirs: channels[0] as Channel };
	}

	const stop = (node: TestNode): Promise<void> => world.finish(Promise.resolve(node.network[Symbol.asyncDispose]()));

	function changesOf(node: TestNode): string[] {
		const changes: string[] = [];
		node.network.subscribe(({ kind, peer }) => changes.push(`${kind} ${peer.node}`));
		return changes;
	}

	const linked = (one: TestNode, two: TestNode): boolean =>
		one.network.links().some(({ node }) => node === two.identity.nodeId);

	const failure = async (promise: Promise<unknown>): Promise<{ code: string; message: string }> =>
		world.finish(
			promise.then(
				() => ({ code: 'none', message: '' }),
				(error) => ({ code: codeOf(error), message: String(error) }),
			),
		);

	it('connects members, proved by their keys, and tells both sides', async () => {
		const [atA, atB] = [changesOf(a), changesOf(b)];
		await world.finish(a.network.dial(b.address));
		await world.until(() => linked(b, a));
		expect(a.network.links()).toEqual([{ node: b.identity.nodeId, publicKey: b.identity.publicKey }]);
		expect(b.network.links()).toEqual([{ node: a.identity.nodeId, publicKey: a.identity.publicKey }]);
		await world.finish(a.network.dial(b.address));
		await world.finish(b.network.dial(a.address));
		expect([atA, atB]).toEqual([[`up ${b.identity.nodeId}`], [`up ${a.identity.nodeId}`]]);
		expect(a.network.self).toBe(a.identity.nodeId);
	});

	it('carries frames of any allowed size in order, both ways', async () => {
		const { ours, theirs } = await connected();
		expect([ours.peer.node, theirs.peer.node, theirs.protocol]).toEqual([b.identity.nodeId, a.identity.nodeId, sync]);
		const heard = [listen(theirs), listen(ours)];
		const sizes = [0, 1, 3, 4, 0, 65_535, 65_536, frameBytesMax, 17, 300_000];
		const frames = sizes.map((size, i) => Buffer.alloc(size, i + 1));
		await world.finish(Promise.all(frames.flatMap((frame) => [ours.send(frame), theirs.send(frame)])));
		await world.until(() => heard.every((one) => one.length === frames.length));
		for (const one of heard)
			expect(one.map((frame, i) => Buffer.compare(Buffer.from(frame), frames[i] ?? Buffer.of(1)))).toEqual(
				sizes.map(() => 0),
			);
	});

	it('carries what the other side sends as soon as a channel is open', async () => {
		const frames = [1, frameBytesMax, 100_000].map((size, i) => Buffer.alloc(size, 0xf0 + i));
		b.network.handle(sync, (channel) => {
			void Promise.all([...frames.map((frame) => channel.send(frame)), channel.close()]).catch(() => {});
		});
		await world.finish(a.network.dial(b.address));
		for (let round = 0; round < 10; round++) {
			const heard = listen(await world.finish(a.network.open(b.identity.nodeId, sync)));
			await world.until(() => heard.at(-1) === 'end');
			expect(heard.slice(0, -1).map((frame) => [frame.length, frame[0]])).toEqual(
				frames.map((one) => [one.length, one[0]]),
			);
		}
		expect(linked(a, b)).toBe(true);
	});

	it('does not see what the sender does to a frame afterwards', async () => {
		const { ours, theirs } = await connected();
		const heard = listen(theirs);
		const frame = Buffer.from('as it was');
		const sent = ours.send(frame);
		frame.fill(0);
		await world.finish(sent);
		await world.until(() => heard.length === 1);
		expect(Buffer.from(heard[0] ?? '').toString()).toBe('as it was');
	});

	it('lets a sender wait for a reader that does not read, and loses nothing', async () => {
		const { ours, theirs } = await connected();
		const size = 64 * 1024;
		const count = 512;
		let sent = 0;
		const sending = (async () => {
			for (let i = 0; i < count; i++) {
				await ours.send(Buffer.alloc(size, i % 251));
				sent++;
			}
		})();
		let before = -1;
		await world.until(() => {
			const stands = sent === before;
			before = sent;
			return stands && sent > 0;
		});
		for (let i = 0; i < 50; i++) await world.finish(Promise.resolve(world.pass(10)));
		await world.until(() => true);
		expect(sent * size).toBeLessThan(6 * 1024 * 1024);
		const heard = listen(theirs);
		await world.finish(sending);
		await world.until(() => heard.length === count);
		expect(heard.map((frame) => frame[0])).toEqual(heard.map((_, i) => i % 251));
	}, 30_000);

	it('does not hold up one channel because another is full', async () => {
		const { ours } = await connected();
		const others = taken(b, '/gangline/rpc/1');
		const stuck = Promise.all(Array.from({ length: 200 }, () => ours.send(Buffer.alloc(64 * 1024)))).catch(() => {});
		const rpc = await world.finish(a.network.open(b.identity.nodeId, '/gangline/rpc/1'));
		await world.until(() => others.length === 1);
		const heard = listen(others[0] as Channel);
		await world.finish(rpc.send(Buffer.from('quick')));
		await world.until(() => heard.length === 1);
		ours.abort('enough');
		await world.finish(stuck);
	});

	it('refuses to send a frame that is too long', async () => {
		const { ours, theirs } = await connected();
		const heard = listen(theirs);
		expect((await failure(ours.send(Buffer.alloc(frameBytesMax + 1)))).code).toBe('TOO_LARGE');
		await world.finish(ours.send(Buffer.from('goes on')));
		await world.until(() => heard.length === 1);
	});

	it('ends a side after what was sent, and leaves the other side open', async () => {
		const { ours, theirs } = await connected();
		const heard = listen(ours);
		await world.finish(Promise.all([ours.send(Buffer.from('last')), ours.close()]));
		expect((await failure(ours.send(Buffer.from('too late')))).code).toBe('PEER_GONE');
		const read: string[] = [];
		await world.finish(
			(async () => {
				for await (const frame of theirs.frames()) read.push(Buffer.from(frame).toString());
			})(),
		);
		expect(read).toEqual(['last']);
		await world.finish(theirs.send(Buffer.from('answer')));
		await world.finish(theirs.close());
		await world.until(() => heard.length === 2);
		expect(heard[1]).toBe('end');
	});

	it('ends both sides at once when a channel is aborted, and only that channel', async () => {
		const { ours, theirs } = await connected();
		const heard = [listen(ours), listen(theirs)];
		ours.abort('changed my mind');
		await world.until(() => heard.every((one) => one.length === 1));
		expect(heard).toEqual([['PEER_GONE'], ['PEER_GONE']]);
		expect((await failure(ours.send(Buffer.from('x')))).code).toBe('PEER_GONE');
		expect(linked(a, b)).toBe(true);
	});

	it('lets a reader leave and another go on where it left', async () => {
		const { ours, theirs } = await connected();
		await world.finish(Promise.all(['one', 'two', 'three'].map((word) => ours.send(Buffer.from(word)))));
		const first = await world.finish(
			(async () => {
				for await (const frame of theirs.frames()) return Buffer.from(frame).toString();
				return null;
			})(),
		);
		const heard = listen(theirs);
		await world.until(() => heard.length === 2);
		expect([first, ...heard.map((frame) => Buffer.from(frame).toString())]).toEqual(['one', 'two', 'three']);
	});

	it('breaks channels and says so when a node stops in the middle, and finds it again under its key', async () => {
		const { ours } = await connected();
		const changes = changesOf(a);
		const heard = listen(ours);
		const sending = (async () => {
			for (;;) await ours.send(Buffer.alloc(64 * 1024));
		})();
		const failed = failure(sending);
		await stop(b);
		expect((await failed).code).toBe('PEER_GONE');
		await world.until(() => heard.length === 1 && changes.length === 1);
		expect([heard, changes]).toEqual([['PEER_GONE'], [`down ${b.identity.nodeId}`]]);
		expect((await failure(a.network.open(b.identity.nodeId, sync))).code).toBe('PEER_GONE');
		expect((await failure(a.network.dial(b.address))).code).toBe('PEER_UNREACHABLE');
		b = await world.start('b');
		taken(b);
		await world.finish(a.network.dial(b.address));
		await world.finish(a.network.open(b.identity.nodeId, sync));
		expect(changes[1]).toBe(`up ${b.identity.nodeId}`);
	});

	it('says for each address why a node could not be reached', async () => {
		const elsewhere = await world.start('elsewhere');
		const wrongKey = { ...b.address, addresses: elsewhere.address.addresses };
		const wrong = await failure(a.network.dial(wrongKey));
		expect(wrong.code).toBe('PEER_UNREACHABLE');
		expect(wrong.message).toContain(String(elsewhere.address.addresses[0]));
		const nobody = { ...b.address, addresses: ['/ip4/127.0.0.1/tcp/1'] };
		const refused = await failure(a.network.dial(nobody));
		expect([refused.code, /refused/i.test(refused.message)]).toEqual(['PEER_UNREACHABLE', true]);
		expect((await failure(a.network.dial({ ...b.address, addresses: [] }))).code).toBe('PEER_UNREACHABLE');
		expect([a.network.links(), elsewhere.network.links()]).toEqual([[], []]);
		await world.finish(a.network.dial({ ...b.address, addresses: [...nobody.addresses, ...b.address.addresses] }));
		expect(linked(a, b)).toBe(true);
	});

	it('[I13] lets in members alone, whoever dials', async () => {
		const channels = taken(b);
		const changes = [...changesOf(a), ...changesOf(b)];
		b.says.set(a.identity, 'refused');
		expect((await failure(a.network.dial(b.address))).code).toBe('PEER_UNREACHABLE');
		expect((await failure(b.network.dial(a.address))).code).toBe('PEER_UNREACHABLE');
		expect((await failure(a.network.open(b.identity.nodeId, sync))).code).toBe('PEER_GONE');
		expect([a.network.links(), b.network.links(), changes, channels]).toEqual([[], [], [], []]);
	});

	it('[I13] asks again for each channel who may open it', async () => {
		const { ours, theirs } = await connected();
		const heard = listen(theirs);
		b.says.set(a.identity, 'refused');
		expect((await failure(a.network.open(b.identity.nodeId, sync))).code).toBe('PEER_GONE');
		b.network.review();
		const mine = listen(ours);
		await world.until(() => heard.length === 1 && mine.length === 1 && !linked(a, b));
		expect([heard, mine]).toEqual([['PEER_GONE'], ['PEER_GONE']]);
	});

	it('[I13] cuts off a node within a second, with what nobody had read', async () => {
		const { ours, theirs } = await connected();
		const changes = changesOf(b);
		await world.finish(ours.send(Buffer.from('unread')));
		await world.finish(world.pass(50));
		b.network.cutOff(a.identity.nodeId, 'revoked');
		expect([b.network.links(), changes]).toEqual([[], [`down ${a.identity.nodeId}`]]);
		const [heard, mine] = [listen(theirs), listen(ours)];
		const started = performance.now();
		await world.until(() => heard.length === 1 && mine.length === 1 && !linked(a, b));
		expect(performance.now() - started).toBeLessThan(1_000);
		expect([heard, mine]).toEqual([['PEER_GONE'], ['PEER_GONE']]);
	});

	it('refuses a protocol that nobody handles, and a second handler for one', async () => {
		await world.finish(a.network.dial(b.address));
		expect((await failure(a.network.open(b.identity.nodeId, '/gangline/pack/1'))).code).toBe('PEER_GONE');
		expect(linked(a, b)).toBe(true);
		b.network.handle(sync, () => {});
		expect(() => b.network.handle(sync, () => {})).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
	});

	it('connects twenty nodes that dial from one address at once', async () => {
		const nodes = await Promise.all(Array.from({ length: 20 }, (_, i) => world.start(`many ${i}`)));
		await world.finish(Promise.all(nodes.map(({ network }) => network.dial(b.address))));
		await world.until(() => b.network.links().length === 20);
	}, 20_000);

	it('goes on when two nodes dial each other at the same time', async () => {
		taken(b);
		taken(a);
		await world.finish(Promise.all([a.network.dial(b.address), b.network.dial(a.address)]));
		await world.until(() => linked(a, b) && linked(b, a));
		await world.finish(a.network.open(b.identity.nodeId, sync));
		await world.finish(b.network.open(a.identity.nodeId, sync));
		expect([a.network.links().length, b.network.links().length]).toEqual([1, 1]);
	});

	describe('a stranger', () => {
		let channels: Channel[];

		beforeEach(() => {
			b.says.set(a.identity, 'stranger');
			channels = taken(b, join);
			b.network.handle(sync, () => {});
		});

		it('[I13] speaks the join protocol and no other, and is no link', async () => {
			const changes = changesOf(b);
			await world.finish(a.network.dial(b.address));
			const ours = await world.finish(a.network.open(b.identity.nodeId, join));
			await world.until(() => channels.length === 1);
			const heard = listen(channels[0] as Channel);
			await world.finish(ours.send(Buffer.from('token')));
			await world.until(() => heard.length === 1);
			expect((await failure(a.network.open(b.identity.nodeId, sync))).code).toBe('PEER_GONE');
			expect([b.network.links(), changes]).toEqual([[], []]);
			b.says.set(a.identity, 'member');
			b.network.review();
			expect([linked(b, a), changes]).toEqual([true, [`up ${a.identity.nodeId}`]]);
			await world.finish(a.network.open(b.identity.nodeId, sync));
			await world.pass(15_000);
			expect(linked(b, a)).toBe(true);
		});

		it('[I15] is cut off after 64 KiB', async () => {
			await world.finish(a.network.dial(b.address));
			const ours = await world.finish(a.network.open(b.identity.nodeId, join));
			await world.until(() => channels.length === 1);
			const heard = listen(channels[0] as Channel);
			const failed = await failure(
				(async () => {
					for (let i = 0; i < 1_000; i++) {
						await ours.send(Buffer.alloc(4 * 1024));
						await world.pass(1);
					}
				})(),
			);
			await world.until(() => heard.at(-1) === 'PEER_GONE' && !linked(a, b));
			expect([failed.code, heard.length <= 17]).toEqual(['PEER_GONE', true]);
		});

		it('[I12] is cut off after ten seconds', async () => {
			await world.finish(a.network.dial(b.address));
			const heard = listen(await world.finish(a.network.open(b.identity.nodeId, join)));
			await world.pass(9_000);
			expect(heard).toEqual([]);
			await world.pass(1_100);
			await world.until(() => heard.length === 1);
			expect(heard).toEqual(['PEER_GONE']);
		});
	});

	it('does nothing more once it has been stopped, and may be stopped twice', async () => {
		await world.finish(a.network.dial(b.address));
		await stop(a);
		await stop(a);
		await world.until(() => !linked(b, a));
		expect(a.network.links()).toEqual([]);
		expect((await failure(a.network.dial(b.address))).code).toBe('STOPPING');
		expect((await failure(a.network.open(b.identity.nodeId, sync))).code).toBe('STOPPING');
	});
});

import { connect as connectTo, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Connection } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2p } from 'libp2p';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Identity } from '../../shared/log/index.ts';
import { peerNameOf, startHost } from '../../shared/mesh/libp2p-host.ts';
import { strangersMax, streamsPerProtocolMax } from '../../shared/mesh/libp2p-limits.ts';
import { openLibp2pNetwork } from '../../shared/mesh/libp2p-network.ts';
import { type Channel, frameBytesMax, type Network, pause } from '../../shared/ports/index.ts';
import { SimClock, SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { identityNamed, listen } from '../support/network-worlds.ts';
import { begun, muxerOf, openTcpServer, setIntervalOf } from '../support/raw-peer.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const real = new SystemClock();
const sync = '/gangline/sync/1';
const attackerAddress = '127.0.0.2';

describe('libp2p under attack', () => {
	let clock: SimClock;
	let log: SimLog;
	let victim: Network;
	let port: number;
	let strangersAllowed: boolean;
	const members = ['victim', 'member', 'other'].map(identityNamed);
	const [self, member, other] = members as [Identity, Identity, Identity];
	const toStop: (() => PromiseLike<unknown> | unknown)[] = [];

	beforeEach(async () => {
		clock = new SimClock();
		log = new SimLog();
		strangersAllowed = false;
		victim = await network(self);
		port = Number(/tcp\/(\d+)/.exec(victim.addresses()[0] ?? '')?.[1]);
	});
	afterEach(async () => {
		for (const stop of toStop.splice(0).reverse()) await stop();
	});

	async function network(identity: Identity): Promise<Network> {
		const isMember = (key: Uint8Array): boolean =>
			members.some(({ publicKey }) => Buffer.compare(publicKey, key) === 0);
		const opened = await openLibp2pNetwork({
			...{ identity, clock, log },
			admission: (key) => (isMember(key) ? 'member' : strangersAllowed ? 'stranger' : 'refused'),
		});
		toStop.push(() => opened[Symbol.asyncDispose]());
		return opened;
	}

	/** A bare libp2p node that keeps none of our rules. */
	async function bare(identity: Identity, listen: readonly string[] = []): Promise<Libp2p> {
		const host = await startHost({
			identity,
			listen,
			mayConnect: () => true,
			connecting: () => {},
			opening: () => {},
		});
		toStop.push(() => host.stop());
		return host;
	}

	const dialBare = async (host: Libp2p): Promise<Connection> =>
		host.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}/p2p/${peerNameOf(self.publicKey)}`));

	async function proxy(): Promise<TcpProxy> {
		const opened = await openTcpProxy({ port });
		toStop.push(() => opened[Symbol.asyncDispose]());
		return opened;
	}

	const through = ({ port }: { readonly port: number }) => ({
		...{ node: self.nodeId, publicKey: self.publicKey },
		addresses: [`/ip4/127.0.0.1/tcp/${port}`],
	});

	async function until(holds: () => boolean, ms = 10_000): Promise<void> {
		const end = real.monotonic() + ms;
		while (!holds() && real.monotonic() < end) await pause(real, 5);
		expect(holds(), `still not so after ${ms} ms`).toBe(true);
	}

	function attack(): Socket {
		const socket = connectTo({ port, host: '127.0.0.1', localAddress: attackerAddress });
		socket.on('error', () => {});
		toStop.push(() => socket.destroy());
		return socket;
	}

	const cuts = (): string[] => log.of('peer cut off').map(({ fields }) => `${fields.peer} ${fields.reason}`);

	/** A member connects and is heard; how long that took. */
	async function memberIsServed(identity: Identity): Promise<number> {
		const began = real.monotonic();
		const dialler = await network(identity);
		await dialler.dial(through({ port }));
		const channel = await dialler.open(self.nodeId, sync);
		const heard = listen(channel);
		await channel.send(Buffer.from('hello'));
		await until(() => heard.length > 0);
		return real.monotonic() - began;
	}

	function echo(): Channel[] {
		const taken: Channel[] = [];
		victim.handle(sync, (channel) => {
			taken.push(channel);
			void (async () => {
				for await (const frame of channel.frames()) await channel.send(frame);
			})().catch(() => {});
		});
		return taken;
	}

	it('[I15] serves members while hundreds of connections hang in the handshake, and ends those', async () => {
		const count = process.env.GANGLINE_TEST_ALL ? 1_000 : 300;
		echo();
		const before = process.memoryUsage().rss;
		const starts: readonly (() => Buffer)[] = [
			() => Buffer.alloc(0),
			() => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
			() => Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n', 'latin1'),
			() => Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n\x00\x20', 'latin1'),
			() => Buffer.from('\x13/multistream/1.0.0\n'.repeat(500), 'latin1'),
			() => Buffer.alloc(70_000, 0xff),
		];
		let closed = 0;
		const sockets = Array.from({ length: count }, (_, i) => {
			const socket = attack().on('close', () => closed++);
			socket.on('connect', () => socket.write(starts[i % starts.length]?.() ?? ''));
			return socket;
		});
		await Promise.all(sockets.map((socket) => begun(socket)));
		const slow = setIntervalOf(() => {
			for (const socket of sockets) if (socket.writable) socket.write('\x01');
		});
		toStop.push(slow);
		expect(await memberIsServed(member)).toBeLessThan(9_000);
		expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
		await until(() => closed === count, 20_000);
		slow();
		await memberIsServed(other);
		expect(victim.links()).toHaveLength(2);
	}, 60_000);

	it('[I15] is not held up by a length that never ends, from strangers and from members', async () => {
		echo();
		const endless = Buffer.alloc(4 * 1024 * 1024, 0xff);
		const delay = monitorEventLoopDelay({ resolution: 5 });
		delay.enable();
		const socket = attack();
		let hasClosed = false;
		socket.on('close', () => {
			hasClosed = true;
		});
		socket.on('connect', () => socket.write(endless));
		await until(() => hasClosed);

		const connection = await dialBare(await bare(member));
		await until(() => victim.links().length === 1);
		const stream = await muxerOf(connection).createStream();
		stream.send(endless);
		await until(() => victim.links().length === 0 && connection.status !== 'open');

		const answering = await openTcpServer((near) => near.write(endless));
		toStop.push(answering.close);
		await expect(
			victim.dial({ ...through(answering), node: other.nodeId, publicKey: other.publicKey }),
		).rejects.toMatchObject({
			code: 'PEER_UNREACHABLE',
		});
		const answerer = await bare(identityNamed('other'));
		await answerer.handle(sync, () => {});
		const lying = await dialBare(answerer);
		await until(() => victim.links().length === 1);
		const muxer = muxerOf(lying);
		muxer.addEventListener('stream', ({ detail }) => detail.send(endless));
		await expect(victim.open(other.nodeId, '/gangline/rpc/1')).rejects.toMatchObject({ code: 'PEER_GONE' });
		await until(() => victim.links().length === 0);
		delay.disable();
		expect(delay.max / 1e6).toBeLessThan(1_500);
		await memberIsServed(other);
	});

	it('[I15] cuts off a member that announces a multiplexed frame larger than any window', async () => {
		const connection = await dialBare(await bare(member));
		await until(() => victim.links().length === 1);
		const [dataFrame, opens] = [0, 1];
		muxerOf(connection).sendFrame({ type: dataFrame, flag: opens, streamID: 101, length: 2 ** 31 }, Buffer.alloc(64));
		await until(() => victim.links().length === 0 && connection.status !== 'open');
		expect(cuts()).toEqual([`${member.nodeId} a multiplexed frame of 2147483648 bytes was announced`]);
	});

	it('[I15] cuts off a member that asks and never reads the answers', async () => {
		const connection = await dialBare(await bare(member));
		await until(() => victim.links().length === 1);
		const before = process.memoryUsage().rss;
		const { socket } = muxerOf(connection).maConn.stream;
		socket.pause();
		socket.resume = () => socket;
		const [ping, asks] = [2, 1];
		for (let i = 0; i < 2_000 && connection.status === 'open' && victim.links().length === 1; i++) {
			for (let n = 0; n < 1_000; n++) muxerOf(connection).sendFrame({ type: ping, flag: asks, streamID: 0, length: n });
			await pause(real, 1);
		}
		await until(() => victim.links().length === 0);
		expect(process.memoryUsage().rss - before).toBeLessThan(250 * 1024 * 1024);
		expect(cuts()).toEqual([`${member.nodeId} it asks and does not read the answers`]);
	});

	it('[I13] has no ear for keys of another kind', async () => {
		const host = await createLibp2p({
			...{ privateKey: await generateKeyPair('secp256k1'), connectionMonitor: { enabled: false } },
			...{ transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] },
		});
		toStop.push(() => host.stop());
		strangersAllowed = true;
		victim.handle('/gangline/join/1', () => expect.unreachable('a channel for a key that no node has'));
		const opened = dialBare(host).then((connection) => connection.newStream('/gangline/join/1'));
		await expect(opened).rejects.toThrow();
	});

	it('[I15] cuts off a member that announces a frame longer than allowed, and keeps nothing of it', async () => {
		const heard: ReturnType<typeof listen>[] = [];
		victim.handle(sync, (channel) => heard.push(listen(channel)));
		const connection = await dialBare(await bare(member));
		await until(() => victim.links().length === 1);
		const stream = await connection.newStream(sync);
		const length = Buffer.alloc(4);
		length.writeUInt32BE(frameBytesMax + 1);
		stream.send(Buffer.concat([Buffer.from([0, 0, 0, 1, 7]), length, Buffer.alloc(100)]));
		await until(() => victim.links().length === 0);
		expect(heard).toEqual([['TOO_LARGE']]);
		await until(() => connection.status !== 'open');
		expect(cuts()).toEqual([
			expect.stringMatching(`^${member.nodeId} .*a frame of ${frameBytesMax + 1} bytes was announced`),
		]);
	});

	it('takes a frame that the connection broke in the middle of for no frame', async () => {
		const heard: ReturnType<typeof listen>[] = [];
		victim.handle(sync, (channel) => heard.push(listen(channel)));
		const connection = await dialBare(await bare(member));
		const streams = await Promise.all([connection.newStream(sync), connection.newStream(sync)]);
		for (const stream of streams) stream.send(Buffer.from([0, 0, 0, 1, 7, 0, 0, 0, 9, 1, 2]));
		await until(() => heard.length === 2 && heard.every((one) => one.length === 1));
		await streams[0]?.close();
		await until(() => heard[0]?.length === 2);
		connection.abort(new Error('gone'));
		await until(() => heard[1]?.length === 2);
		expect(heard.map(([, end]) => end)).toEqual(['PEER_GONE', 'PEER_GONE']);
	});

	it('[I15] holds a member that sends and never reads, or opens and never ends, to its bounds', async () => {
		const taken = echo();
		const host = await bare(member);
		const connection = await dialBare(host);
		await until(() => victim.links().length === 1);
		const outcomes = await Promise.allSettled(
			Array.from({ length: 200 }, () => connection.newStream(sync, { maxOutboundStreams: 500 })),
		);
		expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
		expect(taken.length).toBeLessThanOrEqual(streamsPerProtocolMax);
		expect(victim.links()).toHaveLength(1);
		await memberIsServed(other);
	});

	it('[I15] lets a bounded number of strangers in, and counts what they send below every protocol', async () => {
		strangersAllowed = true;
		victim.handle('/gangline/join/1', () => {});
		const host = await bare(identityNamed('stranger'));
		const connection = await dialBare(host);
		await connection.newStream('/gangline/join/1');
		const knocking = (async () => {
			for (let i = 0; i < 2_000; i++) await connection.newStream(`/${'x'.repeat(900)}/${i}`).catch(() => {});
		})();
		await until(() => connection.status !== 'open');
		await knocking;
		expect(cuts()).toEqual([expect.stringMatching(/more than \d+ bytes for a stranger|before a protocol was chosen/)]);

		const crowd = await Promise.all(
			Array.from({ length: strangersMax + 6 }, (_, i) => bare(identityNamed(`crowd ${i}`))),
		);
		const joined = await Promise.allSettled(
			crowd.map(async (one) => (await dialBare(one)).newStream('/gangline/join/1')),
		);
		const inside = joined.filter(({ status }) => status === 'fulfilled').length;
		expect([inside > 0, inside <= strangersMax]).toEqual([true, true]);
		echo();
		await memberIsServed(member);
		await clock.advance(10_001);
		await until(() => crowd.every((one) => one.getConnections().length === 0));
		expect(victim.links()).toHaveLength(1);
	}, 60_000);

	it('[I12] finds within 25 s that a line has died, and keeps an idle one for ever', async () => {
		echo();
		const line = await proxy();
		const dialler = await network(member);
		await dialler.dial(through(line));
		await until(() => victim.links().length === 1);
		const changes: string[] = [];
		for (const [name, one] of [
			['victim', victim],
			['dialler', dialler],
		] as const)
			one.subscribe(({ kind }) => changes.push(`${name} ${kind}`));
		for (let i = 0; i < 24; i++) {
			await clock.advance(5_000);
			await pause(real, 20);
		}
		expect(changes).toEqual([]);
		const channel = await dialler.open(self.nodeId, sync);
		const heard = listen(channel);
		line.freeze();
		await pause(real, 20);
		for (let i = 0; i < 4; i++) await clock.advance(5_000);
		expect(changes).toEqual([]);
		await clock.advance(10_000);
		expect(changes.sort()).toEqual(['dialler down', 'victim down']);
		await until(() => heard.length === 1);
		expect(heard).toEqual(['PEER_GONE']);
	});

	it('gives up the old connection of a peer that has come anew, when it is dead, within seconds', async () => {
		echo();
		const line = await proxy();
		const before = await bare(member);
		await before.dial(multiaddr(`/ip4/127.0.0.1/tcp/${line.port}/p2p/${peerNameOf(self.publicKey)}`));
		await until(() => victim.links().length === 1);
		const stuck = await victim.open(member.nodeId, sync).catch(() => null);
		expect(stuck).toBeNull();
		line.freeze();
		const after = await network(member);
		await after.dial(through({ port }));
		await pause(real, 50);
		expect(line.connections).toBe(1);
		await clock.advance(5_100);
		await until(() => cuts().some((cut) => cut.includes('it has connected anew')));
		expect(victim.links()).toHaveLength(1);
		const channel = await after.open(self.nodeId, sync);
		const heard = listen(channel);
		await channel.send(Buffer.from('here'));
		await until(() => heard.length === 1);
	});

	it('[I12] ends a connection that it dialled and that gives no sign, so that the next dial makes another', async () => {
		const silent = await bare(member, ['/ip4/127.0.0.1/tcp/0']);
		const [address] = silent.getMultiaddrs();
		const peer = { node: member.nodeId, publicKey: member.publicKey };
		const addresses = [`${address}`.replace(/\/p2p\/.*$/, '')];
		await expect(victim.dial({ ...peer, addresses })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
		await until(() => silent.getConnections().length === 0);
	});

	it('carries on over a slow and late line without taking it for dead', async () => {
		const taken: Channel[] = [];
		victim.handle(sync, (channel) => taken.push(channel));
		const line = await proxy();
		line.set('forth', { delayMs: 30, bytesPerSecond: 4_000_000 });
		line.set('back', { delayMs: 30 });
		const dialler = await network(member);
		await dialler.dial(through(line));
		const channel = await dialler.open(self.nodeId, sync);
		await until(() => taken.length === 1);
		const heard = listen(taken[0] as Channel);
		const sending = (async () => {
			for (let i = 0; i < 40; i++) await channel.send(Buffer.alloc(100_000, i));
		})();
		const looks = (async () => {
			for (let i = 0; i < 10; i++) {
				await pause(real, 100);
				await clock.advance(5_000);
			}
		})();
		await Promise.all([sending, looks]);
		await until(() => heard.length === 40);
		expect(heard.map((frame) => frame[0])).toEqual(heard.map((_, i) => i));
		expect(victim.links()).toHaveLength(1);
	});
});

/**
 * Two members over the simulated network, connected, with the clock that moves them. `finish` lets time pass until a
 * promise is settled; real work (git, disk) goes on meanwhile, because each step gives way to it.
 */
import { type NodeId, parseNodeId } from '../../shared/ports/index.ts';
import { SimClock, SimLog, SimNet, type SimNetwork, SimRandom, settle } from '../../shared/ports/sim/index.ts';

export interface MeshPair {
	readonly clock: SimClock;
	readonly net: SimNet;
	readonly one: SimNetwork;
	readonly two: SimNetwork;
	readonly log: SimLog;
	connect(): Promise<void>;
	finish<Value>(promise: Promise<Value>): Promise<Value>;
}

export const oneId = parseNodeId(`n${'1'.repeat(16)}`);
export const twoId = parseNodeId(`n${'2'.repeat(16)}`);

const keyOf = (node: NodeId): Uint8Array => Buffer.from(node.padEnd(32).slice(0, 32));

/**
 * `twoSendsAnything`: the second one is hostile. `isTimed`: time passes no faster than it really does, for real work
 * that has time limits.
 */
export async function meshPair(
	options: { seed?: number; twoSendsAnything?: boolean; isTimed?: boolean } = {},
): Promise<MeshPair> {
	const clock = new SimClock();
	const net = new SimNet({ clock, random: new SimRandom(options.seed ?? 1), inFlightBytesMax: 4 * 1024 * 1024 });
	const start = (node: NodeId, sendsAnything = false): SimNetwork =>
		net.node({ node, publicKey: keyOf(node), admission: () => 'member', sendsAnything });
	const one = start(oneId);
	const two = start(twoId, options.twoSendsAnything);
	const finish = <Value>(promise: Promise<Value>): Promise<Value> =>
		passUntil(clock, promise, options.isTimed === true);
	const connect = (): Promise<void> => finish(one.dial({ ...two.peer, addresses: two.addresses() }));
	await connect();
	return { clock, net, one, two, log: new SimLog(), connect, finish };
}

async function passUntil<Value>(clock: SimClock, promise: Promise<Value>, isTimed: boolean): Promise<Value> {
	let isOver = false;
	const over = (): void => {
		isOver = true;
	};
	promise.then(over, over);
	await settle();
	while (!isOver) {
		await clock.advance(1);
		if (isTimed) await new Promise((resolve) => setTimeout(resolve, 1));
	}
	return promise;
}

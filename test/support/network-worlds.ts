/**
 * The two places in which the contract of Network is run: simulated nodes over a clock that a test moves, and libp2p
 * over real loopback sockets (its own timers on such a clock too, so that ten seconds need not be waited for).
 */
import { expect } from 'vitest';
import { type Identity, identityOf } from '../../shared/log/index.ts';
import { openLibp2pNetwork } from '../../shared/mesh/libp2p-network.ts';
import {
	type Admission,
	type Channel,
	GanglineError,
	type Network,
	type PeerAddress,
	pause,
} from '../../shared/ports/index.ts';
import { SimClock, SimLog, SimNet, SimRandom } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';

export interface TestNode {
	readonly identity: Identity;
	readonly network: Network;
	readonly address: PeerAddress;
	/** What the node's registry says of others; default: member. */
	readonly says: Map<Identity, Admission>;
}

export interface NetworkWorld extends AsyncDisposable {
	/** A node that has been stopped gets the address that it had. */
	start(name: string): Promise<TestNode>;
	/** Lets time pass until the promise settles. */
	finish<T>(promise: Promise<T>): Promise<T>;
	/** Lets time pass until `holds`; fails after a few seconds. */
	until(holds: () => boolean): Promise<void>;
	/** Lets the nodes' clock pass `ms`. */
	pass(ms: number): Promise<void>;
}

const systemClock = new SystemClock();
const realMsMax = 15_000;

export function identityNamed(name: string): Identity {
	return identityOf(Buffer.from(name.padEnd(32, '.').slice(0, 32)));
}

function judge(says: Map<Identity, Admission>): (publicKey: Uint8Array) => Admission {
	return (publicKey) =>
		[...says].find(([identity]) => Buffer.compare(identity.publicKey, publicKey) === 0)?.[1] ?? 'member';
}

export function simWorld(): NetworkWorld {
	const clock = new SimClock();
	const net = new SimNet({ clock, random: new SimRandom('contract') });
	const networks: Network[] = [];
	const until = async (holds: () => boolean): Promise<void> => {
		for (let i = 0; i < 3_000 && !holds(); i++) await clock.advance(5);
		expect(holds(), 'still not so after 15 simulated seconds').toBe(true);
	};
	return {
		start: async (name) => {
			const identity = identityNamed(name);
			const says = new Map<Identity, Admission>();
			const { nodeId: node, publicKey } = identity;
			const network = net.node({ node, publicKey, admission: judge(says) });
			networks.push(network);
			return { identity, network, says, address: { node, publicKey, addresses: network.addresses() } };
		},
		finish: async (promise) => {
			let isOver = false;
			promise
				.catch(() => {})
				.finally(() => {
					isOver = true;
				});
			await until(() => isOver);
			return promise;
		},
		until,
		pass: (ms) => clock.advance(ms),
		[Symbol.asyncDispose]: async () => {
			for (const network of networks) await network[Symbol.asyncDispose]();
		},
	};
}

export function libp2pWorld(): NetworkWorld {
	const clock = new SimClock();
	const networks: Network[] = [];
	const addresses = new Map<string, readonly string[]>();
	return {
		start: async (name) => {
			const identity = identityNamed(name);
			const says = new Map<Identity, Admission>();
			const listen = addresses.get(name) ?? ['/ip4/127.0.0.1/tcp/0'];
			const network = await openLibp2pNetwork({
				...{ identity, listen, clock, log: new SimLog(), admission: judge(says) },
			});
			networks.push(network);
			addresses.set(name, network.addresses());
			const { nodeId: node, publicKey } = identity;
			return { identity, network, says, address: { node, publicKey, addresses: network.addresses() } };
		},
		finish: (promise) => promise,
		until: async (holds) => {
			const end = systemClock.monotonic() + realMsMax;
			while (!holds() && systemClock.monotonic() < end) await pause(systemClock, 2);
			expect(holds(), `still not so after ${realMsMax} ms`).toBe(true);
		},
		pass: (ms) => clock.advance(ms),
		[Symbol.asyncDispose]: async () => {
			for (const network of networks) await network[Symbol.asyncDispose]();
		},
	};
}

/** What a reader heard: the frames, then `end` or the code of the error. */
export function listen(channel: Channel): (Uint8Array | string)[] {
	const heard: (Uint8Array | string)[] = [];
	void (async () => {
		try {
			for await (const frame of channel.frames()) heard.push(frame);
			heard.push('end');
		} catch (error) {
			heard.push(codeOf(error));
		}
	})();
	return heard;
}

export function codeOf(error: unknown): string {
	return error instanceof GanglineError ? error.code : String(error);
}

/**
 * Keeps wanted peers connected for ever. The library's own reconnecting gives up after five tries and forgets the peer;
 * a node that was off for a weekend must be found on Monday. Each wanted peer is in one state: connected, being dialled,
 * or waiting; whatever happens, one of link change, end of dial or timer leads out of it, so none is ever forgotten [I12].
 */
import {
	assert,
	type Clock,
	type Network,
	type NodeId,
	type PeerAddress,
	type Random,
	randomFraction,
} from '../ports/index.ts';

const waitMsMin = 500;
const waitMsMax = 30_000;
/** A connection that lasted this long was a good one: after it the waits begin anew. Shorter ones go on growing them. */
const goodMsMin = 30_000;
/** Dials at once; the rest wait their turn, so that coming back online is no flood of handshakes. */
const dialsMax = 16;

assert(
	waitMsMin < waitMsMax && waitMsMax <= goodMsMin,
	'a peer that breaks right away is never dialled more often than it waits',
);

/** How a wanted peer is; times are wall times, for people. */
export type PeerState =
	| { readonly kind: 'connected'; readonly since: number }
	/** `lastFailure`: what the last try said; null before the first one ended. `tries`: in vain since it was last connected. */
	| { readonly kind: 'away'; readonly since: number; readonly lastFailure: string | null; readonly tries: number };

export interface RedialOptions {
	readonly network: Network;
	readonly clock: Clock;
	readonly random: Random;
}

interface Wanted {
	address: PeerAddress;
	phase: 'connected' | 'dialling' | 'queued' | 'waiting';
	/** Wall time of the last change between connected and away. */
	since: number;
	/** Monotonic time of the last coming up. */
	upAt: number;
	/** Failures and short-lived connections in a row. */
	setbacks: number;
	tries: number;
	lastFailure: string | null;
	/** Something changed while it was dialled: try again at once if that fails. */
	isHurried: boolean;
	cancelWait: () => void;
}

export class Redial implements Disposable {
	readonly #options: RedialOptions;
	readonly #wanted = new Map<NodeId, Wanted>();
	readonly #queue: Wanted[] = [];
	readonly #unsubscribe: () => void;
	#dials = 0;
	#hasStopped = false;

	constructor(options: RedialOptions) {
		this.#options = options;
		this.#unsubscribe = options.network.subscribe(({ kind, peer }) => {
			const wanted = this.#wanted.get(peer.node);
			if (!wanted) return;
			if (kind === 'up') this.#cameUp(wanted);
			else this.#wentDown(wanted);
		});
	}

	/** From now on exactly these are kept connected. Changed addresses are tried at once; nobody is disconnected. */
	want(peers: readonly PeerAddress[]): void {
		if (this.#hasStopped) return;
		const nodes = new Set(peers.map(({ node }) => node));
		for (const [node, wanted] of [...this.#wanted]) if (!nodes.has(node)) this.#forget(node, wanted);
		for (const address of peers) {
			if (address.node === this.#options.network.self) continue;
			const known = this.#wanted.get(address.node);
			if (!known) this.#add(address);
			else if (!sameAddress(known.address, address)) {
				known.address = address;
				known.setbacks = 0;
				this.#hurry(known);
			}
		}
	}

	/** Something says that the network is back: those who are away are tried at once. */
	tryNow(): void {
		for (const wanted of this.#wanted.values()) {
			wanted.setbacks = 0;
			this.#hurry(wanted);
		}
	}

	/** How each wanted peer is. */
	states(): ReadonlyMap<NodeId, PeerState> {
		return new Map([...this.#wanted].map(([node, wanted]) => [node, stateOf(wanted)]));
	}

	[Symbol.dispose](): void {
		this.#hasStopped = true;
		this.#unsubscribe();
		for (const [node, wanted] of [...this.#wanted]) this.#forget(node, wanted);
	}

	#add(address: PeerAddress): void {
		const { clock, network } = this.#options;
		const isUp = network.links().some(({ node }) => node === address.node);
		const wanted: Wanted = {
			...{ address, phase: isUp ? 'connected' : 'waiting', since: clock.now(), upAt: clock.monotonic() },
			...{ setbacks: 0, tries: 0, lastFailure: null, isHurried: false, cancelWait: () => {} },
		};
		this.#wanted.set(address.node, wanted);
		if (!isUp) this.#enqueue(wanted);
	}

	#forget(node: NodeId, wanted: Wanted): void {
		this.#wanted.delete(node);
		this.#leaveQueue(wanted);
	}

	#leaveQueue(wanted: Wanted): void {
		wanted.cancelWait();
		const place = this.#queue.indexOf(wanted);
		if (place >= 0) this.#queue.splice(place, 1);
	}

	#cameUp(wanted: Wanted): void {
		if (wanted.phase === 'connected') return;
		const wasAlone = ![...this.#wanted.values()].some(({ phase }) => phase === 'connected');
		this.#leaveQueue(wanted);
		wanted.phase = 'connected';
		wanted.since = this.#options.clock.now();
		wanted.upAt = this.#options.clock.monotonic();
		wanted.tries = 0;
		wanted.lastFailure = null;
		wanted.isHurried = false;
		// The first one back is a sign that the network is.
		if (wasAlone) for (const other of this.#wanted.values()) this.#hurry(other);
	}

	#wentDown(wanted: Wanted): void {
		const { clock } = this.#options;
		const isGood = clock.monotonic() - wanted.upAt >= goodMsMin;
		wanted.setbacks = isGood ? 0 : wanted.setbacks + 1;
		wanted.since = clock.now();
		wanted.lastFailure = 'the connection broke';
		this.#wait(wanted);
	}

	#hurry(wanted: Wanted): void {
		if (wanted.phase === 'dialling') wanted.isHurried = true;
		if (wanted.phase !== 'waiting') return;
		wanted.cancelWait();
		this.#enqueue(wanted);
	}

	#wait(wanted: Wanted): void {
		const { clock, random } = this.#options;
		wanted.phase = 'waiting';
		wanted.cancelWait();
		const longest = Math.min(waitMsMax, waitMsMin * 2 ** Math.min(wanted.setbacks, 16));
		// Between half and all of it: who lost each other at the same moment must not meet at the same moment for ever.
		wanted.cancelWait = clock.after(longest * (0.5 + randomFraction(random) / 2), () => this.#enqueue(wanted));
	}

	#enqueue(wanted: Wanted): void {
		wanted.phase = 'queued';
		this.#queue.push(wanted);
		this.#next();
	}

	#next(): void {
		while (this.#dials < dialsMax) {
			const wanted = this.#queue.shift();
			if (!wanted) return;
			this.#dials++;
			void this.#dial(wanted);
		}
	}

	async #dial(wanted: Wanted): Promise<void> {
		wanted.phase = 'dialling';
		const { network } = this.#options;
		let failure: string | null = null;
		try {
			await network.dial(wanted.address);
		} catch (error) {
			failure = error instanceof Error ? error.message : String(error);
		}
		this.#dials--;
		if (this.#wanted.get(wanted.address.node) === wanted && wanted.phase === 'dialling') this.#dialled(wanted, failure);
		this.#next();
	}

	/** A dial ended and the peer is not connected: it failed, or the connection was gone or not a member's at once. */
	#dialled(wanted: Wanted, failure: string | null): void {
		const isUp = this.#options.network.links().some(({ node }) => node === wanted.address.node);
		if (failure === null && isUp) {
			this.#cameUp(wanted);
			return;
		}
		wanted.tries++;
		wanted.setbacks++;
		wanted.lastFailure = failure ?? 'it answered and ended the connection';
		if (!wanted.isHurried) {
			this.#wait(wanted);
			return;
		}
		wanted.isHurried = false;
		this.#enqueue(wanted);
	}
}

function stateOf({ phase, since, lastFailure, tries }: Wanted): PeerState {
	return phase === 'connected' ? { kind: 'connected', since } : { kind: 'away', since, lastFailure, tries };
}

function sameAddress(one: PeerAddress, two: PeerAddress): boolean {
	const sameKey = Buffer.compare(one.publicKey, two.publicKey) === 0;
	return (
		sameKey &&
		one.addresses.length === two.addresses.length &&
		one.addresses.every((address, i) => address === two.addresses[i])
	);
}

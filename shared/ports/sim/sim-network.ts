/**
 * The twin of Network: all nodes of one test in one thread, over a given clock and a seed. It has what real networks do
 * to us: latency, bounded buffers, lost connections, partitions of one or both directions, machines that vanish. What is
 * sent arrives in order or the connection breaks; the same seed gives the same run.
 */
import type { Clock } from '../clock.ts';
import { ganglineError } from '../errors.ts';
import type { NodeId } from '../ids.ts';
import type { Admission, Peer } from '../network.ts';
import { SimLink, type SimWeather } from './sim-link.ts';
import { SimNetwork } from './sim-network-node.ts';
import type { SimRandom } from './sim-random.ts';

export interface SimNetOptions {
	readonly clock: Clock;
	readonly random: SimRandom;
	/** One way, drawn evenly for each frame; default 1 to 5 ms. */
	readonly latencyMs?: readonly [number, number];
	/** What one direction of a channel holds before its sender waits; default 256 KiB. */
	readonly inFlightBytesMax?: number;
	/** How long a connection lives on average before it is lost; default for ever. */
	readonly connectionMsMean?: number;
}

export interface SimNodeOptions extends Peer {
	/** Who may connect, asked for each connection and again on `review`. */
	readonly admission: (publicKey: Uint8Array) => Admission;
	/** Where others reach it; default an address that stays the same for this node. None: it only dials. */
	readonly addresses?: readonly string[];
	/** A hostile node: its frames may be longer than allowed. */
	readonly sendsAnything?: boolean;
}

/** `process`: its machine still answers, so others notice at once. `machine`: nobody answers; others wait in vain. */
export type SimCrash = 'process' | 'machine';

const latencyDefault = [1, 5] as const;
const inFlightDefault = 256 * 1024;

export class SimNet implements SimWeather {
	readonly clock: Clock;
	readonly inFlightBytesMax: number;
	readonly #random: SimRandom;
	readonly #connectionMsMean: number | null;
	readonly #nodes = new Map<NodeId, SimNetwork>();
	readonly #names: NodeId[] = [];
	readonly #blocked = new Set<string>();
	readonly #latencies = new Map<string, readonly [number, number]>();
	readonly #latency: readonly [number, number];
	readonly #links = new Set<SimLink>();
	readonly #ends = new WeakMap<SimLink, readonly [SimNetwork, SimNetwork]>();
	#count = 0;

	constructor(options: SimNetOptions) {
		this.clock = options.clock;
		this.#random = options.random.fork('net');
		this.inFlightBytesMax = options.inFlightBytesMax ?? inFlightDefault;
		this.#latency = options.latencyMs ?? latencyDefault;
		this.#connectionMsMean = options.connectionMsMean ?? null;
	}

	/** Starts a node; one of the same id must have stopped or crashed before. */
	node(options: SimNodeOptions): SimNetwork {
		if (this.#nodes.has(options.node)) {
			throw ganglineError('INVALID_ARGUMENT', `started ${options.node} twice; stop or crash the first one before`);
		}
		if (!this.#names.includes(options.node)) this.#names.push(options.node);
		const number = this.#names.indexOf(options.node) + 1;
		const node = new SimNetwork(this, {
			...options,
			addresses: options.addresses ?? [`/ip4/10.0.${Math.floor(number / 250)}.${(number % 250) + 1}/tcp/7421`],
		});
		this.#nodes.set(options.node, node);
		return node;
	}

	/** Nothing passes between the two any more. What was on its way waits; after 20 to 30 s each side gives up. */
	partition(one: NodeId, two: NodeId): void {
		this.block(one, two);
		this.block(two, one);
	}

	/** What `from` sends does not reach `to`; the other direction passes. */
	block(from: NodeId, to: NodeId): void {
		this.#blocked.add(wire(from, to));
		this.#look();
	}

	/** Every node of one group loses every node of the others. */
	split(...groups: readonly (readonly NodeId[])[]): void {
		for (const [i, group] of groups.entries()) {
			for (const other of groups.slice(i + 1).flat()) for (const node of group) this.partition(node, other);
		}
	}

	/** Ends what `partition` and `block` did between two nodes, or all of it. */
	heal(one?: NodeId, two?: NodeId): void {
		if (one === undefined || two === undefined) this.#blocked.clear();
		else for (const name of [wire(one, two), wire(two, one)]) this.#blocked.delete(name);
		this.#look();
	}

	/** Partitions and heals two nodes in turn, each for about the given time, until the returned function is called. */
	flap(one: NodeId, two: NodeId, every: { readonly upMs: number; readonly downMs: number }): () => void {
		const random = this.#random.fork(`flap ${wire(one, two)} ${this.#count++}`);
		let cancel = (): void => {};
		const turn = (goesDown: boolean): void => {
			if (goesDown) this.partition(one, two);
			else this.heal(one, two);
			const ms = goesDown ? every.downMs : every.upMs;
			cancel = this.clock.after(ms / 2 + random.below(ms + 1), () => turn(!goesDown));
		};
		turn(true);
		return () => {
			cancel();
			this.heal(one, two);
		};
	}

	/** Loses every connection between two nodes now; they may connect again at once. */
	breakLinks(one: NodeId, two: NodeId): void {
		for (const link of [...this.#links]) {
			const names = this.#endsOf(link).map((end) => end.self);
			if (names.includes(one) && names.includes(two)) link.lose();
		}
	}

	/** What one direction takes from now on. */
	setLatency(from: NodeId, to: NodeId, latencyMs: readonly [number, number]): void {
		this.#latencies.set(wire(from, to), latencyMs);
	}

	/** Ends a node without a word: nothing that it waits for ever comes. It may be started again under its id. */
	crash(node: NodeId, how: SimCrash = 'process'): void {
		const crashed = this.#nodes.get(node);
		this.#nodes.delete(node);
		crashed?.die();
		for (const link of [...this.#links]) {
			const end = this.#endsOf(link).find((candidate) => candidate === crashed);
			if (end) link.crash(end, how === 'machine');
		}
	}

	/** Sorted ids of the nodes that run. */
	running(): readonly NodeId[] {
		return [...this.#nodes.keys()].sort();
	}

	// What nodes and links ask of the net they are in.

	/** @internal */
	passes(from: Peer, to: Peer): boolean {
		return !this.#blocked.has(wire(from.node, to.node));
	}

	/** @internal */
	latencyMs(from: Peer, to: Peer, random: SimRandom): number {
		const [min, max] = this.#latencies.get(wire(from.node, to.node)) ?? this.#latency;
		return min + random.below(1_000_001) * 1e-6 * (max - min);
	}

	/** @internal Who listens at an address now. */
	at(address: string): SimNetwork | undefined {
		return [...this.#nodes.values()].find((node) => node.addresses().includes(address));
	}

	/** @internal */
	randomFor(what: string): SimRandom {
		return this.#random.fork(`${what} ${this.#count++}`);
	}

	/** @internal Makes a connection; both have agreed to it. */
	link(from: SimNetwork, to: SimNetwork): SimLink {
		const random = this.randomFor(`link ${wire(from.self, to.self)}`);
		const link = new SimLink(this, [from, to], random);
		this.#links.add(link);
		this.#ends.set(link, [from, to]);
		if (this.#connectionMsMean !== null) {
			const life = -Math.log(1 - random.below(1_000_000) * 1e-6) * this.#connectionMsMean;
			this.clock.after(life, () => link.lose());
		}
		return link;
	}

	/** @internal A side of a link has ended. */
	forget(link: SimLink): void {
		if (this.#endsOf(link).every((end) => !link.isUpFor(end))) this.#links.delete(link);
	}

	/** @internal */
	stopped(node: SimNetwork): void {
		if (this.#nodes.get(node.self) === node) this.#nodes.delete(node.self);
	}

	#look(): void {
		for (const link of [...this.#links]) link.look();
	}

	#endsOf(link: SimLink): readonly SimNetwork[] {
		return this.#ends.get(link) ?? [];
	}
}

function wire(from: NodeId, to: NodeId): string {
	return `${from} > ${to}`;
}

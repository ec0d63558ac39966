/**
 * One node of a SimNet: what its code holds as Network. It decides here, as the real adapter does, who may connect
 * and what a stranger may do; the net only decides what passes.
 */
import { type GanglineError, ganglineError } from '../errors.ts';
import type { NodeId } from '../ids.ts';
import {
	type Admission,
	type Channel,
	type LinkChange,
	type MeshProtocol,
	type Network,
	type Peer,
	type PeerAddress,
	strangerBytesMax,
	strangerMsMax,
} from '../network.ts';
import type { SimChannel } from './sim-channel.ts';
import type { SimEnd, SimLink } from './sim-link.ts';
import type { SimNet, SimNodeOptions } from './sim-network.ts';

/** A dial that nobody answers ends after this, as the real one does. */
const dialMsMax = 10_000;

interface Connection {
	readonly link: SimLink;
	readonly peer: Peer;
	admission: Admission;
	strangerBytes: number;
	endStranger: () => void;
}

export class SimNetwork implements Network, SimEnd {
	readonly peer: Peer;
	readonly sendsAnything: boolean;
	readonly #net: SimNet;
	readonly #options: SimNodeOptions & { readonly addresses: readonly string[] };
	readonly #connections: Connection[] = [];
	readonly #handlers = new Map<MeshProtocol, (channel: Channel) => void>();
	readonly #listeners = new Set<(change: LinkChange) => void>();
	#state: 'running' | 'stopped' | 'dead' = 'running';

	constructor(net: SimNet, options: SimNodeOptions & { readonly addresses: readonly string[] }) {
		this.#net = net;
		this.#options = options;
		this.peer = { node: options.node, publicKey: options.publicKey };
		this.sendsAnything = options.sendsAnything ?? false;
	}

	get self(): NodeId {
		return this.peer.node;
	}

	addresses(): readonly string[] {
		return this.#options.addresses;
	}

	async dial(peer: PeerAddress): Promise<void> {
		if (this.#state === 'dead') return never();
		this.#requireRunning();
		if (this.#to(peer.node)) return;
		if (this.#options.admission(peer.publicKey) === 'refused') {
			throw unreachable(peer.node, ['it is not a member by what is known here']);
		}
		const answers: string[] = [];
		for (const address of peer.addresses) {
			const answer = await this.#dialAddress(peer, address);
			if (answer === null) return;
			answers.push(`${address}: ${answer}`);
		}
		throw unreachable(peer.node, answers);
	}

	async open(node: NodeId, protocol: MeshProtocol): Promise<Channel> {
		if (this.#state === 'dead') return never();
		this.#requireRunning();
		const connection = this.#to(node);
		if (!connection) throw ganglineError('PEER_GONE', `opened ${protocol} to ${node}, which is not connected`);
		return connection.link.open(this, protocol);
	}

	handle(protocol: MeshProtocol, take: (channel: Channel) => void): void {
		if (this.#handlers.has(protocol)) {
			throw ganglineError('INVALID_ARGUMENT', `${protocol} has a handler already; each protocol has one`);
		}
		this.#handlers.set(protocol, take);
	}

	links(): readonly Peer[] {
		const members = this.#connections.filter(({ admission }) => admission === 'member').map(({ peer }) => peer);
		return members.filter((peer, i) => members.findIndex(({ node }) => node === peer.node) === i);
	}

	subscribe(listener: (change: LinkChange) => void): () => void {
		this.#listeners.add(listener);
		return () => void this.#listeners.delete(listener);
	}

	cutOff(node: NodeId, reason: string): void {
		for (const { link } of this.#connections.filter(({ peer }) => peer.node === node)) link.end(this, reason);
	}

	review(): void {
		for (const connection of [...this.#connections]) {
			const admission = this.#options.admission(connection.peer.publicKey);
			if (admission === connection.admission) continue;
			if (admission === 'member') this.#makeMember(connection);
			else connection.link.end(this, 'it may not be connected any more');
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#state !== 'running') return;
		this.#state = 'stopped';
		this.#net.stopped(this);
		for (const { link } of [...this.#connections]) link.end(this, 'this node stops');
		this.#listeners.clear();
	}

	// What the net and its links ask.

	/** @internal Crashed: nothing that this node waits for ever comes. */
	die(): void {
		this.#state = 'dead';
		for (const { endStranger } of this.#connections) endStranger();
		this.#connections.length = 0;
		this.#listeners.clear();
	}

	/** @internal */
	received(link: SimLink, bytes: number): boolean {
		const connection = this.#connections.find((candidate) => candidate.link === link);
		if (!connection) return false;
		if (connection.admission !== 'stranger') return true;
		connection.strangerBytes += bytes;
		if (connection.strangerBytes <= strangerBytesMax) return true;
		link.end(this, `a stranger sent more than ${strangerBytesMax} bytes`);
		return false;
	}

	/** @internal */
	accepts(link: SimLink, protocol: MeshProtocol): ((channel: SimChannel) => void) | null {
		const admission = this.#options.admission(link.other(this).publicKey);
		const isAllowed = admission === 'member' || (admission === 'stranger' && protocol === '/gangline/join/1');
		return (isAllowed && this.#handlers.get(protocol)) || null;
	}

	/** @internal */
	ended(link: SimLink): void {
		this.#net.forget(link);
		const i = this.#connections.findIndex((connection) => connection.link === link);
		const [connection] = i < 0 ? [] : this.#connections.splice(i, 1);
		if (!connection) return;
		connection.endStranger();
		const isLast = !this.#connections.some(({ peer }) => peer.node === connection.peer.node);
		if (connection.admission === 'member' && isLast) this.#tell({ kind: 'down', peer: connection.peer });
	}

	/** @internal The other end of a connection that both have agreed to. */
	connected(link: SimLink): void {
		const peer = link.other(this);
		const admission = this.#options.admission(peer.publicKey);
		const connection: Connection = { link, peer, admission, strangerBytes: 0, endStranger: () => {} };
		this.#connections.push(connection);
		if (admission === 'member') this.#announce(connection);
		else {
			connection.endStranger = this.#net.clock.after(strangerMsMax, () =>
				link.end(this, `a stranger stayed longer than ${strangerMsMax / 1000} s`),
			);
		}
	}

	/** @internal */
	admits(publicKey: Uint8Array): boolean {
		return this.#state === 'running' && this.#options.admission(publicKey) !== 'refused';
	}

	/** Null: connected. Otherwise what went wrong. */
	#dialAddress(to: PeerAddress, address: string): Promise<string | null> {
		const started = this.#net.at(address);
		const random = this.#net.randomFor(`dial ${this.self} ${address}`);
		const hop = (from: Peer, target: Peer): number => this.#net.latencyMs(from, target, random);
		return new Promise((resolve) => {
			const answer = (text: string | null): void => {
				if (this.#state !== 'dead') resolve(text);
			};
			if (!started) {
				this.#net.clock.after(hop(this.peer, to), () => answer('connection refused'));
				return;
			}
			const { peer } = started;
			if (!this.#net.passes(this.peer, peer) || !this.#net.passes(peer, this.peer)) {
				this.#net.clock.after(dialMsMax, () => answer(`no answer within ${dialMsMax / 1000} s`));
				return;
			}
			this.#net.clock.after(hop(this.peer, peer) + hop(peer, this.peer), () =>
				answer(this.#shakeHands(to, this.#net.at(address))),
			);
		});
	}

	#shakeHands(to: PeerAddress, found: SimNetwork | undefined): string | null {
		if (this.#state !== 'running') return 'this node stops';
		if (!found) return 'connection reset';
		if (!sameBytes(found.peer.publicKey, to.publicKey)) return `${found.self} answers there, expected ${to.node}`;
		if (!this.#net.passes(this.peer, found.peer) || !this.#net.passes(found.peer, this.peer)) return 'connection lost';
		if (!found.admits(this.peer.publicKey)) return 'it refused this node';
		const link = this.#net.link(this, found);
		found.connected(link);
		this.connected(link);
		return null;
	}

	#makeMember(connection: Connection): void {
		connection.endStranger();
		connection.admission = 'member';
		this.#announce(connection);
	}

	#announce({ link, peer }: Connection): void {
		const others = this.#connections.filter((known) => known.link !== link && known.admission === 'member');
		if (!others.some((known) => known.peer.node === peer.node)) this.#tell({ kind: 'up', peer });
	}

	#tell(change: LinkChange): void {
		for (const listener of [...this.#listeners]) listener(change);
	}

	/** The newest one: an older one may be half dead. */
	#to(node: NodeId): Connection | undefined {
		return this.#connections.findLast(({ peer }) => peer.node === node);
	}

	#requireRunning(): void {
		if (this.#state !== 'running') throw ganglineError('STOPPING', `the network of ${this.self} has been stopped`);
	}
}

function unreachable(node: NodeId, answers: readonly string[]): GanglineError {
	const said = answers.length === 0 ? 'it has no address' : answers.join('; ');
	return ganglineError('PEER_UNREACHABLE', `dialled ${node} in vain: ${said}`, { data: { node, answers } });
}

function sameBytes(one: Uint8Array, two: Uint8Array): boolean {
	return Buffer.compare(one, two) === 0;
}

function never(): Promise<never> {
	return new Promise(() => {});
}

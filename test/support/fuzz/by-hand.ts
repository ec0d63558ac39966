/** A network of one node in which a test writes every frame that comes in, and sees whom the node cuts off. */

import { FrameInbox } from '../../../shared/ports/frame-inbox.ts';
import type { Channel, MeshProtocol, Network, NodeId, Peer } from '../../../shared/ports/index.ts';
import { ganglineError, parseNodeId } from '../../../shared/ports/index.ts';

/** A channel whose other side is the test. */
export class HandChannel implements Channel {
	readonly peer: Peer;
	readonly protocol: MeshProtocol;
	readonly inbox = new FrameInbox(() => {});
	sentBytes = 0;
	isOver = false;

	constructor(peer: Peer, protocol: MeshProtocol) {
		this.peer = peer;
		this.protocol = protocol;
	}

	async send(frame: Uint8Array): Promise<void> {
		if (this.isOver) throw ganglineError('PEER_GONE', 'it is over');
		this.sentBytes += frame.byteLength;
	}

	frames(): AsyncIterable<Uint8Array> {
		return this.inbox.frames();
	}

	async close(): Promise<void> {
		this.inbox.end(null);
	}

	abort(reason: string): void {
		this.isOver = true;
		this.inbox.end(ganglineError('PEER_GONE', reason));
	}
}

export class HandNetwork implements Network {
	/** Above all peers, so that they open the channels. */
	readonly self: NodeId = parseNodeId(`n${'f'.repeat(16)}`);
	readonly cutOffs: string[] = [];
	readonly #takes = new Map<MeshProtocol, (channel: Channel) => void>();
	#peers = 0;

	/** A channel from somebody who was never here before. */
	connect(protocol: MeshProtocol): HandChannel {
		const node = parseNodeId(`n${(++this.#peers).toString(16).padStart(16, '0')}`);
		const channel = new HandChannel({ node, publicKey: new Uint8Array(32).fill(1) }, protocol);
		this.#takes.get(protocol)?.(channel);
		return channel;
	}

	addresses(): readonly string[] {
		return [];
	}

	async dial(): Promise<void> {}

	/** The channel that the node itself opens next; nobody answers where the test gave none. */
	next: HandChannel | null = null;

	async open(node: NodeId): Promise<Channel> {
		if (this.next === null) throw ganglineError('PEER_GONE', `${node} is not there`);
		return this.next;
	}

	handle(protocol: MeshProtocol, take: (channel: Channel) => void): void {
		this.#takes.set(protocol, take);
	}

	links(): readonly Peer[] {
		return [];
	}

	subscribe(): () => void {
		return () => {};
	}

	cutOff(_node: NodeId, reason: string): void {
		this.cutOffs.push(reason);
	}

	review(): void {}

	async [Symbol.asyncDispose](): Promise<void> {}
}

/** Gives way until what was begun in memory is done. */
export async function turns(count: number): Promise<void> {
	for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

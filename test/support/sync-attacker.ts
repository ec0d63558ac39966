/** A member of the mesh that says what it likes on the sync protocol, and hears what it is told. */
import { type Identity, identityOf } from '../../shared/log/index.ts';
import { decodeMessage, encodeMessage, type Incoming, type Message } from '../../shared/mesh/sync/wire.ts';
import type { Channel, NodeId } from '../../shared/ports/index.ts';
import type { SimNetwork } from '../../shared/ports/sim/index.ts';
import type { SyncMesh, SyncNode } from './sync-mesh.ts';

export class SyncAttacker {
	readonly identity: Identity;
	readonly heard: Incoming[] = [];
	readonly #mesh: SyncMesh;
	readonly #network: SimNetwork;
	#channel: Channel | undefined;
	isOver = false;

	/** A member whose id is below all others', so that it opens the channels. */
	constructor(mesh: SyncMesh) {
		this.#mesh = mesh;
		const others = [...mesh.nodes.values()].map(({ id }) => id);
		const random = mesh.random.fork('attacker');
		let identity = identityOf(random.bytes(32));
		while (others.some((id) => id < identity.nodeId)) identity = identityOf(random.bytes(32));
		this.identity = identity;
		const { nodeId: node, publicKey } = identity;
		this.#network = mesh.net.node({ node, publicKey, admission: () => 'member', sendsAnything: true });
	}

	get id(): NodeId {
		return this.identity.nodeId;
	}

	/** Connects and opens a channel; says hello unless told not to. False when it is not let in. */
	async meet(victim: SyncNode, hello = true): Promise<boolean> {
		const { nodeId: node, publicKey } = victim.identity;
		const dialled = this.#network.dial({ node, publicKey, addresses: victim.network.addresses() });
		await this.#mesh.run(100);
		await dialled;
		const opening = this.#network.open(node, '/gangline/sync/1');
		await this.#mesh.run(100);
		this.#channel = await opening;
		this.isOver = false;
		void this.#listen(this.#channel);
		if (hello) await this.say({ k: 'hello', schema: 1 });
		await this.#mesh.run(100);
		return !this.isOver;
	}

	/** Sends a message and lets it take effect. */
	async say(message: Message, payload: Uint8Array = new Uint8Array()): Promise<void> {
		await this.raw(encodeMessage({ message, payload }));
	}

	async raw(frame: Uint8Array): Promise<void> {
		this.post(frame);
		await this.#mesh.run(60);
	}

	/** Sends without waiting for anything. */
	post(frame: Uint8Array): void {
		this.#channel?.send(frame).catch(() => {});
	}

	/** What was heard of one kind. */
	of<K extends Message['k']>(kind: K): readonly Incoming[] {
		return this.heard.filter(({ message }) => message.k === kind);
	}

	async leave(): Promise<void> {
		await this.#network[Symbol.asyncDispose]();
	}

	async #listen(channel: Channel): Promise<void> {
		try {
			for await (const frame of channel.frames()) this.heard.push(decodeMessage(frame));
		} catch {
			// How it was ended is for its victim to say.
		}
		this.isOver = true;
	}
}

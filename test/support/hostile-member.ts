/**
 * A program that speaks the mesh's protocols over real TCP with an identity of its own, and says what it likes: as a
 * stranger, or as a member that joined with a token. It is built from the rooms of production and keeps none of their
 * rules: it admits everyone, grants no credit, and goes on where it is refused.
 */
import { type Identity, type IntentDraft, identityOf, ProjectLogs } from '../../shared/log/index.ts';
import { type ListeningNetwork, openLibp2pNetwork } from '../../shared/mesh/index.ts';
import { NetworkRpc } from '../../shared/mesh/rpc/index.ts';
import { decodeMessage, encodeMessage, type Incoming, type Message } from '../../shared/mesh/sync/wire.ts';
import { intentSchema } from '../../shared/pipeline/index.ts';
import type { AuthorId, Channel, Duty, NodeId, PeerAddress } from '../../shared/ports/index.ts';
import { openSimStore, SimLog, SimRandom } from '../../shared/ports/sim/index.ts';
import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import { eventually } from './gateway-world.ts';

const clock = new SystemClock();

/** An identity whose id is below those of others: the node with the smaller id opens the channels of sync. */
export function identityBelow(others: readonly NodeId[]): Identity {
	const random = new SystemRandom();
	for (;;) {
		const identity = identityOf(random.bytes(32));
		if (others.every((other) => identity.nodeId < other)) return identity;
	}
}

export class HostileMember implements AsyncDisposable {
	readonly identity: Identity;
	readonly network: ListeningNetwork;
	readonly rpc: NetworkRpc;

	static async open(identity: Identity): Promise<HostileMember> {
		const log = new SimLog();
		const network = await openLibp2pNetwork({ identity, clock, log, listen: [], admission: () => 'member' });
		return new HostileMember(identity, network, new NetworkRpc({ network, clock, log }));
	}

	private constructor(identity: Identity, network: ListeningNetwork, rpc: NetworkRpc) {
		this.identity = identity;
		this.network = network;
		this.rpc = rpc;
	}

	get id(): NodeId {
		return this.identity.nodeId;
	}

	isLinked(to: PeerAddress): boolean {
		return this.network.links().some(({ node }) => node === to.node);
	}

	/** Until it is let in; whoever has just joined is not known everywhere at once. */
	async connect(to: PeerAddress): Promise<void> {
		const dial = (): Promise<boolean> =>
			this.network.dial(to).then(
				() => true,
				() => false,
			);
		await eventually(async () => (await dial()) && this.isLinked(to), `${to.node} to let ${this.id} in`);
	}

	/** A channel of sync on which nothing but hello was said; `hello` false: not even that. */
	async sync(to: PeerAddress, hello = true): Promise<SyncLine> {
		await this.connect(to);
		const line = new SyncLine(await this.network.open(to.node, '/gangline/sync/1'));
		if (hello) await line.say({ k: 'hello', schema: 1 });
		return line;
	}

	/** What an author of this node would send, once for each draft. The same `nonce`: the same author. */
	async flushes(project: string, duty: Duty, drafts: readonly IntentDraft[], nonce = 1): Promise<OwnFlushes> {
		const store = await openSimStore();
		const parse = (value: unknown) => intentSchema.parse(value);
		const logs = await ProjectLogs.open({ store, project, clock, log: new SimLog(), parse });
		const log = await logs.startAuthor({ identity: this.identity, duty, random: new SimRandom(nonce) });
		const flushes: Uint8Array[] = [];
		for (const [n, draft] of drafts.entries()) {
			await log.append([draft]);
			flushes.push(...(await logs.flushesAfter(log.author, n)).slice(0, 1));
		}
		return { author: log.author, flushes };
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.rpc[Symbol.asyncDispose]();
		await this.network[Symbol.asyncDispose]();
	}
}

export interface OwnFlushes {
	readonly author: AuthorId;
	readonly flushes: readonly Uint8Array[];
}

/** One channel of sync, with what was heard on it. */
export class SyncLine {
	readonly heard: Incoming[] = [];
	readonly #channel: Channel;
	#asked = 0;
	isOver = false;

	constructor(channel: Channel) {
		this.#channel = channel;
		void this.#listen();
	}

	async say(message: Message, payload: Uint8Array = new Uint8Array()): Promise<void> {
		await this.raw(encodeMessage({ message, payload }));
	}

	/** Sends it, or does nothing where the other side has ended the channel. */
	async raw(frame: Uint8Array): Promise<void> {
		await this.#channel.send(frame).catch(() => {});
	}

	/** The first of its kind (of which `isIt` is true), when it has come. */
	async hears<K extends Message['k']>(kind: K, isIt: (incoming: Incoming) => boolean = () => true): Promise<Incoming> {
		const find = (): Incoming | undefined => this.heard.find((one) => one.message.k === kind && isIt(one));
		await eventually(() => find() !== undefined || this.isOver, `${kind} to be said`, 10);
		const found = find();
		if (!found) throw new Error(`the channel ended before ${kind} was said`);
		return found;
	}

	/** Everything said so far was read by the other side, or the channel has ended: it answers in the order it is asked. */
	async isTaken(): Promise<void> {
		const document = `doc/nobody/${this.#asked++}`;
		await this.say({ k: 'ask', document });
		await this.hears('diff', ({ message }) => 'document' in message && message.document === document).catch(() => {});
	}

	end(): void {
		this.#channel.abort('enough');
	}

	async #listen(): Promise<void> {
		try {
			for await (const frame of this.#channel.frames()) this.heard.push(decodeMessage(frame));
		} catch {
			// How it was ended is for its victim to say.
		}
		this.isOver = true;
	}
}

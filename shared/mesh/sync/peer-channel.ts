/**
 * One channel to one member: hello, then whatever documents and logs have to say, until it ends. All state about a peer
 * lives here and dies with the channel; a new one begins by comparing. Frames are taken on in their order and finished
 * when their disk writes are; the peer gets its credit back only then, so it can make us hold one window and no more.
 */
import { type AuthorId, type Channel, GanglineError, type Peer } from '../../ports/index.ts';
import type { ProjectEntry } from './catalog.ts';
import { Complaints, type PeerLink, type SyncContext } from './context.ts';
import { DocumentExchange } from './document-exchange.ts';
import { HeardByPeer } from './heard-by-peer.ts';
import { rowsPerFrame } from './limits.ts';
import { Outbox } from './outbox.ts';
import { ProjectExchange } from './project-exchange.ts';
import type { Replica, ReplicaChange } from './replica.ts';
import {
	decodeDigests,
	decodeMessage,
	decodeNodes,
	decodeTexts,
	encodeMessage,
	encodeRows,
	type Incoming,
	type MessageOf,
	malformed,
} from './wire.ts';

/** Why a channel is over. `fault`: the peer broke the rules. `newer`: it speaks a schema that we do not know. */
export type ChannelEnd =
	| { readonly kind: 'closed'; readonly said?: string }
	| { readonly kind: 'newer' }
	| { readonly kind: 'fault'; readonly error: GanglineError };

/** Each is called once at most; `opened`: both have said hello. */
export interface ChannelEvents {
	opened(): void;
	ended(end: ChannelEnd): void;
}

export class PeerChannel implements PeerLink {
	readonly peer: Peer;
	readonly outbox: Outbox;
	readonly context: SyncContext;
	readonly #channel: Channel;
	readonly #events: ChannelEvents;
	readonly #documents: DocumentExchange;
	readonly #complaints: Complaints;
	readonly #projects = new Map<string, ProjectExchange>();
	readonly #heard = new HeardByPeer();
	/** The nodes that we hear, as the peer was told. */
	#told = '[]';
	#state: 'beginning' | 'open' | 'over' = 'beginning';
	#isNewer = false;

	/** Says hello and begins to read. */
	constructor(channel: Channel, context: SyncContext, events: ChannelEvents) {
		this.peer = channel.peer;
		this.context = context;
		this.#channel = channel;
		this.#events = events;
		this.outbox = new Outbox(channel, (error) => this.#fail(error));
		this.#complaints = new Complaints(this);
		this.#documents = new DocumentExchange(this, (replica) => this.#applied(replica));
		this.outbox.mark('hello', () => [{ message: { k: 'hello', schema: context.schema } }]);
		void this.#read();
	}

	// What happens here.

	changed(change: ReplicaChange): void {
		if (this.#state !== 'open') return;
		const { place, name } = change.replica;
		const thing = place.kind === 'mesh' ? name : place.project;
		if (!this.#heard.gets(thing, change.from)) this.#documents.changed(change);
		const exchange = place.kind === 'index' ? this.#projects.get(place.project) : undefined;
		if (exchange) void this.#guard(exchange.onItemsChanged());
	}

	grown(project: string, author: AuthorId, from: string | undefined): void {
		const exchange = this.#projects.get(project);
		// An item may be known now that was added far from its home.
		if (exchange) void this.#guard(exchange.onItemsChanged());
		if (from !== this.peer.node && !this.#heard.gets(project, from)) exchange?.logs.grown(author);
	}

	/** A project is new here, or has another index. */
	begin(entry: ProjectEntry): void {
		if (this.#state === 'open') this.#begin(entry, true);
	}

	removed(project: string): void {
		this.#projects.get(project)?.end();
		this.#projects.delete(project);
	}

	/** A document of the whole mesh is new here, or a text has been opened. */
	tell(replica: Replica): void {
		if (this.#state === 'open') this.#documents.tell(replica);
	}

	/** Rights have changed: what was not announced to the peer may be now. */
	review(): void {
		if (this.#state === 'open') for (const exchange of this.#projects.values()) exchange.review();
	}

	sayPresence(kind: string): void {
		if (this.#state !== 'open') return;
		this.outbox.mark(`presence ${kind}`, () => [
			{ message: { k: 'presence', kind }, payload: this.context.presence.own(kind, this.peer.node) },
		]);
	}

	/** Tells the peer whom we hear, unless it knows. */
	sayHeard(): void {
		if (this.#state !== 'open') return;
		this.outbox.mark('hears', () => {
			const others = this.context.heard().filter((node) => node !== this.peer.node);
			const payload = encodeRows(others.sort().slice(0, rowsPerFrame));
			const isNews = this.#told !== `${payload}`;
			this.#told = `${payload}`;
			return isNews ? [{ message: { k: 'hears' }, payload }] : [];
		});
	}

	/** Compares what was not passed on to the peer because others tell it: one of them may not. */
	compareLeftOut(): void {
		if (this.#state === 'open') this.#compare(this.#heard.take());
	}

	give(up: string): void {
		this.#channel.abort(up);
		this.#end({ kind: 'closed' });
	}

	/** Says goodbye, without waiting for whoever does not read, and ends. */
	close(reason: string): void {
		if (this.#state === 'over') return;
		this.#channel.send(encodeMessage({ message: { k: 'bye', reason } })).catch(() => {});
		this.#end({ kind: 'closed' });
	}

	// What the peer sends.

	async #read(): Promise<void> {
		try {
			for await (const frame of this.#channel.frames()) {
				if (this.#isOver) return;
				this.#take(frame);
			}
			this.#end({ kind: 'closed' });
		} catch (error) {
			this.#fail(error);
		}
	}

	/** Reads on while this frame's writes are on their way to the disk. */
	#take(frame: Uint8Array): void {
		const incoming = decodeMessage(frame);
		const { message } = incoming;
		// The two that need no credit.
		if (message.k === 'credit') this.outbox.granted(message.bytes);
		else if (message.k === 'bye') this.#end({ kind: 'closed', said: message.reason });
		else {
			this.outbox.received(frame.byteLength);
			void this.#guard(this.#handle(incoming)).then(() => this.outbox.consumed(frame.byteLength));
		}
	}

	async #handle(incoming: Incoming): Promise<void> {
		const { message } = incoming;
		if (message.k === 'hello') return this.#hello(message);
		if (this.#state === 'beginning') throw malformed(`said ${message.k} before hello`);
		if (this.#state === 'over') return;
		if ('document' in message) return this.#handleDocument(incoming, message.document);
		if ('project' in message) return this.#handleProject(incoming, message.project);
		if (message.k === 'hears') return this.#hears(decodeNodes(incoming.payload));
		if (message.k === 'presence') this.context.presence.hear(this.peer.node, message.kind, incoming.payload);
	}

	#hello({ schema }: MessageOf<'hello'>): void {
		if (this.#state !== 'beginning') throw malformed('said hello twice');
		const { self, schema: known, catalog, presence, log } = this.context;
		if (schema > known) {
			log.warn('sync.newerSchema', { peer: this.peer.node, found: schema, known });
			this.#isNewer = true;
			this.close(`${this.peer.node} has documents of schema ${schema}, ${self} knows schemas up to ${known}`);
			return;
		}
		this.#state = 'open';
		presence.connected(this.peer.node);
		for (const replica of catalog.meshDocuments()) this.#documents.tell(replica);
		for (const kind of presence.ownKinds) this.sayPresence(kind);
		for (const entry of catalog.projects()) this.#begin(entry, false);
		this.#events.opened();
	}

	/** Whom the peer has lost may have been the only one who brought it what was left out here. */
	#hears(nodes: readonly string[]): void {
		this.#compare(this.#heard.replace(nodes));
	}

	#compare(things: ReadonlySet<string>): void {
		for (const thing of things) {
			this.#projects.get(thing)?.announce(true);
			const replica = this.context.catalog.replica(thing);
			if (replica) this.#documents.tell(replica);
		}
	}

	#begin(entry: ProjectEntry, wantsAnswer: boolean): void {
		const { id } = entry.project;
		this.#projects.get(id)?.end();
		const exchange = new ProjectExchange(this, entry, this.#documents);
		this.#projects.set(id, exchange);
		exchange.announce(wantsAnswer);
	}

	async #handleDocument({ message, payload }: Incoming, name: string): Promise<void> {
		const replica = this.context.catalog.replica(name) ?? (await this.#openText(name));
		// A document that is not here, or no longer: an earlier generation, a project that was removed.
		if (!replica) {
			if (message.k === 'ask' || message.k === 'take') this.#documents.answerNothing(name);
			else this.#documents.forget(name);
			return;
		}
		if (message.k === 'update') return this.#documents.onUpdate(replica, payload);
		if (message.k === 'diff') return this.#orTooEarly(replica, this.#documents.onDiff(replica, payload));
		if (message.k === 'part') return this.#orTooEarly(replica, this.#documents.onPart(replica, message, payload));
		if (message.k === 'state') this.#documents.onState(replica, message);
		if (message.k === 'ask') this.#documents.onAsk(replica, payload);
		if (message.k === 'large') this.#documents.onLarge(replica, message);
		if (message.k === 'take') this.#documents.onTake(replica, payload);
	}

	/** A later generation may be by a home that the registry has not named here yet: that is not its bearer's fault. */
	async #orTooEarly(replica: Replica, taking: Promise<void>): Promise<void> {
		try {
			await taking;
		} catch (error) {
			const isUnsigned = error instanceof GanglineError && error.code === 'BAD_SIGNATURE';
			const { place } = replica;
			const exchange = place.kind === 'index' ? this.#projects.get(place.project) : undefined;
			if (!isUnsigned || !exchange?.postpones(replica)) throw error;
		}
	}

	/** A text that is not open here. */
	async #openText(name: string): Promise<Replica | undefined> {
		const [, project, item] = /^doc\/([0-9A-Z]{26})\/text\/([^/]+)$/.exec(name) ?? [];
		if (project === undefined || item === undefined) return undefined;
		if (this.context.access(this.peer.node, project) === 'none') return undefined;
		return this.#projects.get(project)?.text(item);
	}

	async #handleProject({ message, payload }: Incoming, project: string): Promise<void> {
		const exchange = this.#projects.get(project);
		const mayHave = this.context.access(this.peer.node, project) !== 'none';
		if (!exchange) return;
		if (!mayHave) {
			// Announcing is no claim: each side learns from the registry in its own time what they share.
			if (message.k !== 'project') this.#complaints.note('sync.refused', project, { what: message.k });
			return;
		}
		if (message.k === 'project') return exchange.compare(message);
		if (message.k === 'flush') return exchange.logs.onFlush(payload);
		if (message.k === 'texts') return exchange.onTexts(decodeTexts(payload));
		if (message.k === 'digests') exchange.logs.onDigests(message, decodeDigests(payload));
		if (message.k === 'from') exchange.logs.onFrom(message);
		if (message.k === 'ack') exchange.logs.onAck(message);
		if (message.k === 'stored') exchange.onStored(message);
	}

	async #applied(replica: Replica): Promise<void> {
		if (replica.place.kind === 'index') await this.#projects.get(replica.place.project)?.onIndexApplied(replica);
	}

	/** What goes wrong with one frame ends the channel. */
	async #guard(work: Promise<void>): Promise<void> {
		try {
			await work;
		} catch (error) {
			this.#fail(error);
		}
	}

	#fail(error: unknown): void {
		if (this.#state === 'over') return;
		if (error instanceof GanglineError && error.disposition === 'peer') {
			this.#end({ kind: 'fault', error });
			return;
		}
		const isGone = error instanceof GanglineError && error.code === 'PEER_GONE';
		if (!isGone) this.context.log.error('sync.failed', { peer: this.peer.node, error });
		this.#channel.abort(isGone ? 'it is gone' : 'this node could not go on');
		this.#end({ kind: 'closed' });
	}

	get isOpen(): boolean {
		return this.#state === 'open';
	}

	get #isOver(): boolean {
		return this.#state === 'over';
	}

	#end(end: ChannelEnd): void {
		if (this.#isOver) return;
		const wasOpen = this.#state === 'open';
		this.#state = 'over';
		this.outbox.end();
		// Behind what was sent; of no effect on a channel that broke.
		this.#channel.close().catch(() => {});
		this.#documents.end();
		for (const exchange of this.#projects.values()) exchange.end();
		if (wasOpen) this.context.presence.gone(this.peer.node);
		this.#events.ended(this.#isNewer ? { kind: 'newer' } : end);
	}
}

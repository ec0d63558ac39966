/**
 * Sync over the network: one channel per connected member, opened by the node with the smaller id, opened again for as
 * long as the connection stands. A member that breaks the rules is cut off, named in one line, and not listened to for
 * a while, twice as long each time: it cannot make us work by coming back.
 */
import type { AuthorId, Channel, Clock, Log, Network, NodeId, Peer } from '../../ports/index.ts';
import type { Presence, SignedDocument, Sync, SyncAccess, SyncedProject } from '../sync.ts';
import { type AcknowledgedListener, Acknowledgements } from './acknowledgements.ts';
import { BulkPlaces } from './bulk-places.ts';
import { Catalog } from './catalog.ts';
import type { SyncContext } from './context.ts';
import {
	bulksBytesMax,
	channelMsSettled,
	hearsMsGathered,
	leftOutMsMax,
	outcastMsMax,
	outcastMsMin,
	presenceMsEvery,
	reopenMsMax,
	reopenMsMin,
	schemaNumber,
} from './limits.ts';
import { type ChannelEnd, PeerChannel } from './peer-channel.ts';
import { PresenceBoard, type PresenceListener, type Spoken } from './presence-board.ts';

export interface MeshSyncOptions {
	readonly network: Network;
	readonly clock: Clock;
	readonly log: Log;
	/** What a peer may do with a project, by the registry; asked for every frame. */
	readonly access: (peer: NodeId, project: string) => SyncAccess;
	/** Default: what this version knows. */
	readonly schema?: number;
}

const protocol = '/gangline/sync/1';

/** What is known of a member whether or not a channel to it is open. */
interface Member {
	readonly peer: Peer;
	channel: PeerChannel | undefined;
	/** Waits between tries to open a channel; 0 after one that was open. */
	reopenMs: number;
	cancelReopen: () => void;
	faults: number;
	/** Not listened to before this monotonic time. */
	outcastUntil: number;
	/** It speaks a newer schema: nothing to be done while this connection stands. */
	isNewer: boolean;
	/** Why it ended its channel last. */
	said: string | undefined;
}

export class MeshSync implements Sync, AsyncDisposable {
	readonly #options: MeshSyncOptions;
	readonly #context: SyncContext;
	readonly #members = new Map<NodeId, Member>();
	readonly #unsubscribe: () => void;
	#cancelPresence: () => void = () => {};
	/** When peers were asked last to compare what was not passed on to them; monotonic. */
	#comparedAt: number;
	#cancelHears: (() => void) | undefined;
	#isStopped = false;

	/** Takes the protocol of the network and begins with the members that are connected. */
	constructor(options: MeshSyncOptions) {
		const { network, clock, log, access, schema = schemaNumber } = options;
		this.#options = options;
		const catalog = new Catalog({
			changed: (change) => this.#each((channel) => channel.changed(change)),
			grown: (project, author, from) => this.#each((channel) => channel.grown(project, author, from)),
			begun: (project) => this.#begun(project),
			opened: (replica) => this.#each((channel) => channel.tell(replica)),
		});
		this.#context = {
			...{ self: network.self, clock, log, catalog, access, schema },
			acknowledgements: new Acknowledgements(),
			presence: new PresenceBoard(clock),
			heard: () => [...this.#members.values()].flatMap(({ peer, channel }) => (channel?.isOpen ? [peer.node] : [])),
			incoming: new BulkPlaces(bulksBytesMax),
			outgoing: new BulkPlaces(bulksBytesMax),
		};
		network.handle(protocol, (channel) => this.#take(channel));
		this.#unsubscribe = network.subscribe(({ kind, peer }) => (kind === 'up' ? this.#up(peer) : this.#down(peer)));
		for (const peer of network.links()) this.#up(peer);
		this.#comparedAt = clock.monotonic();
		this.#renewPresence();
	}

	add(project: SyncedProject): void {
		this.#context.catalog.add(project);
	}

	remove(project: string): void {
		this.#context.catalog.remove(project);
		this.#context.acknowledgements.forget(project);
		this.#each((channel) => channel.removed(project));
	}

	addDocument(document: SignedDocument): void {
		const replica = this.#context.catalog.addDocument(document);
		this.#each((channel) => channel.tell(replica));
	}

	review(): void {
		this.#each((channel) => channel.review());
	}

	acknowledged(project: string, author: AuthorId, node: NodeId): number {
		return this.#context.acknowledgements.log(project, author, node);
	}

	storedRevision(project: string, node: NodeId): number {
		const generation = this.#context.catalog.project(project)?.age.generation;
		return generation === undefined ? 0 : this.#context.acknowledgements.revision(project, node, generation);
	}

	onAcknowledged(listener: AcknowledgedListener): () => void {
		return this.#context.acknowledgements.subscribe(listener);
	}

	setPresence(kind: string, value: Spoken | undefined): void {
		if (this.#context.presence.say(kind, value)) this.#each((channel) => channel.sayPresence(kind));
	}

	presence(kind: string): readonly Presence[] {
		return this.#context.presence.all(kind);
	}

	onPresence(listener: PresenceListener): () => void {
		return this.#context.presence.subscribe(listener);
	}

	/** Says goodbye to everyone. What was given to it stays as it is. */
	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#isStopped) return;
		this.#isStopped = true;
		this.#unsubscribe();
		this.#cancelPresence();
		this.#cancelHears?.();
		for (const { cancelReopen } of this.#members.values()) cancelReopen();
		this.#each((channel) => channel.close('this node stops'));
		this.#context.catalog.release();
	}

	#up(peer: Peer): void {
		const member = this.#member(peer);
		member.isNewer = false;
		member.reopenMs = 0;
		this.#openSoon(member);
	}

	/** The channel's reader learns of it by itself, and why, behind what had arrived. */
	#down(peer: Peer): void {
		this.#member(peer).cancelReopen();
	}

	/** The node with the smaller id opens; after the first try it waits, twice as long each time. */
	#openSoon(member: Member): void {
		member.cancelReopen();
		if (this.#isStopped || member.isNewer || this.#context.self > member.peer.node) return;
		const wait = Math.max(member.reopenMs, member.outcastUntil - this.#context.clock.monotonic());
		member.reopenMs = Math.min(reopenMsMax, Math.max(reopenMsMin, 2 * member.reopenMs));
		member.cancelReopen = this.#context.clock.after(wait, () => void this.#open(member));
	}

	async #open(member: Member): Promise<void> {
		const { node } = member.peer;
		if (this.#isStopped || member.channel || !this.#isLinked(node)) return;
		try {
			this.#begin(member, await this.#options.network.open(node, protocol));
		} catch {
			// It is not ready or it is gone; while the connection stands, it is tried again.
			if (this.#isLinked(node)) this.#openSoon(member);
		}
	}

	#take(channel: Channel): void {
		const member = this.#member(channel.peer);
		const isOutcast = member.isNewer || member.outcastUntil > this.#context.clock.monotonic();
		if (this.#isStopped || isOutcast || this.#context.self < channel.peer.node) {
			channel.abort('not now');
			return;
		}
		this.#begin(member, channel);
	}

	#begin(member: Member, channel: Channel): void {
		if (this.#isStopped) {
			channel.abort('this node stops');
			return;
		}
		member.channel?.give('there is a new channel');
		const since = this.#context.clock.monotonic();
		const ended = (end: ChannelEnd): void => {
			if (member.channel !== begun) return;
			member.channel = undefined;
			if (this.#context.clock.monotonic() - since > channelMsSettled) member.reopenMs = 0;
			this.#ended(member, end);
		};
		const begun: PeerChannel = new PeerChannel(channel, this.#context, { opened: () => this.#hearsMore(), ended });
		member.channel = begun;
	}

	/** Not urgent: who is told late is sent what it has. */
	#hearsMore(): void {
		this.#cancelHears ??= this.#context.clock.after(hearsMsGathered, () => this.#sayHeard());
	}

	#sayHeard(): void {
		this.#cancelHears?.();
		this.#cancelHears = undefined;
		this.#each((channel) => channel.sayHeard());
	}

	#ended(member: Member, end: ChannelEnd): void {
		const { peer } = member;
		if (!this.#isStopped) this.#sayHeard();
		if (end.kind === 'newer') member.isNewer = true;
		if (end.kind === 'closed' && end.said !== member.said) {
			member.said = end.said;
			if (end.said) this.#context.log.info('sync.ended', { peer: peer.node, why: end.said });
		}
		if (end.kind === 'fault') this.#castOut(member, end);
		if (this.#isLinked(peer.node)) this.#openSoon(member);
	}

	#castOut(member: Member, { error }: ChannelEnd & { readonly kind: 'fault' }): void {
		const { node } = member.peer;
		const ms = Math.min(outcastMsMax, outcastMsMin * 2 ** member.faults);
		member.faults += 1;
		member.outcastUntil = this.#context.clock.monotonic() + ms;
		this.#context.log.warn('sync.cutOff', { peer: node, code: error.code, why: error.message, forMs: ms });
		this.#options.network.cutOff(node, `${error.code}: ${error.message}`);
	}

	#begun(project: string): void {
		const entry = this.#context.catalog.project(project);
		if (entry) this.#each((channel) => channel.begin(entry));
	}

	#renewPresence(): void {
		this.#cancelPresence = this.#context.clock.after(presenceMsEvery, () => {
			for (const kind of this.#context.presence.ownKinds) this.#each((channel) => channel.sayPresence(kind));
			this.#compareLeftOut();
			this.#renewPresence();
		});
	}

	#compareLeftOut(): void {
		const now = this.#context.clock.monotonic();
		if (now - this.#comparedAt < leftOutMsMax) return;
		this.#comparedAt = now;
		this.#each((channel) => channel.compareLeftOut());
	}

	#isLinked(node: NodeId): boolean {
		return this.#options.network.links().some((peer) => peer.node === node);
	}

	#member(peer: Peer): Member {
		const known = this.#members.get(peer.node);
		if (known) return known;
		const member: Member = {
			...{ peer, channel: undefined, reopenMs: 0, cancelReopen: () => {} },
			...{ faults: 0, outcastUntil: 0, isNewer: false, said: undefined },
		};
		this.#members.set(peer.node, member);
		return member;
	}

	#each(act: (channel: PeerChannel) => void): void {
		for (const { channel } of this.#members.values()) if (channel) act(channel);
	}
}

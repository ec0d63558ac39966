/** What all channels of one node share, and what a channel offers to its parts. */
import type { Clock, Log, NodeId, Peer } from '../../ports/index.ts';
import type { SyncAccess } from '../sync.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { BulkPlaces } from './bulk-places.ts';
import type { Catalog } from './catalog.ts';
import type { Outbox } from './outbox.ts';
import type { PresenceBoard } from './presence-board.ts';

export interface SyncContext {
	readonly self: NodeId;
	readonly clock: Clock;
	readonly log: Log;
	readonly catalog: Catalog;
	readonly acknowledgements: Acknowledgements;
	readonly presence: PresenceBoard;
	/** Members to which there is a channel on which both have said hello. */
	readonly heard: () => readonly NodeId[];
	/** Room for documents that come in, and for those that go out. */
	readonly incoming: BulkPlaces;
	readonly outgoing: BulkPlaces;
	/** Asked for every frame: rights may change at any time. */
	readonly access: (peer: NodeId, project: string) => SyncAccess;
	/** The highest schema that this node knows. */
	readonly schema: number;
}

/** One peer, as the parts of its channel see it. */
export interface PeerLink {
	readonly peer: Peer;
	readonly outbox: Outbox;
	readonly context: SyncContext;
	/** Ends the channel, for a reason that is nobody's fault. */
	give(up: string): void;
}

/** What the peer may do with a project. */
export const accessOf = ({ peer, context }: PeerLink, project: string): SyncAccess =>
	context.access(peer.node, project);

/** Once per channel and thing: a peer that goes on does not fill our log. */
export class Complaints {
	readonly #said = new Set<string>();
	readonly #link: PeerLink;

	constructor(link: PeerLink) {
		this.#link = link;
	}

	/** Named in one line; at most a hundred different ones of one channel. */
	note(event: string, about: string, fields: Readonly<Record<string, unknown>> = {}): void {
		const key = `${event} ${about}`;
		if (this.#said.has(key) || this.#said.size >= complaintsMax) return;
		this.#said.add(key);
		this.#link.context.log.warn(event, { peer: this.#link.peer.node, about, ...fields });
	}
}

const complaintsMax = 100;

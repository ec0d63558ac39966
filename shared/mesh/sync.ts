/**
 * Keeps documents and logs equal between members over `/gangline/sync/1`. It compares first (64 bytes a document),
 * sends what is missing, then each change as it becomes durable; an acknowledgement means durable there. A project is a
 * signed document (its index), logs and texts; the registry is a signed document alone.
 */
import type { Applied, DocumentChange, ItemText, ProjectIndex } from '../documents/index.ts';
import type { ProjectLogs } from '../log/index.ts';
import type { AuthorId, JsonValue, NodeId, Peer } from '../ports/index.ts';

/** One project as this node has it, whichever its part in it is. */
export interface SyncedProject {
	readonly id: string;
	/** The current generation. */
	readonly index: ProjectIndex;
	/** Called when the project goes on with another generation, which is `index` then; must not throw. */
	onIndex(listener: () => void): () => void;
	readonly logs: ProjectLogs;
	/** Opens (makes) the text of an item; undefined where the item is not known. */
	text(item: string): Promise<ItemText | undefined>;
	/** Texts that are open here. */
	texts(): readonly ItemText[];
	/** Called with each text that is opened from now on. */
	onText(listener: (text: ItemText) => void): () => void;
	/**
	 * Base64: the key of the home by the registry. Where `index` is signed by another, that home is none any more, and
	 * how far it has counted its generations says nothing: it may have raised them after others had given it up.
	 */
	readonly homeKey: string;
	/**
	 * A peer says that the home has another generation (a number that only rises at one home): gives the reader to fill,
	 * or null where it cannot follow on `index`, as at the home itself always. `index` stays what it is meanwhile.
	 */
	replaceIndex(generation: string): Promise<ProjectIndex | null>;
	/** The reader that `replaceIndex` gave holds what the home signed: it becomes `index`, unless that is later by now. */
	adoptIndex(index: ProjectIndex): Promise<void>;
}

/** A document that one node writes and everyone verifies, such as the registry; from whom it comes does not matter. */
export interface SignedDocument {
	/** The same on all nodes, `doc/…`. */
	readonly name: string;
	/** Equal on two replicas if and only if all their records are. */
	readonly stateHash: string;
	readonly stateVector: Uint8Array;
	difference(stateVector?: Uint8Array): Uint8Array;
	/** Throws MALFORMED, TOO_LARGE or BAD_SIGNATURE for what its writer did not sign. */
	apply(update: Uint8Array, from: string): Promise<Applied>;
	subscribe(listener: (changed: { readonly change: DocumentChange }) => void): () => void;
}

/** What a peer may do with a project; from the registry. `write`: documents' texts and logs of its own authors. */
export type SyncAccess = 'none' | 'read' | 'write';

/** What a node says of itself now; never stored. */
export interface Presence {
	readonly node: NodeId;
	readonly value: JsonValue;
	/** Ms since it was last said, on this machine's clock. */
	readonly ageMs: number;
	/** Whether the node is connected now. */
	readonly isConnected: boolean;
}

export interface Sync {
	/** Begins to keep a project equal with every connected peer that may have it; also when it is added again. */
	add(project: SyncedProject): void;
	remove(project: string): void;
	/** Begins to keep a document equal with every connected member. */
	addDocument(document: SignedDocument): void;
	/** Looks again at what each peer may have: the registry has changed. */
	review(): void;
	/** Number up to which `node` has durably said to have the author's log; 0 where it never did. */
	acknowledged(project: string, author: AuthorId, node: NodeId): number;
	/** The revision of the facts that `node` has durably said to have in the current generation; 0 where it never did. */
	storedRevision(project: string, node: NodeId): number;
	/** Called when a peer's acknowledgements changed; must not throw. */
	onAcknowledged(listener: (change: { readonly project: string; readonly peer: Peer }) => void): () => void;
	/**
	 * Says `value` (at most 4 KiB of JSON), or what it is for a peer, of this node to every peer, now and every 5 s;
	 * undefined: says it no more.
	 */
	setPresence(kind: string, value: JsonValue | ((peer: NodeId) => JsonValue) | undefined): void;
	/** What others said last under `kind`, those that are gone included until 10 min have passed. */
	presence(kind: string): readonly Presence[];
	/** Called when somebody's presence of a kind changed, came or went; must not throw. */
	onPresence(listener: (change: { readonly kind: string; readonly node: NodeId }) => void): () => void;
}

/**
 * Keeps documents and logs of projects equal between members over `/gangline/sync/1`. It compares first (64 bytes a
 * document), sends what is missing, then each change as it becomes durable; an acknowledgement means durable there.
 */
import type { ItemText, ProjectIndex } from '../documents/index.ts';
import type { ProjectLogs } from '../log/index.ts';
import type { AuthorId, NodeId, Peer } from '../ports/index.ts';

/** One project as this node has it, whichever its part in it is. */
export interface SyncedProject {
	readonly id: string;
	/** The current generation; another one when the home began it anew (`replaceIndex`). */
	readonly index: ProjectIndex;
	readonly logs: ProjectLogs;
	/** Opens (makes) the text of an item; undefined where the item is not known. */
	text(item: string): Promise<ItemText | undefined>;
	/** Texts that are open here. */
	texts(): readonly ItemText[];
	/** A peer says that the home (by the registry) has a newer generation: gives the reader to fill, or null to refuse. */
	replaceIndex(generation: string): Promise<ProjectIndex | null>;
}

/** What a peer may do with a project; from the registry. `write`: documents' texts and logs of its own authors. */
export type SyncAccess = 'none' | 'read' | 'write';

export interface Sync {
	/** Begins to keep a project equal with every connected peer that may have it. */
	add(project: SyncedProject): void;
	remove(project: string): void;
	/** Number up to which `node` has durably said to have the author's log; 0 where it never did. */
	acknowledged(project: string, author: AuthorId, node: NodeId): number;
	/** Called when a peer's acknowledgements rose; must not throw. */
	onAcknowledged(listener: (change: { readonly project: string; readonly peer: Peer }) => void): () => void;
}

/**
 * As what authors of other nodes may act in a project of ours, and whom they may name. The registry says it, the home
 * asks it anew with each entry, and nothing that an entry says of itself counts [I13].
 */
import type { Intent, Right } from '../../shared/pipeline/index.ts';
import { type AuthorId, type Duty, type NodeId, nodeOf, parseAuthorId } from '../../shared/ports/index.ts';

export interface AuthorRights {
	/** False while a member has not read what its registry says: what others want waits then. */
	isKnown(): boolean;
	of(author: AuthorId): readonly Right[];
	/** Whether the node was revoked: for good, so it never hears or says anything again. */
	isGone(node: NodeId): boolean;
	/** Whether the author may name that person. */
	speaksFor(author: AuthorId, who: string): boolean;
	/** Called when rights may have changed; must not throw. */
	subscribe(listener: () => void): () => void;
}

/** As what each of a home's own three authors may act. */
export const dutyRights: Readonly<Record<Duty, readonly Right[]>> = {
	home: ['system', 'scheduler', 'landing'],
	work: ['agent', 'gates', 'relay'],
	edge: ['user'],
};

/** The rules' question, for the home on `node`: whom its own authors name its API has checked. */
export function speaksFor(rights: AuthorRights, node: NodeId): (intent: Intent) => boolean {
	return ({ author, who }) => {
		const id = parseAuthorId(author);
		return nodeOf(id) === node || (who !== undefined && rights.speaksFor(id, who));
	};
}

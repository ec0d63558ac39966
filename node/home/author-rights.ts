/**
 * As what authors of other nodes may act in a project of ours, and whom they may name. The registry says it, the home
 * asks it anew with each entry, and nothing that an entry says of itself counts [I13].
 */
import type { Intent, Right } from '../../shared/pipeline/index.ts';
import type { AuthorId, Duty } from '../../shared/ports/index.ts';

export interface AuthorRights {
	of(author: AuthorId): readonly Right[];
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

/** Of a node that belongs to no mesh: there is nobody else. */
export const nobodyElse: AuthorRights = { of: () => [], speaksFor: () => false, subscribe: () => () => {} };

/** The rules' question, for a home whose own processes are `own`: its API has checked who asks. */
export function speaksFor(rights: AuthorRights, isOwn: (author: string) => boolean) {
	return ({ author, who }: Intent): boolean =>
		isOwn(author) || (who !== undefined && rights.speaksFor(author as AuthorId, who));
}

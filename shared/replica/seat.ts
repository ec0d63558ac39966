/** A replica with all that is needed to answer a person there: the way to its home, names, and what the home said last. */
import type { ProjectView } from '../operations/index.ts';
import type { Clock, Random } from '../ports/index.ts';
import type { PresentPerson } from '../protocol/people.ts';
import type { HomeContact } from './home-contact.ts';
import type { ProjectReplica } from './project-replica.ts';

export interface ReplicaSeat {
	readonly replica: ProjectReplica;
	readonly contact: HomeContact;
	/** This node's id. */
	readonly self: string;
	readonly clock: Clock;
	readonly random: Random;
	/** By the registry. */
	readonly project: () => { readonly branch: string };
	readonly nodeName: (id: string) => string;
	/** Where a person of this machine has it checked out; null where nobody has. */
	readonly checkout: () => string | null;
	/** Who sits at the home, by the registry; null where nobody does. */
	readonly homePerson: () => string | null;
	/** Who has something of the project open now, anywhere. */
	readonly people: () => readonly PresentPerson[];
	/** Results of this node's agents that the home has not settled. */
	readonly resultsWaiting: () => number;
	/** What the home said of the project last; null where it never did. */
	readonly lastView: () => ProjectView | null;
	readonly remember: (view: ProjectView) => void;
}

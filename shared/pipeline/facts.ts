/**
 * What is so in one project, as its home published it. Everyone else only reads it, and folds what is pending over it.
 * `ProjectFacts` is a value: nothing here or in the rules ever changes one.
 */
import type { Right } from './intent.ts';
import type { Item } from './item.ts';
import { tableOf } from './item-table.ts';
import type { ArchiveReason } from './stage.ts';

export interface ProjectFacts {
	/** Rises when the home moves; the first half of every token. */
	readonly term: number;
	/** How many intents were applied so far. */
	readonly revision: number;
	/** The number of the next item; only ever rises, so that a number is never given again. */
	readonly nextNumber: number;
	readonly acceptedUpTo: Readonly<Record<string, number>>;
	/** What each author may, by the registry. */
	readonly authors: Readonly<Record<string, readonly Right[]>>;
	readonly items: Readonly<Record<string, Item>>;
	/** How items ended that have left the index, as long as somebody depends on them. */
	readonly closedDependencies?: Readonly<Record<string, ArchiveReason>>;
	/** Where closed items are that have left the index: segments by number, each named by its hash. */
	readonly segments?: Readonly<Record<string, SegmentName>>;
}

export interface SegmentName {
	/** SHA-256 of its bytes, hex. */
	readonly hash: string;
	readonly items: number;
}

/** A project in which nothing has happened yet. */
export function emptyFacts(authors: ProjectFacts['authors'] = {}, term = 1): ProjectFacts {
	return { term, revision: 0, nextNumber: 1, acceptedUpTo: {}, authors, items: {} };
}

/** Items by key, and how those ended that are gone; the same for facts and for a fold in progress. */
export interface Lookup {
	item(key: string): Item | undefined;
	closed(key: string): ArchiveReason | undefined;
}

type Known = Pick<ProjectFacts, 'items' | 'closedDependencies'>;

/** Reads own keys only: an item called `constructor` is there when somebody added it. */
export function lookupIn(facts: Known): Lookup {
	const { closedDependencies = {} } = facts;
	const table = tableOf(facts);
	return {
		item: (key) => table.get(key),
		closed: (key) => (Object.hasOwn(closedDependencies, key) ? closedDependencies[key] : undefined),
	};
}

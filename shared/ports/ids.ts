/**
 * The names of things, branded so that a project's id cannot be passed where an item's key is meant. Each has one
 * parser; what has passed it needs no second look.
 */
import { ganglineError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A project, for ever and on every machine: a ULID kept in the project's own `.gangline/project.toml`. */
export type ProjectId = Branded<'ProjectId'>;
/** An item, for ever: a ULID. People use its number. */
export type ItemKey = Branded<'ItemKey'>;
/** A machine's node: `n` and 16 hex digits of the hash of its public key. */
export type NodeId = Branded<'NodeId'>;
/** One writer of one log: `<node>.<nonce>.<duty>`, new at each start of the process, so that a restored backup never writes under an old name. */
export type AuthorId = Branded<'AuthorId'>;
/** A git object id, 40 or 64 hex digits. */
export type CommitId = Branded<'CommitId'>;

const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export const parseProjectId = parser<ProjectId>('project id', ulid, 'a ULID of 26 characters');
export const parseItemKey = parser<ItemKey>('item key', ulid, 'a ULID of 26 characters');
export const parseNodeId = parser<NodeId>('node id', /^n[0-9a-f]{16}$/, '`n` and 16 hex digits');
export const parseAuthorId = parser<AuthorId>(
	'author id',
	/^n[0-9a-f]{16}\.[0-9a-f]{8}\.(home|work|edge)$/,
	'`<node>.<nonce>.<duty>`',
);
export const parseCommitId = parser<CommitId>('commit id', /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, '40 or 64 hex digits');

/** What one process does under one author: accept and land (`home`), work (`work`), speak for people (`edge`). */
export type Duty = 'home' | 'work' | 'edge';

export function authorId(node: NodeId, nonce: string, duty: Duty): AuthorId {
	return parseAuthorId(`${node}.${nonce}.${duty}`);
}

export function nodeOf(author: AuthorId): NodeId {
	return parseNodeId(author.slice(0, author.indexOf('.')));
}

export function dutyOf(author: AuthorId): Duty {
	return author.slice(author.lastIndexOf('.') + 1) as Duty;
}

function parser<Id extends string>(what: string, pattern: RegExp, expected: string): (text: string) => Id {
	return (text) => {
		if (!pattern.test(text)) {
			throw ganglineError('INVALID_ID', `${JSON.stringify(text.slice(0, 100))} is no ${what}: expected ${expected}`);
		}
		return text as Id;
	};
}

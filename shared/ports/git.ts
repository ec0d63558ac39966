/**
 * The canonical repository of one project as the home needs it: bare, private, one branch that only the landing loop
 * moves. Narrow on purpose: the simulated twin implements all of it. Paths are `/`-separated and relative to the tree.
 */
import type { CommitId } from './ids.ts';

/** A commit on main's first-parent chain, with what its trailers say if their signature is the home's. */
export interface MainCommit {
	readonly commit: CommitId;
	readonly parent: CommitId | null;
	readonly tree: CommitId;
	readonly landing: LandingTrailers | null;
}

/**
 * What a landing says of itself: the last lines of its message, under a signature over the whole commit, so that no
 * agent's commit message, and no copy of a real landing on another parent, can pose as one.
 */
export interface LandingTrailers {
	readonly item: string;
	readonly token: readonly [term: number, revision: number];
	/** The tree that the gates ran on. Equal to the commit's own tree, or the commit is refused and counts as no landing. */
	readonly gatedTree: CommitId;
	/** The key of the item whose landing this one reverts. */
	readonly reverts?: string;
}

/** The home's key as git needs it. `verify` answers false for anything damaged; it does not throw. */
export interface LandingSigner {
	sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
	verify(bytes: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
}

/** `paths` may be empty (a conflict of whole folders); it is a conflict all the same. */
export type MergeResult =
	| { readonly kind: 'clean'; readonly tree: CommitId }
	| { readonly kind: 'conflict'; readonly paths: readonly string[] };

export interface Change {
	readonly path: string;
	readonly kind: 'added' | 'modified' | 'deleted';
}

export interface Person {
	readonly name: string;
	readonly email: string;
}

/** Unknown outcomes are thrown (GIT_FAILED), never guessed: the caller reads main before it goes on. */
export type MoveResult = { readonly kind: 'moved' } | { readonly kind: 'lost'; readonly actual: CommitId | null };

export interface Git {
	/** The tip of main, null when the repository has no commit yet. */
	main(): Promise<CommitId | null>;
	/**
	 * First-parent commits of `tip` (default: main), newest first, down to but without those that `until` contains; at
	 * most `limit` (default 100,000). Signatures are verified.
	 */
	firstParents(options: { tip?: CommitId; until?: CommitId; limit?: number }): Promise<readonly MainCommit[]>;
	treeOf(commit: CommitId): Promise<CommitId>;
	/** The best common ancestor, null when there is none. */
	mergeBase(a: CommitId, b: CommitId): Promise<CommitId | null>;
	isAncestor(ancestor: CommitId, descendant: CommitId): Promise<boolean>;
	/** Three-way merge without a work tree; `base` only where it is not the merge base (a stacked branch). */
	merge(input: { ours: CommitId; theirs: CommitId; base?: CommitId }): Promise<MergeResult>;
	/** A commit object that no ref knows yet; equal input, equal commit. With `landing`, signed trailers end the message. */
	createCommit(input: {
		tree: CommitId;
		parents: readonly CommitId[];
		message: string;
		author: Person;
		atMs: number;
		landing?: LandingTrailers;
	}): Promise<CommitId>;
	/** Moves main if it still is at `from`. Durable when it answers `moved`. */
	moveMain(to: CommitId, from: CommitId | null): Promise<MoveResult>;
	/** Paths that differ between two commits (or trees), renames as deleted and added. */
	changes(from: CommitId, to: CommitId): Promise<readonly Change[]>;
	/**
	 * A stable hash of the difference between two trees: paths, modes, changed lines with three lines around them, byte
	 * for byte; line numbers and everything else of the trees left out. Equal for a change and its copy on a moved main.
	 */
	patchId(from: CommitId, to: CommitId): Promise<string>;
	/** The content of a file at a commit, null where there is none; refuses more than `limitBytes` (TOO_LARGE). */
	file(commit: CommitId, path: string, limitBytes: number): Promise<Uint8Array | null>;
	/** Creates a ref under refs/gangline/, durably; `exists` when it is there already, with what it points to. */
	keep(ref: string, commit: CommitId): Promise<{ kind: 'kept' } | { kind: 'exists'; commit: CommitId }>;
	refs(prefix: string): Promise<readonly { readonly ref: string; readonly commit: CommitId }[]>;
	/** Removes a ref under refs/gangline/ if it still points to `commit`; otherwise does nothing. */
	drop(ref: string, commit: CommitId): Promise<void>;
}

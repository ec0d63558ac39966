/**
 * Commits between members over `/gangline/pack/1`, as git bundles, always pulled by who wants them. Each side serves
 * only refs that the other may have; what arrives is believed in nothing: its ids are computed anew, its files looked
 * at, and only then it becomes a ref that is new, or a mirror's main that went forward.
 */
import type { ImportLimits, MirrorRepository, SourceRepository } from '../git/index.ts';
import type { CommitId, NodeId, Peer } from '../ports/index.ts';

/**
 * Which repository serves a ref of a project to a peer, as a path; null: the peer may not have it, or it is not here.
 * `ref` is a full name: `refs/heads/<branch>` or `refs/gangline/attempts/<key>/<term>.<revision>`.
 */
export type MayServe = (peer: Peer, project: string, ref: string) => string | null | Promise<string | null>;

interface PullBase {
	readonly node: NodeId;
	readonly project: string;
	/** The commit must be what `ref` names over there, or be contained in it. */
	readonly want: { readonly ref: string; readonly commit: CommitId };
	/** Commits that we have, with everything in them; those that the other side has too need not travel. At most 64. */
	readonly have: readonly CommitId[];
	readonly limits?: Partial<ImportLimits>;
	readonly signal?: AbortSignal;
	readonly onProgress?: (bytes: number) => void;
}

/** Into a ref under refs/gangline/ that can only be created. */
export interface PullAttempt extends PullBase {
	readonly into: SourceRepository;
	readonly as: string;
	/** What the commit must have grown on. */
	readonly base: CommitId;
}

export interface PullMain extends PullBase {
	readonly into: MirrorRepository;
}

export interface Packs {
	/**
	 * Brings an attempt's commit. `exists`: the ref names another commit already, which is left. A repeat answers `kept`.
	 * Throws REFUSED for what may not come in, TOO_LARGE and MALFORMED for what broke the rules (the peer is cut off),
	 * FORBIDDEN or NOTHING_TO_SHOW by the other side, PEER_GONE and PEER_UNREACHABLE; then nothing of it is there.
	 */
	pullAttempt(input: PullAttempt): Promise<{ kind: 'kept' } | { kind: 'exists'; commit: CommitId }>;
	/**
	 * Brings main and moves the mirror's main there, if that is forward. `behind`: the mirror is further already.
	 * `diverged`: neither contains the other; the commit is there, main is where it was (`MirrorRepository.startOver`).
	 */
	pullMain(input: PullMain): Promise<{ kind: 'moved' | 'same' | 'behind' | 'diverged' }>;
}

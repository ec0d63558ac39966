/**
 * What the worker needs of git, and no more: a clone per item, a checkout per gate slot, and the way of commits into
 * the canonical repository. The adapter binds shared/git to one project's repository.
 */
import { join } from 'node:path';
import {
	type CloneInput,
	changedPaths,
	checkoutForGates,
	cloneForWork,
	cloneSubjects,
	commitAll,
	fetchAttempt,
	type GateCheckout,
	gateChanges,
	refsFingerprint,
	removeClone,
	removeGateCheckout,
	type SourceRepository,
	salvage,
	type WorkClone,
	type WorkState,
	workCloneAt,
	workState,
} from '../../shared/git/index.ts';
import type { CommitId, Person } from '../../shared/ports/index.ts';

/** Commits of a person that an agent is told of one by one; it has `git log` for more. */
const givenMax = 20;

export interface WorkspaceGit {
	/** Folders that what we run may read only: our objects, from which clones read. */
	readonly objects: readonly string[];
	cloneAt(path: string): WorkClone;
	clone(input: CloneInput): Promise<WorkClone>;
	state(clone: WorkClone, base: CommitId): Promise<WorkState>;
	/** Commits of an item's clone that no session of ours has left there: a person's. One line each, newest first. */
	given(clone: WorkClone, item: { readonly key: string; readonly judged: CommitId }): Promise<readonly string[]>;
	/** Equal as long as no ref of the clone has moved. */
	refsFingerprint(clone: WorkClone): Promise<string>;
	commitAll(
		clone: WorkClone,
		input: { message: string; author: Person; atMs: number; base: CommitId },
	): Promise<CommitId | null>;
	/** Brings a commit of a clone among ours, at a ref that can only be created. */
	take(input: { clone: WorkClone; commit: CommitId; base: CommitId; ref: string }): Promise<void>;
	/** Null when the clone holds nothing that we have not. */
	salvage(input: {
		clone: WorkClone;
		base: CommitId;
		ref: string;
		atMs: number;
	}): Promise<{ commit: CommitId | null; lost: readonly string[] }>;
	removeClone(clone: WorkClone): Promise<void>;
	checkout(input: { path: string; commit: CommitId; caches: readonly string[] }): Promise<GateCheckout>;
	gateChanges(
		checkout: GateCheckout,
		caches: readonly string[],
	): Promise<{ modified: readonly string[]; added: readonly string[] }>;
	removeCheckout(checkout: GateCheckout): Promise<void>;
	isKnown(commit: CommitId): Promise<boolean>;
	treeOf(commit: CommitId): Promise<CommitId>;
	mergeBase(a: CommitId, b: CommitId): Promise<CommitId | null>;
	/** Both ends of a rename. */
	changedPaths(base: CommitId, commit: CommitId): Promise<readonly string[]>;
}

export function workspaceGit(canonical: SourceRepository): WorkspaceGit {
	return {
		objects: [canonical.path, ...(canonical.twin === null ? [] : [canonical.twin])].map((path) =>
			join(path, 'objects'),
		),
		cloneAt: workCloneAt,
		clone: (input) => cloneForWork(canonical, input),
		state: (clone, base) => workState(canonical, clone, base),
		given: async (clone, { key, judged }) => {
			const kept = await canonical.refs(`refs/gangline/attempts/${key}`);
			return await cloneSubjects(canonical, clone, {
				since: [judged, ...kept.map(({ commit }) => commit)],
				limit: givenMax,
			});
		},
		refsFingerprint,
		commitAll: (clone, input) => commitAll(canonical, clone, input),
		take: async (input) => {
			await fetchAttempt(canonical, input);
		},
		salvage: (input) => salvage(canonical, input),
		removeClone,
		checkout: (input) => checkoutForGates(canonical, input),
		gateChanges: (checkout, caches) => gateChanges(canonical, checkout, caches),
		removeCheckout: removeGateCheckout,
		isKnown: (commit) =>
			canonical.treeOf(commit).then(
				() => true,
				() => false,
			),
		treeOf: (commit) => canonical.treeOf(commit),
		mergeBase: (a, b) => canonical.mergeBase(a, b),
		changedPaths: (base, commit) => changedPaths(canonical, base, commit),
	};
}

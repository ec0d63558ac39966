/**
 * Commits that came from elsewhere, made into a main whose first parents are the main that was: landings are looked for
 * on that chain only. Someone who pulls main into their own branch and pushes that has turned the parents round; a merge
 * of ours on top turns them back, with exactly their tree.
 */
import { type CanonicalRepository, relate } from '../../shared/git/index.ts';
import type { CommitId, Person } from '../../shared/ports/index.ts';

export interface JoinInput {
	readonly main: CommitId;
	readonly theirs: CommitId;
	/** Of a merge that has to be made. */
	readonly message: string;
	readonly author: () => Promise<Person>;
	readonly atMs: number;
}

export type Joined =
	/** Main has all of theirs. */
	| { readonly kind: 'nothing' }
	/** Theirs continues main: `commit` has their tree. */
	| { readonly kind: 'continued'; readonly commit: CommitId }
	/** Both went on: `commit` is a merge that nobody has judged yet. */
	| { readonly kind: 'merged'; readonly commit: CommitId; readonly tree: CommitId }
	| { readonly kind: 'conflict'; readonly paths: readonly string[] };

/** What main would have to become to contain theirs. Moves nothing. */
export async function joinHistories(canonical: CanonicalRepository, input: JoinInput): Promise<Joined> {
	const { main, theirs } = input;
	const relation = await relate(canonical, theirs, main);
	switch (relation.kind) {
		case 'same':
		case 'behind':
			return { kind: 'nothing' };
		case 'ahead': {
			const chain = await canonical.firstParents({ tip: theirs, until: main, limit: relation.by });
			if (chain.at(-1)?.parent === main) return { kind: 'continued', commit: theirs };
			return { kind: 'continued', commit: await mergeCommit(canonical, input, await canonical.treeOf(theirs)) };
		}
		case 'diverged': {
			const merged = await canonical.merge({ ours: main, theirs });
			if (merged.kind === 'conflict') return { kind: 'conflict', paths: merged.paths };
			return { kind: 'merged', tree: merged.tree, commit: await mergeCommit(canonical, input, merged.tree) };
		}
	}
}

async function mergeCommit(
	canonical: CanonicalRepository,
	{ main, theirs, message, author, atMs }: JoinInput,
	tree: CommitId,
): Promise<CommitId> {
	return canonical.createCommit({ tree, parents: [main, theirs], message, author: await author(), atMs });
}

/**
 * Three-way merges without a work tree. Exit 0 is clean and 1 is a conflict; anything else is an error, and an empty
 * list of conflicting paths is no proof of a clean merge. A branch that grew on another item's unsquashed branch needs
 * an explicit base, or a landed change is undone without a conflict (measured; the same mistake reverted 2,092 pull
 * requests elsewhere): git 2.39 has no --merge-base, so both sides are put on a synthetic parent with the base's tree.
 */
import type { MergeResult } from '../ports/git.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';

/** What `merge-tree` says of two commits. */
export type MergeTree = (
	ours: CommitId,
	theirs: CommitId,
) => Promise<{ readonly isClean: boolean; readonly tree: string; readonly paths: readonly string[] }>;

export async function mergeTrees(
	input: { ours: CommitId; theirs: CommitId; base?: CommitId },
	using: {
		readonly mergeTree: MergeTree;
		readonly treeOf: (commit: CommitId) => Promise<CommitId>;
		readonly writeCommit: (bytes: Uint8Array) => Promise<CommitId>;
	},
): Promise<MergeResult> {
	const { ours, theirs } = input.base === undefined ? input : await onSyntheticParent(input.base, input, using);
	const { isClean, tree, paths } = await using.mergeTree(ours, theirs);
	if (isClean) return { kind: 'clean', tree: parseCommitId(tree) };
	return { kind: 'conflict', paths: [...new Set(paths)].sort() };
}

async function onSyntheticParent(
	base: CommitId,
	sides: { ours: CommitId; theirs: CommitId },
	{ treeOf, writeCommit }: Parameters<typeof mergeTrees>[1],
): Promise<{ ours: CommitId; theirs: CommitId }> {
	const commit = async (of: CommitId, parents: string): Promise<CommitId> => {
		const who = 'synthetic <> 0 +0000';
		const text = `tree ${await treeOf(of)}\n${parents}author ${who}\ncommitter ${who}\n\nsynthetic parent for a merge\n`;
		return writeCommit(Buffer.from(text));
	};
	const parent = await commit(base, '');
	const [ours, theirs] = await Promise.all([
		commit(sides.ours, `parent ${parent}\n`),
		commit(sides.theirs, `parent ${parent}\n`),
	]);
	return { ours, theirs };
}

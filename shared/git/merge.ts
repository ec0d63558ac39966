/**
 * Three-way merges without a work tree. Exit 0 is clean and 1 is a conflict; anything else is an error, and an empty
 * list of conflicting paths is no proof of a clean merge. A branch that grew on another item's unsquashed branch needs
 * an explicit base, or a landed change is undone without a conflict (measured; the same mistake reverted 2,092 pull
 * requests elsewhere): git 2.39 has no --merge-base, so both sides are put on a synthetic parent with the base's tree.
 */
import type { MergeResult } from '../ports/git.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import type { GitProcess } from './git-process.ts';

export async function mergeTrees(
	git: GitProcess,
	gitDir: string,
	input: { ours: CommitId; theirs: CommitId; base?: CommitId },
	treeOf: (commit: CommitId) => Promise<CommitId>,
): Promise<MergeResult> {
	const { ours, theirs } =
		input.base === undefined ? input : await onSyntheticParent(git, gitDir, input.base, input, treeOf);
	const { code, stdout } = await git.run({
		args: [`--git-dir=${gitDir}`, 'merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs],
		codes: [0, 1],
	});
	const [tree = '', ...paths] = stdout.toString().split('\0');
	if (code === 0) return { kind: 'clean', tree: parseCommitId(tree) };
	return { kind: 'conflict', paths: [...new Set(paths.filter(Boolean))].sort() };
}

async function onSyntheticParent(
	git: GitProcess,
	gitDir: string,
	base: CommitId,
	sides: { ours: CommitId; theirs: CommitId },
	treeOf: (commit: CommitId) => Promise<CommitId>,
): Promise<{ ours: CommitId; theirs: CommitId }> {
	const commit = async (of: CommitId, parents: string): Promise<CommitId> => {
		const who = 'synthetic <> 0 +0000';
		const stdin = `tree ${await treeOf(of)}\n${parents}author ${who}\ncommitter ${who}\n\nsynthetic parent for a merge\n`;
		const args = [`--git-dir=${gitDir}`, 'hash-object', '-t', 'commit', '-w', '--stdin'];
		return parseCommitId(await git.line({ args, stdin }));
	};
	const parent = await commit(base, '');
	const [ours, theirs] = await Promise.all([
		commit(sides.ours, `parent ${parent}\n`),
		commit(sides.theirs, `parent ${parent}\n`),
	]);
	return { ours, theirs };
}

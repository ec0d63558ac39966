/** An item's change as answers show it: between the merge base and its result, with what was cut said. */

import { diffStat, diffText } from '../../../shared/git/index.ts';
import type { Binding, Stat } from '../../../shared/operations/index.ts';
import { parseCommitId } from '../../../shared/ports/index.ts';
import type { Project } from '../../home/project.ts';

export async function statOf(project: Project, { mergeBase, branch }: Binding): Promise<Stat> {
	const stat = await diffStat(project.repository, parseCommitId(mergeBase), parseCommitId(branch));
	return { ...stat, paths: stat.paths.map((path) => ({ ...path })) };
}

export async function diffOf(project: Project, { mergeBase, branch }: Binding, bytesMax: number) {
	const from = parseCommitId(mergeBase);
	const { patch, cut } = await diffText(project.repository, { from, to: parseCommitId(branch), bytesMax });
	const command = `git -C ${quoted(project.repository.path)} diff ${mergeBase} ${branch}`;
	if (cut === null) return { patch, cut, command };
	const words = `${cut.bytes} bytes more${cut.files.length > 0 ? ` in ${cut.files.length} files` : ''}`;
	return { patch, cut: { bytes: cut.bytes, files: [...cut.files], words }, command };
}

function quoted(path: string): string {
	return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

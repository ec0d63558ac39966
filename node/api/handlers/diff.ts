/** An item's change as answers show it: between the merge base and its result, with what was cut said. */

import { diffStat, diffText } from '../../../shared/git/index.ts';
import { type Binding, type Stat, shellWord } from '../../../shared/operations/index.ts';
import { parseCommitId } from '../../../shared/ports/index.ts';
import type { Project } from '../../home/project.ts';

export async function statOf(project: Project, { mergeBase, branch }: Binding): Promise<Stat> {
	const stat = await diffStat(project.repository, parseCommitId(mergeBase), parseCommitId(branch));
	return { ...stat, paths: stat.paths.map((path) => ({ ...path })) };
}

export async function diffOf(project: Project, { mergeBase, branch }: Binding, bytesMax: number) {
	const from = parseCommitId(mergeBase);
	const { patch, hunks, cut } = await diffText(project.repository, { from, to: parseCommitId(branch), bytesMax });
	const command = `git -C ${shellWord(project.repository.path)} diff ${mergeBase} ${branch}`;
	if (cut === null) return { patch, hunks, cut, command };
	const shown = Buffer.byteLength(patch);
	const missing = cut.files.length > 0 ? `; ${count(cut.files.length, 'file')} of it not at all` : '';
	const words = `${bytes(shown)} of ${bytes(shown + cut.bytes)} are shown${missing}`;
	return { patch, hunks, cut: { bytes: cut.bytes, files: [...cut.files], words }, command };
}

function bytes(size: number): string {
	return size < 1_000_000 ? `${Math.ceil(size / 1000)} kB` : `${(size / 1_000_000).toFixed(1)} MB`;
}

function count(n: number, one: string): string {
	return `${n} ${one}${n === 1 ? '' : 's'}`;
}

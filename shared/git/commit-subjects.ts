/** The commits of a branch as people read them: short id and subject. */
import type { CommitId } from '../ports/index.ts';
import type { SourceRepository } from './source-repository.ts';
import { headOf, trackedFiles, type WorkClone } from './work-clone.ts';

/** Those of `to` that `from` does not have, newest first, one line each. */
export async function commitSubjects(
	{ git, path }: Pick<SourceRepository, 'git' | 'path'>,
	{ from, to, limit }: { readonly from: CommitId; readonly to: CommitId; readonly limit: number },
): Promise<readonly string[]> {
	const args = ['log', '--no-color', '--format=%h %s', `--max-count=${limit}`, to, `^${from}`, '--'];
	const { stdout } = await git.run({ cwd: path, args });
	return stdout.toString().split('\n').filter(Boolean);
}

/** Those of a clone's HEAD that none of `since` has, newest first; none where the clone has no readable HEAD. */
export async function cloneSubjects(
	canonical: SourceRepository,
	clone: WorkClone,
	{ since, limit }: { readonly since: readonly CommitId[]; readonly limit: number },
): Promise<readonly string[]> {
	const files = trackedFiles(canonical, clone);
	const head = await headOf(files, clone);
	if (head === null) return [];
	const without = since.map((commit) => `^${commit}`);
	const { stdout } = await files.run([
		...['log', '--no-color', '--format=%h %s', `--max-count=${limit}`, head],
		...[...without, '--'],
	]);
	return stdout.toString().split('\n').filter(Boolean);
}

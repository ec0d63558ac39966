/** The commits of a branch as people read them: short id and subject. */
import type { CommitId } from '../ports/index.ts';
import type { SourceRepository } from './source-repository.ts';

/** Those of `to` that `from` does not have, newest first, one line each. */
export async function commitSubjects(
	{ git, path }: Pick<SourceRepository, 'git' | 'path'>,
	{ from, to, limit }: { readonly from: CommitId; readonly to: CommitId; readonly limit: number },
): Promise<readonly string[]> {
	const args = ['log', '--no-color', '--format=%h %s', `--max-count=${limit}`, to, `^${from}`, '--'];
	const { stdout } = await git.run({ cwd: path, args });
	return stdout.toString().split('\n').filter(Boolean);
}

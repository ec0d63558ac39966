/**
 * Settings by which a repository itself has git run a program when a file is added or committed there. Whoever may write
 * in it may have set them; those of the person who calls are their own.
 */
import { personGit } from './git-environment.ts';
import type { Environment } from './git-process.ts';

const running = '^(filter\\..*\\.(clean|smudge|process)|gpg\\.(.*\\.)?program|gpg\\..*defaultkeycommand)$';
/** What `git lfs install --local` writes: a program of the machine, and nothing beside it. */
const largeFiles = /^git-lfs (?:clean|smudge|filter-process)(?: --skip)?(?: -- %f)?$/;

/** Their names, such as `filter.x.clean`. Runs none of them. */
export async function namedPrograms(folder: string, environment: Environment): Promise<readonly string[]> {
	const args = ['config', '--show-scope', '-z', '--get-regexp', running];
	const { stdout } = await personGit(environment).run({ cwd: folder, args, codes: [0, 1] });
	const fields = stdout.toString().split('\0');
	return fields.flatMap((scope, at) => {
		const [name = '', ...value] = (fields[at + 1] ?? '').split('\n');
		const isOwn = at % 2 === 0 && (scope === 'local' || scope === 'worktree');
		return isOwn && !largeFiles.test(value.join('\n')) ? [name] : [];
	});
}

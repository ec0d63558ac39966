/**
 * A person's checkout as a tree to look at: the files of its HEAD commit, and what lies untracked at its top. Reads
 * committed content only, so that a half-finished edit is never taken for the project's.
 */
import { personGit } from './git-environment.ts';
import type { Environment } from './git-process.ts';

export interface CheckoutTree {
	/** Paths of HEAD's files, relative to the top folder. */
	readonly files: readonly string[];
	/** Files directly in the top folder that are not in git, ignored ones too. */
	readonly untracked: readonly string[];
	/** The text of a file of HEAD, null where there is none. */
	read(path: string): Promise<string | null>;
}

/** A configuration or manifest is far smaller; nothing larger is worth reading for a proposal. */
const fileBytesMax = 4 * 1024 * 1024;

/** Lists the checkout whose top folder is `folder`; it has a commit. */
export async function readCheckoutTree(folder: string, environment: Environment): Promise<CheckoutTree> {
	const git = personGit(environment);
	const files = await git.fields({ cwd: folder, args: ['ls-tree', '-r', '-z', '--full-tree', '--name-only', 'HEAD'] });
	const untracked = await git.fields({ cwd: folder, args: ['ls-files', '--others', '-z', '--', ':(top,glob)*'] });
	const known = new Set(files);
	return {
		files,
		untracked,
		async read(path) {
			if (!known.has(path)) return null;
			const args = ['cat-file', 'blob', `HEAD:${path}`];
			return (await git.run({ cwd: folder, args, outputBytesMax: fileBytesMax })).stdout.toString();
		},
	};
}

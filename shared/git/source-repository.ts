/**
 * What clones, gate checkouts, attempts and salvage need of the repository that they come from: the canonical one at
 * the home, a mirror on every other machine. Nothing here moves main.
 */
import type { Git } from '../ports/git.ts';
import type { ObjectFormat } from './git-directory.ts';
import type { GitProcess } from './git-process.ts';

export interface SourceRepository
	extends Pick<Git, 'main' | 'treeOf' | 'mergeBase' | 'isAncestor' | 'file' | 'keep' | 'refs' | 'drop'> {
	readonly path: string;
	/**
	 * The other repository of ours that this machine has of the project, null where there is none: its home came here or
	 * went away. Clones of before share the objects of that one.
	 */
	readonly twin: string | null;
	/** The project's branch, without refs/heads/. */
	readonly branch: string;
	readonly objectFormat: ObjectFormat;
	/** Calls git with the lock. */
	readonly git: GitProcess;
	/** Calls git without the lock, for what only reads here and may have to wait for files of others. */
	readonly reader: GitProcess;
	/** Runs what would get in its own way, such as making clones, one after another. */
	oneAtATime<Result>(action: () => Promise<Result>): Promise<Result>;
}

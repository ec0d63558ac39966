/**
 * Objects that nobody vouches for wait here: a folder of their own beside ours, seen by one git call at a time through
 * its environment. They are moved among our objects when every check has passed, or are removed as a whole. What a
 * killed process leaves is cleared by the next holder of the repository's lock.
 */
import { mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GanglineError, ganglineError } from '../ports/errors.ts';
import type { CommitId } from '../ports/ids.ts';
import type { Environment, GitProcess } from './git-process.ts';
import { objectFolders } from './tracked-folder.ts';

export interface Quarantine {
	/** For git calls that write here and see our own objects behind. */
	readonly environment: Environment;
	/** For git calls that see only what arrived. */
	readonly alone: Environment;
	/** Moves everything among our objects. */
	letIn(): Promise<void>;
	/** Removes what was not let in. */
	remove(): Promise<void>;
}

/** Makes one in a repository that is locked by us. */
export async function openQuarantine(gitDir: string): Promise<Quarantine> {
	const objects = join(gitDir, 'objects');
	const folder = await mkdtemp(join(objects, 'incoming-'));
	return {
		environment: { GIT_OBJECT_DIRECTORY: folder, GIT_ALTERNATE_OBJECT_DIRECTORIES: objectFolders([objects]) },
		alone: { GIT_OBJECT_DIRECTORY: folder },
		letIn: () => letIn(folder, objects),
		remove: () => rm(folder, { recursive: true, force: true }),
	};
}

/** Throws REFUSED when something that the commits contain is missing. */
export async function mustBeWhole(
	input: { git: GitProcess; gitDir: string; commits: readonly CommitId[]; have: readonly CommitId[] },
	environment: Environment,
): Promise<void> {
	const args = [`--git-dir=${input.gitDir}`, 'rev-list', '--objects', '--quiet', '--stdin'];
	const stdin = [...input.commits, ...input.have.map((commit) => `^${commit}`), ''].join('\n');
	await input.git.run({ args, env: environment, stdin }).catch((cause: unknown) => {
		throw notTaken(cause);
	});
}

/** REFUSED with git's last words. */
export function notTaken(cause: unknown): GanglineError {
	const words = cause instanceof GanglineError ? String(cause.data.stderr ?? cause.message) : String(cause);
	return ganglineError('REFUSED', `the commits could not be taken: ${words.slice(-500)}`, { cause });
}

/** The index last: a pack without one is not seen, so half of a move is nothing. */
async function letIn(quarantine: string, objects: string): Promise<void> {
	const packs = await readdir(join(quarantine, 'pack')).catch((): string[] => []);
	const order = packs.sort((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')));
	for (const name of order) await rename(join(quarantine, 'pack', name), join(objects, 'pack', name));
	const folder = await open(join(objects, 'pack'), 'r');
	try {
		await folder.sync();
	} finally {
		await folder.close();
	}
}

/**
 * Results of agents, taken from their clones into create-only refs. What is checked here: the commit exists, all of it;
 * it grew on the base that it claims; its files have possible names and a bearable size. What it says is for gates and
 * people to judge.
 */
import { join } from 'node:path';
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import type { CommitId } from '../ports/ids.ts';
import { parseRawChanges } from './changes.ts';
import { isPlainFolder, readAlternates } from './git-directory.ts';
import type { Environment } from './git-process.ts';
import type { SourceRepository } from './source-repository.ts';
import { takeCommits } from './take-commits.ts';
import type { WorkClone } from './work-clone.ts';

export interface AttemptLimits {
	/** Of the pack that is transferred. */
	readonly packBytesMax: number;
	/** Of all added and changed files together, unpacked. */
	readonly fileBytesMax: number;
	readonly filesMax: number;
}

export const attemptLimits: AttemptLimits = {
	packBytesMax: 256 * 1024 * 1024,
	fileBytesMax: 512 * 1024 * 1024,
	filesMax: 100_000,
};

/**
 * Keeps `commit` at `ref` (refs/gangline/attempts/<key>/<term>.<revision>). A repeat answers `kept` again; `exists` names
 * another commit that was there before, which is left. Throws REFUSED or TOO_LARGE, and then nothing was taken.
 */
export async function fetchAttempt(
	canonical: SourceRepository,
	input: { clone: WorkClone; commit: CommitId; base: CommitId; ref: string; limits?: AttemptLimits },
): Promise<{ kind: 'kept' } | { kind: 'exists'; commit: CommitId }> {
	const limits = input.limits ?? attemptLimits;
	await takeCommits({
		git: canonical.git,
		reader: canonical.reader,
		gitDir: canonical.path,
		from: await objectFoldersOf(canonical, input.clone),
		commits: [input.commit],
		have: [input.base],
		bytesMax: limits.packBytesMax,
		inspect: (environment) => inspectAttempt(canonical, input, limits, environment),
	});
	const kept = await canonical.keep(input.ref, input.commit);
	return kept.kind === 'exists' && kept.commit === input.commit ? { kind: 'kept' } : kept;
}

/**
 * The clone's own objects and those that we wrote for it outside. Refuses a clone whose object folder is a link or
 * reads from folders that it was not given: its commits could then bring in files of a repository that is none of its business.
 */
export async function objectFoldersOf(canonical: SourceRepository, clone: WorkClone): Promise<string[]> {
	const gitDirectory = join(clone.path, '.git');
	const objects = join(gitDirectory, 'objects');
	for (const folder of [gitDirectory, objects, join(objects, 'info'), join(objects, 'pack')]) {
		if (!(await isPlainFolder(folder))) throw tampered(`${folder} is not a plain folder any more`);
	}
	const outside = join(clone.outside, 'objects');
	const ours = [canonical.path, ...(canonical.twin === null ? [] : [canonical.twin])];
	const given = new Set([...ours.map((path) => join(path, 'objects')), outside]);
	const foreign = ((await readAlternates(objects)) ?? []).filter((path) => !given.has(path));
	if (foreign.length > 0) throw tampered(`its objects are to be read from ${foreign[0]} as well`);
	return [objects, outside];
}

/** What an attempt must be, wherever it came from; seen through `env`. Throws REFUSED or TOO_LARGE. */
export async function inspectAttempt(
	canonical: SourceRepository,
	{ base, commit }: { base: CommitId; commit: CommitId },
	limits: AttemptLimits,
	env: Environment,
): Promise<void> {
	const git = (...args: string[]) => ({ args: [`--git-dir=${canonical.path}`, ...args], env });
	const grown = await canonical.git.run({ ...git('merge-base', '--is-ancestor', base, commit), codes: [0, 1] });
	if (grown.code === 1) {
		throw ganglineError('REFUSED', `the commit ${commit} did not grow on ${base}, which the task was given`, {
			data: { commit, base },
		});
	}
	const changes = parseRawChanges(
		await canonical.git.fields(git('diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', base, commit)),
	);
	if (changes.length > limits.filesMax) throw tooMuch(`${changes.length} files`, `${limits.filesMax}`);
	const impossible = changes.find(
		({ path }) => path.length > 4000 || path.split('/').some((part) => part.length > 255),
	);
	if (impossible)
		throw ganglineError('REFUSED', `no file can be named ${JSON.stringify(impossible.path.slice(0, 300))}…`);
	const blobs = changes.filter(({ after }) => after.mode !== '000000' && after.mode !== '160000');
	const stdin = blobs.map(({ after }) => `${after.id}\n`).join('');
	const sizes = await canonical.git.line({ ...git('cat-file', '--batch-check=%(objectsize)'), stdin });
	const bytes = sizes.split('\n').reduce((sum, size) => sum + Number(size), 0);
	if (bytes > limits.fileBytesMax) throw tooMuch(`${bytes} bytes of files`, `${limits.fileBytesMax}`);
}

/** Paths that a commit changes since `base`, both ends of a rename among them; both are ours. */
export async function changedPaths(
	canonical: SourceRepository,
	base: CommitId,
	commit: CommitId,
): Promise<readonly string[]> {
	const options = ['-r', '-z', '--name-only', '--no-renames'];
	return await canonical.reader.fields({
		args: [`--git-dir=${canonical.path}`, 'diff-tree', ...options, base, commit],
	});
}

function tampered(what: string): GanglineError {
	return ganglineError('REFUSED', `the clone's git directory was tampered with: ${what}`, {
		hint: 'the work can still be saved with `gangline salvage`',
	});
}

function tooMuch(what: string, most: string): GanglineError {
	return ganglineError('TOO_LARGE', `the change has ${what}; expected at most ${most}`);
}

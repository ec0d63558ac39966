/**
 * One file, committed by itself in the person's own checkout: under their name, with their hooks and their signature,
 * and with nothing else of what they have staged or changed. Either the commit is there, or index and folder are as
 * they were.
 */
import { lstat, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GanglineError, ganglineError } from '../ports/errors.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import { personGit } from './git-environment.ts';
import type { Environment, GitProcess } from './git-process.ts';

export interface LoneCommit {
	/** The top folder of the person's checkout. */
	readonly folder: string;
	readonly environment: Environment;
	/** Relative to `folder`; must not be there yet. */
	readonly path: string;
	readonly content: string;
	readonly message: string;
	/** False: no hook of the repository runs, because what it holds is not to run on this machine. Default: true. */
	readonly hooks?: boolean;
}

/** A hook may run the whole test suite. */
const commitMsMax = 15 * 60_000;

/**
 * Commits a new file alone and answers the commit.
 * @throws GanglineError REFUSED when git or a hook refuses; nothing is changed then.
 */
export async function commitAlone(commit: LoneCommit): Promise<CommitId> {
	const git = personGit(commit.environment, { hooks: commit.hooks !== false });
	const file = join(commit.folder, commit.path);
	await refuseLinks(commit);
	const madeFolder = await mkdir(dirname(file), { recursive: true });
	// wx: whatever appeared there meanwhile is the person's.
	await writeFile(file, commit.content, { flag: 'wx' });
	try {
		await git.run({ cwd: commit.folder, args: ['add', '--force', '--', commit.path] });
		return await commitPath(git, commit);
	} catch (error) {
		await takeBack(git, commit, madeFolder);
		throw refusal(error, commit.path);
	}
}

export interface LoneEdit extends Pick<LoneCommit, 'folder' | 'environment' | 'path' | 'message'> {
	/** What must be checked out, and at which commit, so that nothing else comes along. */
	readonly branch: string;
	readonly head: string;
	/** The file's new text; null where it cannot be edited. */
	readonly edit: (before: string) => string | null;
}

/**
 * Commits an edit of a committed file alone and answers the commit.
 * @throws GanglineError REFUSED when the checkout is elsewhere, the file is changed already, or git or a hook refuses;
 * nothing is changed then.
 */
export async function commitEdit(commit: LoneEdit): Promise<CommitId> {
	const git = personGit(commit.environment, { hooks: true });
	const file = join(commit.folder, commit.path);
	await refuseLinks(commit);
	await requireUntouched(git, commit);
	const before = await readFile(file, 'utf8');
	const after = commit.edit(before);
	if (after === null) throw ganglineError('REFUSED', `${commit.path} is written in a way that only a person can edit`);
	let isWritten = false;
	try {
		await writeFile(file, after);
		isWritten = true;
		return await commitPath(git, commit);
	} catch (error) {
		if (!isWritten || (await isStill(file, after))) await writeFile(file, before);
		throw refusal(error, commit.path);
	}
}

/** A link on the way would lead out of the checkout, to wherever the repository says. @throws GanglineError REFUSED */
async function refuseLinks({ folder, path }: Pick<LoneCommit, 'folder' | 'path'>): Promise<void> {
	const names = path.split('/');
	for (const end of names.keys()) {
		const part = names.slice(0, end + 1).join('/');
		const found = await lstat(join(folder, part)).catch(() => null);
		if (found === null) return;
		const isExpected = part === path ? found.isFile() : found.isDirectory();
		if (isExpected) continue;
		const what = found.isSymbolicLink() ? 'a link' : 'something else';
		throw ganglineError(
			'REFUSED',
			`${part} in ${folder} is ${what} where a ${part === path ? 'file' : 'folder'} is expected`,
			{
				hint: `nothing was written; look what it is (ls -l '${join(folder, part)}'), and take it out of the repository`,
			},
		);
	}
}

async function requireUntouched(git: GitProcess, { folder: cwd, branch, head, path }: LoneEdit): Promise<void> {
	const on = await git.run({ cwd, args: ['symbolic-ref', '--quiet', '--short', 'HEAD'], codes: [0, 1] });
	const name = on.stdout.toString().trim();
	if (name !== branch) {
		throw ganglineError('REFUSED', `${cwd} is ${name === '' ? 'detached' : `on ${name}`}, not on ${branch}`);
	}
	if ((await git.line({ cwd, args: ['rev-parse', 'HEAD'] })) !== head) {
		throw ganglineError('REFUSED', `${cwd} is not at ${branch} as it is: gangline status says how far they are apart`);
	}
	const changes = await git.lines({ cwd, args: ['status', '--porcelain', '--untracked-files=all', '--', path] });
	if (changes.length > 0) throw ganglineError('REFUSED', `${path} has changes that are not committed`);
}

async function commitPath(git: GitProcess, { folder: cwd, path, message }: LoneEdit | LoneCommit): Promise<CommitId> {
	const args = ['commit', '--quiet', '--only', '--message', message, '--', path];
	await git.run({ cwd, args, timeoutMs: commitMsMax });
	return parseCommitId(await git.line({ cwd, args: ['rev-parse', 'HEAD'] }));
}

/** Whether the file is as we wrote it: a hook may run for minutes, and what the person writes meanwhile is theirs. */
async function isStill(file: string, content: string): Promise<boolean> {
	return (await readFile(file, 'utf8').catch(() => null)) === content;
}

async function takeBack(git: GitProcess, commit: LoneCommit, madeFolder: string | undefined): Promise<void> {
	const args = ['rm', '--quiet', '--cached', '--force', '--ignore-unmatch', '--', commit.path];
	await git.run({ cwd: commit.folder, args });
	const file = join(commit.folder, commit.path);
	if (await isStill(file, commit.content)) await rm(file, { force: true });
	// Only the folder made here, and only while it is empty.
	if (madeFolder !== undefined) await rmdir(madeFolder).catch(() => undefined);
}

function refusal(error: unknown, path: string): unknown {
	if (!(error instanceof GanglineError) || error.code !== 'GIT_FAILED') return error;
	return ganglineError('REFUSED', `git did not commit ${path}, and nothing was changed: ${error.message}`, {
		hint: 'A commit hook or your signing key refused; make `git commit` work here, then run this again.',
		data: error.data,
		cause: error,
	});
}

/**
 * Bundles made for others: our header, then what `pack-objects` says, which writes it into the file itself. Only reads
 * the repository, and carries no lock. What both sides have is left out; the receiver must have every prerequisite whole.
 */
import type { FileHandle } from 'node:fs/promises';
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import { encodeBundleHeader } from './bundle-header.ts';
import { isolatedGit } from './git-environment.ts';
import { type Environment, exitOf, gitFailed, killAfter, lastWords, signalGroup } from './git-process.ts';

export interface BundleRequest {
	readonly gitDir: string;
	/** Full name; the commit is what it names or is contained in it. */
	readonly ref: string;
	readonly commit: CommitId;
	/** What the receiver says it has. */
	readonly have: readonly CommitId[];
}

/** A request that was looked at. */
export interface BundlePlan extends BundleRequest {
	/** Those of `have` that are here too, sorted. */
	readonly prerequisites: readonly CommitId[];
}

const makeMsMax = 30 * 60_000;

/** Throws NOTHING_TO_SHOW when the ref does not exist or does not contain the commit. */
export async function planBundle(request: BundleRequest, environment: Environment): Promise<BundlePlan> {
	const git = isolatedGit(environment);
	const gitDir = `--git-dir=${request.gitDir}`;
	const ids = [request.commit, ...request.have];
	const stdin = [`${request.ref}^{commit}`, ...ids.map((id) => `${id}^{commit}`), ''].join('\n');
	const lines = await git.lines({ args: [gitDir, 'cat-file', '--batch-check=%(objectname) %(objecttype)'], stdin });
	const [tip, wanted, ...known] = lines.map((line) => /^([0-9a-f]+) commit$/.exec(line)?.[1] ?? null);
	if (tip === null || tip === undefined) throw nothing(`${request.ref} is not here`);
	if (wanted !== request.commit) throw nothing(`the commit ${request.commit} is not here`);
	if (wanted !== tip) {
		const args = [gitDir, 'merge-base', '--is-ancestor', wanted, tip];
		if ((await git.run({ args, codes: [0, 1] })).code === 1) throw nothing(`${request.ref} does not contain ${wanted}`);
	}
	const prerequisites = [...new Set(known.filter((id) => id !== null))].sort().map(parseCommitId);
	return { ...request, prerequisites: prerequisites.filter((id) => id !== request.commit) };
}

/** Writes the bundle to an empty file, which may be read meanwhile. Throws what went wrong, or the signal's reason. */
export async function writeBundle(
	plan: BundlePlan,
	options: { environment: Environment; signal: AbortSignal; file: FileHandle },
): Promise<void> {
	options.signal.throwIfAborted();
	const args = [`--git-dir=${plan.gitDir}`, 'pack-objects', ...packing];
	const git = isolatedGit(options.environment).with({ settings: ['pack.threads=0'] });
	const objectFormat = plan.commit.length === 40 ? 'sha1' : 'sha256';
	await options.file.write(encodeBundleHeader({ ...plan, objectFormat }));
	options.signal.throwIfAborted();
	const child = git.start({ args, into: options.file.fd });
	const said = lastWords(child);
	const exited = exitOf(child);
	const timer = killAfter(child, makeMsMax);
	const onAbort = (): void => signalGroup(child, 'SIGTERM');
	options.signal.addEventListener('abort', onAbort, { once: true });
	try {
		child.stdin?.end([plan.commit, '--not', ...plan.prerequisites, ''].join('\n'));
		const exit = await exited;
		options.signal.throwIfAborted();
		if (exit.code !== 0) throw failureOf(gitFailed(args, exit, said.stderr, timer.fired()), said.stderr);
	} finally {
		timer.cancel();
		options.signal.removeEventListener('abort', onAbort);
		signalGroup(child, 'SIGKILL');
		await exited;
	}
}

function failureOf(error: GanglineError, words: string): GanglineError {
	if (!/No space left|disk quota|file too large|write error/i.test(words)) return error;
	return ganglineError('STORE_FAILED', 'a bundle for another node could not be written to this disk', { cause: error });
}

const packing = ['--revs', '--thin', '--stdout', '--delta-base-offset', '-q'];

function nothing(what: string): Error {
	return ganglineError('NOTHING_TO_SHOW', `the commit cannot be given: ${what}`);
}

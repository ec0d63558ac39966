/**
 * Branches fetched into the canonical repository with the person's own git: from their checkout or from a remote. The
 * child carries no lock (see personGit), so it writes only one ref of its own, under a name that nothing else uses; what
 * arrived is then kept under its own id until main contains it.
 */
import { GanglineError, ganglineError } from '../ports/errors.ts';
import type { CommitId } from '../ports/ids.ts';
import type { CanonicalRepository } from './canonical-repository.ts';
import type { GitProcess } from './git-process.ts';
import { redact } from './remote-address.ts';

export interface FetchInput {
	readonly git: GitProcess;
	/** A path or an address; a relative path is taken from `cwd`. */
	readonly url: string;
	readonly branch: string;
	readonly cwd: string;
	readonly timeoutMs?: number;
	/** See GitCall. */
	readonly silenceMs?: number;
}

const settings = [
	'core.fsync=all',
	'fetch.prune=false',
	'fetch.pruneTags=false',
	'fetch.writeCommitGraph=false',
	'fetch.unpackLimit=100',
];
let fetches = 0;

/** The tip of the branch over there, its history kept here; null when there is no such branch. Throws GIT_FAILED. */
export async function fetchBranch(canonical: CanonicalRepository, input: FetchInput): Promise<CommitId | null> {
	const ref = `refs/gangline/incoming/${process.pid}-${fetches++}`;
	const options = [
		input.silenceMs === undefined ? '--quiet' : '--progress',
		'--no-write-fetch-head',
		'--no-auto-maintenance',
		'--force',
	];
	const branch = `refs/heads/${input.branch}:${ref}`;
	let stderr: string;
	try {
		({ stderr } = await input.git.with({ settings }).run({
			args: [`--git-dir=${canonical.path}`, 'fetch', ...options, '--end-of-options', input.url, branch],
			cwd: input.cwd,
			...(input.timeoutMs === undefined ? {} : { timeoutMs: input.timeoutMs }),
			...(input.silenceMs === undefined ? {} : { silenceMs: input.silenceMs }),
		}));
	} catch (error) {
		if (error instanceof GanglineError && /couldn't find remote ref/i.test(String(error.data.stderr))) return null;
		throw error;
	}
	const arrived = (await canonical.refs(ref))[0]?.commit;
	if (arrived === undefined) throw notArrived(input, stderr);
	// Mostly there is nothing new, and main keeps it.
	if (arrived !== (await canonical.main())) await canonical.keep(`refs/gangline/fetched/${arrived}`, arrived);
	await canonical.drop(ref, arrived);
	await forgetContained(canonical);
	return arrived;
}

/** Git leaves a ref of a shallow repository out without failing. */
function notArrived({ url, branch }: FetchInput, words: string): GanglineError {
	if (!/shallow/.test(words)) {
		return ganglineError('GIT_FAILED', `${branch} was fetched from ${redact(url)} and did not arrive: ${words}`);
	}
	return ganglineError('UNSUITABLE_REPOSITORY', `${redact(url)} is shallow; the whole history is needed`, {
		hint: 'git fetch --unshallow',
	});
}

/** How far one commit is from another. */
export type Relation =
	| { readonly kind: 'same' }
	| { readonly kind: 'ahead'; readonly by: number }
	| { readonly kind: 'behind'; readonly by: number }
	| { readonly kind: 'diverged'; readonly ahead: number; readonly behind: number };

/** Where `commit` stands seen from `from`; both are in the canonical repository. */
export async function relate(canonical: CanonicalRepository, commit: CommitId, from: CommitId): Promise<Relation> {
	if (commit === from) return { kind: 'same' };
	const args = [`--git-dir=${canonical.path}`, 'rev-list', '--left-right', '--count', `${from}...${commit}`];
	const [behind = 0, ahead = 0] = (await canonical.git.line({ args })).split('\t').map(Number);
	if (behind === 0) return { kind: 'ahead', by: ahead };
	if (ahead === 0) return { kind: 'behind', by: behind };
	return { kind: 'diverged', ahead, behind };
}

async function forgetContained(canonical: CanonicalRepository): Promise<void> {
	const main = await canonical.main();
	if (main === null) return;
	const known = new Map((await canonical.refs('refs/gangline/fetched')).map(({ ref, commit }) => [ref, commit]));
	if (known.size === 0) return;
	const args = [`--git-dir=${canonical.path}`, 'for-each-ref', `--merged=${main}`, '--format=%(refname)'];
	const contained = await canonical.git.lines({ args: [...args, 'refs/gangline/fetched'] });
	for (const ref of contained) {
		const commit = known.get(ref);
		if (commit !== undefined) await canonical.drop(ref, commit);
	}
}

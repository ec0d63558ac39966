/**
 * The project's remote, spoken to with the person's own git, credentials and proxies, without hooks and prompts. A push
 * names the value that it expects there and goes forward only; an answer that did not come is not an answer, so the
 * remote is asked again before anything is concluded.
 */
import { GanglineError, ganglineError } from '../ports/errors.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import type { CanonicalRepository } from './canonical-repository.ts';
import { personGit } from './git-environment.ts';
import type { Environment, GitProcess } from './git-process.ts';
import { fetchBranch } from './incoming.ts';
import { readSetting } from './person-repository.ts';
import { redact } from './remote-address.ts';

export interface Remote {
	readonly name: string;
	readonly fetchUrl: string;
	readonly pushUrl: string;
	/** Its address as the person wrote it, before their `insteadOf` rules: what they open in a browser. */
	readonly writtenUrl: string;
	/** The checkout that it belongs to; relative addresses start there. */
	readonly checkout: string;
	readonly git: GitProcess;
	/** How long it may say nothing at all. */
	readonly silenceMs: number;
}

/** Why a remote did not do what was asked; `words`: the end of what git said, without credentials. */
export type RemoteTrouble =
	/** Not there, or not answering: ask again later. */
	| { readonly kind: 'unreachable'; readonly words: string }
	/** It knows us and says no (no right, protected branch, a rule of the server), or it does not know us. */
	| { readonly kind: 'denied'; readonly words: string };

export type FetchResult =
	| { readonly kind: 'at'; readonly commit: CommitId }
	/** What `known` was is not contained in it any more: rewound or force-pushed. */
	| { readonly kind: 'rewound'; readonly commit: CommitId }
	| { readonly kind: 'noBranch' }
	| RemoteTrouble;

export type PushResult =
	| { readonly kind: 'pushed' }
	/** Someone else pushed first; theirs contains what was expected. */
	| { readonly kind: 'lost'; readonly actual: CommitId }
	/** The remote does not contain what was expected any more, or the push would not go forward. */
	| { readonly kind: 'diverged'; readonly actual: CommitId | null }
	| RemoteTrouble;

const networkMsMax = 10 * 60_000;
const silenceMsDefault = 60_000;
/** Settings of the checkout's own config that decide how a remote is reached; everything else there is its own business. */
const accessSettings = '^(core\\.sshcommand$|core\\.gitproxy$|credential\\.|http\\.|ssh\\.|protocol\\.)';

/** Reads how a remote of the checkout is reached. Throws INVALID_CONFIG when it has no remote of that name. */
export async function openRemote(
	checkout: string,
	name: string,
	environment: Environment,
	silenceMs: number = silenceMsDefault,
): Promise<Remote> {
	const git = personGit(environment);
	const urlOf = async (...options: string[]): Promise<string> => {
		const args = ['remote', 'get-url', ...options, '--', name];
		const { code, stdout } = await git.run({ args, cwd: checkout, codes: [0, 2, 128] });
		if (code === 0) return stdout.toString().trim();
		throw ganglineError('INVALID_CONFIG', `the repository ${checkout} has no remote ${JSON.stringify(name)}`, {
			hint: `git remote add ${name} <address>, or set landing.mode = "local"`,
		});
	};
	const [fetchUrl, pushUrl] = [await urlOf(), await urlOf('--push')];
	const access = git.with({ environment: await accessOf(git, checkout, environment) });
	const writtenUrl = (await readSetting(checkout, `remote.${name}.url`, environment)) ?? fetchUrl;
	return { name, fetchUrl, pushUrl, writtenUrl, checkout, git: access, silenceMs };
}

/** Brings the remote's branch here. `known`: what it was when we last saw it. */
export async function fetchRemote(
	canonical: CanonicalRepository,
	input: { remote: Remote; branch: string; known?: CommitId | null },
): Promise<FetchResult> {
	const { git, fetchUrl: url, checkout: cwd, silenceMs } = input.remote;
	try {
		const { branch } = input;
		const commit = await fetchBranch(canonical, { git, url, cwd, branch, timeoutMs: networkMsMax, silenceMs });
		if (commit === null) return { kind: 'noBranch' };
		const known = input.known ?? null;
		if (known === null || (await canonical.isAncestor(known, commit))) return { kind: 'at', commit };
		return { kind: 'rewound', commit };
	} catch (error) {
		return troubleOf(error);
	}
}

/**
 * Pushes `commit` to the remote's branch if that still is at `expected` (null: not there yet). `rewrite` allows a push
 * that does not go forward, for an item's own branch of a pull request; never for the project's branch.
 */
export async function pushRemote(
	canonical: CanonicalRepository,
	input: { remote: Remote; branch: string; commit: CommitId; expected: CommitId | null; rewrite?: boolean },
): Promise<PushResult> {
	const { remote, branch, commit, expected } = input;
	const forward = expected === null || input.rewrite === true || (await canonical.isAncestor(expected, commit));
	if (!forward) return { kind: 'diverged', actual: expected };
	const lease = `--force-with-lease=refs/heads/${branch}:${expected ?? ''}`;
	const options = ['--porcelain', '--no-verify', '--no-follow-tags', '--no-signed', '--recurse-submodules=no', lease];
	const pushing = ['push', ...options, '--end-of-options', remote.pushUrl, `${commit}:refs/heads/${branch}`];
	const args = [`--git-dir=${canonical.path}`, ...pushing];
	try {
		const { stdout, stderr, code } = await remote.git.run({
			args,
			cwd: remote.checkout,
			codes: [0, 1],
			timeoutMs: networkMsMax,
		});
		if (code === 0) return { kind: 'pushed' };
		const answer = refAnswer(stdout.toString());
		// A refusal of the server may also be that someone else's push was under way: it has no word of its own for that.
		const isRefused = answer?.includes('[remote rejected]') === true;
		return await afterLostPush(canonical, input, isRefused ? `${answer}\n${stderr}` : (answer ?? stderr));
	} catch (error) {
		const trouble = troubleOf(error);
		return (await remoteTip(remote, branch)) === commit ? { kind: 'pushed' } : trouble;
	}
}

/** Rejected by the expected value, or nobody knows: what is there now decides. */
async function afterLostPush(
	canonical: CanonicalRepository,
	{ remote, branch, commit, expected }: { remote: Remote; branch: string; commit: CommitId; expected: CommitId | null },
	words: string,
): Promise<PushResult> {
	const now = await fetchRemote(canonical, { remote, branch, known: expected });
	switch (now.kind) {
		case 'at':
			if (now.commit === commit) return { kind: 'pushed' };
			if (now.commit === expected) return { kind: 'denied', words: redact(words) };
			return { kind: 'lost', actual: now.commit };
		case 'rewound':
			return { kind: 'diverged', actual: now.commit };
		case 'noBranch':
			return expected === null ? { kind: 'denied', words: redact(words) } : { kind: 'diverged', actual: null };
		case 'unreachable':
		case 'denied':
			return now;
	}
}

/** The line of `git push --porcelain` about our one ref: flag, tab, refs, tab, summary. */
function refAnswer(stdout: string): string | undefined {
	return stdout.split('\n').find((line) => /^[ +\-*!=]\t/.test(line));
}

async function remoteTip(remote: Remote, branch: string): Promise<CommitId | null> {
	const args = ['ls-remote', '--end-of-options', remote.pushUrl, `refs/heads/${branch}`];
	const answer = await remote.git.line({ args, cwd: remote.checkout, timeoutMs: 60_000 }).catch(() => '');
	const id = /^([0-9a-f]{40,64})\t/.exec(answer)?.[1];
	return id === undefined ? null : parseCommitId(id);
}

/** A call that was stopped has said how far it came, not why it came no further. */
const tooSlow = 'it did not answer in time (`git fetch` in your checkout shows where it stops)';

const denials =
	/permission denied|authentication failed|could not read (username|password)|access denied|not allowed|protected branch|host key verification failed|\b40[13]\b|invalid credentials|repository not found/i;

/** Git has no codes for this; its words are in one language (LC_ALL=C), and what we do not know is worth another try. */
function troubleOf(error: unknown): RemoteTrouble {
	if (!(error instanceof GanglineError) || error.code !== 'GIT_FAILED') throw error;
	if (error.data.timedOut === true) return { kind: 'unreachable', words: tooSlow };
	const words = redact(String(error.data.stderr || error.message)).slice(-1_000);
	return { kind: denials.test(words) ? 'denied' : 'unreachable', words };
}

/** Through the environment, because a header with a token must not stand in a command line. */
async function accessOf(git: GitProcess, checkout: string, environment: Environment): Promise<Environment> {
	const args = ['config', '--local', '--includes', '-z', '--get-regexp', accessSettings];
	const { stdout } = await git.run({ args, cwd: checkout, codes: [0, 1] });
	const settings = stdout
		.toString()
		.split('\0')
		.filter(Boolean)
		.map((entry) => {
			const end = entry.indexOf('\n');
			return end < 0 ? ([entry, 'true'] as const) : ([entry.slice(0, end), entry.slice(end + 1)] as const);
		});
	const before = Number(environment.GIT_CONFIG_COUNT ?? 0) || 0;
	return Object.fromEntries([
		['GIT_CONFIG_COUNT', String(before + settings.length)],
		...settings.flatMap(([key, value], index) => [
			[`GIT_CONFIG_KEY_${before + index}`, key],
			[`GIT_CONFIG_VALUE_${before + index}`, value],
		]),
	]);
}

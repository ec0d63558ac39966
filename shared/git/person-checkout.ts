/**
 * The person's checkout, which is sacred. It is fast-forwarded with its files when it stands on the project's branch and
 * nothing of theirs is in the way; otherwise nothing is touched and they are told what is in the way and how far they
 * are behind. Files in the way are looked for before git is called, because git by itself overwrites an ignored file
 * (an .env, measured); `--no-overwrite-ignore` guards the moment between.
 */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { GanglineError, ganglineError } from '../ports/errors.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import type { CanonicalRepository } from './canonical-repository.ts';
import { parseChanges } from './changes.ts';
import { personGit } from './git-environment.ts';
import type { GitProcess } from './git-process.ts';
import { type CheckoutStanding, inspectStanding } from './inspect-repository.ts';
import { type CheckoutInput, commitsAt } from './person-branch.ts';

/** Why a checkout was left alone. */
export type Obstacle =
	| { readonly kind: 'otherBranch'; readonly branch: string }
	| { readonly kind: 'detached' }
	| { readonly kind: 'inProgress'; readonly what: string }
	/** Their files that the change would overwrite: edited, untracked or ignored; at most 50 are named. */
	| { readonly kind: 'inTheWay'; readonly paths: readonly string[]; readonly count: number }
	/** They have commits that main does not contain. */
	| { readonly kind: 'ownCommits'; readonly count: number }
	| { readonly kind: 'noCheckout' }
	/** Git itself refused. */
	| { readonly kind: 'refused'; readonly words: string };

export type SyncResult =
	| { readonly kind: 'current' }
	| { readonly kind: 'forwarded'; readonly from: CommitId; readonly to: CommitId; readonly files: number }
	/** `behind`: commits of main that the person's branch does not contain; null when it cannot be said. */
	| { readonly kind: 'left'; readonly obstacle: Obstacle; readonly behind: number | null };

const pathsNamedMax = 50;

/** @throws GanglineError UNSUITABLE_REPOSITORY where nothing that could be a checkout is there any more. */
export async function requireCheckout(checkout: string): Promise<void> {
	if (await lstat(join(checkout, '.git')).catch(() => null)) return;
	throw ganglineError('UNSUITABLE_REPOSITORY', `your checkout is not at ${checkout} any more`, {
		hint: 'put it back, or run `gangline start` where it is now',
	});
}

/** Where the remote's branch was when the person fetched or pushed last; null where they never did. Asks no network. */
export async function trackedCommit(
	{ checkout, environment }: CheckoutInput,
	{ remote, branch }: { readonly remote: string; readonly branch: string },
): Promise<CommitId | null> {
	const args = ['rev-parse', '--verify', '--quiet', `refs/remotes/${remote}/${branch}`];
	const { code, stdout } = await personGit(environment).run({ cwd: checkout, args, codes: [0, 1, 128] });
	return code === 0 ? parseCommitId(stdout.toString().trim()) : null;
}

/** Brings the canonical main into the checkout, if that is possible without touching anything that is theirs. */
export async function checkoutSync(canonical: CanonicalRepository, input: CheckoutInput): Promise<SyncResult> {
	const standing = await inspectStanding(input.checkout, input.environment);
	if (standing === null) return { kind: 'left', obstacle: { kind: 'noCheckout' }, behind: null };
	const git = personGit(input.environment);
	const tip = await canonical.main();
	if (tip === null) return { kind: 'current' };
	const [behind, own] = await distanceOf(canonical, { git, cwd: standing.folder, tip });
	const obstacle = obstacleOf(standing, canonical.branch) ?? (own > 0 ? { kind: 'ownCommits', count: own } : null);
	if (behind === 0 && (obstacle === null || obstacle.kind === 'ownCommits')) return { kind: 'current' };
	if (obstacle !== null) return { kind: 'left', obstacle, behind };
	return forward(git, standing.folder, tip, behind);
}

/** Gives the checkout a remote `gangline` to read main and kept work from. One of that name that is theirs is left. */
export async function addGanglineRemote(
	canonical: CanonicalRepository,
	input: CheckoutInput,
): Promise<'added' | 'there' | 'taken'> {
	const git = personGit(input.environment);
	const existing = await git.run({
		args: ['config', '--get', 'remote.gangline.url'],
		cwd: input.checkout,
		codes: [0, 1],
	});
	const url = existing.stdout.toString().trim();
	if (existing.code === 0) return url === canonical.path ? 'there' : 'taken';
	await git.run({ args: ['remote', 'add', '--', 'gangline', canonical.path], cwd: input.checkout });
	return 'added';
}

interface Bringing {
	readonly git: GitProcess;
	readonly cwd: string;
	/** Of the canonical main. */
	readonly tip: CommitId;
}

/**
 * Main as refs/remotes/gangline/<branch> of the checkout, fetched where it is not there yet; and what main has that the
 * person's branch has not, and the other way round.
 */
async function distanceOf(canonical: CanonicalRepository, { git, cwd, tip }: Bringing): Promise<[number, number]> {
	const { branch, path } = canonical;
	const [own, brought] = [`refs/heads/${branch}`, `refs/remotes/gangline/${branch}`];
	const known = await commitsAt(git, cwd, [own, brought]);
	if (known.get(brought) !== tip) {
		const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--no-prune'];
		await git.run({ args: ['fetch', ...options, '--end-of-options', path, `+refs/heads/${branch}:${brought}`], cwd });
	}
	if (known.get(own) === tip) return [0, 0];
	return distance(git, cwd, branch, tip);
}

function obstacleOf({ inProgress, branch: standsOn }: CheckoutStanding, branch: string): Obstacle | null {
	if (inProgress !== null) return { kind: 'inProgress', what: inProgress };
	if (standsOn === null) return { kind: 'detached' };
	return standsOn === branch ? null : { kind: 'otherBranch', branch: standsOn };
}

/** Commits that main has and the person's branch has not, and the other way round. */
async function distance(git: GitProcess, cwd: string, branch: string, tip: CommitId): Promise<[number, number]> {
	const range = `refs/heads/${branch}...${tip}`;
	const { code, stdout } = await git.run({
		args: ['rev-list', '--left-right', '--count', range, '--'],
		cwd,
		codes: [0, 128],
	});
	if (code !== 0) return [Number(await git.line({ args: ['rev-list', '--count', tip], cwd })), 0];
	const [own = 0, behind = 0] = stdout.toString().trim().split('\t').map(Number);
	return [behind, own];
}

async function forward(git: GitProcess, cwd: string, tip: CommitId, behind: number): Promise<SyncResult> {
	const head = await git.run({ args: ['rev-parse', '--quiet', '--verify', 'HEAD^{commit}'], cwd, codes: [0, 1] });
	if (head.code !== 0)
		return { kind: 'left', obstacle: { kind: 'refused', words: 'the branch has no commit yet' }, behind };
	const from = parseCommitId(head.stdout.toString().trim());
	const listing = ['diff-tree', '-r', '-z', '--name-status', '--no-renames', from, tip];
	const changes = parseChanges(await git.fields({ args: listing, cwd }));
	const paths = await inTheWay(git, cwd, changes);
	if (paths.length > 0) {
		const obstacle = { kind: 'inTheWay', paths: paths.slice(0, pathsNamedMax), count: paths.length } as const;
		return { kind: 'left', obstacle, behind };
	}
	const options = ['--ff-only', '--no-overwrite-ignore', '--no-autostash', '--no-verify-signatures', '--quiet'];
	try {
		await git.run({ args: ['merge', ...options, tip], cwd });
		return { kind: 'forwarded', from, to: tip, files: changes.length };
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		return { kind: 'left', obstacle: { kind: 'refused', words: String(error.data.stderr) }, behind };
	}
}

/** Paths of the person's that the change would overwrite or remove. */
async function inTheWay(
	git: GitProcess,
	cwd: string,
	changes: readonly { path: string; kind: string }[],
): Promise<string[]> {
	const status = ['status', '--porcelain=v1', '-z', '--no-renames', '--untracked-files=no', '--ignore-submodules=none'];
	const dirty = new Set((await git.fields({ args: status, cwd })).map((entry) => entry.slice(3)));
	const changed = new Map(changes.map(({ path, kind }) => [path, kind]));
	const found = new Set<string>();
	for (const { path, kind } of changes) {
		if (dirty.has(path)) found.add(path);
		else if (kind === 'added') for (const one of await occupants(git, cwd, path, changed)) found.add(one);
	}
	return [...found].sort();
}

/** What lies where a new file is to be: something at its path, or a file where one of its folders is to be. */
async function occupants(
	git: GitProcess,
	cwd: string,
	path: string,
	changed: ReadonlyMap<string, string>,
): Promise<string[]> {
	for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
		const folder = path.slice(0, slash);
		const there = await lstat(join(cwd, folder)).catch(() => null);
		if (there === null) return [];
		if (!there.isDirectory()) return changed.get(folder) === 'deleted' ? [] : [folder];
	}
	const there = await lstat(join(cwd, path)).catch(() => null);
	if (there === null) return [];
	if (!there.isDirectory()) return [path];
	return git.fields({ args: ['ls-files', '-z', '--others', '--', `:(literal)${path}`], cwd });
}

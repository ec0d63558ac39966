/**
 * What kind of repository a folder lies in, as facts: nothing is judged or changed here. Whoever wants to use the
 * repository decides from these facts alone, so every refusal can be tested without one.
 */
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { personGit } from './git-environment.ts';
import { type Environment, type GitProcess, gitFailed } from './git-process.ts';
import { readRemotes } from './person-repository.ts';

export type RepositoryFacts =
	| { readonly kind: 'none'; readonly folder: string }
	| { readonly kind: 'bare'; readonly folder: string }
	| CheckoutFacts;

export interface CheckoutFacts {
	readonly kind: 'checkout';
	/** The top folder. */
	readonly folder: string;
	readonly isLinkedWorktree: boolean;
	readonly isShallow: boolean;
	readonly head: HeadFacts;
	/** Paths of submodules in the index. */
	readonly submodules: readonly string[];
	/** What a person has begun and not finished, as git calls it. */
	readonly inProgress: 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'bisect' | null;
	readonly branches: readonly string[];
	/** The branch that origin or custom says is the main one; null when nothing says so. */
	readonly defaultBranch: string | null;
	readonly remotes: readonly string[];
	/** Tracked files that differ from HEAD, and everything below `.gangline/` that does. */
	readonly dirty: readonly string[];
	/** Whether git knows who commits here. */
	readonly hasIdentity: boolean;
}

export type HeadFacts =
	| { readonly kind: 'branch'; readonly branch: string; readonly commit: string }
	/** A branch without a commit. */
	| { readonly kind: 'unborn'; readonly branch: string }
	| { readonly kind: 'detached'; readonly commit: string };

/**
 * Looks at the repository that `folder` lies in, as git called by the person sees it. `dirty: false`: no file is compared,
 * and nothing is said to be dirty; for a repository whose settings could name a filter that nobody here has chosen.
 */
export async function inspectRepository(
	folder: string,
	environment: Environment,
	{ dirty = true }: { readonly dirty?: boolean } = {},
): Promise<RepositoryFacts> {
	const git = personGit(environment);
	const where = (await isFolder(folder)) ? await locate(git, folder) : null;
	if (where === null) return { kind: 'none', folder };
	if (where.isBare) return { kind: 'bare', folder };
	if (where.top === null) return { kind: 'none', folder };
	const { top } = where;
	const branches = await git.lines({ cwd: top, args: ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads'] });
	const head = await readHead(git, top);
	return {
		kind: 'checkout',
		folder: top,
		isLinkedWorktree: where.gitFolder !== where.commonFolder,
		isShallow: where.isShallow,
		head,
		submodules: await listSubmodules(git, top),
		inProgress: await findUnfinished(where.gitFolder),
		branches,
		defaultBranch: await findDefaultBranch(git, { top, branches, head }),
		remotes: (await readRemotes(top, environment)).map(({ name }) => name),
		dirty: dirty ? await listDirty(git, top) : [],
		hasIdentity: (await git.run({ cwd: top, args: ['var', 'GIT_AUTHOR_IDENT'], codes: [0, 128] })).code === 0,
	};
}

/** Where a checkout stands, which decides whether its files may be brought forward. */
export interface CheckoutStanding {
	/** The top folder. */
	readonly folder: string;
	/** Null: HEAD is detached. */
	readonly branch: string | null;
	readonly inProgress: CheckoutFacts['inProgress'];
}

/** The part of the facts that is asked again and again; null where `folder` is in no checkout. */
export async function inspectStanding(folder: string, environment: Environment): Promise<CheckoutStanding | null> {
	const git = personGit(environment);
	const where = await locate(git, folder);
	if (where === null || where.isBare || where.top === null) return null;
	const inProgress = await findUnfinished(where.gitFolder);
	return { folder: where.top, branch: await currentBranch(git, where.top), inProgress };
}

interface Place {
	readonly isBare: boolean;
	readonly isShallow: boolean;
	readonly gitFolder: string;
	readonly commonFolder: string;
	/** Null outside of a work tree. */
	readonly top: string | null;
}

/** Git cannot be started in what is none. */
async function isFolder(path: string): Promise<boolean> {
	return stat(path).then(
		(found) => found.isDirectory(),
		() => false,
	);
}

async function locate(git: GitProcess, folder: string): Promise<Place | null> {
	const flags = ['--is-bare-repository', '--is-inside-work-tree', '--is-shallow-repository'];
	const folders = ['--git-dir', '--git-common-dir', '--show-toplevel'];
	const args = ['rev-parse', '--path-format=absolute', ...flags, ...folders];
	// Where there is no work tree, git answers all but the last question and fails.
	const { code, stdout, stderr } = await git.run({ cwd: folder, args, codes: [0, 128] });
	const answers = stdout.toString().split('\n').filter(Boolean);
	const [bare, inside, shallow, gitFolder, commonFolder, top = null] = answers;
	if (gitFolder === undefined || commonFolder === undefined) {
		if (/not a git repository/i.test(stderr)) return null;
		throw gitFailed(args, { code, signal: null }, stderr);
	}
	const isInside = inside === 'true';
	return {
		isBare: bare === 'true',
		isShallow: shallow === 'true',
		gitFolder,
		commonFolder,
		top: isInside ? top : null,
	};
}

/** Null where HEAD is detached. */
async function currentBranch(git: GitProcess, top: string): Promise<string | null> {
	const { code, stdout } = await git.run({ cwd: top, args: ['symbolic-ref', '--quiet', 'HEAD'], codes: [0, 1] });
	const ref = stdout.toString().trim();
	return code === 0 ? ref.replace(/^refs\/heads\//, '') : null;
}

async function readHead(git: GitProcess, top: string): Promise<HeadFacts> {
	const branch = await currentBranch(git, top);
	const args = ['rev-parse', '--quiet', '--verify', 'HEAD^{commit}'];
	const resolved = await git.run({ cwd: top, args, codes: [0, 1] });
	const commit = resolved.code === 0 ? resolved.stdout.toString().trim() : null;
	if (branch === null) return { kind: 'detached', commit: commit ?? '' };
	return commit === null ? { kind: 'unborn', branch } : { kind: 'branch', branch, commit };
}

/** Gitlinks in the index, whether or not `.gitmodules` names them. */
async function listSubmodules(git: GitProcess, top: string): Promise<string[]> {
	const staged = await git.fields({ cwd: top, args: ['ls-files', '-z', '--stage'] });
	return staged.filter((entry) => entry.startsWith('160000 ')).map((entry) => entry.slice(entry.indexOf('\t') + 1));
}

async function findUnfinished(gitFolder: string): Promise<CheckoutFacts['inProgress']> {
	const marks = [
		['MERGE_HEAD', 'merge'],
		['rebase-merge', 'rebase'],
		['rebase-apply', 'rebase'],
		['CHERRY_PICK_HEAD', 'cherry-pick'],
		['REVERT_HEAD', 'revert'],
		['BISECT_LOG', 'bisect'],
	] as const;
	for (const [mark, what] of marks) if (await exists(join(gitFolder, mark))) return what;
	return null;
}

async function exists(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}

/** What origin calls its HEAD, otherwise a branch with one of the customary names, the checked-out one first. */
async function findDefaultBranch(
	git: GitProcess,
	known: { readonly top: string; readonly branches: readonly string[]; readonly head: HeadFacts },
): Promise<string | null> {
	const args = ['symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD'];
	const origin = await git.run({ cwd: known.top, args, codes: [0, 1, 128] });
	const said = origin.stdout
		.toString()
		.trim()
		.replace(/^origin\//, '');
	if (origin.code === 0 && known.branches.includes(said)) return said;
	const customary = ['main', 'master', 'trunk', 'develop', 'default'];
	const current = known.head.kind === 'branch' ? known.head.branch : '';
	if (customary.includes(current)) return current;
	return customary.find((name) => known.branches.includes(name)) ?? null;
}

async function listDirty(git: GitProcess, top: string): Promise<string[]> {
	const status = ['status', '--porcelain=v1', '-z', '--no-renames', '--ignore-submodules'];
	const tracked = await git.fields({ cwd: top, args: [...status, '--untracked-files=no'] });
	const ours = await git.fields({
		cwd: top,
		args: [...status, '--untracked-files=all', '--ignored', '--', '.gangline'],
	});
	return [...new Set([...tracked, ...ours].map((entry) => entry.slice(3)))];
}

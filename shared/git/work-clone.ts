/**
 * The clone that an item is worked on in. It shares objects with the canonical repository through alternates (read
 * only), has no remote, no hooks, and nothing in it leads back: what an agent does to its `.git` concerns this clone alone.
 * Beside it, *outside*, lies a git directory of ours through which we look at the files. A clone costs a checkout.
 */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ganglineError } from '../ports/errors.ts';
import type { Person } from '../ports/git.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import { removeFolder } from '../ports/system/remove-folder.ts';
import { moveHead, readHead, writeGitDirectory } from './git-directory.ts';
import { encodeCommit } from './landing-commit.ts';
import type { SourceRepository } from './source-repository.ts';
import { TrackedFolder } from './tracked-folder.ts';

export interface WorkClone {
	/** The folder that the agent works in. */
	readonly path: string;
	/** Our git directory for it; hidden or read-only for the agent where the machine can do that. */
	readonly outside: string;
}

/** The clone at a path; it need not exist yet. */
export function workCloneAt(path: string): WorkClone {
	return { path, outside: `${path}.outside` };
}

export interface CloneInput {
	readonly path: string;
	readonly commit: CommitId;
	/** The item's branch, made at `commit` and checked out. The project's branch is made there too. */
	readonly branch: string;
	/** In whose name the agent commits. */
	readonly user: Person;
	/** Whether its hooks are those of `hooksOf`; otherwise it has none of ours. */
	readonly hasHooks?: boolean;
}

/** Where hooks for the agent lie: with what is ours of the clone, so that the agent can run and not write them. */
export function hooksOf({ outside }: WorkClone): string {
	return join(outside, 'hooks-of-agent');
}

/** Makes a clone where nothing is yet. One at a time per repository. */
export function cloneForWork(canonical: SourceRepository, input: CloneInput): Promise<WorkClone> {
	return canonical.oneAtATime(async () => {
		const clone = workCloneAt(input.path);
		for (const path of [clone.path, clone.outside]) {
			if (await stat(path).catch(() => null)) {
				throw ganglineError('INVALID_ARGUMENT', `a clone cannot be made at ${path}: it exists`);
			}
		}
		try {
			await mkdir(clone.path, { recursive: true });
			await fill(canonical, clone, input);
			return clone;
		} catch (error) {
			await removeClone(clone);
			throw error;
		}
	});
}

/** Removes a clone and what we kept beside it. Salvage first: this is not undone. */
export async function removeClone(clone: WorkClone): Promise<void> {
	await removeFolder(clone.path);
	await removeFolder(clone.outside);
}

async function fill(canonical: SourceRepository, clone: WorkClone, input: CloneInput): Promise<void> {
	const objects = join(canonical.path, 'objects');
	const { objectFormat } = canonical;
	const files = trackedFiles(canonical, clone);
	await files.create({ head: input.commit, alternates: [objects], objectFormat });
	await files.reset(input.commit);
	const tags = await canonical.refs('refs/tags');
	await writeGitDirectory(join(clone.path, '.git'), {
		head: `refs/heads/${input.branch}`,
		refs: new Map<string, string>([
			...tags.map(({ ref, commit }) => [ref, commit] as const),
			[`refs/heads/${canonical.branch}`, input.commit],
			[`refs/heads/${input.branch}`, input.commit],
		]),
		alternates: [objects, join(clone.outside, 'objects')],
		objectFormat,
		user: input.user,
		...(input.hasHooks ? { hooks: hooksOf(clone) } : {}),
	});
	await moveHead(
		join(clone.path, '.git'),
		{ commit: input.commit, ref: `refs/heads/${input.branch}` },
		input.commit,
		await files.index(),
	);
}

/** The clone's files, seen through our git directory; commits of the agent can be read. */
export function trackedFiles(canonical: SourceRepository, clone: WorkClone): TrackedFolder {
	return new TrackedFolder({
		git: canonical.reader,
		folder: clone.path,
		gitDirectory: clone.outside,
		reads: [join(clone.path, '.git', 'objects')],
	});
}

export interface WorkState {
	/** What HEAD names; null when the agent left no readable HEAD. */
	readonly head: CommitId | null;
	/** Paths that differ from HEAD and are not ignored. */
	readonly dirty: number;
	/** Commits of HEAD that the base does not contain. */
	readonly newCommits: number;
	/** Changes when anything in the folder that is not ignored changes, committed or not. */
	readonly diff: string;
	readonly leftOut: readonly string[];
}

/** How far the work in a clone is. Writes nothing that the agent sees; may be asked while it works. */
export async function workState(canonical: SourceRepository, clone: WorkClone, base: CommitId): Promise<WorkState> {
	const files = trackedFiles(canonical, clone);
	const { tree, leftOut } = await files.snapshot();
	const head = await headOf(files, clone);
	const from = head ?? base;
	const dirty = await files.fields(['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, tree]);
	const counted = await files.run(['rev-list', '--count', from, `^${base}`]);
	return {
		head,
		dirty: dirty.length,
		newCommits: Number(counted.stdout.toString()),
		diff: tree,
		leftOut,
	};
}

/**
 * Commits everything in the folder that is not ignored, on HEAD, and moves the clone's branch there. Null when there is
 * nothing to commit. Only while no process of the agent lives. A `.git` that is not plain any more is set aside and
 * replaced; the commits in it are left to `salvage`.
 */
export async function commitAll(
	canonical: SourceRepository,
	clone: WorkClone,
	input: { message: string; author: Person; atMs: number; base: CommitId },
): Promise<CommitId | null> {
	const files = trackedFiles(canonical, clone);
	const { tree } = await files.snapshot();
	const head = await headOf(files, clone);
	const parent = head ?? input.base;
	const unchanged = await files.run(['diff-tree', '--quiet', parent, tree], { codes: [0, 1] });
	if (unchanged.code === 0) return null;
	const commit = await writeCommit(files, { ...input, tree, parents: [parent] });
	const gitDirectory = join(clone.path, '.git');
	const where = head === null ? null : await readHead(gitDirectory);
	const moved = where !== null && (await moveHead(gitDirectory, where, commit, await files.index()));
	if (!moved) await replaceGitDirectory(canonical, clone, commit, files);
	return commit;
}

/** A commit object in our object folder beside the clone. */
export async function writeCommit(
	files: TrackedFolder,
	input: { tree: CommitId; parents: readonly CommitId[]; message: string; author: Person; atMs: number },
): Promise<CommitId> {
	const nobody = { sign: () => new Uint8Array(), verify: () => false };
	const stdin = await encodeCommit({ ...input, committer: input.author }, nobody);
	const { stdout } = await files.run(['hash-object', '-t', 'commit', '-w', '--stdin'], { stdin });
	return parseCommitId(stdout.toString().trim());
}

/** HEAD, if all that it names can be read. */
export async function headOf(files: TrackedFolder, clone: WorkClone): Promise<CommitId | null> {
	const head = await readHead(join(clone.path, '.git'));
	if (head === null) return null;
	const found = await files.run(['rev-parse', '--quiet', '--verify', `${head.commit}^{commit}`], {
		codes: [0, 1, 128],
	});
	return found.code === 0 ? head.commit : null;
}

async function replaceGitDirectory(
	canonical: SourceRepository,
	clone: WorkClone,
	commit: CommitId,
	files: TrackedFolder,
): Promise<void> {
	const gitDirectory = join(clone.path, '.git');
	const fresh = join(clone.outside, 'fresh');
	await rm(fresh, { recursive: true, force: true });
	await writeGitDirectory(fresh, {
		head: commit,
		refs: new Map(),
		alternates: [join(canonical.path, 'objects'), join(clone.outside, 'objects')],
		objectFormat: canonical.objectFormat,
	});
	await moveHead(fresh, { commit, ref: null }, commit, await files.index());
	await mkdir(dirname(asideOf(clone)), { recursive: true });
	await rm(asideOf(clone), { recursive: true, force: true });
	await rename(gitDirectory, asideOf(clone)).catch(() => undefined);
	await rename(fresh, gitDirectory);
}

/** Where a `.git` that could not be used any more was put. */
function asideOf(clone: WorkClone): string {
	return join(clone.outside, 'set-aside');
}

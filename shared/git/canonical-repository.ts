/**
 * The canonical repository of one project: bare, private to the home, HEAD on a branch that is never born, so that the
 * branch it is about has no *other* lock than its own. The Git port on real git. Moves of main are one `update-ref` of
 * one ref with the expected old value: a second marker ref was the cause of 538 double landings in 791 kills (measured).
 * Everything that is answered is on disk.
 */
import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GanglineError, ganglineError } from '../ports/errors.ts';
import type {
	Change,
	Git,
	LandingSigner,
	LandingTrailers,
	MainCommit,
	MergeResult,
	MoveResult,
	Person,
} from '../ports/git.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import type { ObjectFormat } from './git-directory.ts';
import { isolatedGit } from './git-environment.ts';
import type { Environment, GitProcess } from './git-process.ts';
import { encodeCommit, landingOf, parseCommit } from './landing-commit.ts';
import { mergeTrees } from './merge.ts';
import { ObjectNames } from './object-names.ts';
import { ObjectReader } from './object-reader.ts';
import { PatchIdentity } from './patch-id.ts';
import { lockRepository, type RepositoryLock } from './repository-lock.ts';
import { StandingCommands } from './standing-commands.ts';

export interface CanonicalOptions {
	/** Of the bare repository itself. */
	readonly path: string;
	/** See `SourceRepository`. */
	readonly twin?: string | null;
	/** The project's branch, `main` or whatever the person calls it; without refs/heads/. */
	readonly branch: string;
	readonly signer: LandingSigner;
	/** Who stands as committer of what lands. */
	readonly committer: Person;
	/** Only PATH and TMPDIR are taken from it. */
	readonly environment: Environment;
	/** How long to wait for another holder of the lock. Default: not at all. */
	readonly lockWaitMs?: number;
}

const firstParentsMax = 100_000;
/** Commits that are looked at one by one, a tenth of a millisecond each, before a process is started. */
const stepsMax = 32;
/** A commit object larger than this is no commit that anyone wrote. */
const commitBytesMax = 4 * 1024 * 1024;

export class CanonicalRepository implements Git, AsyncDisposable {
	readonly path: string;
	readonly twin: string | null;
	readonly branch: string;
	/** Calls git with the lock; for the other files of this room. */
	readonly git: GitProcess;
	/** Calls git without the lock, for what only reads here and may have to wait for files of others. */
	readonly reader: GitProcess;
	readonly objectFormat: ObjectFormat;
	/** Git's leftovers that opening removed after taking the lock. */
	readonly cleared: readonly string[];
	readonly #options: CanonicalOptions;
	readonly #lock: RepositoryLock;
	readonly #objects: ObjectReader;
	readonly #names: ObjectNames;
	readonly #standing: StandingCommands;
	readonly #mainRef: string;

	#queue: Promise<unknown> = Promise.resolve();

	private constructor(options: CanonicalOptions, lock: RepositoryLock, objectFormat: ObjectFormat) {
		this.path = options.path;
		this.twin = options.twin ?? null;
		this.branch = options.branch;
		this.cleared = lock.cleared;
		this.#options = options;
		this.#lock = lock;
		this.#mainRef = `refs/heads/${options.branch}`;
		this.git = isolatedGit(options.environment, lock.descriptor);
		this.reader = isolatedGit(options.environment);
		this.objectFormat = objectFormat;
		this.#objects = new ObjectReader(this.git, options.path);
		this.#names = new ObjectNames(options.path);
		this.#standing = new StandingCommands(this.git, options.path);
	}

	/** Makes an empty one. Throws INVALID_ARGUMENT where something is already. */
	static async create(options: CanonicalOptions, objectFormat: ObjectFormat = 'sha1'): Promise<CanonicalRepository> {
		if (await stat(options.path).catch(() => null)) {
			throw ganglineError('INVALID_ARGUMENT', `a repository cannot be made at ${options.path}: it exists`);
		}
		await mkdir(dirname(options.path), { recursive: true });
		const git = isolatedGit(options.environment);
		await git.run({ args: ['check-ref-format', `refs/heads/${options.branch}`] });
		await git.run({
			args: ['init', '-q', '--bare', '--template=', `--object-format=${objectFormat}`, options.path],
		});
		await mkdir(join(options.path, 'refs', 'heads'), { recursive: true });
		await writeFile(join(options.path, 'HEAD'), 'ref: refs/heads/gangline-unborn\n');
		await writeFile(join(options.path, 'config'), configuration(objectFormat));
		return CanonicalRepository.open(options);
	}

	/** Opens one and takes its lock, or throws REPOSITORY_LOCKED. Clears what a killed holder left. */
	static async open(options: CanonicalOptions): Promise<CanonicalRepository> {
		await requireRepository(options.path);
		const lock = await lockRepository(options.path, options.environment, options.lockWaitMs);
		const config = await readFile(join(options.path, 'config'), 'utf8');
		return new CanonicalRepository(options, lock, /objectformat\s*=\s*sha256/i.test(config) ? 'sha256' : 'sha1');
	}

	async main(): Promise<CommitId | null> {
		const info = await this.#objects.info(this.#mainRef);
		// Git says the same of a branch that is not born and of a repository that was taken away under it.
		if (info === null) await requireRepository(this.path);
		return info && parseCommitId(info.id);
	}

	async firstParents(
		options: { tip?: CommitId; until?: CommitId; limit?: number } = {},
	): Promise<readonly MainCommit[]> {
		const tip = options.tip ?? (await this.main());
		if (tip === null || tip === options.until) return [];
		const few = options.until === undefined ? null : await this.#walk(tip, options.until, options.limit);
		if (few !== null) return few;
		const listed = await this.#text([
			'rev-list',
			'--first-parent',
			`--max-count=${options.limit ?? firstParentsMax}`,
			tip,
			...(options.until === undefined ? [] : [`^${options.until}`]),
		]);
		return Promise.all(
			listed
				.split('\n')
				.filter(Boolean)
				.map((id) => this.#mainCommit(parseCommitId(id))),
		);
	}

	async treeOf(commit: CommitId): Promise<CommitId> {
		const info = await this.#objects.info(`${commit}^{tree}`);
		if (info === null) throw noSuchCommit(commit);
		return parseCommitId(info.id);
	}

	async mergeBase(a: CommitId, b: CommitId): Promise<CommitId | null> {
		const { code, stdout } = await this.#run(['merge-base', a, b], [0, 1]);
		return code === 1 ? null : parseCommitId(stdout.toString().trim());
	}

	async isAncestor(ancestor: CommitId, descendant: CommitId): Promise<boolean> {
		if (ancestor === descendant) return true;
		return (await this.#run(['merge-base', '--is-ancestor', ancestor, descendant], [0, 1])).code === 0;
	}

	merge(input: { ours: CommitId; theirs: CommitId; base?: CommitId }): Promise<MergeResult> {
		return this.#leadsTo(input.theirs, input.ours).then((isAhead) =>
			isAhead && input.base === undefined
				? this.treeOf(input.theirs).then((tree) => ({ kind: 'clean', tree }))
				: mergeTrees(input, {
						mergeTree: (ours, theirs) => this.#standing.merge(ours, theirs),
						treeOf: (commit) => this.treeOf(commit),
						writeCommit: (bytes) => this.#standing.writeCommit(bytes),
					}),
		);
	}

	async createCommit(input: {
		tree: CommitId;
		parents: readonly CommitId[];
		message: string;
		author: Person;
		atMs: number;
		landing?: LandingTrailers;
	}): Promise<CommitId> {
		const bytes = await encodeCommit({ ...input, committer: this.#options.committer }, this.#options.signer);
		return this.#standing.writeCommit(bytes);
	}

	async moveMain(to: CommitId, from: CommitId | null): Promise<MoveResult> {
		await this.#names.sync();
		try {
			await this.#standing.moveRef(this.#mainRef, to, from ?? zeroes(to));
		} catch (error) {
			if (!(error instanceof GanglineError) || error.data.code === null) throw error;
			const actual = await this.main();
			if (actual === from) throw error;
			if (actual !== to) return { kind: 'lost', actual };
		}
		await this.#syncRef(this.#mainRef);
		return { kind: 'moved' };
	}

	async changes(from: CommitId, to: CommitId): Promise<readonly Change[]> {
		return this.#standing.changes(await this.treeOf(from), await this.treeOf(to));
	}

	async patchId(from: CommitId, to: CommitId): Promise<string> {
		const identity = new PatchIdentity();
		const options = ['-r', '-p', '--full-index', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-color'];
		const exact = ['--unified=3', '--inter-hunk-context=0', '--diff-algorithm=myers', '--no-indent-heuristic'];
		const args = [`--git-dir=${this.path}`, 'diff-tree', ...options, ...exact, from, to];
		await this.git.run({ args, onStdout: (piece) => identity.take(piece) });
		return identity.digest();
	}

	async file(commit: CommitId, path: string, limitBytes: number): Promise<Uint8Array | null> {
		const info = await this.#objects.info(`${commit}:${path}`);
		if (info === null || info.type !== 'blob') return null;
		if (info.size > limitBytes) {
			throw ganglineError('TOO_LARGE', `${path} has ${info.size} bytes; expected at most ${limitBytes}`, {
				data: { path, size: info.size, limitBytes },
			});
		}
		return new Uint8Array((await this.#objects.contents(info.id))?.bytes ?? []);
	}

	async keep(ref: string, commit: CommitId): Promise<{ kind: 'kept' } | { kind: 'exists'; commit: CommitId }> {
		ownRef(ref);
		await this.#names.sync();
		try {
			await this.#run(['update-ref', ref, commit, zeroes(commit)]);
		} catch (error) {
			const existing = await this.#objects.info(ref);
			if (existing === null) throw error;
			return { kind: 'exists', commit: parseCommitId(existing.id) };
		}
		await this.#syncRef(ref);
		return { kind: 'kept' };
	}

	async refs(prefix: string): Promise<readonly { readonly ref: string; readonly commit: CommitId }[]> {
		const args = ['for-each-ref', '--format=%(objectname) %(refname)', prefix.replace(/\/$/, '')];
		const lines = (await this.#text(args)).split('\n').filter(Boolean);
		return lines.map((line) => {
			const blank = line.indexOf(' ');
			return { ref: line.slice(blank + 1), commit: parseCommitId(line.slice(0, blank)) };
		});
	}

	async drop(ref: string, commit: CommitId): Promise<void> {
		ownRef(ref);
		const existing = await this.#objects.info(ref);
		if (existing?.id !== commit) return;
		await this.#run(['update-ref', '-d', ref, commit]);
	}

	/** Runs what would get in its own way, such as making clones, one after another. */
	oneAtATime<Result>(action: () => Promise<Result>): Promise<Result> {
		const result = this.#queue.then(action);
		this.#queue = result.catch(() => undefined);
		return result;
	}

	/** Ends the helpers and gives the lock up; idempotent. */
	async close(): Promise<void> {
		await Promise.all([this.#objects.close(), this.#standing.close()]);
		await this.#lock.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	async #mainCommit(commit: CommitId): Promise<MainCommit> {
		const object = await this.#objects.contents(commit);
		if (object === null || object.bytes.length > commitBytesMax) throw noSuchCommit(commit);
		const { tree, parents } = parseCommit(object.bytes);
		const landing = await landingOf(object.bytes, this.#options.signer);
		return { commit, parent: parents[0] ?? null, tree, landing };
	}

	/** The commits before `until`, newest first, where they are few; null where git has to be asked. */
	async #walk(tip: CommitId, until: CommitId, limit = stepsMax): Promise<readonly MainCommit[] | null> {
		const walked: MainCommit[] = [];
		for (let at: CommitId | null = tip; at !== null && walked.length < Math.min(limit, stepsMax); ) {
			const commit: MainCommit = await this.#mainCommit(at);
			walked.push(commit);
			if (commit.parent === until) return walked;
			at = commit.parent;
		}
		return null;
	}

	/** Whether `ancestor` is a few first parents behind `commit`; false where it may be further away. */
	async #leadsTo(commit: CommitId, ancestor: CommitId): Promise<boolean> {
		let at: CommitId | undefined = commit;
		for (let step = 0; step < stepsMax && at !== undefined; step += 1) {
			if (at === ancestor) return true;
			const object = await this.#objects.contents(at);
			if (object === null || object.info.type !== 'commit') return false;
			at = parseCommit(object.bytes).parents[0];
		}
		return false;
	}

	#run(args: readonly string[], codes: readonly number[] = [0]) {
		return this.git.run({ args: [`--git-dir=${this.path}`, ...args], codes });
	}

	async #text(args: readonly string[]): Promise<string> {
		return (await this.#run(args)).stdout.toString();
	}

	/** Git syncs the ref's file and not the folder that names it; a power cut in between would undo the move. */
	async #syncRef(ref: string): Promise<void> {
		const folder = await open(dirname(join(this.path, ref)), 'r');
		try {
			await folder.sync();
		} finally {
			await folder.close();
		}
	}
}

/**
 * receive.hideRefs: an agent that finds this path through its clone's alternates and pushes here is refused by git
 * itself, whatever it pushes. It does not stop a process of the same user that calls update-ref; confinement does.
 */
function configuration(objectFormat: ObjectFormat): string {
	const version = objectFormat === 'sha1' ? 0 : 1;
	return `[core]
	repositoryformatversion = ${version}
	filemode = true
	bare = true
${objectFormat === 'sha1' ? '' : '[extensions]\n\tobjectformat = sha256\n'}[gc]
	auto = 0
[maintenance]
	auto = false
[receive]
	hideRefs = refs
[uploadpack]
	allowAnySHA1InWant = true
`;
}

async function requireRepository(path: string): Promise<void> {
	if (await stat(join(path, 'objects')).catch(() => null)) return;
	throw ganglineError('UNSUITABLE_REPOSITORY', `${path} is no git repository; expected the canonical one`, {
		hint: 'put it back from where it was moved, or from a backup',
	});
}

function zeroes(like: string): string {
	return '0'.repeat(like.length);
}

function noSuchCommit(commit: string): GanglineError {
	return ganglineError('GIT_FAILED', `the commit ${commit} is not in the canonical repository, or is unreadable`);
}

function ownRef(ref: string): void {
	if (!ref.startsWith('refs/gangline/')) {
		throw ganglineError('INVALID_ARGUMENT', `the ref ${ref} is not ours to change; expected refs/gangline/…`);
	}
}

/**
 * The Git port in memory, for simulations: same objects, same ids (SHA-1 over git's own bytes), same answers as the
 * adapter; one contract suite and a property test hold the two together. It knows no renames: a renamed file is one
 * deleted and one added. What real git leaves on disk when a process dies, it keeps: the instance is the disk.
 */
import { encodeCommit, landingOf, parseCommit } from '../../git/landing-commit.ts';
import { ganglineError } from '../errors.ts';
import type {
	Change,
	Git,
	LandingSigner,
	LandingTrailers,
	MainCommit,
	MergeResult,
	MoveResult,
	Person,
} from '../git.ts';
import type { CommitId } from '../ids.ts';
import { mergeFiles } from './sim-git-merge.ts';
import { type Files, fileAt, objectId, SimObjects, sameEntry } from './sim-git-objects.ts';
import { patchText } from './sim-git-patch.ts';

export interface SimGitOptions {
	readonly signer: LandingSigner;
	readonly committer?: Person;
	/** Objects that several repositories share, as clones on one machine do. */
	readonly objects?: SimObjects;
	/**
	 * Awaited before each operation, and once more after a move of main took effect (`moveMain:done`). It may wait, or
	 * throw to play a process that died there: what was moved by then stays moved.
	 */
	readonly onStep?: (step: string) => void | Promise<void>;
}

const committerDefault: Person = { name: 'Gangline', email: 'gangline@localhost' };

export class SimGit implements Git {
	readonly objects: SimObjects;
	readonly #options: SimGitOptions;
	readonly #refs = new Map<string, CommitId>();
	#main: CommitId | null = null;

	constructor(options: SimGitOptions) {
		this.#options = options;
		this.objects = options.objects ?? new SimObjects();
	}

	async main(): Promise<CommitId | null> {
		await this.#step('main');
		return this.#main;
	}

	async firstParents(
		options: { tip?: CommitId; until?: CommitId; limit?: number } = {},
	): Promise<readonly MainCommit[]> {
		await this.#step('firstParents');
		const excluded = options.until === undefined ? new Set() : this.objects.ancestry(options.until);
		const found: MainCommit[] = [];
		let commit: CommitId | null = options.tip ?? this.#main;
		while (commit !== null && !excluded.has(commit) && found.length < (options.limit ?? 100_000)) {
			const bytes = this.objects.commitBytes(commit);
			const { tree, parents } = parseCommit(bytes);
			const parent: CommitId | null = parents[0] ?? null;
			found.push({ commit, parent, tree, landing: await landingOf(bytes, this.#options.signer) });
			commit = parent;
		}
		return found;
	}

	async treeOf(commit: CommitId): Promise<CommitId> {
		await this.#step('treeOf');
		return this.objects.treeId(commit);
	}

	async mergeBase(a: CommitId, b: CommitId): Promise<CommitId | null> {
		await this.#step('mergeBase');
		return this.objects.mergeBases(a, b)[0] ?? null;
	}

	async isAncestor(ancestor: CommitId, descendant: CommitId): Promise<boolean> {
		await this.#step('isAncestor');
		return this.objects.ancestry(descendant).has(ancestor);
	}

	async merge(input: { ours: CommitId; theirs: CommitId; base?: CommitId }): Promise<MergeResult> {
		await this.#step('merge');
		const base =
			input.base === undefined ? this.#virtualBase(input.ours, input.theirs) : this.objects.files(input.base);
		const merged = mergeFiles(base, this.objects.files(input.ours), this.objects.files(input.theirs));
		if (merged.conflicts.length > 0) return { kind: 'conflict', paths: merged.conflicts };
		return { kind: 'clean', tree: this.objects.putTree(merged.files) };
	}

	async createCommit(input: {
		tree: CommitId;
		parents: readonly CommitId[];
		message: string;
		author: Person;
		atMs: number;
		landing?: LandingTrailers;
	}): Promise<CommitId> {
		await this.#step('createCommit');
		const committer = this.#options.committer ?? committerDefault;
		return this.objects.putCommit(await encodeCommit({ ...input, committer }, this.#options.signer));
	}

	async moveMain(to: CommitId, from: CommitId | null): Promise<MoveResult> {
		await this.#step('moveMain');
		this.objects.commitBytes(to);
		if (this.#main !== from && this.#main !== to) return { kind: 'lost', actual: this.#main };
		this.#main = to;
		await this.#step('moveMain:done');
		return { kind: 'moved' };
	}

	async changes(from: CommitId, to: CommitId): Promise<readonly Change[]> {
		await this.#step('changes');
		const [before, after] = [this.objects.files(from), this.objects.files(to)];
		return [...new Set([...before.keys(), ...after.keys()])]
			.filter((path) => !sameEntry(before.get(path), after.get(path)))
			.sort(bytewise)
			.map((path) => ({ path, kind: !before.has(path) ? 'added' : after.has(path) ? 'modified' : 'deleted' }));
	}

	async patchId(from: CommitId, to: CommitId): Promise<string> {
		const changes = await this.changes(from, to);
		return objectId('patch', Buffer.from(patchText(changes, this.objects.files(from), this.objects.files(to))));
	}

	async file(commit: CommitId, path: string, limitBytes: number): Promise<Uint8Array | null> {
		await this.#step('file');
		const content = fileAt(this.objects.files(commit), path);
		if (content === null || content.length <= limitBytes) return content;
		throw ganglineError('TOO_LARGE', `${path} has ${content.length} bytes; expected at most ${limitBytes}`, {
			data: { path, size: content.length, limitBytes },
		});
	}

	async keep(ref: string, commit: CommitId): Promise<{ kind: 'kept' } | { kind: 'exists'; commit: CommitId }> {
		await this.#step('keep');
		ownRef(ref);
		this.objects.commitBytes(commit);
		const existing = this.#refs.get(ref);
		if (existing !== undefined) return { kind: 'exists', commit: existing };
		this.#refs.set(ref, commit);
		return { kind: 'kept' };
	}

	async refs(prefix: string): Promise<readonly { readonly ref: string; readonly commit: CommitId }[]> {
		await this.#step('refs');
		const folder = prefix.replace(/\/$/, '');
		return [...this.#refs]
			.filter(([ref]) => ref === folder || ref.startsWith(`${folder}/`))
			.sort(([a], [b]) => bytewise(a, b))
			.map(([ref, commit]) => ({ ref, commit }));
	}

	async drop(ref: string, commit: CommitId): Promise<void> {
		await this.#step('drop');
		ownRef(ref);
		if (this.#refs.get(ref) === commit) this.#refs.delete(ref);
	}

	/** A commit with exactly these files: what an agent or a person would have made. `null` content: no such file. */
	async commitFiles(input: {
		parents: readonly CommitId[];
		files: Readonly<Record<string, string>>;
		message: string;
		author: Person;
		atMs: number;
	}): Promise<CommitId> {
		const files: Files = new Map(
			Object.entries(input.files).map(([path, content]) => [path, this.objects.putFile(Buffer.from(content))]),
		);
		return this.createCommit({ ...input, tree: this.objects.putTree(files) });
	}

	/** Several best ancestors are merged with each other first, as git does; their conflicts make that part of the base unusable. */
	#virtualBase(ours: CommitId, theirs: CommitId): Files {
		const [first, ...others] = this.objects.mergeBases(ours, theirs);
		if (first === undefined) throw ganglineError('GIT_FAILED', `${ours} and ${theirs} have no common ancestor`);
		let base = this.objects.files(first);
		let known = first;
		for (const other of others) {
			const under = this.objects.mergeBases(known, other)[0];
			base = mergeFiles(under ? this.objects.files(under) : new Map(), base, this.objects.files(other)).files;
			known = other;
		}
		return base;
	}

	async #step(step: string): Promise<void> {
		await this.#options.onStep?.(step);
	}
}

function bytewise(a: string, b: string): number {
	return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function ownRef(ref: string): void {
	if (ref.startsWith('refs/gangline/')) return;
	throw ganglineError('INVALID_ARGUMENT', `the ref ${ref} is not ours to change; expected refs/gangline/…`);
}

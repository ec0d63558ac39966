/**
 * A worker's copy of a project's repository: bare, locked and isolated like the canonical one, main as the home last
 * gave it. Clones and gate checkouts come from here as they do at the home. It lands nothing and signs nothing; main
 * goes forward by compare-and-swap, and what it is moved away from is kept.
 */
import { rename, rm, stat } from 'node:fs/promises';
import type { CommitId } from '../ports/ids.ts';
import { CanonicalRepository } from './canonical-repository.ts';
import type { ObjectFormat } from './git-directory.ts';
import type { Environment, GitProcess } from './git-process.ts';
import type { SourceRepository } from './source-repository.ts';

export interface MirrorOptions {
	readonly path: string;
	/** See `SourceRepository`. */
	readonly twin?: string | null;
	readonly branch: string;
	readonly objectFormat: ObjectFormat;
	/** Only PATH and TMPDIR are taken from it. */
	readonly environment: Environment;
	readonly lockWaitMs?: number;
}

/** `behind`: main contains the commit already. `diverged`: neither contains the other, or somebody else moved it. */
export type Advance = 'moved' | 'same' | 'behind' | 'diverged';

export class MirrorRepository implements SourceRepository, AsyncDisposable {
	/** The same files and rules; what only a home may do with them is not passed on. */
	readonly #inner: CanonicalRepository;

	private constructor(inner: CanonicalRepository) {
		this.#inner = inner;
	}

	/** Opens the mirror, or makes an empty one. Throws REPOSITORY_LOCKED. */
	static async open({ objectFormat, ...options }: MirrorOptions): Promise<MirrorRepository> {
		const nobody = { name: 'Gangline', email: 'gangline@localhost' };
		const full = { ...options, signer: { sign: () => new Uint8Array(), verify: () => false }, committer: nobody };
		if (!(await stat(options.path).catch(() => null))) {
			// Made elsewhere first: a process killed in the middle must not leave half a mirror in its place.
			const making = `${options.path}.making`;
			await rm(making, { recursive: true, force: true });
			await (await CanonicalRepository.create({ ...full, path: making }, objectFormat)).close();
			await rename(making, options.path);
		}
		return new MirrorRepository(await CanonicalRepository.open(full));
	}

	get path(): string {
		return this.#inner.path;
	}

	get twin(): string | null {
		return this.#inner.twin;
	}

	get branch(): string {
		return this.#inner.branch;
	}

	get objectFormat(): ObjectFormat {
		return this.#inner.objectFormat;
	}

	get git(): GitProcess {
		return this.#inner.git;
	}

	get reader(): GitProcess {
		return this.#inner.reader;
	}

	main(): Promise<CommitId | null> {
		return this.#inner.main();
	}

	treeOf(commit: CommitId): Promise<CommitId> {
		return this.#inner.treeOf(commit);
	}

	mergeBase(a: CommitId, b: CommitId): Promise<CommitId | null> {
		return this.#inner.mergeBase(a, b);
	}

	isAncestor(ancestor: CommitId, descendant: CommitId): Promise<boolean> {
		return this.#inner.isAncestor(ancestor, descendant);
	}

	file(commit: CommitId, path: string, limitBytes: number): Promise<Uint8Array | null> {
		return this.#inner.file(commit, path, limitBytes);
	}

	keep(ref: string, commit: CommitId): Promise<{ kind: 'kept' } | { kind: 'exists'; commit: CommitId }> {
		return this.#inner.keep(ref, commit);
	}

	refs(prefix: string): Promise<readonly { readonly ref: string; readonly commit: CommitId }[]> {
		return this.#inner.refs(prefix);
	}

	drop(ref: string, commit: CommitId): Promise<void> {
		return this.#inner.drop(ref, commit);
	}

	oneAtATime<Result>(action: () => Promise<Result>): Promise<Result> {
		return this.#inner.oneAtATime(action);
	}

	/** Moves main forward to a commit that is here. */
	async advance(to: CommitId): Promise<Advance> {
		const main = await this.main();
		if (main === to) return 'same';
		if (main !== null && (await this.isAncestor(to, main))) return 'behind';
		if (main !== null && !(await this.isAncestor(main, to))) return 'diverged';
		return (await this.#inner.moveMain(to, main)).kind === 'moved' ? 'moved' : 'diverged';
	}

	/** Moves main to where the home's is although that is not forward; what it was is kept under refs/gangline/left/. */
	async startOver(to: CommitId): Promise<Advance> {
		const main = await this.main();
		if (main === to) return 'same';
		if (main !== null) await this.keep(`refs/gangline/left/${main}`, main);
		return (await this.#inner.moveMain(to, main)).kind === 'moved' ? 'moved' : 'diverged';
	}

	/** Gives the lock up; idempotent. */
	close(): Promise<void> {
		return this.#inner.close();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}
}

/**
 * The repositories of a simulated machine: they outlive its processes. A process works on one through a session, which
 * tells the world before and after each step (a crash may come there) and never answers once its process is dead.
 */
import type { CanonicalRepository, MirrorRepository } from '../../../shared/git/index.ts';
import { type CommitId, type Git, ganglineError, type LandingSigner } from '../../../shared/ports/index.ts';
import { SimGit, SimObjects } from '../../../shared/ports/sim/index.ts';

/** Called at each point where a process may end; never resolves when it did. */
export type Point = (what: string) => Promise<void>;

/** One repository on disk: objects, refs, who may sign. */
export interface KeptRepository {
	readonly objects: SimObjects;
	readonly git: SimGit;
	/** The signer of the home that has it open now. */
	signer: LandingSigner;
	/** Raised with each change of a ref. */
	version: number;
	/** What happens to the next moves of main: git fails before it, or after it, and nobody is told which. */
	failures: ('before' | 'after')[];
}

const nobody: LandingSigner = { sign: () => new Uint8Array(64), verify: () => false };

export function makeRepository(): KeptRepository {
	const objects = new SimObjects();
	const kept = { signer: nobody, version: 0, failures: [] };
	const signer: LandingSigner = {
		sign: (bytes) => kept.signer.sign(bytes),
		verify: (bytes, signature) => kept.signer.verify(bytes, signature),
	};
	return Object.assign(kept, { objects, git: new SimGit({ signer, objects }) });
}

/** All of a machine, by path. */
export class SimRepositories {
	readonly #kept = new Map<string, KeptRepository>();

	find(path: string): KeptRepository | undefined {
		return this.#kept.get(path);
	}

	at(path: string): KeptRepository {
		const known = this.#kept.get(path) ?? makeRepository();
		this.#kept.set(path, known);
		return known;
	}

	remove(path: string): void {
		this.#kept.delete(path);
	}

	all(): ReadonlyMap<string, KeptRepository> {
		return this.#kept;
	}
}

const steps = [
	...['main', 'firstParents', 'treeOf', 'mergeBase', 'isAncestor', 'merge', 'createCommit', 'moveMain'],
	...['changes', 'patchId', 'file', 'keep', 'refs', 'drop'],
] as const;
/** What changes something: a process may die between the effect and the answer. */
const effects: ReadonlySet<string> = new Set(['moveMain', 'keep', 'drop']);

/** A repository as a process has it open. `wire` may replace what one step does. */
export class SimSession {
	readonly path: string;
	readonly branch: string;
	readonly kept: KeptRepository;
	readonly git: Git;
	readonly #point: Point;

	constructor(options: { path: string; branch: string; kept: KeptRepository; point: Point; wire?: (git: Git) => Git }) {
		const { path, branch, kept, point, wire = (git) => git } = options;
		this.path = path;
		this.branch = branch;
		this.kept = kept;
		this.#point = point;
		this.git = this.#guarded(wire(kept.git));
	}

	/** Moves a mirror's main forward. */
	async advance(to: CommitId): Promise<'moved' | 'same' | 'behind' | 'diverged'> {
		const main = await this.git.main();
		if (main === to) return 'same';
		if (main !== null && (await this.git.isAncestor(to, main))) return 'behind';
		if (main !== null && !(await this.git.isAncestor(main, to))) return 'diverged';
		return (await this.git.moveMain(to, main)).kind === 'moved' ? 'moved' : 'diverged';
	}

	async startOver(to: CommitId): Promise<'moved' | 'same' | 'diverged'> {
		const main = await this.git.main();
		if (main === to) return 'same';
		if (main !== null) await this.git.keep(`refs/gangline/left/${main}`, main);
		return (await this.git.moveMain(to, main)).kind === 'moved' ? 'moved' : 'diverged';
	}

	/** As the real composition has it: nothing else of the real class is used by who gets it. */
	asCanonical(): CanonicalRepository {
		return this.#dressed() as unknown as CanonicalRepository;
	}

	asMirror(): MirrorRepository {
		return this.#dressed() as unknown as MirrorRepository;
	}

	#dressed(): object {
		const close = async (): Promise<void> => {};
		return Object.assign(Object.create(null), this.git, {
			...{ path: this.path, branch: this.branch, kept: this.kept, close, [Symbol.asyncDispose]: close },
			advance: (to: CommitId) => this.advance(to),
			startOver: (to: CommitId) => this.startOver(to),
		});
	}

	#guarded(git: Git): Git {
		const guarded: Record<string, unknown> = {};
		for (const step of steps) {
			guarded[step] = async (...args: never[]) => {
				await this.#point(`git.${step}`);
				const failure = step === 'moveMain' ? this.kept.failures.shift() : undefined;
				if (failure === 'before') throw ganglineError('GIT_FAILED', 'main.lock is there already');
				const answer = await (git[step] as (...args: never[]) => Promise<unknown>)(...args);
				if (effects.has(step)) {
					this.kept.version += 1;
					if (failure === 'after') throw ganglineError('GIT_FAILED', 'git was killed');
					await this.#point(`git.${step}:done`);
				}
				return answer;
			};
		}
		return guarded as unknown as Git;
	}
}

/** A commit with everything in it, from where it is. */
export function copyCommit(from: SimObjects, to: SimObjects, commit: CommitId): void {
	if (hasCommit(to, commit)) return;
	for (const one of [...from.ancestry(commit)].reverse()) {
		if (hasCommit(to, one)) continue;
		to.putTree(from.files(one));
		to.putCommit(from.commitBytes(one));
	}
}

export function hasCommit(objects: SimObjects, commit: CommitId): boolean {
	try {
		objects.commitBytes(commit);
		return true;
	} catch {
		return false;
	}
}

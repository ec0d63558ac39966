/**
 * A project's commits on a machine that is not its home: main as the home has it, and what a task starts from. Pulled
 * from the home when it is needed, never pushed.
 */
import type { MirrorRepository } from '../../shared/git/index.ts';
import type { Packs } from '../../shared/mesh/pack.ts';
import { type CommitId, type NodeId, parseCommitId } from '../../shared/ports/index.ts';
import type { Task } from '../../shared/protocol/work.ts';

export interface ForeignMirrorOptions {
	readonly project: string;
	readonly packs: Packs;
	/** By the registry, asked anew each time: a home may move. */
	readonly home: () => NodeId;
	readonly repository: MirrorRepository;
}

export class ForeignMirror {
	readonly #options: ForeignMirrorOptions;

	constructor(options: ForeignMirrorOptions) {
		this.#options = options;
	}

	/** Has `main` and everything in it when it resolves; answers the mirror's own main, which may be further. */
	async bring(main: CommitId, signal?: AbortSignal): Promise<CommitId> {
		const { packs, home, project, repository: into } = this.#options;
		const own = await into.main();
		if (own === main || (own !== null && (await isContained(into, main, own)))) return own;
		const moved = await packs.pullMain({
			node: home(),
			project,
			want: { ref: `refs/heads/${into.branch}`, commit: main },
			have: own === null ? [] : [own],
			into,
			...(signal && { signal }),
		});
		// The home's main is main, also where somebody rewrote it; what ours was stays on a ref.
		if (moved.kind === 'diverged') await into.startOver(main);
		return (await into.main()) ?? main;
	}

	/** What the task stands on: its main, and the result that it starts from. */
	async bringFor(task: Task, signal: AbortSignal): Promise<CommitId> {
		const main = await this.bring(parseCommitId(task.main), signal);
		if (task.startFrom === null || task.startAt === undefined) return main;
		const { packs, home, project, repository: into } = this.#options;
		const commit = parseCommitId(task.startFrom);
		if (await isHere(into, commit)) return main;
		await packs.pullAttempt({
			node: home(),
			project,
			want: { ref: task.startAt.ref, commit },
			have: [main],
			into,
			as: `refs/gangline/given/${commit}`,
			base: parseCommitId(task.startAt.base),
			signal,
		});
		return main;
	}

	close(): Promise<void> {
		return this.#options.repository.close();
	}
}

async function isContained(into: MirrorRepository, main: CommitId, own: CommitId): Promise<boolean> {
	return (await isHere(into, main)) && (await into.isAncestor(main, own));
}

function isHere(into: MirrorRepository, commit: CommitId): Promise<boolean> {
	return into.treeOf(commit).then(
		() => true,
		() => false,
	);
}

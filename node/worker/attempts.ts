/**
 * What a worker does with an item on this machine, behind one interface: attempts, and the clones that they leave. The
 * worker itself keeps slots, books and promises, and runs the same over a twin of this.
 */
import type { CommitId, Log } from '../../shared/ports/index.ts';
import { removeFolder } from '../../shared/ports/system/remove-folder.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { Besides, Task, Usage } from '../../shared/protocol/work.ts';
import { type AttemptEnd, type AttemptInput, type AttemptParts, runAttempt } from './attempt.ts';
import { attemptRef } from './attempt-words.ts';
import { type Shown, showTold } from './told.ts';

export interface Attempts {
	/** From clone to report; every process of it is gone when it resolves. */
	run(input: AttemptInput): Promise<AttemptEnd>;
	/** Keeps the commits of an attempt that a crash interrupted; null where there are none. Never throws. */
	rescue(task: Task): Promise<CommitId | null>;
	/** What its first session would be told if the task began here now; nothing is begun or changed. */
	told(asked: { readonly task: Task; readonly config: ProjectConfig; readonly forResearch: boolean }): Promise<Shown>;
	/** What an attempt that a crash interrupted had used until then, and what of that was another agent's. */
	spent(task: Task): Promise<{ readonly usage: Usage } & Pick<Besides, 'shares'>>;
	/** Keeps what an item's clone has now, on a ref; null when there is nothing that is not kept. */
	salvage(key: string): Promise<string | null>;
	/** What an item's clone has now as a commit among ours, kept; null where it has none here. */
	snapshot(key: string): Promise<CommitId | null>;
	/** Looks which items have a clone. */
	keys(): Promise<readonly string[]>;
	/** The same as of the last look, with what was made and removed since. */
	readonly known: readonly string[];
	/** Removes an item's clone, its work kept first. */
	remove(key: string): Promise<void>;
	/** Ends what judges; verified. */
	stop(): Promise<void>;
}

/** Real clones, sessions and gates. */
export function realAttempts(parts: AttemptParts): Attempts {
	const { workspaces, gates, tmpRoot, log } = parts;
	return {
		run: async (input) => {
			try {
				return await runAttempt(parts, input);
			} finally {
				await removeFolder(`${tmpRoot}/p${input.portBase}`).catch(() => {});
			}
		},
		rescue: (task) => rescued(parts, task, log),
		told: (asked) => showTold(parts, asked),
		spent: (task) => parts.spent.of(task),
		salvage: (key) => workspaces.salvage(key),
		snapshot: (key) => workspaces.snapshot(key),
		keys: () => workspaces.keys(),
		get known() {
			return workspaces.known;
		},
		remove: async (key) => {
			await workspaces.remove(key);
			await parts.book.forget(key);
			await parts.looks.forget(key);
		},
		stop: () => gates.stop(),
	};
}

async function rescued({ workspaces, git }: AttemptParts, task: Task, log: Log): Promise<CommitId | null> {
	try {
		const workspace = await workspaces.find(task);
		const seen = workspace && (await git.state(workspace.clone, workspace.judged));
		if (!workspace || !seen?.head || seen.newCommits === 0) return null;
		await git.take({ clone: workspace.clone, commit: seen.head, base: workspace.base, ref: attemptRef(task) });
		return seen.head;
	} catch (error) {
		log.warn('attempt.commitsNotKept', { item: task.item.key, error: String(error) });
		return null;
	}
}

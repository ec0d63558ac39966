/**
 * The clones of one project's items. One per item, kept from try to try (an agent goes on with what it has, set-up need
 * not run again), and never removed before everything in it is kept on a ref [I7].
 */

import { join } from 'node:path';
import { z } from 'zod';
import type { WorkClone } from '../../shared/git/index.ts';
import {
	type Clock,
	type CommitId,
	GanglineError,
	type Log,
	type Person,
	parseCommitId,
	type Store,
} from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import type { Task } from '../../shared/protocol/work.ts';
import { RecoveryBook } from './recovery-book.ts';
import type { SetupRecord } from './setup.ts';
import { isFolder, namesIn } from './workspace-files.ts';
import type { WorkspaceGit } from './workspace-git.ts';

const commitId = z.string().transform(parseCommitId);

const recordSchema = z.object({
	/** The commit of main that the branch grew from. */
	base: commitId,
	/** Commits after this one are new: where the clone began, or what gates or people have judged last. */
	judged: commitId,
	setup: z.object({ key: z.string(), made: z.array(z.string()) }).nullable(),
});

type WorkspaceRecord = z.output<typeof recordSchema>;

export interface Workspace {
	readonly key: string;
	readonly clone: WorkClone;
	readonly branch: string;
	readonly base: CommitId;
	readonly judged: CommitId;
	readonly setup: SetupRecord | null;
	/** Whether it was made just now. */
	readonly isNew: boolean;
}

export interface WorkspacesOptions {
	readonly project: string;
	readonly git: WorkspaceGit;
	readonly store: Store;
	readonly clock: Clock;
	readonly log: Log;
	/** Where the clones lie. */
	readonly folder: string;
	readonly author: Person;
}

const lookSuffix = /\.look$/;

export class Workspaces {
	readonly #options: WorkspacesOptions;
	#known: readonly string[] = [];
	/** Newest of each clone that somebody asked for, with what it was made of. */
	readonly #snapshots = new Map<
		string,
		{ readonly head: CommitId | null; readonly diff: string; readonly commit: CommitId }
	>();
	/** Of work that was left uncommitted, and of programs that began no session. */
	readonly recoveries: RecoveryBook;

	constructor(options: WorkspacesOptions) {
		this.#options = options;
		this.recoveries = new RecoveryBook(options);
	}

	/**
	 * The item's clone, ready to be worked in. `fresh`: a script begins from main each time. `hasHooks`: one that is made
	 * now looks for hooks where ours lie.
	 */
	async open(task: Task, { fresh, hasHooks }: { fresh: boolean; hasHooks: boolean }): Promise<Workspace> {
		const { git, author } = this.#options;
		const { key, number } = task.item;
		const clone = this.#cloneOf(key);
		const record = await this.#record(key);
		const branch = `gangline/${number}`;
		const main = parseCommitId(task.main);
		if (await isFolder(clone.path)) {
			if (record && !fresh && (await this.#continues(clone, record, task.startFrom))) {
				return { key, clone, branch, ...record, isNew: false };
			}
			// Without a record nothing has worked in it: it was being made when the node ended.
			if (record) await this.#keep(key, clone, record.base);
			await git.removeClone(clone);
		}
		const wanted = task.startFrom === null || fresh ? main : parseCommitId(task.startFrom);
		const start = (await git.isKnown(wanted)) ? wanted : main;
		await git.removeClone(clone);
		await this.#options.store.write([{ kind: 'delete', key: this.#name(key) }]);
		await git.clone({ path: clone.path, commit: start, branch, user: author, hasHooks });
		const base = start === main ? main : ((await git.mergeBase(main, start)) ?? main);
		this.#known = [...this.#known.filter((one) => one !== key), key];
		const made = { base, judged: start, setup: null };
		await this.#remember(key, made);
		return { key, clone, branch, ...made, isNew: true };
	}

	async rememberSetup(workspace: Workspace, setup: SetupRecord | null): Promise<Workspace> {
		return await this.#change(workspace, { setup: setup && { key: setup.key, made: [...setup.made] } });
	}

	/** Gates or a person have seen it: the next try must add to it. */
	async rememberJudged(workspace: Workspace, judged: CommitId): Promise<Workspace> {
		return await this.#change(workspace, { judged });
	}

	/** The clone in which the task would go on; null where one would be made. Changes nothing. */
	async existing(task: Task): Promise<Workspace | null> {
		const found = await this.find(task);
		return found !== null && (await this.#continues(found.clone, found, task.startFrom)) ? found : null;
	}

	/** A clone beside nobody's work, for somebody who only looks at `commit`; one of before is gone. */
	async openLook(
		key: string,
		{ commit, branch, user }: { readonly commit: CommitId; readonly branch: string; readonly user: Person },
	): Promise<WorkClone> {
		const { git } = this.#options;
		const clone = this.#lookOf(key);
		await git.removeClone(clone);
		await git.clone({ path: clone.path, commit, branch, user });
		this.#known = [...this.#known.filter((one) => one !== key), key];
		return clone;
	}

	/** The clone that somebody who looked was broken off in; null where there is none. */
	async findLook(key: string): Promise<WorkClone | null> {
		const clone = this.#lookOf(key);
		return (await isFolder(clone.path)) ? clone : null;
	}

	/** Nothing of it is anybody's work. */
	async removeLook(key: string): Promise<void> {
		await this.#options.git.removeClone(this.#lookOf(key));
		const isKept = await isFolder(this.#cloneOf(key).path);
		if (!isKept) this.#known = this.#known.filter((one) => one !== key);
	}

	/** The clone of a task that a crash interrupted, null when it had none. */
	async find(task: Task): Promise<Workspace | null> {
		const { key, number } = task.item;
		const clone = this.#cloneOf(key);
		const record = await this.#record(key);
		if (!record || !(await isFolder(clone.path))) return null;
		return { key, clone, branch: `gangline/${number}`, ...record, isNew: false };
	}

	/** Keeps what an item's clone has now; null when there is nothing that is not kept already. */
	async salvage(key: string): Promise<CommitId | null> {
		const clone = this.#cloneOf(key);
		const record = await this.#record(key);
		return record && (await isFolder(clone.path)) ? await this.#keep(key, clone, record.base) : null;
	}

	/** What an item's clone has now, committed or not, as a commit among ours, kept; null where it has none here. */
	async snapshot(key: string): Promise<CommitId | null> {
		const clone = this.#cloneOf(key);
		const record = await this.#record(key);
		if (!record || !(await isFolder(clone.path))) return null;
		const { head, diff } = await this.#options.git.state(clone, record.judged);
		const known = this.#snapshots.get(key);
		// The same files are the same commit: whoever asks again gets what is there already.
		if (known?.head === head && known.diff === diff) return known.commit;
		const commit = (await this.#keep(key, clone, record.base)) ?? head;
		if (commit !== null) this.#snapshots.set(key, { head, diff, commit });
		return commit;
	}

	/** Removes an item's clone, its work kept first. */
	async remove(key: string): Promise<void> {
		await this.salvage(key);
		await this.#options.git.removeClone(this.#cloneOf(key));
		await this.removeLook(key);
		this.#snapshots.delete(key);
		await this.recoveries.forget(key);
		this.#known = this.#known.filter((one) => one !== key);
		await this.#options.store.write([{ kind: 'delete', key: this.#name(key) }]);
	}

	/** Keys of the items that have a clone. */
	async keys(): Promise<readonly string[]> {
		const names = (await namesIn(this.#options.folder)).map((name) => name.replace(lookSuffix, ''));
		this.#known = [...new Set(names)].filter((name) => !name.includes('.'));
		return this.#known;
	}

	/** The same as of the last look, with what was made and removed since. */
	get known(): readonly string[] {
		return this.#known;
	}

	/** A clone is gone on with when it holds what the task starts from. */
	async #continues(
		clone: WorkClone,
		{ judged }: Pick<WorkspaceRecord, 'judged'>,
		startFrom: string | null,
	): Promise<boolean> {
		const { head, newCommits } = await this.#options.git.state(clone, judged);
		if (head === null) return false;
		return startFrom === null || head === startFrom || (judged === startFrom && newCommits > 0);
	}

	async #keep(key: string, clone: WorkClone, base: CommitId): Promise<CommitId | null> {
		const { git, clock, log } = this.#options;
		for (let at = clock.now(); ; at++) {
			try {
				const ref = `refs/gangline/salvage/${key}/${at}`;
				const { commit, lost } = await git.salvage({ clone, base, ref, atMs: clock.now() });
				if (lost.length > 0) log.warn('salvage.incomplete', { item: key, lost });
				if (commit !== null) log.info('salvage.kept', { item: key, ref, commit });
				return commit;
			} catch (error) {
				// Two within one millisecond want the same name.
				const isTaken = error instanceof GanglineError && error.code === 'INVALID_ARGUMENT';
				if (!isTaken || at > clock.now() + 100) throw error;
			}
		}
	}

	async #change(workspace: Workspace, change: Partial<WorkspaceRecord>): Promise<Workspace> {
		const { base, judged, setup } = workspace;
		const record = { base, judged, setup: setup && { key: setup.key, made: [...setup.made] }, ...change };
		await this.#remember(workspace.key, record);
		return { ...workspace, ...record };
	}

	async #record(key: string): Promise<WorkspaceRecord | null> {
		const parsed = readAs(recordSchema, await this.#options.store.get(this.#name(key)));
		return parsed.success ? parsed.data : null;
	}

	async #remember(key: string, record: WorkspaceRecord): Promise<void> {
		await this.#options.store.write([{ kind: 'put', key: this.#name(key), value: record }]);
	}

	#cloneOf(key: string): WorkClone {
		return this.#options.git.cloneAt(join(this.#options.folder, key));
	}

	#lookOf(key: string): WorkClone {
		return this.#options.git.cloneAt(join(this.#options.folder, `${key}.look`));
	}

	#name(key: string): string {
		return `clone/${this.#options.project}/${key}`;
	}
}

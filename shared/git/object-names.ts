/**
 * Syncs the folders that name objects, before a ref that stands on them is moved. Git syncs what is in an object (as
 * core.fsync=all asks), never its name. Where names are journaled in order (ext4, xfs) the sync of the ref that follows
 * keeps them too; elsewhere (btrfs) a power cut would leave a main whose objects are gone.
 */
import { statSync } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** File systems that keep every change of names before the one that was synced. */
const ordered = new Set([0xef53, 0x58465342]);
const fanOut = Array.from({ length: 256 }, (_, number) => number.toString(16).padStart(2, '0'));

export class ObjectNames {
	readonly #objects: string;
	/** What each folder's time of change was, and whether it was the same at two looks: one tick may hide a change. */
	readonly #seen = new Map<string, { readonly changedAt: number; readonly isSettled: boolean }>();
	#isOrdered: Promise<boolean> | undefined;

	/** `gitDir`: of a repository that only this process writes to. */
	constructor(gitDir: string) {
		this.#objects = join(gitDir, 'objects');
	}

	/** Resolves when the names of all objects that are there now would outlive a power cut. */
	async sync(): Promise<void> {
		this.#isOrdered ??= statfs(this.#objects).then(({ type }) => ordered.has(type));
		if (await this.#isOrdered) return;
		for (const name of ['.', 'pack', ...fanOut]) await this.#look(join(this.#objects, name));
	}

	async #look(folder: string): Promise<void> {
		const changedAt = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
		if (changedAt === undefined) return;
		const before = this.#seen.get(folder);
		const isSame = before?.changedAt === changedAt;
		if (isSame && before.isSettled) return;
		const handle = await open(folder, 'r');
		try {
			await handle.sync();
		} finally {
			await handle.close();
		}
		this.#seen.set(folder, { changedAt, isSettled: isSame });
	}
}

/**
 * Which accepted results have commits that are not in the canonical repository. It never happens while one machine
 * stays whole, because commits are fetched before a result is accepted; after a restore or a move of the home it does.
 */
import type { Item } from '../../shared/pipeline/index.ts';
import { type Git, parseCommitId } from '../../shared/ports/index.ts';

export class MissingResults {
	readonly #git: Git;
	/** Seen to be there; a repository does not lose them while it is open. */
	readonly #there = new Set<string>();

	constructor(git: Git) {
		this.#git = git;
	}

	/** Keys of the items that wait with such a result. */
	async among(items: readonly Item[]): Promise<ReadonlySet<string>> {
		const missing = new Set<string>();
		const wanted = new Set<string>();
		for (const { key, stage, result } of items) {
			if (result === null || !waitsWithResult.has(stage.kind)) continue;
			wanted.add(result.commit);
			if (!this.#there.has(result.commit) && !(await this.#isThere(result.commit))) missing.add(key);
		}
		for (const commit of this.#there) if (!wanted.has(commit)) this.#there.delete(commit);
		return missing;
	}

	async #isThere(commit: string): Promise<boolean> {
		const isThere = await this.#git.treeOf(parseCommitId(commit)).then(
			() => true,
			() => false,
		);
		if (isThere) this.#there.add(commit);
		return isThere;
	}
}

const waitsWithResult: ReadonlySet<string> = new Set(['qa', 'reviewHold', 'merge']);

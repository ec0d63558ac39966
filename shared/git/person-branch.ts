/**
 * What the person committed on the project's branch in their checkout. It is asked before and after each landing and
 * whenever somebody looks at the board, and mostly nothing is new: so the refs are read in one call of git, and only
 * where they are not what was fetched last is anything fetched. Main is not moved here.
 */
import type { CommitId } from '../ports/ids.ts';
import { parseCommitId } from '../ports/ids.ts';
import type { CanonicalRepository } from './canonical-repository.ts';
import { personGit } from './git-environment.ts';
import type { Environment, GitProcess } from './git-process.ts';
import { fetchBranch, type Relation, relate } from './incoming.ts';

export interface CheckoutInput {
	/** The top folder of the person's checkout. */
	readonly checkout: string;
	readonly environment: Environment;
}

export type PersonCommits =
	| { readonly kind: 'noBranch' }
	/** Nothing that main does not contain. */
	| { readonly kind: 'none'; readonly commit: CommitId }
	/** Main can go forward to `commit`. */
	| { readonly kind: 'ahead'; readonly commit: CommitId; readonly count: number }
	| { readonly kind: 'diverged'; readonly commit: CommitId; readonly ahead: number; readonly behind: number };

export class PersonBranch {
	readonly #canonical: CanonicalRepository;
	readonly #input: CheckoutInput;
	/** The refs at the last fetch; what it brought is kept in the canonical repository until main contains it. */
	#fetched: { readonly refs: string; readonly commit: CommitId } | null = null;

	constructor(canonical: CanonicalRepository, input: CheckoutInput) {
		this.#canonical = canonical;
		this.#input = input;
	}

	/** Brings the person's branch here, unless it is here, and says how it stands to main. */
	async commits(): Promise<PersonCommits> {
		const commit = await this.#bring();
		if (commit === null) return { kind: 'noBranch' };
		const main = await this.#canonical.main();
		const relation: Relation = main === null ? { kind: 'ahead', by: 0 } : await relate(this.#canonical, commit, main);
		switch (relation.kind) {
			case 'same':
			case 'behind':
				return { kind: 'none', commit };
			case 'ahead':
				return { kind: 'ahead', commit, count: relation.by };
			case 'diverged':
				return { kind: 'diverged', commit, ahead: relation.ahead, behind: relation.behind };
		}
	}

	async #bring(): Promise<CommitId | null> {
		const { checkout, environment } = this.#input;
		// Tags too: they come with the history that they are on.
		const patterns = [`refs/heads/${this.#canonical.branch}`, 'refs/tags'];
		const args = ['for-each-ref', '--format=%(objectname) %(refname)', ...patterns];
		const refs = (await personGit(environment).run({ args, cwd: checkout })).stdout.toString();
		if (this.#fetched?.refs === refs) return this.#fetched.commit;
		const commit = await importMain(this.#canonical, this.#input);
		this.#fetched = commit === null ? null : { refs, commit };
		return commit;
	}
}

/**
 * Fetches the person's branch, with its history and tags; null when it does not exist. Main is not moved. Throws
 * UNSUITABLE_REPOSITORY for a shallow one.
 */
export function importMain(canonical: CanonicalRepository, input: CheckoutInput): Promise<CommitId | null> {
	const { checkout: url, environment } = input;
	const timeoutMs = 30 * 60_000;
	return fetchBranch(canonical, { git: personGit(environment), url, cwd: url, branch: canonical.branch, timeoutMs });
}

/** The commits at refs of a checkout, by name, in one call; those that do not exist are left out. */
export async function commitsAt(
	git: GitProcess,
	cwd: string,
	refs: readonly string[],
): Promise<ReadonlyMap<string, CommitId>> {
	const args = ['for-each-ref', '--format=%(objectname) %(refname)', ...refs];
	const found = new Map<string, CommitId>();
	for (const line of await git.lines({ args, cwd })) {
		const blank = line.indexOf(' ');
		found.set(line.slice(blank + 1), parseCommitId(line.slice(0, blank)));
	}
	return found;
}

/**
 * Landing by pull request: the gated candidate is pushed as the item's own branch and proposed, with `gh` where that is
 * installed and logged in, otherwise by a link to open. Main is never pushed. That the request was merged is seen on
 * main, by the trailers of a squash or rebase or by the candidate's commit itself, never believed from a forge's word.
 */

import { z } from 'zod';
import {
	type CanonicalRepository,
	compareLink,
	openRemote,
	type PushResult,
	pushRemote,
} from '../../shared/git/index.ts';
import type { Item } from '../../shared/pipeline/index.ts';
import {
	type Clock,
	type CommitId,
	type Log,
	type Processes,
	parseCommitId,
	type Random,
	randomHex,
	type Store,
} from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { Candidate } from './landing.ts';

export interface PullRequestsOptions {
	readonly repository: CanonicalRepository;
	readonly project: string;
	/** The person's checkout, whose remote and credentials are used. */
	readonly checkout: string;
	readonly environment: Readonly<Record<string, string>>;
	readonly store: Store;
	readonly processes: Processes;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
}

const proposalSchema = z.object({
	commit: z.string(),
	tree: z.string(),
	tip: z.string(),
	branch: z.string(),
	url: z.string().nullable(),
	/** Why it is not proposed yet. */
	trouble: z.string().nullable(),
});
type Proposal = z.output<typeof proposalSchema>;

const ghMsMax = 60_000;
const ghGraceMs = 2_000;
/** Commits on main since the proposal among which its squash is looked for. */
const squashesLookedAtMax = 200;

export class PullRequests {
	readonly #options: PullRequestsOptions;
	readonly #words = new Map<string, string>();

	constructor(options: PullRequestsOptions) {
		this.#options = options;
	}

	/** What an item in merge waits for, in words; null where it is not proposed. */
	words(key: string): string | null {
		return this.#words.get(key) ?? null;
	}

	/** The commit with which an item's proposal came to main: itself, or one with the same change (a squash, a rebase). */
	async merged(item: Item, main: CommitId): Promise<CommitId | null> {
		const { repository } = this.#options;
		const proposal = await this.#read(item.key);
		if (proposal === null || !wasPushed(proposal) || proposal.tip === main) return null;
		const [commit, tip] = [parseCommitId(proposal.commit), parseCommitId(proposal.tip)];
		// No ref names a proposal here: a repository that was put back from a backup has it only with the main that has it.
		if (!(await this.#isHere(commit)) || !(await this.#isHere(tip))) return null;
		if (await repository.isAncestor(commit, main)) return commit;
		const wanted = await repository.patchId(tip, commit);
		const since = await repository.firstParents({ tip: main, until: tip, limit: squashesLookedAtMax });
		for (const { commit: candidate, parent } of since) {
			if (parent !== null && (await repository.patchId(parent, candidate)) === wanted) return candidate;
		}
		return null;
	}

	/** Offers the candidate where the project lands by pull request; false where it does not. */
	async propose(item: Item, candidate: Candidate, config: ProjectConfig): Promise<boolean> {
		if (config.landing.mode !== 'pull-request') return false;
		const before = await this.#read(item.key);
		const same = before?.tree === candidate.tree && before.tip === candidate.tip;
		if (before !== null && same && before.trouble === null) {
			this.#say(item.key, before);
			return true;
		}
		const branch = `gangline/${item.number}-${slug(item.title)}`;
		const { repository, checkout, environment } = this.#options;
		const remote = await openRemote(checkout, config.landing.remote, environment);
		const expected = before !== null && wasPushed(before) ? parseCommitId(before.commit) : null;
		const push = (from: CommitId | null): Promise<PushResult> =>
			pushRemote(repository, { remote, branch, commit: candidate.commit, expected: from, rewrite: true });
		const first = await push(expected);
		// Whoever tidied the branch away has not decided anything: it is proposed again as it is now.
		const isGone = first.kind === 'diverged' && first.actual === null;
		const pushed = isGone ? await push(null) : first;
		const base = { commit: candidate.commit, tree: candidate.tree, tip: candidate.tip, branch };
		if (pushed.kind !== 'pushed') {
			const said = 'words' in pushed ? `: ${pushed.words.trim().split('\n').at(-1)}` : '';
			const trouble = `its branch ${branch} could not be pushed (${pushed.kind}${said})`;
			// What was pushed last stays the expected value of the next try.
			await this.#keep(
				item.key,
				before ? { ...before, trouble } : { ...base, commit: candidate.tip, url: null, trouble },
			);
			return true;
		}
		const url =
			(await this.#open(item, branch, config)) ??
			before?.url ??
			compareLink(remote.writtenUrl, branch, config.branch) ??
			compareLink(remote.pushUrl, branch, config.branch);
		await this.#keep(item.key, { ...base, url, trouble: null });
		return true;
	}

	/** The request's address, made or found with gh; null where gh is not there or not logged in. */
	async #open(item: Item, branch: string, config: ProjectConfig): Promise<string | null> {
		const { log } = this.#options;
		const made = await this.#gh([
			'pr',
			'create',
			'--head',
			branch,
			'--base',
			config.branch,
			'--title',
			item.title,
			'--body',
			`Item #${item.number}`,
		]);
		const found = made ?? (await this.#gh(['pr', 'view', branch, '--json', 'url', '--jq', '.url']));
		const url = found?.match(/https?:\/\/\S+/)?.[0] ?? null;
		log.info('pullRequest.proposed', { item: item.key, branch, url });
		return url;
	}

	/** What gh printed, null when it failed or is not there. */
	async #gh(args: readonly string[]): Promise<string | null> {
		const { processes, checkout, environment, clock, random } = this.#options;
		let out = '';
		const run = processes.start({
			id: `gh-${randomHex(random, 4)}`,
			argv: ['gh', ...args],
			cwd: checkout,
			env: { ...environment, GH_PROMPT_DISABLED: '1', NO_COLOR: '1' },
			confinement: { hidden: [], readOnly: [], writable: [] },
			onOutput: (stream, bytes) => {
				if (stream === 'stdout' && out.length < 64 * 1024) out += Buffer.from(bytes).toString();
			},
		});
		const cancel = clock.after(ghMsMax, () => void run.stop(ghGraceMs));
		const exit = await run.exited;
		cancel();
		await run.stop(ghGraceMs);
		return exit.kind === 'code' && exit.code === 0 ? out : null;
	}

	#isHere(commit: CommitId): Promise<boolean> {
		return this.#options.repository.treeOf(commit).then(
			() => true,
			() => false,
		);
	}

	async #read(key: string): Promise<Proposal | null> {
		const parsed = readAs(proposalSchema, await this.#options.store.get(this.#key(key)));
		return parsed.success ? parsed.data : null;
	}

	async #keep(key: string, proposal: Proposal): Promise<void> {
		this.#say(key, proposal);
		await this.#options.store.write([{ kind: 'put', key: this.#key(key), value: { ...proposal } }]);
	}

	#say(key: string, { url, branch, trouble }: Proposal): void {
		this.#words.set(key, trouble ?? (url ? `it waits for its pull request: ${url}` : `propose its branch ${branch}`));
	}

	#key(key: string): string {
		return `pull/${this.#options.project}/${key}`;
	}
}

/** Of one whose branch never came to the remote the record names main as it was: nothing of it can be on main. */
function wasPushed({ commit, tip }: Proposal): boolean {
	return commit !== tip;
}

/** `Fix the login redirect` → `fix-the-login-redirect`. */
export function slug(title: string): string {
	const plain = title
		.normalize('NFKD')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '-')
		.replace(/^-+|-+$/g, '');
	return plain.slice(0, 40).replace(/-+$/, '') || 'item';
}

/**
 * Keeps the canonical branch, the remote and the person's checkout together. Before a landing: what people have
 * committed (in the checkout, or at the remote) comes in. After it: the remote gets main, the checkout is brought along
 * when nothing of the person's is in the way. Main goes forward only; a remote that was rewritten stops the queue [I9].
 */
import {
	addGanglineRemote,
	type CanonicalRepository,
	checkoutSync,
	fetchRemote,
	openRemote,
	PersonBranch,
	type PushResult,
	pushRemote,
	relate,
	requireCheckout,
	type SyncResult,
	trackedCommit,
} from '../../shared/git/index.ts';
import type { Board } from '../../shared/operations/index.ts';
import {
	type Clock,
	type CommitId,
	GanglineError,
	type Log,
	type Person,
	parseCommitId,
	type Store,
} from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import { Serial } from '../reconcile/serial.ts';
import { checkoutWords, originWords } from './distance-words.ts';
import { type Joined, joinHistories } from './join-histories.ts';

export interface BranchSyncOptions {
	readonly canonical: CanonicalRepository;
	readonly project: string;
	/** The person's checkout. */
	readonly checkout: string;
	readonly environment: Readonly<Record<string, string>>;
	readonly config: () => Promise<ProjectConfig>;
	readonly store: Store;
	readonly clock: Clock;
	readonly log: Log;
	readonly author: () => Promise<Person>;
	/** Runs a move of main with nothing folded and nothing landing meanwhile. */
	readonly exclusive: <T>(step: () => Promise<T>) => Promise<T>;
	/** Whether main's gates pass on a merge of what we landed with what came in meanwhile. */
	readonly passes: (commit: CommitId, tree: CommitId) => Promise<boolean>;
	readonly onMoved: () => void;
}

type Origin = NonNullable<Board['distance']['origin']>;
type Checkout = NonNullable<Board['distance']['checkout']>;

/** How old an answer about the distances may be. */
const freshMs = 2_000;
const lookMsMax = 1_500;
const redAgainMs = 5 * 60_000;
/** Pushes in one pass while others push first; the next pass goes on. */
const pushesMax = 5;

export class BranchSync {
	readonly #options: BranchSyncOptions;
	readonly #serial = new Serial();
	readonly #theirs: PersonBranch;
	#origin: { readonly commit: CommitId | null; readonly at: number | null; readonly trouble: string | null } | null =
		null;
	#checkout: { readonly own: CommitId | null; readonly sync: SyncResult } | null = null;
	/** What main and the remote make together, where a gate failed on it. */
	#red: { readonly tree: CommitId; readonly at: number } | null = null;
	/** Why nothing came in the last time. */
	#trouble: string | null = null;
	#passed: { readonly at: number; readonly main: CommitId | null } | null = null;

	constructor(options: BranchSyncOptions) {
		this.#options = options;
		this.#theirs = new PersonBranch(options.canonical, options);
	}

	/** What is missing on either side, done. */
	pass(): Promise<void> {
		return this.#serial.run(async () => {
			const config = await this.#options.config();
			for (let tries = 0; tries < pushesMax; tries += 1) {
				if ((await this.#comeIn(config)) !== null || (await this.#goOut(config)) !== 'overtaken') break;
			}
			await this.#bringCheckout();
			this.#passed = { at: this.#options.clock.monotonic(), main: await this.#options.canonical.main() };
		});
	}

	/** Before a landing. A sentence: why nothing may land now. */
	bringIn(): Promise<string | null> {
		return this.#serial.run(async () => this.#comeIn(await this.#options.config()));
	}

	/** @throws GanglineError UNSUITABLE_REPOSITORY where the person's checkout is not where it was. */
	requireCheckout(): Promise<void> {
		return requireCheckout(this.#options.checkout);
	}

	/** Nothing is known where the canonical repository is away: the project says so, and the board is there all the same. */
	async distance(): Promise<Board['distance']> {
		try {
			return await this.#measure();
		} catch (error) {
			if (!(error instanceof GanglineError)) throw error;
			return { branch: this.#options.canonical.branch, canonical: null, origin: null, checkout: null };
		}
	}

	async #measure(): Promise<Board['distance']> {
		const { canonical, clock } = this.#options;
		const before = await canonical.main();
		if (this.#passed?.main !== before || clock.monotonic() - this.#passed.at > freshMs) await this.look();
		const main = await canonical.main();
		return {
			branch: canonical.branch,
			canonical: main,
			origin: await this.#originDistance(main),
			checkout: await this.#checkoutDistance(main),
		};
	}

	/** A pass that somebody waits for. A remote that does not answer keeps nobody waiting: it goes on behind. */
	async look(waitMs = lookMsMax): Promise<void> {
		const { clock, log } = this.#options;
		const looked = this.pass().catch((error: unknown) => log.warn('branches.notLookedAt', { error }));
		const soon = Promise.withResolvers<void>();
		const cancel = clock.after(waitMs, soon.resolve);
		await Promise.race([looked, soon.promise]);
		cancel();
	}

	async #comeIn(config: ProjectConfig): Promise<string | null> {
		const before = this.#trouble;
		this.#trouble = await this.#askWhatComesIn(config);
		// What waited for the remote to come back, or for a person to mend it, goes on.
		if (before !== null && this.#trouble === null) this.#options.onMoved();
		return this.#trouble;
	}

	async #askWhatComesIn(config: ProjectConfig): Promise<string | null> {
		try {
			await this.requireCheckout();
			return await (config.landing.mode === 'local' ? this.#comeInFromCheckout() : this.#comeInFromRemote(config));
		} catch (error) {
			if (!(error instanceof GanglineError)) throw error;
			return error.message;
		}
	}

	/** A person's own commits, made in the checkout, are theirs to make. */
	async #comeInFromCheckout(): Promise<null> {
		const { canonical, log } = this.#options;
		const commits = await this.#theirs.commits();
		const main = await canonical.main();
		if (commits.kind === 'ahead' && main !== null) {
			const joined = await this.#join(main, commits.commit, 'checkout');
			if (joined.kind === 'continued') await this.#forward(joined.commit, 'checkout');
		}
		if (commits.kind === 'diverged') log.info('checkout.diverged', { ahead: commits.ahead, behind: commits.behind });
		return null;
	}

	async #comeInFromRemote(config: ProjectConfig): Promise<string | null> {
		const { canonical, checkout, environment, clock } = this.#options;
		const { remote: name } = config.landing;
		const remote = await openRemote(checkout, name, environment);
		const known = await this.#knownOrigin();
		const fetched = await fetchRemote(canonical, { remote, branch: canonical.branch, known });
		switch (fetched.kind) {
			case 'at':
				this.#origin = { commit: fetched.commit, at: clock.now(), trouble: null };
				await this.#rememberOrigin(fetched.commit);
				return this.#takeIn(fetched.commit, config.landing);
			case 'rewound':
				return this.#rewritten(fetched.commit, known, name);
			case 'noBranch':
				if (known !== null) return this.#rewritten(null, known, name);
				this.#origin = { commit: null, at: clock.now(), trouble: null };
				return null;
			case 'unreachable':
			case 'denied': {
				const trouble = `${name} ${fetched.kind === 'denied' ? 'refuses' : 'cannot be reached'}: ${lastLine(fetched.words)}`;
				this.#origin = { commit: known, at: this.#origin?.at ?? null, trouble };
				return trouble;
			}
		}
	}

	/** Asked again at each pass, so that whoever mends the remote has to tell nobody. */
	#rewritten(now: CommitId | null, known: CommitId | null, name: string): string {
		const { branch } = this.#options.canonical;
		const where = now === null ? 'it is gone' : `it is at ${now.slice(0, 12)}`;
		const trouble = `${name}/${branch} was rewritten: ${where} and does not contain ${known?.slice(0, 12)}; nothing lands until it does (push a merge of gangline/${branch} there)`;
		this.#origin = { commit: now, at: this.#options.clock.now(), trouble };
		return trouble;
	}

	/** Colleagues' commits: a fast-forward, or a merge where we had landed in the meantime. */
	async #takeIn(theirs: CommitId, { remote: name, mode }: ProjectConfig['landing']): Promise<string | null> {
		const { canonical } = this.#options;
		const main = await canonical.main();
		if (main === null) return null;
		// Where main is never pushed it is what the remote has, in whatever order its parents are.
		if (mode === 'pull-request' && (await canonical.isAncestor(main, theirs))) {
			await this.#forward(theirs, name);
			return null;
		}
		const joined = await this.#join(main, theirs, name);
		if (joined.kind === 'nothing') return null;
		const both = `${name} and the landings here went apart`;
		if (joined.kind === 'conflict') return `${both} and conflict in ${joined.paths.slice(0, 5).join(', ')}`;
		if (joined.kind === 'merged' && !(await this.#isGreen(joined))) return `${both}, and a gate fails on both together`;
		await this.#forward(joined.commit, name);
		return null;
	}

	/** A failure is not judged again at each pass, only when a while has gone by: the machine may have been mended. */
	async #isGreen({ commit, tree }: { commit: CommitId; tree: CommitId }): Promise<boolean> {
		const { clock, passes } = this.#options;
		if (this.#red?.tree === tree && clock.monotonic() - this.#red.at < redAgainMs) return false;
		const isGreen = await passes(commit, tree);
		this.#red = isGreen ? null : { tree, at: clock.monotonic() };
		return isGreen;
	}

	#join(main: CommitId, theirs: CommitId, from: string): Promise<Joined> {
		const { canonical, author, clock } = this.#options;
		const message = `Merge ${from}/${canonical.branch}`;
		return joinHistories(canonical, { main, theirs, message, author, atMs: clock.now() });
	}

	async #forward(commit: CommitId, from: string): Promise<void> {
		const { canonical, exclusive, log, onMoved } = this.#options;
		const moved = await exclusive(async () => {
			const main = await canonical.main();
			if (main !== null && !(await canonical.isAncestor(main, commit))) return false;
			return (await canonical.moveMain(commit, main)).kind === 'moved';
		});
		if (!moved) return;
		log.info('main.forwarded', { to: commit, from });
		onMoved();
	}

	/** Main to the remote. `overtaken`: someone pushed first, and theirs must come in before. */
	async #goOut(config: ProjectConfig): Promise<'done' | 'overtaken'> {
		const { canonical, checkout, environment, clock } = this.#options;
		const main = await canonical.main();
		if (config.landing.mode !== 'push' || main === null || this.#origin?.commit === main) return 'done';
		const remote = await openRemote(checkout, config.landing.remote, environment);
		const expected = this.#origin?.commit ?? null;
		const pushed = await pushRemote(canonical, { remote, branch: canonical.branch, commit: main, expected });
		if (pushed.kind === 'pushed') {
			this.#origin = { commit: main, at: clock.now(), trouble: null };
			await this.#rememberOrigin(main);
			return 'done';
		}
		this.#origin = { commit: expected, at: this.#origin?.at ?? null, trouble: pushWords(pushed, remote.name) };
		return pushed.kind === 'lost' ? 'overtaken' : 'done';
	}

	async #bringCheckout(): Promise<void> {
		const { canonical } = this.#options;
		const person = this.#person();
		try {
			await requireCheckout(person.checkout);
			// They may have taken it away: it is looked for whenever there is something new to be had from it.
			if (this.#passed === null || this.#passed.main !== (await canonical.main())) {
				await addGanglineRemote(canonical, person);
			}
			const sync = await checkoutSync(canonical, person);
			const commits = await this.#theirs.commits();
			this.#checkout = { own: commits.kind === 'noBranch' ? null : commits.commit, sync };
		} catch (error) {
			if (!(error instanceof GanglineError)) throw error;
			this.#checkout = {
				own: null,
				sync: { kind: 'left', obstacle: { kind: 'refused', words: wordsOf(error) }, behind: null },
			};
		}
	}

	async #originDistance(main: CommitId | null): Promise<Origin | null> {
		const { landing } = await this.#options.config();
		if (landing.mode === 'local') return this.#trackedDistance(landing.remote, main);
		if (this.#origin === null) return null;
		const { commit, at, trouble } = this.#origin;
		const [ahead, behind] = await this.#apart(commit, main);
		const words = trouble ?? originWords({ ahead, behind, name: landing.remote, exists: commit !== null });
		return {
			commit,
			ahead,
			behind,
			inTheWay: trouble === null ? [] : [trouble],
			words,
			remote: landing.remote,
			fetchedAt: at,
		};
	}

	/** Where nothing is pushed the remote is only looked at as the person fetched it last. */
	async #trackedDistance(remote: string, main: CommitId | null): Promise<Origin | null> {
		const { canonical } = this.#options;
		const commit = await trackedCommit(this.#person(), { remote, branch: canonical.branch });
		if (commit === null) return null;
		const isKnown = await canonical.treeOf(commit).then(
			() => true,
			() => false,
		);
		const [ahead, behind] = isKnown ? await this.#apart(commit, main) : [0, 0];
		const words = isKnown
			? `${originWords({ ahead, behind, name: remote, exists: true })}${behind > 0 ? ` (git push ${remote} ${canonical.branch})` : ''}`
			: `${remote} has commits that are not on ${canonical.branch} here (git pull ${remote} ${canonical.branch})`;
		return { commit, ahead, behind, inTheWay: isKnown ? [] : [words], words, remote, fetchedAt: null };
	}

	async #checkoutDistance(main: CommitId | null): Promise<Checkout | null> {
		if (this.#checkout === null) return null;
		const { own, sync } = this.#checkout;
		const [ahead, behind] = await this.#apart(own, main);
		const { inTheWay, words } = checkoutWords(sync, { ahead, behind, branch: this.#options.canonical.branch });
		return { commit: own, ahead, behind, inTheWay: [...inTheWay], words, path: this.#options.checkout };
	}

	async #apart(commit: CommitId | null, main: CommitId | null): Promise<readonly [ahead: number, behind: number]> {
		if (commit === null || main === null) return [0, 0];
		const relation = await relate(this.#options.canonical, commit, main);
		switch (relation.kind) {
			case 'same':
				return [0, 0];
			case 'ahead':
				return [relation.by, 0];
			case 'behind':
				return [0, relation.by];
			case 'diverged':
				return [relation.ahead, relation.behind];
		}
	}

	#person() {
		return { checkout: this.#options.checkout, environment: this.#options.environment };
	}

	async #knownOrigin(): Promise<CommitId | null> {
		const value = await this.#options.store.get(`origin/${this.#options.project}`);
		return typeof value === 'string' ? parseCommitId(value) : null;
	}

	async #rememberOrigin(commit: CommitId): Promise<void> {
		await this.#options.store.write([{ kind: 'put', key: `origin/${this.#options.project}`, value: commit }]);
	}
}

/** Git's own words where it was git, otherwise ours. */
function wordsOf({ message, data }: GanglineError): string {
	return typeof data.stderr === 'string' && data.stderr !== '' ? data.stderr : message;
}

function pushWords(result: Exclude<PushResult, { kind: 'pushed' }>, name: string): string {
	switch (result.kind) {
		case 'lost':
			return `someone pushed to ${name} first: it comes in and main is pushed again`;
		case 'diverged':
			return `${name} was rewritten while main was pushed`;
		case 'unreachable':
			return `${name} cannot be reached: ${lastLine(result.words)}`;
		case 'denied':
			return `${name} refuses the push: ${lastLine(result.words)}`;
	}
}

function lastLine(words: string): string {
	return words.trim().split('\n').at(-1) ?? '';
}

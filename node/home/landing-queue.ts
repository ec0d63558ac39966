/**
 * The landing queue of one project, one item at a time: build the commit that would land, run the gates of main on
 * exactly its tree, then, with nothing folded in between, move main and record it. Safe to kill between any two steps:
 * the key is in the commit, so the next start reads main and knows [I3], [I9].
 *
 * It stops, names the reason and waits for a person when main was rewritten or the independent check disagrees.
 */

import type { Item, MergeFailureKind, Token } from '../../shared/pipeline/index.ts';
import {
	type Clock,
	type CommitId,
	GanglineError,
	type Git,
	type Log,
	type Person,
	parseCommitId,
} from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { TreeVerdict } from '../../shared/protocol/work.ts';
import type { Draft, Exclusive, Home } from './home.ts';
import { type Candidate, moveToLanding, prepareLanding } from './landing.ts';
import { type LandingJournal, type LandingMade, landingMade } from './landing-journal.ts';
import type { MainReader } from './main-reader.ts';
import { draftOf } from './plan-drafts.ts';
import { fewerTests } from './review.ts';

/** Rebuilds of one candidate because main moved meanwhile, before it goes to the back of the queue. */
const rebuildsMax = 5;

export interface LandingQueueOptions {
	readonly git: Git;
	readonly main: MainReader;
	readonly home: Home;
	readonly clock: Clock;
	readonly log: Log;
	readonly author: () => Promise<Person>;
	/** The item with its text as it is now. */
	readonly described: (item: Item) => Item;
	/** The project file as main has it at `tip`. */
	readonly config: (tip: CommitId) => Promise<ProjectConfig>;
	/** Runs main's gates on exactly this commit's tree, or answers what they said before. */
	readonly verdict: (item: Item, candidate: Candidate, config: ProjectConfig) => Promise<TreeVerdict>;
	/** What main's gates said about main at `tip`; null when they never ran there. */
	readonly verdictOnMain: (tip: CommitId, config: ProjectConfig) => Promise<TreeVerdict | null>;
	/** Why main itself does not pass its gates; null where it does. */
	readonly redMain: (tip: CommitId, config: ProjectConfig) => Promise<string | null>;
	/** Brings main up to date with the remote before a landing. A sentence: why nothing may land now. */
	readonly bringIn: () => Promise<string | null>;
	readonly isPaused: () => boolean;
	/** Where landing is by pull request: offers the candidate and answers true, so that main is not moved here. */
	readonly propose: (item: Item, candidate: Candidate, config: ProjectConfig) => Promise<boolean>;
	/** The commit of an item's pull request that main contains; null where it was not merged. */
	readonly merged: (item: Item, main: CommitId) => Promise<CommitId | null>;
	/** After main moved: the remote, the person's checkout, clean-up. Failures are retried by their own reconcilers. */
	readonly afterLanding: (item: Item, commit: CommitId) => Promise<void>;
	/** The independent check; a sentence when it disagrees. */
	readonly check: (made: LandingMade) => Promise<string | null>;
	readonly journal: Pick<LandingJournal, 'read' | 'write' | 'clear'>;
}

export class LandingQueue {
	readonly #options: LandingQueueOptions;
	#stopped: string | null = null;
	#waits: string | null = null;
	/** The journal may name a landing that was made and not checked: by the process before this one, or by a check that failed. */
	#mayOweCheck = true;

	constructor(options: LandingQueueOptions) {
		this.#options = options;
	}

	/** Why nothing lands until a person has looked; null while the queue works. */
	get trouble(): string | null {
		return this.#stopped ?? this.#waits;
	}

	/** Items in the queue, next first. */
	queue(): readonly Item[] {
		return Object.values(this.#options.home.facts.items)
			.filter(({ stage }) => stage.kind === 'merge')
			.sort((a, b) => a.changedAt - b.changedAt || a.number - b.number);
	}

	/** Reads main and records landings that no fact knows of yet: after a crash, a lost answer, a person's push. */
	async recover(): Promise<void> {
		const { home } = this.#options;
		await this.#readMain();
		await home.exclusive((inner) => this.#recordFound(inner));
	}

	/** Lands everything that can land now. */
	async pass(): Promise<void> {
		if (this.#stopped !== null) return;
		if (this.#mayOweCheck) await this.#checkOwed();
		if (this.#stopped !== null) return;
		const queue = this.queue();
		// What kept an item from landing that waits no more is no trouble of anybody's.
		if (queue.length === 0) this.#waits = null;
		if (queue.length === 0) return this.#recoverMoved();
		this.#waits = await this.#options.bringIn();
		if (this.#waits !== null) return;
		await this.recover();
		for (const { key } of queue) {
			if (this.trouble !== null) return;
			const item = this.#options.home.item(key);
			if (item?.stage.kind === 'merge' && (await this.#isHere(item))) await this.#land(item);
		}
	}

	/** Commits that are gone are fetched or given up by the work loop; the others need not wait for that. */
	async #isHere({ result }: Item): Promise<boolean> {
		if (result === null) return true;
		return this.#options.git.treeOf(parseCommitId(result.commit)).then(
			() => true,
			() => false,
		);
	}

	/** Main may have come back with landings that the facts do not know: after a restored backup, from the checkout. */
	async #recoverMoved(): Promise<void> {
		const { git, main } = this.#options;
		if ((await git.main()) !== main.tip) await this.recover();
	}

	async #land(item: Item): Promise<void> {
		for (let build = 0; build < rebuildsMax; build += 1) {
			const outcome = await this.#attempt(item);
			if (outcome === 'settled') return;
			const now = this.#options.home.item(item.key);
			if (now?.stage.kind !== 'merge') return;
			item = now;
		}
	}

	async #attempt(item: Item): Promise<'settled' | 'overtaken'> {
		const { git, main, home, author, clock, config: configAt, verdictOnMain } = this.#options;
		const prepared = await prepareLanding(this.#options.described(item), {
			git,
			main,
			author: await author(),
			atMs: clock.now(),
		});
		if (prepared.kind === 'onMain') {
			await this.recover();
			return 'settled';
		}
		const tip = main.tip;
		const merged = tip === null ? null : await this.#options.merged(item, tip);
		if (merged !== null) {
			await home.submit('home', [foundDraft(item.key, merged, item.token)]);
			return 'settled';
		}
		if (prepared.kind === 'failed') return this.#fail(item, prepared.failure, prepared.detail);
		const { candidate } = prepared;
		const config = await configAt(candidate.tip);
		if (!isReviewed(item, config)) return this.#fail(item, 'other', 'no person has approved this change');
		// Neither begun nor gone on with while the project is paused: it is judged when it goes on.
		const verdict = this.#options.isPaused() ? null : await this.#judge(item, candidate, config);
		if (verdict === null) return 'settled';
		if (!verdict.passed) {
			// On a red main every change fails: nobody's item is to blame, and nothing lands until main is mended.
			this.#waits = await this.#options.redMain(candidate.tip, config);
			return this.#waits === null ? this.#fail(item, 'gates', describeFailure(verdict, candidate.tip)) : 'settled';
		}
		const doubt = fewerTests(await verdictOnMain(candidate.tip, config), verdict);
		if (doubt !== null && item.approval === null) return this.#askPerson(item, doubt);
		// Gates may have taken long: what was paused meanwhile lands when it goes on, without judging it again.
		if (this.#options.isPaused()) return 'settled';
		if (await this.#options.propose(this.#options.described(item), candidate, config)) return 'settled';
		return this.#moveMain(item, candidate);
	}

	/** Null: the gates were ended before they were done, which says nothing of the change. */
	async #judge(item: Item, candidate: Candidate, config: ProjectConfig): Promise<TreeVerdict | null> {
		try {
			return await this.#options.verdict(item, candidate, config);
		} catch (error) {
			if (error instanceof GanglineError && error.code === 'STOPPING') return null;
			throw error;
		}
	}

	/** What a worker said of its tests was compared when it reported; what counts is what ran here. */
	async #askPerson(item: Item, doubt: string): Promise<'settled'> {
		const reason = `${doubt}: gangline diff ${item.number}, then gangline approve ${item.number}`;
		await this.#options.home.submit('home', [draftOf('system', item, 'block', { reason })]);
		return 'settled';
	}

	async #moveMain(item: Item, candidate: Candidate): Promise<'settled' | 'overtaken'> {
		const { git, home, journal, afterLanding, log } = this.#options;
		const made = landingMade(item, candidate);
		const landed = await home.exclusive(async (inner) => {
			const result = await moveToLanding(candidate, inner.facts.items[item.key], {
				git,
				journal: () => {
					this.#mayOweCheck = true;
					return journal.write(made);
				},
			}).catch(async (error: unknown) => {
				log.warn('landing.outcomeUnknown', { item: item.key, error });
				await this.#readMain();
				return this.#options.main.landing(item.key) ? { kind: 'landed' as const } : { kind: 'overtaken' as const };
			});
			if (result.kind === 'overtaken') return false;
			await this.#readMain();
			await inner.submit('home', [landedDraft(item, candidate)]);
			await this.#recordFound(inner);
			return true;
		});
		if (!landed) return 'overtaken';
		log.info('item.landed', { item: item.key, number: item.number, commit: candidate.commit });
		await this.#checkLanding(made);
		await afterLanding(item, candidate.commit);
		return 'settled';
	}

	/** What was made before a kill, or before a check that failed, is checked before anything else lands. */
	async #checkOwed(): Promise<void> {
		const { main, journal } = this.#options;
		const made = await journal.read();
		if (made !== null) {
			await this.recover();
			const isMade = main.landing(made.item.key)?.commit === made.candidate.commit;
			if (isMade) return this.#checkLanding(made);
			await journal.clear();
		}
		this.#mayOweCheck = false;
	}

	async #checkLanding(made: LandingMade): Promise<void> {
		const { check, journal, log } = this.#options;
		const { number, key } = made.item;
		const { commit } = made.candidate;
		const disagreement = await check(made).catch((error: unknown) => {
			this.#waits = `the check of landing #${number} (${commit.slice(0, 12)}) could not be made; it is tried again`;
			throw error;
		});
		if (disagreement !== null) {
			this.#stopped = `the check of landing #${number} (${commit.slice(0, 12)}) disagrees: ${disagreement}`;
			log.error('landing.disagrees', { item: key, commit, disagreement });
		}
		await journal.clear();
		this.#mayOweCheck = false;
	}

	/** Main cannot be trusted when it was rewritten: the queue stops with that sentence. Whatever else failed is tried again. */
	async #readMain(): Promise<void> {
		try {
			await this.#options.main.read();
		} catch (error) {
			if (error instanceof GanglineError && error.code === 'LANDING_DISAGREES') this.#stopped = error.message;
			throw error;
		}
	}

	/** What main has landed outranks what was accepted meanwhile. */
	async #recordFound(inner: Exclusive): Promise<void> {
		const drafts: Draft[] = [];
		for (const [key, { commit, landing }] of this.#options.main.landings) {
			const item = inner.facts.items[key];
			if (!item || item.stage.kind === 'done' || item.stage.kind === 'archived') continue;
			drafts.push(foundDraft(key, commit, landing.token));
		}
		if (drafts.length > 0) await inner.submit('home', drafts);
	}

	async #fail(item: Item, kind: MergeFailureKind, detail: string): Promise<'settled'> {
		const { home } = this.#options;
		await home.submit('home', [
			{
				by: 'landing',
				who: 'landing',
				item: item.key,
				event: 'mergeFailed',
				args: { kind, detail },
				...(item.token ? { token: item.token } : {}),
			},
		]);
		return 'settled';
	}
}

/** What a person must see is not landed because its state says merge: only their approval of this result counts. */
function isReviewed(item: Item, config: ProjectConfig): boolean {
	// Into merge an item of this mode comes by a QA agent's verdict alone, or by a person's approval.
	if ((item.review ?? config.review.mode) === 'agent') return true;
	return (item.review ?? config.review.mode) === 'server' || item.approval !== null;
}

function foundDraft(item: string, commit: CommitId, token: Token | null): Draft {
	const args = token === null ? { commit } : { commit, token };
	return { by: 'system', who: 'landing', item, event: 'foundOnMain', args };
}

function landedDraft(item: Item, candidate: Candidate): Draft {
	return {
		by: 'landing',
		who: 'landing',
		item: item.key,
		event: 'landed',
		args: { commit: candidate.commit },
		token: candidate.token,
	};
}

/** The failing gates with the end of their output, and on what they failed: what a coder needs to see and fix it. */
function describeFailure(verdict: TreeVerdict, main: CommitId): string {
	const failing = verdict.gates.filter(({ outcome }) => outcome !== 'passed');
	const gates = failing.map(({ gate, why, tail }) => `gate ${gate}: ${why}\n${tail}`.trim());
	const where = `This is of the change merged with main, which is commit ${main}: merge that into the branch to see it there.`;
	return [...gates, where].join('\n\n');
}

/**
 * What main says has landed. Git decides: the key is in the commit, so reading the first-parent chain answers "did
 * this item land?" after any crash, lost answer or restored store. It never trusts a record of our own for that [I3].
 */
import { type CommitId, type Git, ganglineError, type LandingTrailers } from '../../shared/ports/index.ts';

export interface LandedOnMain {
	readonly commit: CommitId;
	readonly landing: LandingTrailers;
}

/** First parents read in one git call; a longer gap is read in several. */
const commitsPerRead = 5_000;

type Readable = Pick<Git, 'main' | 'firstParents' | 'isAncestor'>;

export class MainReader {
	readonly #git: Readable;
	readonly #landed = new Map<string, LandedOnMain>();
	#tip: CommitId | null = null;

	constructor(git: Readable) {
		this.#git = git;
	}

	/** The tip of the last `read`. */
	get tip(): CommitId | null {
		return this.#tip;
	}

	/** The first landing of an item on main, as of the last `read`. */
	landing(item: string): LandedOnMain | undefined {
		return this.#landed.get(item);
	}

	get landings(): ReadonlyMap<string, LandedOnMain> {
		return this.#landed;
	}

	/**
	 * Reads what main has gained since the last time, everything at the first.
	 * @throws GanglineError LANDING_DISAGREES when main no longer holds what it held: someone rewrote it.
	 */
	async read(): Promise<CommitId | null> {
		const tip = await this.#git.main();
		if (tip === this.#tip || tip === null) {
			if (tip === null && this.#tip !== null) throw rewritten(this.#tip, tip);
			return tip;
		}
		const known = this.#tip;
		const fresh: LandedOnMain[] = [];
		let from: CommitId | null = tip;
		while (from !== null) {
			const options = known === null ? { tip: from } : { tip: from, until: known };
			const commits = await this.#git.firstParents({ ...options, limit: commitsPerRead });
			for (const { commit, landing } of commits) if (landing) fresh.push({ commit, landing });
			const last = commits.at(-1);
			from = commits.length < commitsPerRead ? null : (last?.parent ?? null);
			// Off the chain, but contained: someone merged main into theirs and that became main. Nothing is lost by it.
			const isOffChain = from === null && known !== null && last?.parent !== known;
			if (isOffChain && !(await this.#git.isAncestor(known, tip))) throw rewritten(known, tip);
		}
		// Oldest first, and the first one stays: a repeat is never the landing.
		for (const landed of fresh.reverse()) {
			if (!this.#landed.has(landed.landing.item)) this.#landed.set(landed.landing.item, landed);
		}
		this.#tip = tip;
		return tip;
	}
}

function rewritten(known: CommitId, tip: CommitId | null): Error {
	return ganglineError('LANDING_DISAGREES', `main was at ${known} and is now at ${tip}, which does not follow it`, {
		hint: 'someone rewrote the canonical branch: compare `git -C <canonical> reflog`, then start again',
		data: { known, tip },
	});
}

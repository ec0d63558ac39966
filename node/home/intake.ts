/**
 * Takes what other nodes want: their logs arrive here, entry by entry or a thousand after three days away, and are
 * folded in bounded batches, one after another. Who an author is and what it may is asked of the registry for each
 * batch. A log whose node has not heard of its refusals yet waits, so that none is forgotten unheard [I14, I15].
 */
import type { ProjectLogs } from '../../shared/log/index.ts';
import { aheadMsMax } from '../../shared/log/index.ts';
import type { Intent, IntentId, Right } from '../../shared/pipeline/index.ts';
import { type AuthorId, type Clock, dutyOf, type Log, type NodeId, nodeOf } from '../../shared/ports/index.ts';
import { type AuthorRights, dutyRights } from './author-rights.ts';
import type { Authors, Home } from './home.ts';
import { recallForgotten } from './recall-forgotten.ts';

/** Of one author in a fold: a fold blocks the home's loop for about 10 µs an intent, and publishes once. */
const entriesPerAuthorMax = 100;
/** In one fold. */
const entriesPerFoldMax = 500;
/** Refusals of an author beyond which its next entries wait until its node has heard of some; the index keeps 500. */
export const unheardMax = 400;
const retryMs = 5_000;

export interface IntakeOptions {
	readonly home: Pick<Home, 'facts' | 'accept' | 'publish'>;
	readonly logs: Pick<ProjectLogs, 'digests' | 'intentsAfter' | 'trimmedAfter' | 'subscribe'>;
	readonly node: NodeId;
	/** Authors of this process: they submit. */
	readonly isOwn: (author: string) => boolean;
	readonly rights: AuthorRights;
	/** Refusals that are published. */
	readonly refusals: () => Readonly<Record<IntentId, unknown>>;
	readonly clock: Clock;
	readonly log: Log;
}

export class Intake {
	readonly #options: IntakeOptions;
	readonly #due = new Set<AuthorId>();
	#unsubscribe: (() => void)[] = [];
	#running: Promise<void> | undefined;
	#cancelRetry: (() => void) | undefined;
	#isStopped = true;

	constructor(options: IntakeOptions) {
		this.#options = options;
	}

	/** Begins with what is there already. Called after main was read. */
	start(): void {
		const { logs, rights } = this.#options;
		this.#isStopped = false;
		this.#unsubscribe = [
			logs.subscribe((author) => this.#take([author])),
			rights.subscribe(() => {
				this.#reviewRights();
				this.lookAgain();
			}),
		];
		this.#reviewRights();
		this.lookAgain();
	}

	/** Looks at every log: refusals were heard, or something may have been missed. */
	lookAgain(): void {
		this.#take(this.#options.logs.digests().map(({ author }) => author));
	}

	async stop(): Promise<void> {
		this.#isStopped = true;
		this.#cancelRetry?.();
		for (const unsubscribe of this.#unsubscribe) unsubscribe();
		this.#unsubscribe = [];
		await this.#running;
	}

	/** Resolves when what has arrived is folded, or waits for somebody. */
	async idle(): Promise<void> {
		await this.#running;
	}

	#take(authors: readonly AuthorId[]): void {
		for (const author of authors) if (!this.#options.isOwn(author)) this.#due.add(author);
		if (!this.#isStopped && this.#due.size > 0) this.#running ??= this.#run();
	}

	async #run(): Promise<void> {
		const { home, log, clock } = this.#options;
		try {
			while (this.#due.size > 0 && !this.#isStopped) {
				// What comes in the same turn is folded together.
				await Promise.resolve();
				const batch = this.#next();
				await this.#recall(batch);
				if (batch.length > 0)
					await home.accept(
						batch.map((intent) => this.#clamped(intent)),
						this.#authorsOf(batch),
					);
			}
		} catch (error) {
			this.#due.clear();
			log.error('intake.failed', { error });
			if (!this.#isStopped) this.#cancelRetry = clock.after(retryMs, () => this.lookAgain());
		} finally {
			this.#running = undefined;
		}
	}

	/** What is folded next; authors that have nothing (more) leave the list. */
	#next(): readonly Intent[] {
		const { home, logs } = this.#options;
		const { acceptedUpTo } = home.facts;
		const batch: Intent[] = [];
		for (const author of [...this.#due]) {
			if (batch.length >= entriesPerFoldMax) break;
			const after = Object.hasOwn(acceptedUpTo, author) ? (acceptedUpTo[author] ?? 0) : 0;
			const entries = this.#mustWait(author) ? [] : logs.intentsAfter(author, after);
			this.#due.delete(author);
			// Behind all others: who has much to say, under however many names, keeps nobody from being heard.
			if (entries.length > entriesPerAuthorMax) this.#due.add(author);
			batch.push(...entries.slice(0, entriesPerAuthorMax));
		}
		return batch;
	}

	/** Authors of what comes next that were forgotten with all that they had said before. */
	async #recall(batch: readonly Intent[]): Promise<void> {
		const { home, logs } = this.#options;
		const { acceptedUpTo } = home.facts;
		const first = new Map(batch.toReversed().map(({ author, n }) => [author as AuthorId, n]));
		const upTo = (author: AuthorId): number => (Object.hasOwn(acceptedUpTo, author) ? (acceptedUpTo[author] ?? 0) : 0);
		const forgotten = [...first].filter(([author, n]) => n > upTo(author) + 1).map(([author]) => author);
		if (forgotten.length > 0) await recallForgotten(home, logs, forgotten);
	}

	/** A node that may speak hears of its refusals when it is connected; who has no rights is not waited for. */
	#mustWait(author: AuthorId): boolean {
		const { node, rights } = this.#options;
		if (nodeOf(author) !== node && !rights.isKnown()) return true;
		const unheard = Object.keys(this.#options.refusals()).filter((id) => id.startsWith(`${author}#`)).length;
		return unheard > unheardMax && this.#rightsOf(author).length > 0;
	}

	#authorsOf(batch: readonly Intent[]): Authors {
		const authors = new Set(batch.map(({ author }) => author as AuthorId));
		return Object.fromEntries([...authors].map((author) => [author, this.#rightsOf(author)]));
	}

	/** What this node's earlier processes wrote, and others kept for it, counts as it did then. */
	#rightsOf(author: AuthorId): readonly Right[] {
		const { node, rights } = this.#options;
		return nodeOf(author) === node ? dutyRights[dutyOf(author)] : rights.of(author);
	}

	/** A clock that is far ahead must not date facts into the future. */
	#clamped(intent: Intent): Intent {
		const now = this.#options.clock.now();
		return intent.at[0] > now + aheadMsMax ? { ...intent, at: [now, intent.at[1]] } : intent;
	}

	/** Authors of other nodes have what the registry gives them now, and lose the rest at once. */
	#reviewRights(): void {
		const { home, node, rights, log } = this.#options;
		if (!rights.isKnown()) return;
		const { authors } = home.facts;
		const others = (Object.keys(authors) as AuthorId[]).filter(
			(author) => nodeOf(author) !== node && dutyOf(author) === 'edge',
		);
		const changed = others.filter((author) => !sameRights(authors[author], this.#rightsOf(author)));
		if (changed.length === 0) return;
		const now = Object.fromEntries(changed.map((author) => [author, this.#rightsOf(author)]));
		void home.accept([], now).catch((error: unknown) => log.error('intake.failed', { error }));
	}
}

function sameRights(a: readonly string[] | undefined, b: readonly string[]): boolean {
	return a !== undefined && a.length === b.length && a.every((right) => b.includes(right));
}

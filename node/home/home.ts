/**
 * The home of one project: the only writer of its facts. It takes intents from the authors' logs, folds them with the
 * project's rules and publishes what follows, one batch after another. An intent is durable before it is folded, its
 * facts are durable before anyone hears of them [I6], and each is applied or refused exactly once [I14].
 *
 * It knows nothing of git, workers or people; those are around it.
 */
import {
	foldIntents,
	type HistoryEntry,
	type Intent,
	type IntentId,
	type Item,
	type Outcome,
	type ProjectFacts,
	type ProjectRulesContext,
	projectRules,
	type Right,
	tableOf,
	withFields,
} from '../../shared/pipeline/index.ts';
import { assert, type Duty, type Log, type StoreWrite } from '../../shared/ports/index.ts';
import { Serial } from '../reconcile/serial.ts';

/** An intent before its author's log has numbered and timed it. */
export type Draft = Omit<Intent, 'author' | 'n' | 'at'>;

export interface Settled {
	readonly intent: Intent;
	readonly outcome: Outcome;
}

/** One author's log, as far as the home writes it. */
export interface OwnLog {
	readonly author: string;
	append(drafts: readonly Draft[]): Promise<readonly Intent[]>;
}

/** Where the facts are kept: publishes what changed between two of them, durably, together with `writes`. */
export interface FactsDocument {
	readonly facts: ProjectFacts;
	/** `refusals`: why intents were refused, for authors that cannot be told otherwise; null where they know. */
	publish(next: ProjectFacts, writes: readonly StoreWrite[], refusals: Refusals): Promise<void>;
}

export type Refusals = Readonly<Record<IntentId, { readonly reason: string; readonly detail?: string } | null>>;

/** As what authors may act. */
export type Authors = Readonly<Record<string, readonly Right[]>>;

export interface HomeOptions {
	readonly document: FactsDocument;
	readonly logs: Readonly<Record<Duty, OwnLog>>;
	/** Intents of logs of earlier processes (or other nodes) that were durable before this start. */
	readonly pending: readonly Intent[];
	/** What the rules must know of the world for these intents, such as whether a shown diff is still the diff. */
	readonly context: (intents: readonly Intent[]) => Promise<ProjectRulesContext>;
	/** How accepted transitions and refusals are kept, in the same batch as the facts. */
	readonly historyWrites: (entries: readonly HistoryEntry[]) => readonly StoreWrite[];
	readonly log: Log;
}

export interface FactsChange {
	readonly facts: ProjectFacts;
	readonly history: readonly HistoryEntry[];
}

/** What may be done while nothing else is folded. */
export interface Exclusive {
	readonly facts: ProjectFacts;
	/** Appends and folds at once. `writes` go into the batch of the facts. */
	submit(duty: Duty, drafts: readonly Draft[], writes?: readonly StoreWrite[]): Promise<readonly Settled[]>;
}

function withAuthors(facts: ProjectFacts, authors: Authors): ProjectFacts {
	if (Object.keys(authors).length === 0) return facts;
	return withFields(facts, { authors: { ...facts.authors, ...authors } });
}

/** Why, in a sentence or two; a record of the index holds no more. */
const detailMax = 500;

const authorOf = (id: IntentId): string => id.slice(0, id.lastIndexOf('#'));

export class Home {
	readonly #options: HomeOptions;
	readonly #serial = new Serial();
	readonly #listeners = new Set<(change: FactsChange) => void>();
	readonly #outcomes = new Map<IntentId, Outcome>();
	/** Of this process: who submits here is answered here. */
	readonly #own: ReadonlySet<string>;
	#pending: Intent[];

	constructor(options: HomeOptions) {
		this.#options = options;
		this.#own = new Set(Object.values(options.logs).map(({ author }) => author));
		this.#pending = [...options.pending];
	}

	get facts(): ProjectFacts {
		return this.#options.document.facts;
	}

	/** Under which this process's own worker holds its grants. */
	get workAuthor(): string {
		return this.#options.logs.work.author;
	}

	item(key: string): Item | undefined {
		return tableOf(this.facts).get(key);
	}

	/** Writes intents into this process's log of `duty` and answers what became of each. */
	async submit(duty: Duty, drafts: readonly Draft[]): Promise<readonly Settled[]> {
		if (drafts.length === 0) return [];
		const intents = await this.#options.logs[duty].append(drafts);
		this.#pending.push(...intents);
		return this.#serial.run(async () => {
			await this.#foldPending();
			return this.#outcomesOf(intents);
		});
	}

	/** Runs `step` with nothing folded meanwhile but what it submits itself. */
	exclusive<T>(step: (inner: Exclusive) => Promise<T>): Promise<T> {
		return this.#serial.run(() => {
			const home = this;
			return step({
				get facts() {
					return home.facts;
				},
				submit: (duty, drafts, writes = []) => home.#submitAtOnce(duty, drafts, writes),
			});
		});
	}

	/**
	 * Folds durable intents of other nodes' logs; `authors` registers (or changes) as what theirs may act. What is refused
	 * is published, so that its author learns of it wherever it is.
	 */
	async accept(intents: readonly Intent[], authors: Authors = {}): Promise<void> {
		await this.#serial.run(() => this.#fold(intents, [], authors));
	}

	/** Publishes what `revise` makes of the facts besides items: authors, and refusals that are known to be heard. */
	async revise(revise: (facts: ProjectFacts) => ProjectFacts, refusals: Refusals = {}): Promise<void> {
		await this.publish((facts) => ({ facts: revise(facts), writes: [], refusals }));
	}

	/** Publishes what `change` makes of the facts, with its writes in the same batch; null changes nothing. */
	async publish(
		change: (facts: ProjectFacts) => {
			readonly facts: ProjectFacts;
			readonly writes: readonly StoreWrite[];
			readonly refusals?: Refusals;
		} | null,
	): Promise<void> {
		await this.#serial.run(async () => {
			const { document } = this.#options;
			const made = change(document.facts);
			if (made) await document.publish(made.facts, made.writes, made.refusals ?? {});
		});
	}

	/** Folds what waited from before this start. Called once, after main has been read. */
	async settlePending(): Promise<void> {
		await this.#serial.run(() => this.#foldPending());
	}

	/** Called after each batch of facts that was published; must not throw. */
	subscribe(listener: (change: FactsChange) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Resolves when everything submitted so far has been settled. */
	idle(): Promise<void> {
		return this.#serial.idle();
	}

	async #foldPending(): Promise<void> {
		const batch = this.#pending;
		this.#pending = [];
		if (batch.length > 0) await this.#fold(batch, []);
	}

	/** Of what waits, only earlier entries of the same log are folded too: an author's entries have one order. */
	async #submitAtOnce(
		duty: Duty,
		drafts: readonly Draft[],
		writes: readonly StoreWrite[],
	): Promise<readonly Settled[]> {
		const { author } = this.#options.logs[duty];
		const intents = await this.#options.logs[duty].append(drafts);
		const earlier = this.#pending.filter((intent) => intent.author === author);
		this.#pending = this.#pending.filter((intent) => intent.author !== author);
		await this.#fold([...earlier, ...intents], writes);
		return this.#outcomesOf(intents);
	}

	#outcomesOf(intents: readonly Intent[]): readonly Settled[] {
		return intents.map((intent) => {
			const id: IntentId = `${intent.author}#${intent.n}`;
			const outcome = this.#outcomes.get(id);
			assert(outcome, `intent ${id} was settled by a fold`);
			this.#outcomes.delete(id);
			return { intent, outcome };
		});
	}

	async #fold(batch: readonly Intent[], writes: readonly StoreWrite[], authors: Authors = {}): Promise<void> {
		const { document, context, historyWrites, log } = this.#options;
		const rules = projectRules(await context(batch));
		const { facts } = document;
		const registered = withAuthors(facts, authors);
		const { state, outcomes, history } = foldIntents(registered, batch, rules);
		await document.publish(state, [...historyWrites(history), ...writes], this.#refusalsOf(history, batch));
		for (const { author, n } of batch) {
			const outcome = outcomes[`${author}#${n}`];
			if (outcome !== undefined && this.#own.has(author)) this.#outcomes.set(`${author}#${n}`, outcome);
		}
		for (const entry of history) log.info('item.changed', { ...entry });
		for (const listener of this.#listeners) listener({ facts: document.facts, history });
	}

	/**
	 * For people of other processes and other nodes, who do not wait here for an answer. What a process of a home wanted of
	 * its own accord, this one's or that of a home before it, has nobody who would ever hear of it, and so would stay.
	 */
	#refusalsOf(history: readonly HistoryEntry[], batch: readonly Intent[]): Refusals {
		const unreadable = new Map(
			batch.flatMap(({ author, n, event, args }) =>
				event === 'void' ? [[`${author}#${n}`, `it could not be read: ${String(args?.reason ?? 'lost')}`]] : [],
			),
		);
		const isForOthers = (author: string): boolean => author.endsWith('.edge') && !this.#own.has(author);
		const refused = history.filter(({ id, outcome }) => outcome !== 'applied' && isForOthers(authorOf(id)));
		return Object.fromEntries(
			refused.map(({ id, outcome, reason }) => {
				const detail = unreadable.get(id) ?? reason;
				return [
					id,
					{
						reason: outcome.replace(/^refused:/, ''),
						...(detail === null ? {} : { detail: detail.slice(0, detailMax) }),
					},
				];
			}),
		);
	}
}

/**
 * What the home of a project gives to and takes from its other replicas: facts, logs and texts to sync, intents of
 * others through the intake, refusals until their authors have heard of them, and the trimming of what everyone has.
 * On a machine alone it only trims.
 */
import type { HomeIndex, ItemText, ProjectIndex } from '../../shared/documents/index.ts';
import type { ProjectLogs } from '../../shared/log/index.ts';
import type { SyncedProject } from '../../shared/mesh/sync.ts';
import type { RefusedWish } from '../../shared/operations/index.ts';
import { calledIn, type IntentId, type ItemView, partsOf } from '../../shared/pipeline/index.ts';
import {
	type AuthorId,
	type Clock,
	type Log,
	type NodeId,
	nodeOf,
	parseAuthorId,
	type Random,
	type Store,
} from '../../shared/ports/index.ts';
import { OpenTexts, Settlement, wishOf } from '../../shared/replica/index.ts';
import type { AuthorRights } from './author-rights.ts';
import { Coverage } from './coverage.ts';
import type { Home } from './home.ts';
import { Intake } from './intake.ts';
import { recallForgotten } from './recall-forgotten.ts';

export interface ExchangeOptions {
	readonly project: string;
	readonly node: NodeId;
	readonly home: Home;
	readonly index: HomeIndex;
	readonly logs: ProjectLogs;
	/** Authors of this process. */
	readonly own: ReadonlySet<string>;
	readonly rights: AuthorRights;
	/** Nodes that may have a replica, by the registry; this one left out. Null while that is not known. */
	readonly others: () => readonly NodeId[] | null;
	readonly store: Store;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
}

/** What a replica says it has on its disk. */
export interface Covered {
	readonly generation: string;
	readonly stateHash: string;
	/** The author under which its process speaks. */
	readonly current: string;
	/** Up to which number of its authors it has kept the home's answers. */
	readonly heard: Readonly<Record<string, number>>;
	/** Authors of whose logs it has entries. */
	readonly keeps: readonly string[];
}

export class HomeExchange implements SyncedProject {
	readonly id: string;
	readonly logs: ProjectLogs;
	readonly #options: ExchangeOptions;
	/** What people and agents have written at items. */
	readonly openTexts: OpenTexts;
	readonly #settlement: Settlement;
	readonly #intake: Intake;
	readonly #coverage = new Coverage();
	#unsubscribe: () => void = () => {};

	static async open(options: ExchangeOptions): Promise<HomeExchange> {
		const { store, project, node, logs, log, clock } = options;
		const exchange: { current?: HomeExchange } = {};
		const onSettled = (): void => void exchange.current?.forgetHeard(node, exchange.current.#settlement.heard);
		const nameOf = (key: string): string | null => {
			const item = options.home.item(key);
			return item ? calledIn(item) : null;
		};
		const settlement = await Settlement.open({ store, project, node, logs, log, clock, nameOf, onSettled });
		exchange.current = new HomeExchange(options, settlement);
		await exchange.current.openTexts.openStored();
		return exchange.current;
	}

	private constructor(options: ExchangeOptions, settlement: Settlement) {
		const { project, index, logs, home, store, random, rights, clock, log, node, own } = options;
		this.#options = options;
		this.id = project;
		this.logs = logs;
		this.#settlement = settlement;
		this.openTexts = new OpenTexts({ store, project, random, item: (key) => home.item(key) });
		const isOwn = (author: string): boolean => own.has(author);
		this.#intake = new Intake({ home, logs, node, isOwn, rights, refusals: () => index.refusals, clock, log });
	}

	/** The generation that is written now. */
	get index(): ProjectIndex {
		return this.#options.index.current;
	}

	onIndex(listener: () => void): () => void {
		return this.#options.index.onTurn(listener);
	}

	/** Takes what others want from now on. Called after main was read and this node's own intents were folded. */
	start(): void {
		const note = (): void => {
			const { index } = this;
			this.#coverage.note(index.stateHash, index.facts.acceptedUpTo);
			this.#settlement.settle(index);
		};
		note();
		this.#unsubscribe = this.#options.index.subscribe(note);
		this.#intake.start();
	}

	async stop(): Promise<void> {
		await this.#intake.stop();
		this.#unsubscribe();
		await this.#settlement.idle();
	}

	/** Resolves when what has arrived is folded. */
	idle(): Promise<void> {
		return this.#intake.idle();
	}

	/** A replica says what is on its disk. */
	async told(node: NodeId, covered: Covered): Promise<void> {
		if (covered.generation !== this.index.generation) return;
		const kept = covered.keeps.map((author) => parseAuthorId(author));
		this.#coverage.told(node, covered);
		// Of those that the facts name, the author may have no entry left and nothing more to say.
		const named = Object.keys(this.index.facts.acceptedUpTo).map((author) => parseAuthorId(author));
		await recallForgotten(this.#options.home, this.logs, [...new Set([...kept, ...named])]);
		await this.forgetHeard(node, covered.heard);
		await this.#trim();
	}

	/** Refusals of what people of this node wanted in earlier processes, that nobody has seen. */
	refusedWishes(views: ReadonlyMap<string, ItemView>): RefusedWish[] {
		return this.#settlement.refusals.map((refusal) => wishOf(refusal, views));
	}

	/** A person has seen these refusals (default: all). */
	async seen(ids?: readonly IntentId[]): Promise<void> {
		await this.#settlement.seen(ids);
	}

	/** Drops what everyone has: entries of logs, authors of processes that are over, and what nobody will ever hear. */
	async tidy(): Promise<void> {
		await this.#trim();
		await this.#forgetRefusals((author) => this.#options.rights.isGone(nodeOf(author)));
		const gone = new Set(this.#forgettable());
		if (gone.size === 0) return;
		const without = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
			Object.fromEntries(Object.entries(record).filter(([author]) => !gone.has(author)));
		await this.#options.home.revise((facts) => ({
			...facts,
			authors: without(facts.authors),
			acceptedUpTo: without(facts.acceptedUpTo),
		}));
	}

	/** The node has these answers on its disk: the index need not keep them for it. */
	async forgetHeard(node: NodeId, heard: Readonly<Record<string, number>>): Promise<void> {
		await this.#forgetRefusals(
			(author, n) => nodeOf(author) === node && Object.hasOwn(heard, author) && n <= (heard[author] ?? 0),
		);
	}

	async #forgetRefusals(isDue: (author: AuthorId, n: number) => boolean): Promise<void> {
		const known = (Object.keys(this.index.refusals) as IntentId[]).filter((id) => {
			const { author, n } = partsOf(id);
			return isDue(parseAuthorId(author), n);
		});
		if (known.length === 0) return;
		await this.#options.home.revise((facts) => facts, Object.fromEntries(known.map((id) => [id, null])));
		this.#intake.lookAgain();
	}

	text(item: string): Promise<ItemText | undefined> {
		return this.openTexts.open(item);
	}

	texts(): readonly ItemText[] {
		return this.openTexts.all();
	}

	onText(listener: (text: ItemText) => void): () => void {
		return this.openTexts.subscribe(listener);
	}

	/** Its own: whatever others say, it goes on here until this is closed. */
	get homeKey(): string {
		return this.index.homeKey;
	}

	/** Nobody tells the home what its facts are. */
	async replaceIndex(): Promise<null> {
		return null;
	}

	async adoptIndex(): Promise<void> {}

	async #trim(): Promise<void> {
		const { acceptedUpTo } = this.index.facts;
		await this.logs.trim(this.#coverage.stableUpTo(this.#options.others(), acceptedUpTo));
	}

	/**
	 * Authors of processes that are over, whose every entry is settled, heard of and trimmed on every replica, as far as
	 * they have said. While one still had an entry, forgetting would let it be accepted twice, or kept there for ever.
	 */
	#forgettable(): readonly string[] {
		const { own, node, rights } = this.#options;
		const others = this.#options.others();
		if (others === null) return [];
		const { facts, refusals } = this.index;
		const holders = new Set(Object.values(facts.items).map(({ holder }) => holder));
		const unheard = new Set(Object.keys(refusals).map((id) => partsOf(id as IntentId).author));
		const ends = new Map(this.logs.digests().map(({ author, n }) => [author as string, n]));
		return Object.keys(facts.acceptedUpTo).filter((author) => {
			const upTo = facts.acceptedUpTo[author] ?? 0;
			if (own.has(author) || holders.has(author) || unheard.has(author)) return false;
			const id = parseAuthorId(author);
			const speaker = nodeOf(id);
			const isOver = speaker === node || rights.isGone(speaker);
			const current = isOver ? null : this.#coverage.currentAuthor(speaker);
			if (current === undefined || current === author) return false;
			const isTrimmed = ends.get(author) === upTo && this.logs.intentsAfter(id, 0).length === 0;
			return isTrimmed && this.#coverage.isCoveredBy(others, author, upTo);
		});
	}
}

/**
 * One project on a node that is not its home: the home's facts, everyone's logs, texts, and an author of its own. What
 * a person wants here is durable in the log first, seen at once (tentative), and settled when the home has answered,
 * which this process or a later one learns from the index. Nothing here decides; nothing here is lost [I6, I14].
 */
import { becomeCurrentWrites, currentGeneration, type ItemText, type ProjectIndex } from '../documents/index.ts';
import { type AuthorLog, type Identity, ProjectLogs } from '../log/index.ts';
import type { SyncedProject } from '../mesh/sync.ts';
import type { ItemDraft } from '../operations/index.ts';
import {
	calledIn,
	type Intent,
	type IntentId,
	type ItemView,
	intentSchema,
	type ProjectFacts,
	type Refusal,
	type Right,
	viewItems,
} from '../pipeline/index.ts';
import {
	type AuthorId,
	type Clock,
	dutyOf,
	type Log,
	type NodeId,
	nodeOf,
	parseAuthorId,
	type Random,
	type Store,
} from '../ports/index.ts';
import { openNextReader, openReader } from './generation-reader.ts';
import { homeKeyWrite, isFollowedBy, keepHomeKey } from './home-key.ts';
import type { KeptRefusal } from './kept-refusal.ts';
import { authorNames } from './names.ts';
import { OpenTexts } from './open-texts.ts';
import { type Answer, Settlement } from './settlement.ts';

/** Where a project's facts come from, by the registry. */
export interface HomeOfProject {
	readonly node: NodeId;
	/** Base64. */
	readonly key: string;
}

export interface ReplicaOptions {
	readonly store: Store;
	readonly clock: Clock;
	readonly random: Random;
	readonly identity: Identity;
	readonly log: Log;
	/** The project's id. */
	readonly project: string;
	/** What people call it now. */
	readonly name: () => string;
	readonly home: () => HomeOfProject;
	/** What people call a node. */
	readonly nodeName: (node: NodeId) => string;
	/** As what an author that the home has not met yet may act, so that what it wants is seen. */
	readonly rightsOf: (author: AuthorId) => readonly Right[];
}

/** What became of an intent as far as is known when the wait ended. */
export type Submitted =
	| { readonly kind: 'applied'; readonly intent: Intent }
	| { readonly kind: 'refused'; readonly intent: Intent; readonly refusal: Refusal; readonly words: string }
	/** Durable here; the home is away or slow. It will be applied or refused, and its author told. */
	| { readonly kind: 'tentative'; readonly intent: Intent };

/** `items`: keys that may look otherwise now; null: any. */
export interface ReplicaChange {
	readonly items: ReadonlySet<string> | null;
}

export class ProjectReplica implements SyncedProject, AsyncDisposable {
	readonly id: string;
	readonly logs: ProjectLogs;
	readonly #options: ReplicaOptions;
	readonly #own: AuthorLog;
	/** What people and agents have written at items. */
	readonly openTexts: OpenTexts;
	readonly #settlement: Settlement;
	readonly #listeners = new Set<(change: ReplicaChange) => void>();
	readonly #coveredListeners = new Set<() => void>();
	readonly #indexListeners = new Set<() => void>();
	#index: ProjectIndex;
	/** The one that is being taken; the last that was. */
	#adopting: ProjectIndex | null = null;
	#views: ReadonlyMap<string, ItemView> | undefined;
	#trimming: Promise<void> = Promise.resolve();
	#unsubscribe: () => void = () => {};
	#isClosed = false;

	/** Reads what the store has of the project and begins a new author for this process. */
	static async open(options: ReplicaOptions): Promise<ProjectReplica> {
		const { store, project, clock, log, identity, random, home } = options;
		const homeKey = await keepHomeKey(store, project, home().key);
		const index = await openReader(options, await currentGeneration(store, project), homeKey);
		const logs = await ProjectLogs.open({
			store,
			project,
			clock,
			log,
			parse: (value) => intentSchema.parse(value),
			mayVoid: (node) => node === home().node,
		});
		const own = await logs.startAuthor({ identity, duty: 'edge', random });
		const replica: { current?: ProjectReplica } = {};
		const onSettled = (): void => replica.current?.settled();
		const nameOf = (key: string): string | null => {
			const { items } = replica.current?.facts ?? index.facts;
			const item = Object.hasOwn(items, key) ? items[key] : undefined;
			if (item) return calledIn(item);
			const pending = replica.current?.views().get(key);
			return pending ? `${pending.name} ${JSON.stringify(pending.title)}` : null;
		};
		const node = identity.nodeId;
		const about = { store, project, node, logs, log, clock, nameOf, onSettled };
		const settlement = await Settlement.open(about, index.facts.acceptedUpTo);
		const opened = new ProjectReplica(options, { index, logs, own, settlement });
		replica.current = opened;
		settlement.settle(index);
		opened.settled();
		await opened.openTexts.openStored();
		const failed = (error: unknown): void => log.error('replica.failed', { project, error });
		opened.subscribe(({ items }) => void opened.openTexts.openKnown(items).catch(failed));
		return opened;
	}

	private constructor(
		options: ReplicaOptions,
		parts: { index: ProjectIndex; logs: ProjectLogs; own: AuthorLog; settlement: Settlement },
	) {
		this.#options = options;
		this.id = options.project;
		this.#index = parts.index;
		this.logs = parts.logs;
		this.#own = parts.own;
		this.#settlement = parts.settlement;
		const { store, project, random } = options;
		this.openTexts = new OpenTexts({ store, project, random, item: (key) => this.views().get(key) });
		this.openTexts.onWritten(() => this.#changed(null));
		this.logs.subscribe((author, from) => {
			if (from !== undefined) this.#settlement.restored(author);
			this.#settlement.settle(this.#index);
			this.#changed(null);
		});
		this.#follow();
	}

	get name(): string {
		return this.#options.name();
	}

	/** The facts of the home that this replica has; replaced as a whole when the home began another generation. */
	get index(): ProjectIndex {
		return this.#index;
	}

	get facts(): ProjectFacts {
		return this.#index.facts;
	}

	/** This process's author here. */
	get author(): string {
		return this.#own.author;
	}

	/** Facts with what is pending laid over them, by key. */
	views(): ReadonlyMap<string, ItemView> {
		this.#views ??= this.#view();
		return this.#views;
	}

	/** Everything this node knows of that the home has not settled and may get. */
	pending(): readonly Intent[] {
		const pending = this.logs.pendingIntents(this.facts.acceptedUpTo);
		if (this.#mayWish) return pending;
		return pending.filter(({ author }) => nodeOf(parseAuthorId(author)) !== this.#options.identity.nodeId);
	}

	/**
	 * What was asked for here and stays here, because the person who sits here may no longer change anything: nobody takes
	 * such entries from this node. With the right they travel again.
	 */
	stuck(): readonly KeptRefusal[] {
		return this.#mayWish ? [] : this.#settlement.stuck();
	}

	/** The registry may have changed what the person here may do. */
	reviewRights(): void {
		if (this.#settlement.unsettled.length > 0) this.#changed(null);
	}

	get #mayWish(): boolean {
		return this.#options.rightsOf(parseAuthorId(this.author)).length > 0;
	}

	/** What people of this node asked for and the home has not settled. */
	unsettled(): readonly Intent[] {
		return this.#settlement.unsettled;
	}

	/** Whether an answer of the home to something of this node is still to come. */
	get waitsForHome(): boolean {
		return this.#mayWish && this.#settlement.unsettled.length > 0;
	}

	/** Wishes of people, wherever they were said, that the home has not answered as far as is known here. */
	waiting(): readonly Intent[] {
		return this.pending().filter(({ by }) => by === 'user');
	}

	/** Refusals that nobody here has seen, oldest first. */
	refusals(): readonly KeptRefusal[] {
		return this.#settlement.refusals;
	}

	/** A person has seen these refusals (default: all, and what stays here). */
	async seen(ids?: readonly IntentId[]): Promise<void> {
		if (ids === undefined && !this.#mayWish) await this.#settlement.seenStuck();
		await this.#settlement.seen(ids);
	}

	/** Up to which number of each author of this node the answers are on disk here. */
	heard(): Readonly<Record<string, number>> {
		return this.#settlement.heard;
	}

	/**
	 * Writes what a person wants into this node's log, all of it or nothing, and waits for the home's answers, at most
	 * `waitMs`. Throws INVALID_ARGUMENT or TOO_LARGE for what is no intent.
	 */
	async submit(drafts: readonly ItemDraft[], { waitMs }: { readonly waitMs: number }): Promise<readonly Submitted[]> {
		const basedOn = this.facts.revision;
		const intents = await this.#own.append(drafts.map((draft) => ({ basedOn, ...draft })));
		for (const intent of intents) this.#settlement.add(intent);
		const answers = this.#awaitAnswers(intents, waitMs);
		// The home may have answered while the log was being written.
		this.#settlement.settle(this.#index);
		return answers;
	}

	/** Called when what is seen here changed; must not throw. */
	subscribe(listener: (change: ReplicaChange) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Called when more of the home's answers is on disk here, so that the home may be told; must not throw. */
	onCovered(listener: () => void): () => void {
		this.#coveredListeners.add(listener);
		return () => this.#coveredListeners.delete(listener);
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

	get homeKey(): string {
		return this.#options.home().key;
	}

	async replaceIndex(generation: string): Promise<ProjectIndex | null> {
		const { homeKey } = this;
		// What is being taken here follows on nothing, whoever is the home by now.
		if (!/^[1-9]\d{0,14}$/.test(generation) || generation === this.#adopting?.generation) return null;
		const follows = isFollowedBy(this.#index, { generation, homeKey }, homeKey);
		return follows ? openNextReader(this.#options, generation, homeKey) : null;
	}

	/** From now on this is the project. What the home no longer covers is open again, and offered to it by the logs. */
	async adoptIndex(index: ProjectIndex): Promise<void> {
		const { store, project } = this.#options;
		// Two peers may bring two of them at once: the later one stays, whichever comes first.
		if (!isFollowedBy(this.#adopting ?? this.#index, index, this.homeKey)) return;
		this.#adopting = index;
		// The index may grow while this is written: what it covers later is answered as of something that is open again.
		const covered = index.facts.acceptedUpTo;
		const refused = this.#settlement.refusedAnew(this.#index, index);
		const current = becomeCurrentWrites(store, project, index.generation, this.#index.generation);
		const answers = [...this.#settlement.keptWrites(refused), ...this.#settlement.reopenWrites(covered)];
		await store.write([...current, homeKeyWrite(project, index.homeKey), ...answers]).catch((error: unknown) => {
			// Brought once more, when the disk has room again, it is taken.
			this.#adopting = null;
			throw error;
		});
		this.#unsubscribe();
		this.#index = index;
		this.#follow();
		this.#settlement.keep(refused);
		this.#settlement.reopen(covered);
		this.#settlement.settle(index);
		this.#changed(null);
		// Who is told begins to listen anew: in the set itself that would never end.
		for (const listener of [...this.#indexListeners]) listener();
		this.settled();
	}

	onIndex(listener: () => void): () => void {
		this.#indexListeners.add(listener);
		return () => this.#indexListeners.delete(listener);
	}

	/** Entries that the facts on this disk cover are needed no more; then the home may be told what is covered. */
	settled(): void {
		if (this.#isClosed) return;
		const upTo = this.#trimmable();
		this.#trimming = this.#trimming
			.then(() => this.logs.trim(upTo))
			.then(() => {
				for (const listener of this.#coveredListeners) listener();
			})
			.catch((error: unknown) => this.#options.log.error('replica.failed', { project: this.id, error }));
	}

	/** Resolves when what was settled so far is on disk and trimmed. */
	async idle(): Promise<void> {
		await this.#settlement.idle();
		await this.#trimming;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#isClosed = true;
		this.#unsubscribe();
		await this.idle();
	}

	#follow(): void {
		this.#unsubscribe = this.#index.subscribe(({ items }) => {
			this.#settlement.settle(this.#index);
			this.#changed(items);
			this.settled();
		});
	}

	/**
	 * Our own entries stay until their answers are on disk too. What a home that is none any more has settled may be
	 * unknown to the one after it, whose facts have not come here yet: it may need every entry [I14].
	 */
	#trimmable(): Readonly<Record<string, number>> {
		const { heard } = this.#settlement;
		const { nodeId } = this.#options.identity;
		const isOfHome = this.#index.homeKey === this.homeKey;
		const accepted = isOfHome ? Object.entries(this.facts.acceptedUpTo) : [];
		const settled = accepted.map(([author, n]) => [
			author,
			author.startsWith(nodeId) && author.endsWith('.edge') ? Math.min(n, heard[author] ?? 0) : n,
		]);
		return Object.fromEntries([...settled, ...this.#inVain()]);
	}

	/** What this node said as a home, that nobody will fold now that another is the home. */
	#inVain(): readonly (readonly [AuthorId, number])[] {
		const { identity, home } = this.#options;
		if (home().node === identity.nodeId) return [];
		const own = this.logs.digests().filter(({ author }) => nodeOf(author) === identity.nodeId);
		return own.flatMap(({ author, n }) => (dutyOf(author) === 'edge' ? [] : [[author, n] as const]));
	}

	#changed(items: ReadonlySet<string> | null): void {
		this.#views = undefined;
		for (const listener of this.#listeners) listener({ items });
	}

	#view(): ReadonlyMap<string, ItemView> {
		const { nodeName, rightsOf } = this.#options;
		const pending = this.pending();
		const unmet = pending.filter(({ author }) => !Object.hasOwn(this.facts.authors, author));
		const authors = Object.fromEntries(unmet.map(({ author }) => [author, rightsOf(parseAuthorId(author))]));
		const facts = { ...this.facts, authors: { ...authors, ...this.facts.authors } };
		const names = authorNames(facts, pending, nodeName);
		return new Map(viewItems(facts, pending, names).map((view) => [view.key, view]));
	}

	#awaitAnswers(intents: readonly Intent[], waitMs: number): Promise<readonly Submitted[]> {
		const answers = new Map<Intent, Answer>();
		const all = Promise.withResolvers<void>();
		const waits = intents.map((intent) =>
			this.#settlement.wait(intent, (answer) => {
				answers.set(intent, answer);
				if (answers.size === intents.length) all.resolve();
			}),
		);
		const cancel = this.#options.clock.after(waitMs, all.resolve);
		return all.promise.then(() => {
			cancel();
			for (const giveUp of waits) giveUp();
			return intents.map((intent) => ({ intent, ...(answers.get(intent) ?? { kind: 'tentative' as const }) }));
		});
	}
}

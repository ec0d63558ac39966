/**
 * What became of the intents of this node: applied, refused, or not settled yet. The home's index says it; here it is
 * matched with what was asked. Who waits for an answer gets it; a refusal that nobody waited for is kept on disk until
 * a person of this node has seen it [I14], however late it comes and whichever process of the node asked.
 */

import { z } from 'zod';
import type { RefusalRecord } from '../documents/index.ts';
import type { ProjectLogs } from '../log/index.ts';
import {
	explainRefusalIn,
	type Intent,
	type IntentId,
	type ProjectFacts,
	partsOf,
	type Refusal,
} from '../pipeline/index.ts';
import {
	type AuthorId,
	type Clock,
	type Log,
	type NodeId,
	nodeOf,
	parseAuthorId,
	type Store,
	type StoreWrite,
} from '../ports/index.ts';
import { readAs } from '../ports/read-as.ts';
import { soundRecord } from '../store/index.ts';
import { idOf, type KeptRefusal, keptRefusalSchema, refusedUnseen, staysWords } from './kept-refusal.ts';

/** What the home has said about an intent. */
export type Answer =
	| { readonly kind: 'applied' }
	| { readonly kind: 'refused'; readonly refusal: Refusal; readonly words: string };

/** What the home says now. */
export interface Answered {
	readonly facts: ProjectFacts;
	readonly refusals: Readonly<Record<IntentId, RefusalRecord>>;
}

export interface SettlementOptions {
	readonly store: Store;
	readonly project: string;
	readonly node: NodeId;
	readonly logs: ProjectLogs;
	readonly log: Log;
	readonly clock: Pick<Clock, 'now'>;
	/** What people call an item now; null where it is not there. */
	readonly nameOf: (key: string) => string | null;
	/** Called when it is durable that answers up to here were taken in, and when refusals came or went. */
	readonly onSettled: () => void;
}

type Waiter = (answer: Answer) => void;

export class Settlement {
	readonly #options: SettlementOptions;
	/** Not settled, by author and number. */
	readonly #open = new Map<AuthorId, Map<number, Intent>>();
	/** What items were called when something was wanted of them, by key; of what is open. */
	readonly #names = new Map<string, string>();
	readonly #waiters = new Map<IntentId, Waiter>();
	readonly #kept = new Map<IntentId, KeptRefusal>();
	/** Open ones of which a person knows that they stay here. */
	readonly #seenStuck = new Set<IntentId>();
	/** Up to which number answers are on disk here, by author. */
	readonly #heard = new Map<AuthorId, number>();
	/** The same with what is being written: who settles meanwhile would write less over it. */
	readonly #reached = new Map<AuthorId, number>();
	#writing: Promise<void> = Promise.resolve();

	/**
	 * Reads what earlier processes of this node left open. `covered`: by the facts here; what the home before had answered
	 * beyond is open again, also when the process ended right after a later generation took its place.
	 */
	static async open(options: SettlementOptions, covered: Readonly<Record<string, number>> = {}): Promise<Settlement> {
		const settlement = new Settlement(options);
		const { store, project } = options;
		for (const { key, value } of await store.list(`heard/${project}/`)) {
			const author = parseAuthorId(key.slice(`heard/${project}/`.length));
			settlement.#heard.set(author, soundRecord(z.int(), key, value));
		}
		for (const { value } of await store.list(`refused/${project}/`)) {
			const kept = readAs(keptRefusalSchema, value);
			if (kept.success) settlement.#kept.set(`${kept.data.author}#${kept.data.n}`, kept.data);
		}
		for (const { key } of await store.list(stuckPrefix(project))) {
			settlement.#seenStuck.add(key.slice(stuckPrefix(project).length) as IntentId);
		}
		settlement.reopen(covered);
		return settlement;
	}

	private constructor(options: SettlementOptions) {
		this.#options = options;
	}

	/** Takes up every entry of this node's logs that has no answer on disk; those from `above` on again. */
	reopen(above: Readonly<Record<string, number>>): void {
		const { logs, node } = this.#options;
		for (const { author } of logs.digests()) {
			if (nodeOf(author) !== node || !author.endsWith('.edge')) continue;
			const heard = this.#heardOf(author);
			const from = Object.hasOwn(above, author) ? Math.min(heard, above[author] ?? 0) : heard;
			if (from < heard) {
				this.#heard.set(author, from);
				this.#reached.delete(author);
			}
			for (const intent of logs.intentsAfter(author, from)) this.#take(author, intent);
			this.#openOf(author);
		}
	}

	/** What a process has to know that begins between becoming current and the answers that come after. */
	reopenWrites(above: Readonly<Record<string, number>>): readonly StoreWrite[] {
		return [...new Set([...this.#heard.keys(), ...this.#reached.keys()])].flatMap((author) => {
			const upTo = Object.hasOwn(above, author) ? (above[author] ?? 0) : null;
			return upTo !== null && upTo < this.#heardOf(author) ? [this.#heardWrite(author, upTo)] : [];
		});
	}

	/**
	 * What `next` refuses although `before`, the facts of a home that was lost, had answered it otherwise: the home after it
	 * decided anew before this node was back. Of what `next` does not cover yet the answer is still to come.
	 */
	refusedAnew(before: Answered, next: Answered): readonly KeptRefusal[] {
		return [...new Map([...this.#heard, ...this.#reached])].flatMap(([author, heard]) =>
			this.#refusedOf(author, next, (n) => n <= heard && !Object.hasOwn(before.refusals, `${author}#${n}`)),
		);
	}

	/** In one batch with the facts that refuse them, so that a process that ends in between has neither. */
	keptWrites(refusals: readonly KeptRefusal[]): readonly StoreWrite[] {
		const { project } = this.#options;
		return refusals.map((kept) => ({ kind: 'put', key: `refused/${project}/${idOf(kept)}`, value: { ...kept } }));
	}

	/** They are on disk: the person is told of them. */
	keep(refusals: readonly KeptRefusal[]): void {
		for (const kept of refusals) this.#kept.set(idOf(kept), kept);
	}

	/**
	 * Others brought back what this disk had lost of an earlier process of this node: entries, or only that they were
	 * settled and trimmed, of which nothing is left to say.
	 */
	restored(author: AuthorId): void {
		const { logs, node } = this.#options;
		if (nodeOf(author) !== node || !author.endsWith('.edge')) return;
		const heard = this.#heardOf(author);
		for (const intent of logs.intentsAfter(author, heard)) this.#take(author, intent);
		this.#openOf(author);
	}

	/** An intent of this process is durable and waits for an answer. */
	add(intent: Intent): void {
		this.#take(parseAuthorId(intent.author), intent);
	}

	/** Calls `waiter` with the answer, once; the returned function gives up waiting. */
	wait(intent: Intent, waiter: Waiter): () => void {
		const id: IntentId = `${intent.author}#${intent.n}`;
		this.#waiters.set(id, waiter);
		return () => void this.#waiters.delete(id);
	}

	/** Intents of this node that the home has not answered. */
	get unsettled(): readonly Intent[] {
		return [...this.#open.values()].flatMap((entries) => [...entries.values()]);
	}

	/** Refusals that no person of this node has seen, oldest first. */
	get refusals(): readonly KeptRefusal[] {
		return [...this.#kept.values()].sort((a, b) => a.at - b.at);
	}

	/** Up to which number of each of this node's authors the answers are on disk here. */
	get heard(): Readonly<Record<string, number>> {
		return Object.fromEntries(this.#heard);
	}

	/** Matches what the home says with what is open. Does nothing twice. */
	settle(answered: Answered): void {
		const writes: StoreWrite[] = [];
		const reached = new Map<AuthorId, number>();
		for (const [author, entries] of this.#open) {
			const upTo = Object.hasOwn(answered.facts.acceptedUpTo, author) ? (answered.facts.acceptedUpTo[author] ?? 0) : 0;
			let last = 0;
			// What was opened again stands behind what was open.
			const due = [...entries].filter(([n]) => n <= upTo).sort(([a], [b]) => a - b);
			for (const [n, intent] of due) {
				entries.delete(n);
				writes.push(...this.#answer(intent, answered));
				last = n;
			}
			const heard = this.#heardOf(author);
			const known = Math.min(upTo, this.#options.logs.trimmedAfter(author, Math.max(last, heard)));
			if (known <= heard) continue;
			// Trimmed here while a home that was lost had it applied.
			const unseen = this.#refusedOf(
				author,
				answered,
				(n) => n > heard && n <= known && !due.some(([one]) => one === n),
			);
			this.keep(unseen);
			reached.set(author, known);
			this.#reached.set(author, known);
			writes.push(...this.keptWrites(unseen), this.#heardWrite(author, known));
		}
		if (this.unsettled.length === 0) this.#names.clear();
		if (writes.length > 0) this.#keep(writes, reached);
	}

	/** A person has seen these refusals (default: all). */
	async seen(ids: readonly IntentId[] = [...this.#kept.keys()]): Promise<void> {
		const known = ids.filter((id) => this.#kept.delete(id));
		if (known.length === 0) return;
		const { store, project, onSettled } = this.#options;
		await store.write(known.map((id) => ({ kind: 'delete', key: `refused/${project}/${id}` })));
		onSettled();
	}

	/** What is open, where none of it can reach the home, unless a person has seen that. */
	stuck(): readonly KeptRefusal[] {
		return this.unsettled
			.filter((intent) => !this.#seenStuck.has(idOf(intent)))
			.map((intent) =>
				this.#record(intent, { refusal: 'notAuthorised', words: staysWords(intent, this.#called(intent)) }),
			);
	}

	/** A person knows of all that is stuck now; it stays in the log. */
	async seenStuck(): Promise<void> {
		const { store, project } = this.#options;
		const ids = this.stuck().map(({ author, n }): IntentId => `${author}#${n}`);
		for (const id of ids) this.#seenStuck.add(id);
		await store.write(ids.map((id) => ({ kind: 'put', key: `${stuckPrefix(project)}${id}`, value: true })));
	}

	/** Resolves when everything settled so far is on disk. */
	async idle(): Promise<void> {
		await this.#writing;
	}

	#take(author: AuthorId, intent: Intent): void {
		this.#openOf(author).set(intent.n, intent);
		const name = this.#options.nameOf(intent.item);
		if (name !== null) this.#names.set(intent.item, name);
	}

	#heardOf(author: AuthorId): number {
		return this.#reached.get(author) ?? this.#heard.get(author) ?? 0;
	}

	#heardWrite(author: AuthorId, upTo: number): StoreWrite {
		return { kind: 'put', key: `heard/${this.#options.project}/${author}`, value: upTo };
	}

	#openOf(author: AuthorId): Map<number, Intent> {
		const known = this.#open.get(author);
		if (known) return known;
		const entries = new Map<number, Intent>();
		this.#open.set(author, entries);
		return entries;
	}

	#answer(intent: Intent, { facts, refusals }: Answered): readonly StoreWrite[] {
		const id = idOf(intent);
		const refusal = Object.hasOwn(refusals, id) ? refusals[id] : undefined;
		const waiter = this.#waiters.get(id);
		this.#waiters.delete(id);
		const writes: StoreWrite[] = [];
		if (this.#seenStuck.delete(id)) {
			writes.push({ kind: 'delete', key: `${stuckPrefix(this.#options.project)}${id}` });
		}
		if (!refusal) {
			waiter?.({ kind: 'applied' });
			return writes;
		}
		const kept = this.#refused(intent, refusal, facts);
		if (waiter) {
			waiter({ kind: 'refused', refusal: kept.refusal as Refusal, words: kept.words });
			return writes;
		}
		this.keep([kept]);
		return [...writes, ...this.keptWrites([kept])];
	}

	/** Of these numbers; an entry that is trimmed here is told of without its item. */
	#refusedOf(author: AuthorId, { facts, refusals }: Answered, isMeant: (n: number) => boolean): readonly KeptRefusal[] {
		const known = new Map(this.#options.logs.intentsAfter(author, 0).map((intent) => [intent.n, intent]));
		return (Object.keys(refusals) as IntentId[]).flatMap((id) => {
			const wish = partsOf(id);
			const refusal = refusals[id];
			if (!refusal || wish.author !== author || !isMeant(wish.n) || this.#kept.has(id)) return [];
			const intent = known.get(wish.n);
			if (intent) return [this.#refused(intent, refusal, facts)];
			return [refusedUnseen(wish, refusal, this.#options.clock.now())];
		});
	}

	#refused(intent: Intent, { reason, detail }: RefusalRecord, facts: ProjectFacts): KeptRefusal {
		const refusal = reason as Refusal;
		const called = this.#called(intent);
		const isNamedHereAlone = refusal === 'unknownItem' && called !== null;
		const words = (isNamedHereAlone ? undefined : detail) ?? explainRefusalIn(facts, refusal, intent, called);
		return this.#record(intent, { refusal, words });
	}

	#called({ item }: Intent): string | null {
		return this.#names.get(item) ?? this.#options.nameOf(item);
	}

	#record(intent: Intent, said: { readonly refusal: Refusal; readonly words: string }): KeptRefusal {
		const { author, n, item, event, who = null, at } = intent;
		return { author, n, item, event, who, at: at[0], called: this.#called(intent), ...said };
	}

	#keep(writes: readonly StoreWrite[], reached: ReadonlyMap<AuthorId, number>): void {
		const { store, log, onSettled } = this.#options;
		const written = store.write(writes).then(
			() => {
				for (const [author, upTo] of reached) this.#heard.set(author, upTo);
				onSettled();
			},
			// What is not on disk is settled again by the next process: nothing was told to the home.
			(error: unknown) => {
				for (const author of reached.keys()) this.#reached.delete(author);
				log.error('settlement.failed', { error });
			},
		);
		this.#writing = Promise.all([this.#writing, written]).then(() => {});
	}
}

const stuckPrefix = (project: string): string => `stuck/${project}/`;

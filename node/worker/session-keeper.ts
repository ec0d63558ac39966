/**
 * Keeps the record of the session that an item's agent is in, so that another process of this node can go on with it:
 * its id, what it has counted, what it was told, what it has had of its limits. Kept at every event that changes it and
 * in between by the clock, so that a killed node forgets seconds at most.
 */
import type { Clock } from '../../shared/ports/index.ts';
import type { Task } from '../../shared/protocol/work.ts';
import {
	type AgentEvent,
	type AgentSettings,
	type CountedBefore,
	nothingCounted,
	type SessionEnd,
	type SessionPlan,
} from '../agents/index.ts';
import { type LimitsUsed, noLimitsUsed, noUsage } from './attempt-words.ts';
import type { LookRecord, SessionBook, SessionEntry } from './session-book.ts';
import type { SpentBook } from './spent-book.ts';

export interface KeeperOptions {
	readonly book: SessionBook;
	readonly spent: SpentBook;
	readonly clock: Clock;
	readonly task: Pick<Task, 'item' | 'token'>;
	/** Whose sessions these are. */
	readonly role: string;
	readonly agent: string;
	/** Their login by name; a program finds no session of another one. Null: its own. */
	readonly account: string | null;
	readonly note: (text: string) => void;
}

export interface Begun {
	/** How many words of people, and which notes, the session knows once it has begun. */
	readonly words: number;
	readonly told: readonly string[];
	readonly look?: LookRecord;
}

/** So much of a session's time is forgotten at most where its node is killed. */
const beatMs = 15_000;

export class SessionKeeper {
	readonly #options: KeeperOptions;
	#entry: SessionEntry | null = null;
	/** Until the run that goes on now. */
	#used: LimitsUsed = noLimitsUsed;
	/** Since when that one runs, and how much of it is written down as spent; monotonic ms. */
	#running: { readonly since: number; spentUntil: number } | null = null;
	#cancelBeat: () => void = () => {};

	constructor(options: KeeperOptions) {
		this.#options = options;
	}

	get entry(): SessionEntry | null {
		return this.#entry;
	}

	/** What was had of the agent's limits, by this session and those that it goes on for. */
	get used(): LimitsUsed {
		return { ...this.#used, seconds: this.#used.seconds + this.#secondsNow() };
	}

	/** Takes up a session that was broken off by whoever worked on the item as the same agent; null: there is none. */
	async takeUp(runtime: AgentSettings['runtime']): Promise<SessionEntry | null> {
		const { book, task, role, agent, account } = this.#options;
		const known = goesOnWith(await book.get(task.item.key), { role, agent, runtime, account });
		if (known !== null) this.goOnWith(known);
		return known;
	}

	/** The next program is started with that session. */
	goOnWith(entry: SessionEntry): void {
		this.#entry = entry;
		this.#used = entry.used ?? noLimitsUsed;
	}

	/** Another session begins, with limits of its own. */
	beginAnew(): void {
		this.#used = noLimitsUsed;
	}

	/** A program is about to be started. Resolves when it is written down. */
	async begin(settings: AgentSettings, { id, ...plan }: SessionPlan, { words, told, look }: Begun): Promise<void> {
		const { role, agent, account, clock } = this.#options;
		const now = clock.monotonic();
		this.#running = { since: now, spentUntil: now };
		const before = this.#entry;
		this.#entry = {
			...{ id, role, agent, runtime: settings.runtime },
			...(account === null ? {} : { account }),
			isThere: plan.kind === 'resume',
			...(plan.kind === 'resume' ? countedIn(plan) : countedIn(null)),
			// Who goes on is told the rest when it has begun.
			words: plan.kind === 'resume' ? (before?.words ?? 0) : words,
			told: [...(plan.kind === 'resume' ? (before?.told ?? []) : told)],
			...(look === undefined ? {} : { look }),
		};
		await this.#keep();
		this.#beat();
	}

	/** The program has said that its session is there. */
	async established(id: string): Promise<void> {
		if (this.#entry === null || (this.#entry.isThere && this.#entry.id === id)) return;
		this.#entry = { ...this.#entry, id, isThere: true };
		await this.#keep();
	}

	/** It was told these, and knows all words of its item's task. */
	tell(words: number, told: readonly string[]): void {
		if (this.#entry === null) return;
		this.#entry = { ...this.#entry, words, told: [...told] };
		void this.#keep();
	}

	take(event: AgentEvent): void {
		if (this.#entry === null) return;
		if (event.kind === 'turn') this.#used = { ...this.#used, turns: this.#used.turns + 1 };
		else if (event.kind === 'usage') {
			const { costUsd, inputTokens, outputTokens } = event;
			this.#used = { ...this.#used, costUsd: this.#used.costUsd + costUsd };
			// Claude forgets the cost of a run that is killed; until it has ended otherwise, none of it is relied on.
			this.#entry = { ...this.#entry, unsure: event.counted };
			this.#spend({ costUsd, inputTokens, outputTokens });
		} else return;
		void this.#keep();
	}

	/** Its program has ended, by itself or by us. */
	async ended(isKilled: boolean): Promise<void> {
		this.#cancelBeat();
		this.#spend({});
		this.#used = this.used;
		this.#running = null;
		if (this.#entry === null) return;
		const { unsure, ...entry } = this.#entry;
		if (!isKilled && unsure !== undefined) this.#entry = { ...entry, counted: unsure };
		await this.#keep();
	}

	/** Its work is done: nobody goes on with it. */
	async over(): Promise<void> {
		await this.#options.book.forget(this.#options.task.item.key);
	}

	#secondsNow(): number {
		return this.#running === null ? 0 : (this.#options.clock.monotonic() - this.#running.since) / 1000;
	}

	#beat(): void {
		this.#cancelBeat();
		this.#cancelBeat = this.#options.clock.after(beatMs, () => {
			this.#spend({});
			void this.#keep();
			this.#beat();
		});
	}

	#spend(more: Partial<typeof noUsage>): void {
		const { spent, task, agent, clock } = this.#options;
		const now = clock.monotonic();
		const seconds = this.#running === null ? 0 : (now - this.#running.spentUntil) / 1000;
		if (this.#running !== null) this.#running.spentUntil = now;
		const failed = (error: unknown): void => this.#failed(error);
		void spent.add(task, agent, { ...noUsage, ...more, seconds }).catch(failed);
	}

	async #keep(): Promise<void> {
		if (this.#entry === null) return;
		const { costUsd, turns, seconds } = this.used;
		this.#entry = { ...this.#entry, used: { costUsd, turns, seconds } };
		await this.#options.book
			.put(this.#options.task.item.key, this.#entry)
			.catch((error: unknown) => this.#failed(error));
	}

	#failed(error: unknown): void {
		this.#options.note(`the session could not be written down: ${String(error)}`);
	}
}

/** Who would go on with a session. */
export interface Successor {
	readonly role: string;
	readonly agent: string;
	readonly runtime: AgentSettings['runtime'];
	/** The login by name; null: the program's own. */
	readonly account: string | null;
}

/** Whether a session of before is one that this work goes on with: the same agent in the same role, under the same login. */
export function goesOnWith(known: SessionEntry | null, by: Successor): SessionEntry | null {
	if (known === null || !known.isThere) return null;
	const isOurs = known.role === by.role && known.agent === by.agent && known.runtime === by.runtime;
	return isOurs && (known.account ?? null) === by.account ? known : null;
}

/** What a session has counted until now, for going on with it. */
export function countedIn(known: CountedBefore | null): CountedBefore {
	const { counted, unsure } = known ?? { counted: nothingCounted };
	return unsure === undefined ? { counted } : { counted, unsure };
}

/** Broken off rather than ended: the next attempt goes on with it. */
export function goesOn({ outcome }: Pick<SessionEnd, 'outcome'>): boolean {
	return outcome.kind === 'stopped' || outcome.kind === 'rateLimited';
}

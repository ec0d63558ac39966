/**
 * Which session of an agent works on an item here, so that another process of this node can go on with it. The id is in
 * the store before the agent does anything that would be lost with it; what the session has counted of its use, and what
 * it had of its agent's limits, stand beside it: going on counts nothing twice and begins no new allowance [I11].
 */
import { z } from 'zod';
import type { JsonValue, Store } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';

const totals = z.object({ costUsd: z.number(), inputTokens: z.number(), outputTokens: z.number() });

/** Where a session that only looks stands, and what was there before it began. */
const lookSchema = z.object({
	/** What it looks at. */
	commit: z.string(),
	/** Sessions that were begun for this answer before it. */
	before: z.int().min(0),
	head: z.string().nullable(),
	refs: z.string(),
	diff: z.string(),
});

const recordSchema = z.object({
	id: z.string().min(1).max(200),
	role: z.string(),
	agent: z.string(),
	runtime: z.string(),
	/** The login by name; absent: the program's own. */
	account: z.string().exactOptional(),
	/** The program has said that the session is there; before, there is nothing to go on with. */
	isThere: z.boolean(),
	/** What the program has counted and will still know when it goes on. */
	counted: totals,
	/** What it has said since, in a run that nobody has seen end by itself: it may know that or not. */
	unsure: totals.exactOptional(),
	/** What it had of its agent's limits, all runs of it together; records of before have none. */
	used: z.object({ costUsd: z.number(), turns: z.number(), seconds: z.number() }).exactOptional(),
	/** How many words of people it was told. */
	words: z.number(),
	/** Which of the notes of its task, by name (said-words.ts); records of before have none. */
	told: z.array(z.string().max(64)).max(100).exactOptional(),
	look: lookSchema.exactOptional(),
});

export type SessionEntry = Readonly<z.output<typeof recordSchema>>;
export type LookRecord = Readonly<z.output<typeof lookSchema>>;

export class SessionBook {
	readonly #store: Store;
	readonly #prefix: string;
	/** One write after the other: an older state never overwrites a newer one. */
	#writing: Promise<void> = Promise.resolve();

	/** `kind`: sessions that work in an item's clone, or those that only look and have a clone of their own. */
	constructor(store: Store, project: string, kind: 'session' | 'look' = 'session') {
		this.#store = store;
		this.#prefix = `${kind}/${project}/`;
	}

	/** What was being done about an item when the last session of it ended before its work did; null: nothing. */
	async get(key: string): Promise<SessionEntry | null> {
		await this.#writing;
		const parsed = readAs(recordSchema, await this.#store.get(this.#name(key)));
		return parsed.success ? parsed.data : null;
	}

	/** Resolves when it is durable. */
	put(key: string, entry: SessionEntry): Promise<void> {
		const value: JsonValue = JSON.parse(JSON.stringify(entry));
		return this.#write([{ kind: 'put', key: this.#name(key), value }]);
	}

	/** Its work is done: nobody goes on with it. */
	forget(key: string): Promise<void> {
		return this.#write([{ kind: 'delete', key: this.#name(key) }]);
	}

	#write(changes: Parameters<Store['write']>[0]): Promise<void> {
		const writing = this.#writing.then(() => this.#store.write(changes));
		this.#writing = writing.then(
			() => undefined,
			() => undefined,
		);
		return writing.then(() => undefined);
	}

	#name(key: string): string {
		return `${this.#prefix}${key}`;
	}
}

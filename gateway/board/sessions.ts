/**
 * Logins of browsers. The secret is in the browser's cookie alone, its hash in the gateway's store; what the person may
 * do is read from the registry at each request, so a session gives no right of its own. It ends by time, by a word of
 * its person or an owner, and with the person.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Clock, type Log, type Random, randomHex, type Store } from '../../shared/ports/index.ts';
import { soundRecord } from '../../shared/store/index.ts';
import type { LoginFor } from './login-codes.ts';

const sessionSchema = z.object({
	id: z.string().regex(/^s[0-9a-f]{12}$/),
	hash: z.string().regex(/^[0-9a-f]{64}$/),
	person: z.string(),
	on: z.enum(['browser', 'phone']),
	/** What the browser says of itself, and the address it came from: for the person who looks at the list. */
	browser: z.string().max(200),
	from: z.string().max(64),
	createdAt: z.int(),
	expiresAt: z.int(),
	seenAt: z.int(),
});
export type SessionRecord = z.output<typeof sessionSchema>;

export interface BrowserDetails {
	readonly browser: string;
	readonly from: string;
}

const prefix = 'gateway/session/';
export const sessionDays = 30;
const lifeMs = sessionDays * 24 * 60 * 60_000;
/** When a session was seen last is for people; it is not worth a write each time. */
const seenEveryMs = 10 * 60_000;
/** A person with more has forgotten some: the one that was not seen for longest ends. */
const perPersonMax = 20;

export class Sessions {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #log: Log;
	/** By hash. */
	readonly #sessions: Map<string, SessionRecord>;
	readonly #ended = new Set<(id: string) => void>();

	static async open(store: Store, clock: Clock, log: Log): Promise<Sessions> {
		const records = await store.list(prefix);
		const sessions = records.map(({ key, value }) => soundRecord(sessionSchema, key, value));
		return new Sessions({ store, clock, log }, sessions);
	}

	private constructor(
		{ store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Log },
		sessions: readonly SessionRecord[],
	) {
		this.#store = store;
		this.#clock = clock;
		this.#log = log;
		this.#sessions = new Map(sessions.map((session) => [session.hash, session]));
	}

	/** Begins a session; the answer is the cookie's value. Durable before it is given away [I6]. */
	async begin(login: LoginFor, { browser, from }: BrowserDetails, random: Random): Promise<string> {
		const secret = Buffer.from(random.bytes(32)).toString('base64url');
		const now = this.#clock.now();
		const session: SessionRecord = {
			id: `s${randomHex(random, 6)}`,
			hash: hashOf(secret),
			person: login.person,
			on: login.on,
			browser: browser.slice(0, 200),
			from: from.slice(0, 64),
			createdAt: now,
			expiresAt: now + lifeMs,
			seenAt: now,
		};
		await this.#end([...this.#expired(), ...this.#tooMany(login.person)]);
		await this.#put(session);
		this.#log.info('session.begun', { id: session.id, person: session.person, on: session.on, from: session.from });
		return secret;
	}

	/** The session of a cookie's value; null where it is none, or over. */
	find(secret: string): SessionRecord | null {
		const session = this.#sessions.get(hashOf(secret));
		const now = this.#clock.now();
		if (session === undefined || now >= session.expiresAt) return null;
		if (now - session.seenAt >= seenEveryMs) this.#seen(session, now);
		return session;
	}

	/** Newest first. */
	list(): readonly SessionRecord[] {
		const now = this.#clock.now();
		return [...this.#sessions.values()]
			.filter(({ expiresAt }) => now < expiresAt)
			.sort((a, b) => b.createdAt - a.createdAt);
	}

	async revoke(session: SessionRecord): Promise<void> {
		await this.#end([session]);
	}

	/** The person has no rights any more. */
	async removePerson(person: string): Promise<void> {
		await this.#end([...this.#sessions.values()].filter((session) => session.person === person));
	}

	/** Called with the id of each session that ends before its time. */
	onEnded(listener: (id: string) => void): () => void {
		this.#ended.add(listener);
		return () => this.#ended.delete(listener);
	}

	#expired(): SessionRecord[] {
		const now = this.#clock.now();
		return [...this.#sessions.values()].filter(({ expiresAt }) => now >= expiresAt);
	}

	#tooMany(person: string): SessionRecord[] {
		const own = this.list().filter((session) => session.person === person);
		return own.sort((a, b) => b.seenAt - a.seenAt).slice(perPersonMax - 1);
	}

	#seen(session: SessionRecord, now: number): void {
		this.#put({ ...session, seenAt: now }).catch((error: unknown) =>
			this.#log.warn('session.notNoted', { id: session.id, error }),
		);
	}

	async #put(session: SessionRecord): Promise<void> {
		this.#sessions.set(session.hash, session);
		await this.#store.write([{ kind: 'put', key: `${prefix}${session.id}`, value: session }]);
	}

	async #end(sessions: readonly SessionRecord[]): Promise<void> {
		if (sessions.length === 0) return;
		for (const { hash } of sessions) this.#sessions.delete(hash);
		for (const { id, person } of sessions) {
			this.#log.info('session.ended', { id, person });
			for (const listener of this.#ended) listener(id);
		}
		await this.#store.write(sessions.map(({ id }) => ({ kind: 'delete', key: `${prefix}${id}` })));
	}
}

/** A lookup by the hash tells nothing by the time it takes. */
function hashOf(secret: string): string {
	return createHash('sha256').update('gangline session 1\0').update(secret).digest('hex');
}

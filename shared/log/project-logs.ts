/**
 * All author logs of one project that this node has: its own and those received, each in a stream of its own. What is
 * told to others (digests, flushes, pending intents) is durable first [I6]. Logs never conflict: each has one writer,
 * and whatever does not continue one exactly is refused or asked for again.
 */
import type { Intent } from '../pipeline/index.ts';
import {
	type AuthorId,
	authorId,
	type Clock,
	type Duty,
	ganglineError,
	type Log,
	type NodeId,
	nodeOf,
	parseAuthorId,
	type Random,
	randomHex,
	type Store,
	type StoreWrite,
} from '../ports/index.ts';
import { AuthorLog, type OwnFlush } from './author-log.ts';
import { encodeFlush, type Predecessor, signVoid } from './flush.ts';
import { HybridClock } from './hybrid-clock.ts';
import type { Identity } from './identity.ts';
import { KnownLog } from './known-log.ts';
import { RecentFlushes } from './recent-flushes.ts';
import { type ParseIntent, type VerifyOptions, verifyFlush } from './verify.ts';

/** Where a log stands, to compare with another replica's. */
export interface LogDigest {
	readonly author: AuthorId;
	readonly n: number;
	readonly hash: string;
}

export type Received =
	| { readonly kind: 'kept'; readonly author: AuthorId; readonly upTo: number }
	| { readonly kind: 'known'; readonly author: AuthorId }
	/** Not kept: ask for what comes before, from `expected` on. */
	| { readonly kind: 'gap'; readonly author: AuthorId; readonly expected: number };

export interface ProjectLogsOptions {
	readonly store: Store;
	readonly project: string;
	readonly clock: Clock;
	readonly log: Log;
	readonly parse: ParseIntent;
	/** Nodes besides the author's own that may close a hole in a log. */
	readonly mayVoid?: (node: string) => boolean;
}

export class ProjectLogs {
	readonly #options: ProjectLogsOptions;
	readonly #verify: VerifyOptions;
	readonly #logs = new Map<AuthorId, KnownLog>();
	readonly #listeners = new Set<(author: AuthorId, from: string | undefined) => void>();
	readonly #recent = new RecentFlushes();
	/** Hybrid time of this node in this project; follows what is received. */
	readonly time: HybridClock;

	/** Reads and verifies all logs of the project that the store has. */
	static async open(options: ProjectLogsOptions): Promise<ProjectLogs> {
		const logs = new ProjectLogs(options);
		// What this process took on when it had the project open before may still be on its way: we count behind it.
		await options.store.write([]).catch(() => undefined);
		const prefix = `log/${options.project}/`;
		for (const stream of options.store.streams()) {
			if (stream.startsWith(prefix)) await logs.#load(parseAuthorId(stream.slice(prefix.length)), stream);
		}
		return logs;
	}

	private constructor(options: ProjectLogsOptions) {
		const { project, parse, mayVoid, clock } = options;
		this.#options = options;
		this.#verify = { project, parse, ...(mayVoid && { mayVoid }) };
		this.time = new HybridClock(clock);
	}

	/** A new author for this process and duty, which follows the last one of the same node and duty. */
	async startAuthor(as: {
		readonly identity: Identity;
		readonly duty: Duty;
		readonly random: Random;
	}): Promise<AuthorLog> {
		const { identity, duty } = as;
		const { project, parse, store } = this.#options;
		const author = authorId(identity.nodeId, randomHex(as.random, 4), duty);
		const currentKey = `log/${project}/${identity.nodeId}/${duty}`;
		this.#followNode(identity.nodeId);
		const predecessor = this.#predecessor(await store.get(currentKey));
		const naming: StoreWrite = { kind: 'put', key: currentKey, value: author };
		return new AuthorLog({
			project,
			author,
			duty,
			identity,
			parse,
			predecessor,
			time: this.time,
			keep: (flushes, writes) =>
				this.#keepOwn(author, flushes, this.#logs.get(author)?.position ? writes : [naming, ...writes]),
		});
	}

	/**
	 * Takes a flush from a peer: verified, kept, and then (durably) part of what this node knows. Throws MALFORMED or
	 * BAD_SIGNATURE when the peer broke the rules; nothing of it is kept then.
	 */
	async receive(bytes: Uint8Array, from?: string): Promise<Received> {
		const verified = verifyFlush(bytes, (author) => this.#logs.get(author)?.position, this.#verify);
		if (verified.kind !== 'next') return verified;
		const { author } = verified.position;
		const known = this.#known(author);
		const after = known.position?.n ?? 0;
		const durable = known.add(verified);
		for (const entry of verified.entries) if (entry.kind === 'intent') this.time.observe(entry.intent.at);
		await this.#options.store.write([{ kind: 'append', stream: known.stream, bytes }]);
		durable();
		this.#recent.note({ author, after, upTo: verified.position.n, bytes });
		this.#announce(author, from);
		return { kind: 'kept', author, upTo: verified.position.n };
	}

	/** Where each log stands on this node's disk, by author. */
	digests(): readonly LogDigest[] {
		const digests = [...this.#logs.values()].flatMap((known) => known.digest ?? []);
		return digests.sort((a, b) => (a.author < b.author ? -1 : 1));
	}

	/** The flushes that hold what comes after entry `n` of an author, as they are sent. */
	async flushesAfter(author: AuthorId, n: number): Promise<readonly Uint8Array[]> {
		return (await this.sectionsAfter(author, n)).map(({ bytes }) => bytes);
	}

	/** The same, each with the number of its last entry. */
	async sectionsAfter(
		author: AuthorId,
		n: number,
	): Promise<readonly { readonly bytes: Uint8Array; readonly upTo: number }[]> {
		const known = this.#logs.get(author);
		if (!known) return [];
		const recent = this.#recent.find(author, n);
		if (recent && recent.upTo === known.digest?.n) return [recent];
		const entries = await this.#options.store.read(known.stream, known.seqCovering(n));
		const ends = known.ends();
		const first = Math.min(...ends.keys());
		// One that lies before all sections is just being trimmed; one without a section could not be read.
		return entries.flatMap(({ seq, bytes }) => {
			const upTo = seq < first ? n : ends.get(seq);
			return upTo === undefined ? [] : [{ bytes, upTo }];
		});
	}

	/** Up to which entry the log of an author is on this node's disk. */
	durableUpTo(author: AuthorId): number {
		return this.#logs.get(author)?.digest?.n ?? 0;
	}

	/**
	 * Durable intents of all authors above what the facts cover, each author's in order. An entry that is lost or makes no
	 * sense comes as a `void`, so that nobody waits for it.
	 */
	pendingIntents(acceptedUpTo: Readonly<Record<string, number>>): readonly Intent[] {
		return [...this.#logs].flatMap(([author, known]) =>
			known.after(Object.hasOwn(acceptedUpTo, author) ? (acceptedUpTo[author] ?? 0) : 0),
		);
	}

	/** Durable entries of one author above `n`, in order; what is no intent comes as a `void`. */
	intentsAfter(author: AuthorId, n: number): readonly Intent[] {
		return this.#logs.get(author)?.after(n) ?? [];
	}

	/** Up to which entry what comes after entry `n` of an author was trimmed; `n` where nothing of it is missing. */
	trimmedAfter(author: AuthorId, n: number): number {
		return this.#logs.get(author)?.trimmedAfter(n) ?? n;
	}

	/** Authors of whose logs entries are here, not only where the log stands. */
	kept(): readonly AuthorId[] {
		return [...this.#logs].flatMap(([author, known]) => (known.isEmpty ? [] : [author]));
	}

	/** Called with the author whose log has durably grown, and the peer it was received from; must not throw. */
	subscribe(listener: (author: AuthorId, from: string | undefined) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Drops entries that the *stable* revision covers: durable as facts elsewhere, so nobody needs them from us. */
	async trim(stableUpTo: Readonly<Record<string, number>>): Promise<void> {
		const writes: StoreWrite[] = [];
		for (const [author, known] of this.#logs) {
			const stable = Object.hasOwn(stableUpTo, author) ? (stableUpTo[author] ?? 0) : 0;
			const cut = known.trim(this.#options.project, stable);
			if (cut === undefined) continue;
			this.#recent.forget(author);
			writes.push({ kind: 'compact', stream: known.stream, ...cut });
		}
		if (writes.length > 0) await this.#options.store.write(writes);
	}

	/** Closes the hole behind what is known of `author` up to `last`, for good. `next`: the flush behind it, if there is one. */
	async closeHole(hole: {
		readonly identity: Identity;
		readonly author: AuthorId;
		readonly last: number;
		readonly next?: Uint8Array;
		readonly reason: string;
	}): Promise<Received> {
		const position = this.#logs.get(hole.author)?.position;
		if (!position) throw ganglineError('INVALID_ARGUMENT', `nothing of the log of ${hole.author} is known here`);
		const next = hole.next && KnownLog.entriesFlush(hole.next);
		const { identity, last, reason } = hole;
		const flush = signVoid({ identity, project: this.#options.project, position, last, reason, ...(next && { next }) });
		return this.receive(encodeFlush(flush));
	}

	async #keepOwn(author: AuthorId, flushes: readonly OwnFlush[], writes: readonly StoreWrite[]): Promise<void> {
		const known = this.#known(author);
		let after = known.position?.n ?? 0;
		const durables = flushes.map((flush) => known.addOwn(flush));
		const appends = flushes.map(({ bytes }) => ({ kind: 'append', stream: known.stream, bytes }) as const);
		await this.#options.store.write([...appends, ...writes]);
		for (const durable of durables) durable();
		for (const { bytes, position } of flushes) {
			this.#recent.note({ author, after, upTo: position.n, bytes });
			after = position.n;
		}
		if (flushes.length > 0) this.#announce(author, undefined);
	}

	#known(author: AuthorId): KnownLog {
		const existing = this.#logs.get(author);
		if (existing) return existing;
		const stream = `log/${this.#options.project}/${author}`;
		const known = new KnownLog(author, stream, this.#options.store.lastSeq(stream));
		this.#logs.set(author, known);
		return known;
	}

	async #load(author: AuthorId, stream: string): Promise<void> {
		const known = new KnownLog(author, stream, 0);
		this.#logs.set(author, known);
		for (const { seq, bytes } of await this.#options.store.read(stream)) {
			try {
				const verified = verifyFlush(bytes, () => known.position, this.#verify);
				if (verified.kind === 'next') known.add(verified, seq)();
				for (const entry of verified.kind === 'next' ? verified.entries : []) {
					if (entry.kind === 'intent') this.time.observe(entry.intent.at);
				}
			} catch (error) {
				this.#options.log.error('log.unreadable', { stream, seq, error });
			}
		}
		known.continueAt(this.#options.store.lastSeq(stream));
	}

	/** What this node wants now comes after what it wanted before, though its clock was set back meanwhile. */
	#followNode(node: NodeId): void {
		for (const [author, known] of this.#logs) {
			if (nodeOf(author) === node && known.lastTime) this.time.follow(known.lastTime);
		}
	}

	#predecessor(name: unknown): Predecessor | null {
		const position = typeof name === 'string' ? this.#logs.get(parseAuthorId(name))?.position : undefined;
		return position ? { author: position.author, n: position.n, hash: position.hash } : null;
	}

	#announce(author: AuthorId, from: string | undefined): void {
		for (const listener of this.#listeners) listener(author, from);
	}
}

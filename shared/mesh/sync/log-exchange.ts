/**
 * The logs of one project on one channel. Equal hashes end the matter; otherwise each side says where each of its logs
 * stands and sends what the other lacks. Whatever is durable here is told to the other, who then counts it as safe
 * [I6]. Logs of anyone may be passed on, since each flush proves its author; own ones only with the right to write.
 */
import { decodeFlush, type LogDigest, type ProjectLogs, type Received } from '../../log/index.ts';
import { type AuthorId, GanglineError, nodeOf, parseAuthorId } from '../../ports/index.ts';
import type { ProjectEntry } from './catalog.ts';
import { accessOf, type Complaints, type PeerLink } from './context.ts';
import { acksPerFrame, flushBytesAtOnce, rowsMax, rowsPerFrame } from './limits.ts';
import { type DigestRow, encodeRows, type MessageOf, malformed, type Outgoing } from './wire.ts';

export class LogExchange {
	readonly #link: PeerLink;
	readonly #entry: ProjectEntry;
	readonly #complaints: Complaints;
	/** How far the peer has each log, or will have when it has read what was sent. */
	readonly #theirs = new Map<AuthorId, number>();
	/** Logs of which the peer is to be told how far they are durable here. */
	readonly #owed = new Set<AuthorId>();
	/** By author: from where on the peer was asked. */
	readonly #asked = new Map<AuthorId, number>();
	#rows = new Map<AuthorId, LogDigest>();
	#isCompared = false;
	/** Our digests are on their way and want an answer. */
	#isWaiting = false;

	constructor(link: PeerLink, entry: ProjectEntry, complaints: Complaints) {
		this.#link = link;
		this.#entry = entry;
		this.#complaints = complaints;
	}

	/** The peer announced the hash of its logs. */
	compare(hash: string, own: string): void {
		if (hash !== own) {
			this.#isWaiting = true;
			this.#tellDigests(true);
			return;
		}
		const digests = this.#logs.digests();
		for (const { author, n } of digests) this.#theirs.set(author, n);
		this.#isCompared = true;
		this.#acknowledge(digests.map(({ author, n }) => [author, n]));
	}

	/** A log has durably grown here, and not by this peer. */
	grown(author: AuthorId): void {
		if (this.#isCompared) this.#push(author);
	}

	/**
	 * Where each log of the peer stands. It is answered, since the peer may have seen a difference that we did not see (a
	 * log that grew between two announcements); digests that crossed are each other's answer.
	 */
	onDigests({ isLast, wantsAnswer }: MessageOf<'digests'>, rows: readonly DigestRow[]): void {
		for (const [author, n, hash] of rows)
			this.#rows.set(parseAuthorId(author), { author: parseAuthorId(author), n, hash });
		if (this.#rows.size > rowsMax) throw malformed(`digests of more than ${rowsMax} logs`);
		if (!isLast) return;
		if (wantsAnswer && !this.#isWaiting) this.#tellDigests(false);
		this.#isWaiting = false;
		const theirs = this.#rows;
		this.#rows = new Map();
		this.#isCompared = true;
		for (const own of this.#logs.digests()) this.#compareLog(own, theirs.get(own.author));
		this.#acknowledge([...theirs.values()].map(({ author, n }) => [author, n]));
	}

	async onFlush(bytes: Uint8Array): Promise<void> {
		if (!this.#mayGive(bytes)) {
			this.#complaints.note('sync.refused', this.#entry.project.id, { why: 'the peer has no right to write here' });
			return;
		}
		const received = await this.#receive(bytes);
		if (!received) return;
		if (received.kind === 'gap') return this.#askFrom(received);
		const { author } = received;
		if (received.kind === 'kept') {
			this.#theirs.set(author, Math.max(this.#theirs.get(author) ?? 0, received.upTo));
			// What it sent was stored there before.
			this.#acknowledge([[author, received.upTo]]);
		}
		this.#owed.add(author);
		this.#link.outbox.mark(this.#name('ack'), () => this.#acks());
	}

	onFrom({ author: name, n }: MessageOf<'from'>): void {
		const author = parseAuthorId(name);
		if (this.#logs.durableUpTo(author) === 0) return;
		this.#theirs.set(author, n);
		this.#push(author);
	}

	onAck({ logs }: MessageOf<'ack'>): void {
		this.#acknowledge(logs);
	}

	/** Undefined for another past of a log than the one known here, which its author signed too. */
	async #receive(bytes: Uint8Array): Promise<Received | undefined> {
		try {
			return await this.#logs.receive(bytes, this.#link.peer.node);
		} catch (error) {
			const author = error instanceof GanglineError ? error.data.forkedBy : undefined;
			if (typeof author !== 'string' || nodeOf(parseAuthorId(author)) === this.#link.peer.node) throw error;
			this.#complaints.note('sync.logForked', author);
			return undefined;
		}
	}

	#compareLog(own: LogDigest, theirs: LogDigest | undefined): void {
		this.#theirs.set(own.author, theirs?.n ?? 0);
		if (!theirs || theirs.n < own.n) this.#push(own.author);
		// Its author signed both, or one of the two stores was put back to an older state by hand.
		if (theirs?.n === own.n && theirs.hash !== own.hash) this.#complaints.note('sync.logForked', own.author);
	}

	#push(author: AuthorId): void {
		this.#link.outbox.mark(this.#name(author), () => this.#flushes(author));
	}

	async #flushes(author: AuthorId): Promise<readonly Outgoing[]> {
		const { project } = this.#entry;
		const from = this.#theirs.get(author) ?? 0;
		if (this.#logs.durableUpTo(author) <= from || accessOf(this.#link, project.id) === 'none') return [];
		const outgoing: Outgoing[] = [];
		let size = 0;
		for (const { bytes, upTo } of await this.#logs.sectionsAfter(author, from)) {
			// The peer sent it itself while this was being read.
			if (upTo > from && upTo <= (this.#theirs.get(author) ?? 0)) continue;
			if (outgoing.length > 0 && size + bytes.byteLength > flushBytesAtOnce) {
				this.#push(author);
				break;
			}
			size += bytes.byteLength;
			outgoing.push({ message: { k: 'flush', project: project.id }, payload: bytes });
			this.#theirs.set(author, Math.max(this.#theirs.get(author) ?? 0, upTo));
		}
		return outgoing;
	}

	#tellDigests(wantsAnswer: boolean): void {
		this.#link.outbox.mark(this.#name('digests'), () => this.#digests(wantsAnswer));
	}

	#digests(wantsAnswer: boolean): readonly Outgoing[] {
		const { id } = this.#entry.project;
		if (accessOf(this.#link, id) === 'none') return [];
		const rows = this.#logs.digests().map(({ author, n, hash }): DigestRow => [author, n, hash]);
		const pages = Math.max(1, Math.ceil(rows.length / rowsPerFrame));
		return Array.from({ length: pages }, (_, page) => ({
			message: { k: 'digests', project: id, isLast: page === pages - 1, wantsAnswer },
			payload: encodeRows(rows.slice(page * rowsPerFrame, (page + 1) * rowsPerFrame)),
		}));
	}

	#acks(): readonly Outgoing[] {
		const authors = [...this.#owed].slice(0, acksPerFrame);
		for (const author of authors) this.#owed.delete(author);
		if (this.#owed.size > 0) this.#link.outbox.mark(this.#name('ack'), () => this.#acks());
		const logs = authors.map((author): [string, number] => [author, this.#logs.durableUpTo(author)]);
		return [{ message: { k: 'ack', project: this.#entry.project.id, logs } }];
	}

	/** Asked once for each place: a peer that cannot give it is not asked in a circle. */
	#askFrom({ author, expected }: Received & { readonly kind: 'gap' }): void {
		if (this.#asked.get(author) === expected) return;
		if (this.#asked.size >= rowsMax) throw malformed(`flushes of ${rowsMax} logs whose beginnings are missing`);
		this.#asked.set(author, expected);
		const { id } = this.#entry.project;
		this.#link.outbox.mark(this.#name(`from ${author}`), () => [
			{ message: { k: 'from', project: id, author, n: expected - 1 } },
		]);
	}

	/** Only of logs that are here: names that a peer makes up are not kept. */
	#acknowledge(logs: readonly (readonly [author: string, n: number])[]): void {
		const { peer, context } = this.#link;
		const known = logs.filter(([author]) => this.#logs.durableUpTo(parseAuthorId(author)) > 0);
		context.acknowledgements.noteLogs(this.#entry.project.id, peer, known);
	}

	#mayGive(bytes: Uint8Array): boolean {
		const access = accessOf(this.#link, this.#entry.project.id);
		if (access !== 'read') return access === 'write';
		return nodeOf(decodeFlush(bytes).author) !== this.#link.peer.node;
	}

	get #logs(): ProjectLogs {
		return this.#entry.project.logs;
	}

	#name(what: string): string {
		return `log ${this.#entry.project.id} ${what}`;
	}
}

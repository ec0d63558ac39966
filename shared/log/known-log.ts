/**
 * What one node knows of one author's log: where it stands, the entries that are not trimmed, and which entry of the
 * stream holds which numbers. Two fronts: what was taken on (the next flush must continue that) and what is on disk
 * (all that is shown to others).
 */
import type { Intent } from '../pipeline/index.ts';
import { type AuthorId, ganglineError } from '../ports/index.ts';
import type { OwnFlush } from './author-log.ts';
import { decodeFlush, type EntriesFlush, encodeFlush, type LogPosition, toBase64 } from './flush.ts';
import type { HybridTime } from './hybrid-clock.ts';
import type { LogDigest } from './project-logs.ts';
import type { LogEntry, Verified } from './verify.ts';

interface Section {
	/** Number of its last entry. */
	readonly last: number;
	readonly seq: number;
	readonly position: LogPosition;
	/** The author's, over the position; undefined for a void, where a log cannot be cut. */
	readonly signature: string | undefined;
}

export class KnownLog {
	readonly author: AuthorId;
	readonly stream: string;
	/** Where the log stands, including what is still on its way to the disk. */
	position: LogPosition | undefined;
	#durable: LogPosition | undefined;
	#seq: number;
	#sections: Section[] = [];
	#entries: LogEntry[] = [];

	constructor(author: AuthorId, stream: string, lastSeq: number) {
		this.author = author;
		this.stream = stream;
		this.#seq = lastSeq;
	}

	/** The flush as one that holds entries; throws MALFORMED for another kind. */
	static entriesFlush(bytes: Uint8Array): EntriesFlush {
		const flush = decodeFlush(bytes);
		if (flush.kind === 'entries') return flush;
		throw ganglineError('MALFORMED', `expected a flush with entries, got one of kind ${flush.kind}`);
	}

	get digest(): LogDigest | undefined {
		const position = this.#durable;
		return position && { author: this.author, n: position.n, hash: position.hash };
	}

	/** The latest time in what is not trimmed. */
	get lastTime(): HybridTime | undefined {
		const entry = this.#entries.findLast(({ kind }) => kind === 'intent');
		return entry?.kind === 'intent' ? entry.intent.at : undefined;
	}

	/** Takes a verified flush on; what is returned is called when it is on disk. */
	add(verified: Verified & { readonly kind: 'next' }, seq = this.#seq + 1): () => void {
		const { flush, position, entries } = verified;
		return this.#take({ position, entries, seq, signature: flush.kind === 'void' ? undefined : flush.signature });
	}

	addOwn(flush: OwnFlush): () => void {
		const { position, signature } = flush;
		const entries = flush.intents.map((intent) => ({ kind: 'intent', n: intent.n, intent }) as const);
		return this.#take({ position, entries, signature, seq: this.#seq + 1 });
	}

	/** Sets the last number of the stream, where its last entries were of no use. */
	continueAt(lastSeq: number): void {
		this.#seq = lastSeq;
	}

	/** The last entry of the stream that holds nothing above `n`. */
	seqCovering(n: number): number {
		return this.#sections.findLast(({ last }) => last <= n)?.seq ?? 0;
	}

	/** The number of the last entry in each entry of the stream. */
	ends(): ReadonlyMap<number, number> {
		return new Map(this.#sections.map(({ seq, last }) => [seq, last]));
	}

	/** Durable entries above `n`; what is no intent closes its number as a void. */
	after(n: number): readonly Intent[] {
		const durable = this.#durable?.n ?? 0;
		return this.#entries.filter((entry) => entry.n > n && entry.n <= durable).map((entry) => this.#intent(entry));
	}

	/** Up to which number what comes after `n` was trimmed, here or by whom it came from; `n` where nothing is missing. */
	trimmedAfter(n: number): number {
		const durable = this.#durable?.n ?? 0;
		const next = this.#entries.find((entry) => entry.n > n && entry.n <= durable);
		return Math.max(n, next ? next.n - 1 : durable);
	}

	/** Whether entries of it are here. */
	get isEmpty(): boolean {
		return this.#entries.length === 0;
	}

	/** Cuts at the last flush that ends at or below `stable`; answers what to write, if there is anything to cut. */
	trim(project: string, stable: number): { readonly through: number; readonly snapshot: Uint8Array } | undefined {
		const durable = Math.min(stable, this.#durable?.n ?? 0);
		const at = this.#sections.findLastIndex(({ last, signature }) => last <= durable && signature !== undefined);
		const section = this.#sections[at];
		if (!section?.signature || !this.#entries.some((entry) => entry.n <= section.last)) return undefined;
		const { position, signature, seq } = section;
		this.#sections = this.#sections.slice(at);
		this.#entries = this.#entries.filter((entry) => entry.n > position.n);
		const publicKey = toBase64(position.publicKey);
		const { n, hash } = position;
		const snapshot = encodeFlush({
			v: 1,
			kind: 'trimmed',
			project,
			author: this.author,
			n,
			hash,
			publicKey,
			signature,
		});
		return { through: seq, snapshot };
	}

	#take(part: Omit<Section, 'last'> & { readonly entries: readonly LogEntry[] }): () => void {
		const { position, entries, seq, signature } = part;
		this.position = position;
		this.#seq = seq;
		this.#sections.push({ last: position.n, seq, position, signature });
		this.#entries.push(...entries);
		return () => {
			this.#durable = position;
		};
	}

	#intent(entry: LogEntry): Intent {
		if (entry.kind === 'intent') return entry.intent;
		const { n, reason } = entry;
		return { author: this.author, n, at: [0, 0], by: 'system', item: '', event: 'void', args: { reason } };
	}
}

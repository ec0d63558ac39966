/**
 * The last flush of the authors that wrote last, so that what has just become durable is passed on without being read
 * back from the disk. A few and small ones; everything else is read.
 */
import type { AuthorId } from '../ports/index.ts';

/** Authors that write at about the same time. */
const flushesMax = 16;
const bytesMax = 64 * 1024;

export interface RecentFlush {
	readonly author: AuthorId;
	/** The number of the entry before its first one. */
	readonly after: number;
	readonly upTo: number;
	readonly bytes: Uint8Array;
}

export class RecentFlushes {
	readonly #flushes = new Map<AuthorId, RecentFlush>();

	/** `flush` is on disk. */
	note(flush: RecentFlush): void {
		this.#flushes.delete(flush.author);
		if (flush.bytes.byteLength > bytesMax) return;
		this.#flushes.set(flush.author, flush);
		const [oldest] = this.#flushes.keys();
		if (this.#flushes.size > flushesMax && oldest) this.#flushes.delete(oldest);
	}

	/** What is cut from the disk is passed on to nobody: who heard it then would keep it for ever. */
	forget(author: AuthorId): void {
		this.#flushes.delete(author);
	}

	/** The last flush of an author if it begins right behind entry `n`. */
	find(author: AuthorId, n: number): RecentFlush | undefined {
		const flush = this.#flushes.get(author);
		return flush?.after === n ? flush : undefined;
	}
}

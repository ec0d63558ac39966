/**
 * Reads a whole store once, at open, and says what of it can be trusted. LevelDB opens without an error after a flipped
 * byte and serves what is left; so streams are hash-chained, each has a head written in the same batch as its entries,
 * and every batch leaves a numbered marker, which shows a lost batch even where it only changed records. A tail that
 * vanished with its markers shows against the mark beside the store, as far as that had been written (see Mark).
 */
import type { Disk, DiskPair } from './disk.ts';
import {
	batchKey,
	decodeEntry,
	decodeHead,
	decodeMarker,
	decodeRecord,
	decodeSchema,
	encodeHead,
	encodeMarker,
	encodeSchema,
	everything,
	type Head,
	headKey,
	originOf,
	parseKey,
	type StoredEntry,
	schemaKey,
	schemaNumber,
} from './layout.ts';

/** The name under which damage is reported that cannot be put to one stream. */
export const wholeStore = '*';

export interface Fault {
	/** A stream, `record:<key>`, or `*` for the store itself. */
	readonly stream: string;
	readonly from: number;
	readonly reason: string;
}

/** The readable beginning of a stream. */
export interface StreamState {
	/** Number of the first entry or of the snapshot it begins with. */
	readonly first: number;
	readonly seq: number;
	/** What the next entry names as the one before it. */
	readonly hash: Buffer;
}

export interface Inspection {
	/** Undefined when the store is new or has lost it. */
	readonly schema: number | undefined;
	readonly streams: ReadonlyMap<string, StreamState>;
	readonly faults: readonly Fault[];
	/** The last batch that was ever on disk, as far as is known. */
	readonly batch: number;
	readonly base: number;
	readonly badRecords: ReadonlySet<string>;
}

interface Chain extends StreamState {
	readonly last: 'entry' | 'snapshot';
}

/** Verifies everything. Throws nothing of what it finds: it is all in `faults`. */
export async function inspect(disk: Disk): Promise<Inspection> {
	const inspector = new Inspector();
	try {
		for await (const pair of disk.scan(everything)) inspector.see(pair);
	} catch (error) {
		inspector.unreadable(error);
	}
	return inspector.finish(disk.mark?.batch ?? 0);
}

/** What is left of the store when all faults are cut out: the pairs of a store that verifies. */
export async function* remains(disk: Disk, found: Inspection, batch: number): AsyncIterable<DiskPair> {
	yield [schemaKey, encodeSchema(schemaNumber)];
	yield [batchKey(batch), encodeMarker(batch, batch)];
	for (const [stream, state] of found.streams) yield [headKey(stream), encodeHead(stream, state)];
	try {
		for await (const pair of disk.scan(everything)) if (isKept(pair[0], found)) yield pair;
	} catch {
		// The part that cannot be read is a fault already; what could be read has been given.
	}
}

function isKept(text: string, found: Inspection): boolean {
	const key = parseKey(text);
	if (key.kind === 'record') return !found.badRecords.has(key.key);
	if (key.kind !== 'entry') return false;
	const state = found.streams.get(key.stream);
	return state !== undefined && key.seq >= state.first && key.seq <= state.seq;
}

class Inspector {
	#pairs = 0;
	#schema: number | undefined;
	readonly #heads = new Map<string, Head | undefined>();
	readonly #chains = new Map<string, Chain>();
	readonly #broken = new Map<string, { readonly from: number; readonly reason: string }>();
	readonly #badRecords = new Set<string>();
	readonly #faults: Fault[] = [];
	readonly #batches = new BatchMarkers();

	see([text, value]: DiskPair): void {
		this.#pairs++;
		const key = parseKey(text);
		if (key.kind === 'schema') this.#schema = decodeSchema(value);
		else if (key.kind === 'batch') this.#batches.see(key.batch, value);
		else if (key.kind === 'head') this.#heads.set(key.stream, decodeHead(key.stream, value));
		else if (key.kind === 'entry') this.#seeEntry(key.stream, key.seq, value);
		else if (key.kind === 'record') this.#seeRecord(key.key, value);
		else this.#faults.push(fault(wholeStore, 0, `holds the unknown key ${JSON.stringify(text.slice(0, 80))}`));
	}

	unreadable(error: unknown): void {
		this.#pairs++;
		const why = error instanceof Error ? error.message : String(error);
		this.#faults.push(fault(wholeStore, 0, `part of it cannot be read: ${why}`));
	}

	finish(markedBatch: number): Inspection {
		const isNew = this.#pairs === 0;
		if (!isNew && this.#schema === undefined) {
			this.#faults.push(fault(wholeStore, 0, 'its schema number is missing or not what was written'));
		}
		for (const stream of new Set([...this.#heads.keys(), ...this.#chains.keys(), ...this.#broken.keys()])) {
			this.#judge(stream);
		}
		if (!isNew || markedBatch > 0) this.#faults.push(...this.#batches.faults(markedBatch));
		return {
			schema: this.#schema,
			streams: this.#chains,
			faults: this.#faults,
			batch: Math.max(this.#batches.last, markedBatch),
			base: this.#batches.base,
			badRecords: this.#badRecords,
		};
	}

	#seeEntry(stream: string, seq: number, value: Uint8Array): void {
		if (this.#broken.has(stream)) return;
		const chain = this.#chains.get(stream);
		const entry = decodeEntry(stream, seq, value);
		const reason = entry ? whyNotNext(stream, entry, chain) : `entry ${seq} is not what was written`;
		if (!entry || reason) this.#broken.set(stream, { from: (chain?.seq ?? 0) + 1, reason: reason ?? '' });
		else this.#chains.set(stream, { first: chain?.first ?? seq, seq, hash: entry.hash, last: entry.kind });
	}

	#seeRecord(key: string, value: Uint8Array): void {
		if (decodeRecord(key, value)) return;
		this.#badRecords.add(key);
		this.#faults.push(fault(`record:${key}`, 0, 'is not what was written'));
	}

	/** Holds a stream's chain against its head. */
	#judge(stream: string): void {
		const chain = this.#chains.get(stream);
		const broken = this.#broken.get(stream);
		const head = this.#heads.get(stream);
		const next = (chain?.seq ?? 0) + 1;
		if (broken) this.#faults.push(fault(stream, broken.from, broken.reason));
		else if (!head) this.#faults.push(fault(stream, next, 'its head is missing or not what was written'));
		else if (head.seq >= next) this.#faults.push(fault(stream, next, `entries ${next} to ${head.seq} are missing`));
		else if (head.seq < next - 1) this.#faults.push(fault(stream, head.seq + 1, `its head is at ${head.seq} only`));
		else if (chain?.last === 'entry' && !head.hash.equals(chain.hash)) {
			this.#faults.push(fault(stream, next, 'its head names another last entry'));
		} else if (chain?.last === 'snapshot') this.#chains.set(stream, { ...chain, hash: head.hash });
	}
}

/** Follows the markers of batches, which come in order. */
class BatchMarkers {
	last = 0;
	base = 1;
	readonly #gaps: { readonly from: number; readonly to: number }[] = [];
	#first = 0;

	see(batch: number, value: Uint8Array): void {
		const marker = decodeMarker(batch, value);
		if (!marker) return;
		if (this.#first === 0) this.#first = batch;
		else if (batch > this.last + 1) this.#gaps.push({ from: this.last + 1, to: batch - 1 });
		this.last = batch;
		this.base = marker.base;
	}

	faults(markedBatch: number): readonly Fault[] {
		const gaps = this.#gaps.filter((gap) => gap.to >= this.base);
		if (this.#first > this.base) gaps.unshift({ from: this.base, to: this.#first - 1 });
		if (markedBatch > this.last) gaps.push({ from: this.last + 1, to: markedBatch });
		if (this.last === 0 && gaps.length === 0) gaps.push({ from: 1, to: 1 });
		return gaps.map(({ from, to }) =>
			fault(wholeStore, from, from === to ? `batch ${from} has vanished` : `batches ${from} to ${to} have vanished`),
		);
	}
}

/** Why `entry` cannot stand behind `chain`; undefined when it can. */
function whyNotNext(stream: string, entry: StoredEntry, chain: Chain | undefined): string | undefined {
	if (entry.kind === 'snapshot') return chain ? `snapshot ${entry.seq} stands among entries` : undefined;
	const expected = chain ? chain.seq + 1 : 1;
	if (entry.seq !== expected) return `entries ${expected} to ${entry.seq - 1} are missing`;
	const isLinked = chain?.last === 'snapshot' || entry.previous.equals(chain?.hash ?? originOf(stream));
	return isLinked ? undefined : `entry ${entry.seq} does not follow the one before it`;
}

const fault = (stream: string, from: number, reason: string): Fault => ({ stream, from, reason });

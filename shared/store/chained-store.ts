/**
 * The store itself, over any disk: streams and records, one synced batch for all that a turn of the loop wrote, never
 * two batches in flight. Sequence numbers are given when `write` is called, so the order of calls is the order on disk;
 * readers see only what is durable. After the first batch that fails nothing is written any more (the disk may have
 * kept part of it in a cache that a second sync would call clean): only opening again tells what is there. The same
 * after a write that was refused because the disk hangs: taking a later one would leave a hole in a stream [I6].
 */
import {
	assert,
	type Damage,
	type GanglineError,
	ganglineError,
	type JsonValue,
	type Store,
	type StoreWrite,
	type StreamEntry,
} from '../ports/index.ts';
import type { Disk, DiskOp } from './disk.ts';
import { encodePairs } from './dump.ts';
import type { Inspection, StreamState } from './inspect.ts';
import {
	batchKey,
	decodeEntry,
	decodeRecord,
	encodeEntry,
	encodeHead,
	encodeMarker,
	encodeRecord,
	entriesFrom,
	entryKey,
	everything,
	headKey,
	namePattern,
	originOf,
	parseKey,
	schemaNumber,
	valueKey,
	valuesWith,
} from './layout.ts';
import {
	entryBytesMax,
	markedBytesMin,
	markersDroppedPerBatch,
	recordBytesMax,
	snapshotBytesMax,
	waitingBytesMax,
} from './limits.ts';

/** Stands for the last number of a stream that was taken away. */
const gone = 0;

interface Batch {
	readonly ops: DiskOp[];
	/** Last numbers of the streams that it changes. */
	readonly seqs: Map<string, number>;
	readonly waiting: { readonly resolve: () => void; readonly reject: (error: GanglineError) => void }[];
	bytes: number;
}

export class ChainedStore implements Store {
	readonly damaged: readonly Damage[];
	readonly #disk: Disk;
	/** What has been given out, ahead of the disk by at most the batch in flight and the one that gathers. */
	readonly #assigned: Map<string, StreamState>;
	readonly #durable: Map<string, number>;
	#gathering: Batch | undefined;
	#isFlushing = false;
	#failure: GanglineError | undefined;
	#closing: Promise<void> | undefined;
	#onIdle: (() => void) | undefined;
	#batch: number;
	#base: number;
	/** Markers below are no longer needed. */
	#dropBelow: number;
	#section: { start: number; bytes: number };

	/** Takes a disk that was inspected and found (or made) sound. */
	constructor(disk: Disk, found: Inspection, damaged: readonly Damage[]) {
		this.#disk = disk;
		this.damaged = damaged;
		this.#assigned = new Map(found.streams);
		this.#durable = new Map([...found.streams].map(([stream, state]) => [stream, state.seq]));
		this.#batch = found.batch;
		this.#base = found.base;
		this.#dropBelow = found.batch;
		this.#section = { start: found.batch + 1, bytes: 0 };
	}

	async write(writes: readonly StoreWrite[]): Promise<void> {
		if (this.#closing) throw ganglineError('STOPPING', `the store ${this.#disk.path} is closed: nothing was written`);
		if (this.#failure) throw this.#failure;
		const bytes = this.#check(writes);
		this.#gathering ??= { ops: [], seqs: new Map(), waiting: [], bytes: 0 };
		const batch = this.#gathering;
		for (const write of writes) this.#add(batch, write);
		batch.bytes += bytes;
		const done = new Promise<void>((resolve, reject) => batch.waiting.push({ resolve, reject }));
		this.#flushAfterTurn();
		return done;
	}

	async read(stream: string, after = 0): Promise<readonly StreamEntry[]> {
		checkName('stream', stream);
		const entries: StreamEntry[] = [];
		for await (const [key, value] of this.#disk.scan(entriesFrom(stream, after + 1))) {
			const parsed = parseKey(key);
			const entry = parsed.kind === 'entry' ? decodeEntry(stream, parsed.seq, value) : undefined;
			if (!entry) throw this.#damagedSinceOpen(`the stream ${stream} near entry ${after + entries.length + 1}`);
			entries.push({ seq: entry.seq, kind: entry.kind, bytes: entry.bytes });
		}
		return entries;
	}

	lastSeq(stream: string): number {
		return this.#durable.get(stream) ?? 0;
	}

	streams(): readonly string[] {
		return [...this.#durable.keys()].sort();
	}

	async get(key: string): Promise<JsonValue | undefined> {
		checkName('record', key);
		const bytes = await this.#disk.get(valueKey(key));
		return bytes && this.#decode(key, bytes);
	}

	async list(prefix: string): Promise<readonly { readonly key: string; readonly value: JsonValue }[]> {
		if (prefix !== '') checkName('record', prefix);
		const records: { key: string; value: JsonValue }[] = [];
		for await (const [text, bytes] of this.#disk.scan(valuesWith(prefix))) {
			const key = text.slice(2);
			records.push({ key, value: this.#decode(key, bytes) });
		}
		return records;
	}

	dump(): AsyncIterable<Uint8Array> {
		return encodePairs(this.#disk.scan(everything));
	}

	close(): Promise<void> {
		this.#closing ??= this.#drainAndClose();
		return this.#closing;
	}

	async #drainAndClose(): Promise<void> {
		if (this.#isFlushing) await new Promise<void>((resolve) => (this.#onIdle = resolve));
		await this.#disk.close();
	}

	/** Refuses before anything is numbered: a write is wholly in its batch or not at all. Answers its size. */
	#check(writes: readonly StoreWrite[]): number {
		let total = this.#gathering?.bytes ?? 0;
		for (const write of writes) {
			if (write.kind === 'append') total += checkBytes(`an entry of ${write.stream}`, write.bytes, entryBytesMax);
			else if (write.kind === 'compact') {
				total += checkBytes(`a snapshot of ${write.stream}`, write.snapshot, snapshotBytesMax);
			} else if (write.kind === 'put') {
				total += checkBytes(`the record ${write.key}`, encodeRecord(write.key, write.value), recordBytesMax);
			}
			checkName('key' in write ? 'record' : 'stream', 'key' in write ? write.key : write.stream);
		}
		if (total > waitingBytesMax) {
			throw this.#fail(
				[],
				ganglineError(
					'STORE_FAILED',
					`${total} bytes wait for the disk of ${this.#disk.path}, at most ${waitingBytesMax} may: the disk hangs`,
					{ hint: `Look whether the disk answers (ls ${this.#disk.path}), then start again.` },
				),
			);
		}
		this.#checkCompactions(writes);
		return total - (this.#gathering?.bytes ?? 0);
	}

	#checkCompactions(writes: readonly StoreWrite[]): void {
		const appended = new Map<string, number>();
		for (const write of writes) {
			if (write.kind === 'append') appended.set(write.stream, (appended.get(write.stream) ?? 0) + 1);
			if (write.kind !== 'compact') continue;
			const state = this.#assigned.get(write.stream);
			const last = (state?.seq ?? 0) + (appended.get(write.stream) ?? 0);
			const first = state?.first ?? 1;
			if (!Number.isSafeInteger(write.through) || write.through < first || write.through > last) {
				throw ganglineError(
					'INVALID_ARGUMENT',
					`cannot compact ${write.stream} through ${write.through}: it has the entries ${first} to ${last}`,
				);
			}
		}
	}

	#add(batch: Batch, write: StoreWrite): void {
		if (write.kind === 'put') {
			batch.ops.push({ kind: 'put', key: valueKey(write.key), value: encodeRecord(write.key, write.value) });
		} else if (write.kind === 'delete') batch.ops.push({ kind: 'delete', key: valueKey(write.key) });
		else if (write.kind === 'append') this.#append(batch, write.stream, write.bytes);
		else if (write.kind === 'drop') this.#drop(batch, write.stream);
		else this.#compact(batch, write);
	}

	#append(batch: Batch, stream: string, bytes: Uint8Array): void {
		const before = this.#assigned.get(stream);
		const seq = (before?.seq ?? 0) + 1;
		const previous = before?.hash ?? originOf(stream);
		const { value, hash } = encodeEntry(stream, { seq, kind: 'entry', previous, bytes });
		batch.ops.push(
			{ kind: 'put', key: entryKey(stream, seq), value },
			{ kind: 'put', key: headKey(stream), value: encodeHead(stream, { seq, hash }) },
		);
		batch.seqs.set(stream, seq);
		this.#assigned.set(stream, { first: before?.first ?? seq, seq, hash });
	}

	#compact(batch: Batch, write: StoreWrite & { readonly kind: 'compact' }): void {
		const { stream, through } = write;
		const state = this.#assigned.get(stream);
		assert(state, 'a compaction was checked before it is added');
		for (let seq = state.first; seq < through; seq++) {
			batch.ops.push({ kind: 'delete', key: entryKey(stream, seq) });
		}
		const snapshot = { seq: through, kind: 'snapshot', previous: originOf(stream), bytes: write.snapshot } as const;
		batch.ops.push({ kind: 'put', key: entryKey(stream, through), value: encodeEntry(stream, snapshot).value });
		this.#assigned.set(stream, { ...state, first: through });
	}

	#drop(batch: Batch, stream: string): void {
		const state = this.#assigned.get(stream);
		if (!state) return;
		for (let seq = state.first; seq <= state.seq; seq++) {
			batch.ops.push({ kind: 'delete', key: entryKey(stream, seq) });
		}
		batch.ops.push({ kind: 'delete', key: headKey(stream) });
		batch.seqs.set(stream, gone);
		this.#assigned.delete(stream);
	}

	#flushAfterTurn(): void {
		if (this.#isFlushing) return;
		this.#isFlushing = true;
		this.#disk.afterTurn(() => void this.#flush());
	}

	async #flush(): Promise<void> {
		const batch = this.#gathering;
		this.#gathering = undefined;
		if (batch) await this.#commit(batch);
		this.#isFlushing = false;
		if (this.#gathering && !this.#failure) this.#flushAfterTurn();
		else this.#onIdle?.();
	}

	async #commit(batch: Batch): Promise<void> {
		const number = this.#batch + 1;
		this.#addMarker(batch, number);
		try {
			await this.#disk.commit(batch.ops);
		} catch (cause) {
			this.#fail(batch.waiting, this.#diskFailed(cause));
			return;
		}
		this.#batch = number;
		this.#disk.note({ schema: schemaNumber, batch: number });
		for (const [stream, seq] of batch.seqs) {
			if (seq === gone) this.#durable.delete(stream);
			else this.#durable.set(stream, seq);
		}
		for (const { resolve } of batch.waiting) resolve();
	}

	#addMarker(batch: Batch, number: number): void {
		const section = this.#section;
		section.bytes += batch.bytes;
		if (section.bytes > markedBytesMin) {
			this.#dropBelow = section.start;
			this.#section = { start: number, bytes: 0 };
		}
		const base = Math.min(this.#base + markersDroppedPerBatch, Math.max(this.#dropBelow, this.#base));
		for (let old = this.#base; old < base; old++) batch.ops.push({ kind: 'delete', key: batchKey(old) });
		this.#base = base;
		batch.ops.push({ kind: 'put', key: batchKey(number), value: encodeMarker(number, base) });
	}

	/** From now on nothing is written; who waits for what no disk has seen, and `waiting`, hears it. Answers the failure. */
	#fail(waiting: Batch['waiting'], failure: GanglineError): GanglineError {
		this.#failure ??= failure;
		const unwritten = this.#gathering?.waiting ?? [];
		this.#gathering = undefined;
		for (const { reject } of [...waiting, ...unwritten]) reject(failure);
		return failure;
	}

	#diskFailed(cause: unknown): GanglineError {
		return ganglineError(
			'STORE_FAILED',
			`could not write to the store ${this.#disk.path}: ${cause instanceof Error ? cause.message : String(cause)}`,
			{ hint: `Look for room and errors on that disk (df -h ${this.#disk.path}), then start again.`, cause },
		);
	}

	#decode(key: string, bytes: Uint8Array): JsonValue {
		const record = decodeRecord(key, bytes);
		if (!record) throw this.#damagedSinceOpen(`the record ${key}`);
		return record.value;
	}

	#damagedSinceOpen(what: string): GanglineError {
		return ganglineError('STORE_DAMAGED', `${what} in ${this.#disk.path} is not what was written`, {
			hint: 'Start again: the damage is then set aside, and what is missing is fetched from other nodes.',
		});
	}
}

function checkName(what: 'stream' | 'record', name: string): void {
	if (namePattern.test(name)) return;
	throw ganglineError(
		'INVALID_ARGUMENT',
		`${JSON.stringify(name.slice(0, 250))} cannot name a ${what}: expected 1 to 240 printable characters without space, ! and "`,
	);
}

function checkBytes(what: string, bytes: Uint8Array, max: number): number {
	if (bytes.byteLength <= max) return bytes.byteLength;
	throw ganglineError('TOO_LARGE', `${what} has ${bytes.byteLength} bytes, at most ${max} are kept`);
}

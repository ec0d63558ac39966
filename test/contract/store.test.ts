/** The Store port: one suite, run on LevelDB in a temporary folder and on the twin in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store, StoreWrite } from '../../shared/ports/index.ts';
import { openSimStore, SimDisk, SimLog } from '../../shared/ports/sim/index.ts';
import { entryBytesMax, incarnationOf, openStore, recordBytesMax } from '../../shared/store/index.ts';

interface Subject {
	open(): Promise<Store>;
	remove(): void;
}

function levelSubject(): Subject {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-store-'));
	return {
		open: () => openStore(join(folder, 'a b', 'störe'), { log: new SimLog() }),
		remove: () => rmSync(folder, { recursive: true }),
	};
}

function simSubject(): Subject {
	const disk = new SimDisk();
	return { open: () => openSimStore(disk), remove: () => {} };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const append = (stream: string, text: string): StoreWrite => ({ kind: 'append', stream, bytes: bytes(text) });
const texts = async (store: Store, stream: string, after?: number): Promise<string[]> =>
	(await store.read(stream, after)).map(
		(entry) => `${entry.seq}${entry.kind === 'snapshot' ? '*' : ''} ${new TextDecoder().decode(entry.bytes)}`,
	);

describe.each([
	['LevelStore', levelSubject],
	['SimStore', simSubject],
] as const)('%s', (_, makeSubject) => {
	let subject: Subject;
	let store: Store;

	beforeEach(async () => {
		subject = makeSubject();
		store = await subject.open();
	});

	afterEach(async () => {
		await store.close();
		subject.remove();
	});

	async function reopen(): Promise<void> {
		await store.close();
		store = await subject.open();
	}

	it('[I6] has after reopening what it acknowledged', async () => {
		await store.write([append('a', 'one'), { kind: 'put', key: 'k/1', value: { deep: [1, null, 'ü'] } }]);
		await store.write([append('a', 'two'), append('b', 'other')]);
		await reopen();
		expect(store.damaged).toEqual([]);
		expect(await texts(store, 'a')).toEqual(['1 one', '2 two']);
		expect(await texts(store, 'b')).toEqual(['1 other']);
		expect(await store.get('k/1')).toEqual({ deep: [1, null, 'ü'] });
		expect(store.streams()).toEqual(['a', 'b']);
		expect(store.lastSeq('a')).toBe(2);
		expect(await incarnationOf(store)).toBe(1);
	});

	it('numbers entries in the order of the calls, over all that run at once', async () => {
		const writes = Array.from({ length: 200 }, (_, i) => store.write([append('a', `${i}`)]));
		await Promise.all(writes);
		expect(await texts(store, 'a')).toEqual(Array.from({ length: 200 }, (_, i) => `${i + 1} ${i}`));
	});

	it('shows nothing before it is durable', async () => {
		const written = store.write([append('a', 'one'), { kind: 'put', key: 'k', value: 1 }]);
		expect(store.lastSeq('a')).toBe(0);
		expect(store.streams()).toEqual([]);
		await written;
		expect(store.lastSeq('a')).toBe(1);
	});

	it('keeps a copy: what the caller changes afterwards does not matter', async () => {
		const mine = bytes('one');
		const written = store.write([{ kind: 'append', stream: 'a', bytes: mine }]);
		mine.fill(0);
		await written;
		expect(await texts(store, 'a')).toEqual(['1 one']);
	});

	it('reads after a number, oldest first', async () => {
		await store.write(['a', 'b', 'c'].map((text) => append('s', text)));
		expect(await texts(store, 's', 1)).toEqual(['2 b', '3 c']);
		expect(await texts(store, 's', 3)).toEqual([]);
		expect(await texts(store, 'nothing')).toEqual([]);
		expect(store.lastSeq('nothing')).toBe(0);
	});

	it('keeps streams apart whose names begin alike', async () => {
		await store.write([append('a', 'x'), append('a/b', 'y'), append('a#', 'z'), append('a~', 'w')]);
		expect(await texts(store, 'a')).toEqual(['1 x']);
		await reopen();
		expect(store.damaged).toEqual([]);
		expect(store.streams()).toEqual(['a', 'a#', 'a/b', 'a~']);
	});

	it('replaces covered entries by a snapshot in one batch and goes on numbering', async () => {
		await store.write(['a', 'b', 'c', 'd'].map((text) => append('s', text)));
		await store.write([{ kind: 'compact', stream: 's', through: 3, snapshot: bytes('abc') }]);
		expect(await texts(store, 's')).toEqual(['3* abc', '4 d']);
		expect(await texts(store, 's', 1)).toEqual(['3* abc', '4 d']);
		expect(await texts(store, 's', 3)).toEqual(['4 d']);
		await store.write([
			append('s', 'e'),
			{ kind: 'compact', stream: 's', through: 5, snapshot: bytes('abcde') },
			append('s', 'f'),
		]);
		await reopen();
		expect(store.damaged).toEqual([]);
		expect(await texts(store, 's')).toEqual(['5* abcde', '6 f']);
		await store.write([{ kind: 'compact', stream: 's', through: 6, snapshot: bytes('all') }]);
		await reopen();
		await store.write([append('s', 'g')]);
		await reopen();
		expect(store.damaged).toEqual([]);
		expect(await texts(store, 's')).toEqual(['6* all', '7 g']);
	});

	it('takes a stream away in one batch with what comes in its place, and begins it again at 1', async () => {
		await store.write(['a', 'b'].map((text) => append('old', text)));
		await store.write([append('old', 'c'), { kind: 'drop', stream: 'old' }, append('new', 'abc')]);
		expect(store.streams()).toEqual(['new']);
		expect(store.lastSeq('old')).toBe(0);
		await reopen();
		expect(store.damaged).toEqual([]);
		expect(await texts(store, 'old')).toEqual([]);
		expect(await texts(store, 'new')).toEqual(['1 abc']);
		await store.write([{ kind: 'drop', stream: 'never' }, { kind: 'drop', stream: 'new' }, append('new', 'x')]);
		await store.write([append('old', 'again')]);
		await reopen();
		expect(store.damaged).toEqual([]);
		expect(await texts(store, 'new')).toEqual(['1 x']);
		expect(await texts(store, 'old')).toEqual(['1 again']);
	});

	it('refuses a compaction beyond the end or before the beginning, and writes nothing of that call', async () => {
		await store.write([append('s', 'a'), append('s', 'b')]);
		await store.write([{ kind: 'compact', stream: 's', through: 2, snapshot: bytes('ab') }]);
		for (const through of [0, 1, 3, 1.5]) {
			const call = store.write([append('t', 'x'), { kind: 'compact', stream: 's', through, snapshot: bytes('?') }]);
			await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		}
		await expect(
			store.write([{ kind: 'compact', stream: 'none', through: 1, snapshot: bytes('') }]),
		).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		expect(store.streams()).toEqual(['s']);
	});

	it('overwrites, lists by prefix in order, and deletes records', async () => {
		const put = (key: string, value: number): StoreWrite => ({ kind: 'put', key, value });
		await store.write([put('run/2', 2), put('run/1', 1), put('runs', 9), put('other', 0)]);
		await store.write([put('run/2', 3), { kind: 'delete', key: 'other' }, { kind: 'delete', key: 'never' }]);
		expect(await store.list('run/')).toEqual([
			{ key: 'run/1', value: 1 },
			{ key: 'run/2', value: 3 },
		]);
		expect(await store.get('other')).toBeUndefined();
		expect((await store.list('')).map(({ key }) => key)).toContain('runs');
	});

	it('[I15] refuses what is too large, naming the bound, and takes what just fits', async () => {
		const large = new Uint8Array(entryBytesMax + 1);
		await expect(store.write([{ kind: 'append', stream: 'a', bytes: large }])).rejects.toMatchObject({
			code: 'TOO_LARGE',
			message: expect.stringContaining(String(entryBytesMax)),
		});
		const record: StoreWrite = { kind: 'put', key: 'k', value: 'x'.repeat(recordBytesMax) };
		await expect(store.write([record])).rejects.toMatchObject({ code: 'TOO_LARGE' });
		await store.write([{ kind: 'append', stream: 'a', bytes: large.subarray(1) }]);
		expect(store.lastSeq('a')).toBe(1);
	});

	it.each(['', 'with space', 'with!mark', 'quote"', 'ü', 'x'.repeat(241)])('refuses the name %j', async (name) => {
		await expect(store.write([append(name, '')])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		await expect(store.get(name)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
	});

	it('writes what was asked before closing and refuses what comes after', async () => {
		const before = store.write([append('a', 'last')]);
		const closing = store.close();
		await expect(store.write([append('a', 'late')])).rejects.toMatchObject({ code: 'STOPPING' });
		await before;
		await closing;
		await store.close();
		store = await subject.open();
		expect(await texts(store, 'a')).toEqual(['1 last']);
	});

	it('is held by one at a time', async () => {
		await expect(subject.open()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
		await store.write([append('a', 'still mine')]);
		expect(store.lastSeq('a')).toBe(1);
	});

	it('answers an empty write when the batch of its turn is on disk', async () => {
		const first = store.write([append('a', 'one')]);
		await store.write([]);
		expect(store.lastSeq('a')).toBe(1);
		await first;
	});
});

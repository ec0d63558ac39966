/** What the store says after its disk has failed it: everything that is missing is named, as far as it can be known. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Store, StoreWrite } from '../../../shared/ports/index.ts';
import { openSimStore, SimDisk, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { incarnationOf, wholeStore } from '../../../shared/store/index.ts';

const append = (stream: string, text: string): StoreWrite => ({ kind: 'append', stream, bytes: Buffer.from(text) });
const texts = async (store: Store, stream: string): Promise<string[]> =>
	(await store.read(stream)).map((entry) => Buffer.from(entry.bytes).toString());
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a store whose disk fails', () => {
	let disk: SimDisk;
	let store: Store;

	beforeEach(async () => {
		disk = new SimDisk();
		store = await openSimStore(disk);
	});

	it('[I6] has after a crash what it acknowledged, and whole batches only', async () => {
		await store.write([append('a', 'kept')]);
		disk.holdSyncs();
		let isAcknowledged = false;
		void store.write([append('a', 'lost'), append('b', 'lost')]).then(() => {
			isAcknowledged = true;
		});
		await turn();
		await turn();
		disk.crash();
		const again = await openSimStore(disk);
		expect(isAcknowledged).toBe(false);
		expect(again.damaged).toEqual([]);
		expect(await texts(again, 'a')).toEqual(['kept']);
		expect(again.streams()).toEqual(['a']);
	});

	it('puts all calls of one turn into one batch, and what comes meanwhile into the next', async () => {
		const before = disk.batches;
		disk.holdSyncs();
		const writes = [store.write([append('a', '1')]), store.write([append('a', '2'), append('b', '1')])];
		await turn();
		for (let i = 3; i < 10; i++) {
			writes.push(store.write([append('a', String(i))]));
			await turn();
		}
		disk.releaseSyncs();
		await Promise.all(writes);
		expect(disk.batches).toBe(before + 2);
		expect((await texts(store, 'a')).join('')).toBe('123456789');
	});

	it('fails closed: a sync that failed fails its batch, what waits, and all that follows', async () => {
		disk.holdSyncs();
		disk.failNextSync(new Error('no space left on device'));
		const first = store.write([append('a', '1')]);
		await turn();
		const second = store.write([append('a', '2')]);
		disk.releaseSyncs();
		for (const write of [first, second]) {
			await expect(write).rejects.toMatchObject({
				code: 'STORE_FAILED',
				message: expect.stringContaining('no space left on device'),
			});
		}
		await expect(store.write([append('a', '3')])).rejects.toMatchObject({ code: 'STORE_FAILED' });
		expect(store.lastSeq('a')).toBe(0);
		await store.close();
		disk.crash();
		const again = await openSimStore(disk);
		await again.write([append('a', '1')]);
		expect(await texts(again, 'a')).toEqual(['1']);
	});

	it('[I6] fails closed where too much waits for the disk: nothing later is taken over the hole', async () => {
		disk.holdSyncs();
		const first = store.write([append('a', '1')]);
		await turn();
		const hangs = { code: 'STORE_FAILED', message: expect.stringContaining('the disk hangs') };
		const gathering = expect(store.write([append('a', '2')])).rejects.toMatchObject(hangs);
		const mebibyte = Buffer.alloc(1024 * 1024);
		const tooMuch = Array.from({ length: 257 }, (): StoreWrite => ({ kind: 'append', stream: 'a', bytes: mebibyte }));
		await expect(store.write(tooMuch)).rejects.toMatchObject(hangs);
		await expect(store.write([append('a', '4')])).rejects.toMatchObject(hangs);
		await gathering;
		disk.releaseSyncs();
		await first;
		await store.close();
		expect(await texts(await openSimStore(disk), 'a')).toEqual(['1']);
	});

	it('names the stream that lost a batch, keeps what came before, and is sound again at the next opening', async () => {
		for (const text of ['1', '2', '3', '4']) await store.write([append('a', text), append('b', text)]);
		await store.write([append('b', '5')]);
		await store.close();
		disk.loseBatch(disk.batches - 3);
		const log = new SimLog();
		const again = await openSimStore(disk, { log });
		expect(again.damaged.map(({ stream, from }) => [stream, from])).toEqual([
			['a', 3],
			['b', 3],
			[wholeStore, 4],
		]);
		expect(log.of('store.damaged').length).toBe(3);
		expect(await texts(again, 'a')).toEqual(['1', '2']);
		await again.write([append('a', '3 again')]);
		await again.close();
		const sound = await openSimStore(disk);
		expect(sound.damaged).toEqual([]);
		expect(await texts(sound, 'a')).toEqual(['1', '2', '3 again']);
		expect(await incarnationOf(sound)).toBe(2);
	});

	it('notices a lost batch that held records only', async () => {
		await store.write([{ kind: 'put', key: 'k', value: 'old' }]);
		await store.write([{ kind: 'put', key: 'k', value: 'new' }]);
		await store.write([append('a', 'later')]);
		await store.close();
		disk.loseBatch(disk.batches - 2);
		const again = await openSimStore(disk);
		expect(again.damaged.map(({ stream, reason }) => [stream, reason])).toEqual([[wholeStore, 'batch 3 has vanished']]);
	});

	it('notices batches lost from the end, which left no trace but the mark', async () => {
		for (const text of ['1', '2', '3']) await store.write([append('a', text)]);
		await store.close();
		disk.loseBatch(disk.batches - 1);
		disk.loseBatch(disk.batches - 1);
		const again = await openSimStore(disk);
		expect(again.damaged.map(({ reason }) => reason)).toEqual(['batches 3 to 4 have vanished']);
		expect(await texts(again, 'a')).toEqual(['1']);
	});

	it('notices everything lost', async () => {
		await store.write([append('a', '1')]);
		await store.close();
		while (disk.batches > 0) disk.loseBatch(0);
		expect((await openSimStore(disk)).damaged.map(({ stream }) => stream)).toEqual([wholeStore]);
	});

	it('names each flipped bit in a value, wherever it is, and serves nothing that was changed', async () => {
		const random = new SimRandom('flips');
		const written = ['1', '2', '3', '4', '5'];
		for (let run = 0; run < 200; run++) {
			const flipped = new SimDisk(`flip ${run}`);
			const before = await openSimStore(flipped);
			for (const text of written) await before.write([append('a', text), { kind: 'put', key: 'k', value: text }]);
			await before.write([{ kind: 'compact', stream: 'a', through: 2, snapshot: Buffer.from('12') }]);
			await before.close();
			flipped.flipBit(random, (key) => !key.startsWith('b!'));
			const after = await openSimStore(flipped);
			const all = ['12', '3', '4', '5'];
			const now = await texts(after, 'a');
			expect(now).toEqual(all.slice(0, now.length));
			expect([undefined, '5']).toContain(await after.get('k'));
			expect(after.damaged.length).toBeGreaterThan(0);
		}
	});

	it('is of a later incarnation when a copy is put back', async () => {
		await store.write([append('a', '1')]);
		await store.close();
		const backup = disk.backup();
		store = await openSimStore(disk);
		await store.write([append('a', '2')]);
		await store.close();
		disk.restore(backup);
		store = await openSimStore(disk);
		expect(store.damaged).toEqual([]);
		expect(await incarnationOf(store)).toBe(2);
		await store.close();
		expect(await incarnationOf(await openSimStore(disk))).toBe(2);
	});
});

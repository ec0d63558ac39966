/** A dump is the store as it was at one moment, and what is made from it verifies and knows that it is a copy. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SimLog } from '../../../shared/ports/sim/index.ts';
import { incarnationOf, openStore, restoreStore } from '../../../shared/store/index.ts';

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
	for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function withStores(use: (folder: string) => Promise<void>): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline dump '));
	try {
		await use(folder);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const all: Uint8Array[] = [];
	for await (const chunk of chunks) all.push(chunk);
	return Buffer.concat(all);
}

const log = new SimLog();

describe('the dump of a store', () => {
	it.each([1, 7, 65_536])('[I6] read back in pieces of %i bytes has every entry and record, and is a copy', (size) =>
		withStores(async (folder) => {
			const store = await openStore(join(folder, 'a'), { log });
			const entries = Array.from({ length: 20 }, (_, i) => Buffer.from(`entry ${i} ü`));
			for (const bytes of entries) await store.write([{ kind: 'append', stream: 'log/x', bytes }]);
			await store.write([{ kind: 'put', key: 'k/1', value: { a: [1, null, 'é'] } }]);
			const dump = await bytesOf(store.dump());
			await store.write([{ kind: 'append', stream: 'log/x', bytes: Buffer.from('later') }]);
			await store.close();
			await restoreStore(join(folder, 'b'), inPieces(dump, size));
			const copy = await openStore(join(folder, 'b'), { log });
			expect(copy.damaged).toEqual([]);
			expect((await copy.read('log/x')).map(({ bytes }) => Buffer.from(bytes))).toEqual(entries);
			expect(await copy.get('k/1')).toEqual({ a: [1, null, 'é'] });
			expect(await incarnationOf(copy)).toBe(2);
			await copy.close();
		}),
	);

	it('that is cut, or was never one, is refused', () =>
		withStores(async (folder) => {
			const store = await openStore(join(folder, 'a'), { log });
			await store.write([{ kind: 'put', key: 'k', value: 1 }]);
			const dump = await bytesOf(store.dump());
			await store.close();
			const cut = dump.subarray(0, dump.byteLength - 3);
			await expect(restoreStore(join(folder, 'b'), inPieces(cut, 10))).rejects.toMatchObject({ code: 'MALFORMED' });
			const noise = Buffer.alloc(100, 255);
			await expect(restoreStore(join(folder, 'c'), inPieces(noise, 10))).rejects.toMatchObject({ code: 'MALFORMED' });
		}));
});

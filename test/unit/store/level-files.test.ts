/** The store's folder: what a flipped byte, a cut file, a newer version or a missing part of it leads to. */
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store, StoreWrite } from '../../../shared/ports/index.ts';
import { SimLog } from '../../../shared/ports/sim/index.ts';
import { incarnationOf, openStore, storeSchema } from '../../../shared/store/index.ts';

const append = (stream: string, bytes: Uint8Array): StoreWrite => ({ kind: 'append', stream, bytes });

describe('the folder of a store', () => {
	let folder: string;
	let path: string;

	const open = (at = path): Promise<Store> => openStore(at, { log: new SimLog() });

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'gangline-files-'));
		path = join(folder, 'store');
	});

	afterEach(() => rmSync(folder, { recursive: true }));

	function filesOf(at: string): string[] {
		return readdirSync(at, { withFileTypes: true, recursive: true })
			.filter((entry) => entry.isFile())
			.map((entry) => join(entry.parentPath, entry.name))
			.sort();
	}

	const snapshotOf = (at: string): string[] =>
		filesOf(at).map((file) => `${file} ${readFileSync(file).toString('base64')}`);

	it('refuses a newer schema, names both numbers and changes no byte', async () => {
		await (await open()).close();
		const mark = readFileSync(join(path, 'mark'), 'latin1');
		const { createHash } = await import('node:crypto');
		const [, , batch, inode] = mark.trim().split(' ');
		const schema = storeSchema + 1;
		const check = createHash('sha256').update(`mark ${schema} ${batch} ${inode}`).digest('hex').slice(0, 16);
		writeFileSync(join(path, 'mark'), `gangline-mark ${schema} ${batch} ${inode} ${check}\n`);
		const before = snapshotOf(path);
		await expect(open()).rejects.toMatchObject({
			code: 'SCHEMA_TOO_NEW',
			message: expect.stringMatching(new RegExp(`schema ${schema}.*up to ${storeSchema}`)),
		});
		expect(snapshotOf(path)).toEqual(before);
	});

	it('is only for its owner', async () => {
		await (await open()).close();
		expect(statSync(path).mode & 0o077).toBe(0);
		expect(statSync(join(path, 'mark')).mode & 0o077).toBe(0);
	});

	it('does not begin anew where the database has lost its table of contents', async () => {
		await (await open()).close();
		rmSync(join(path, 'level', 'CURRENT'));
		const before = snapshotOf(join(path, 'level'));
		await expect(open()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
		expect(snapshotOf(join(path, 'level'))).toEqual(before);
		rmSync(join(path, 'level'), { recursive: true });
		await expect(open()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
	});

	it('finishes a repair that was interrupted', async () => {
		const store = await open();
		await store.write([append('a', Buffer.from('x'))]);
		await store.close();
		cpSync(join(path, 'level'), join(path, 'level.new'), { recursive: true });
		rmSync(join(path, 'level'), { recursive: true });
		const again = await open();
		expect(again.lastSeq('a')).toBe(1);
		expect(existsSync(join(path, 'level.new'))).toBe(false);
		await again.close();
		mkdirSync(join(path, 'level.new'));
		await (await open()).close();
		expect(existsSync(join(path, 'level.new'))).toBe(false);
	});

	it('sees that it is a copy', async () => {
		await (await open()).close();
		cpSync(path, join(folder, 'copy'), { recursive: true });
		const copy = await open(join(folder, 'copy'));
		expect(copy.damaged).toEqual([]);
		expect(await incarnationOf(copy)).toBe(2);
		await copy.close();
	});

	it('says who is in the way of the lock, and what to do', async () => {
		const store = await open();
		await expect(open()).rejects.toMatchObject({
			code: 'STORE_LOCKED',
			message: expect.stringContaining(path),
			hint: expect.stringContaining('gangline stop'),
		});
		await store.close();
		await (await open()).close();
	});
});

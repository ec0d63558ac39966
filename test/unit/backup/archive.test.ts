/** A backup file is complete, private and believed only whole. */
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, extract } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pack, unpack } from '../../../shared/backup/index.ts';

let root: string;
let at = 0;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), 'gangline archive '));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folder = (): string => {
	at += 1;
	const path = join(root, String(at));
	mkdirSync(path);
	return path;
};

async function packed(): Promise<string> {
	const source = folder();
	mkdirSync(join(source, 'projects'));
	writeFileSync(join(source, 'identity.key'), 'secret');
	writeFileSync(join(source, 'projects', 'ümlaut one.bundle'), Buffer.alloc(100_000, 7));
	const file = join(folder(), 'backup.tar');
	await pack(source, file, { version: '1.2.3', at: 5, about: { kind: 'node' } });
	return file;
}

/** The archive again, after `change` was made to what is in it. */
async function changed(change: (folder: string) => void): Promise<string> {
	const inside = folder();
	await extract({ file: await packed(), cwd: inside });
	change(inside);
	const file = join(folder(), 'changed.tar');
	await create({ cwd: inside, file }, readdirSync(inside));
	return file;
}

describe('a backup file', () => {
	it('gives back what was put in, and is for its owner alone', async () => {
		const file = await packed();
		expect(statSync(file).mode & 0o777).toBe(0o600);
		const into = folder();
		const manifest = await unpack(file, into);
		expect(manifest).toMatchObject({ version: '1.2.3', at: 5, about: { kind: 'node' } });
		expect(readFileSync(join(into, 'identity.key'), 'utf8')).toBe('secret');
		expect(readFileSync(join(into, 'projects', 'ümlaut one.bundle'))).toEqual(Buffer.alloc(100_000, 7));
	});

	it('is never written over another file', async () => {
		const file = await packed();
		await expect(pack(folder(), file, { version: '1', at: 1, about: null })).rejects.toMatchObject({
			code: 'INVALID_ARGUMENT',
		});
	});

	it('leaves nothing where it cannot be written', async () => {
		const into = folder();
		const to = join(into, 'no', 'such', 'folder.tar');
		await expect(pack(folder(), to, { version: '1', at: 1, about: null })).rejects.toMatchObject({
			code: 'STORE_FAILED',
		});
		expect(readdirSync(into)).toEqual([]);
	});

	it.each<[string, string, (folder: string) => void]>([
		['a changed file', 'identity.key is damaged', (inside) => writeFileSync(join(inside, 'identity.key'), 'Secret')],
		['a missing file', 'identity.key is missing', (inside) => rmSync(join(inside, 'identity.key'))],
		['one more file', 'extra is in it and not on its list', (inside) => writeFileSync(join(inside, 'extra'), '')],
		['no list', 'it has no manifest.json', (inside) => rmSync(join(inside, 'manifest.json'))],
		[
			'a link in the place of a file',
			'identity.key is missing',
			(inside) => {
				rmSync(join(inside, 'identity.key'));
				symlinkSync('/etc/passwd', join(inside, 'identity.key'));
			},
		],
	])('[I13] with %s is refused, naming it', async (_what, words, change) => {
		const file = await changed(change);
		await expect(unpack(file, folder())).rejects.toMatchObject({
			code: 'MALFORMED',
			message: expect.stringContaining(words),
		});
	});

	it('of a newer format names the version that reads it', async () => {
		const file = await changed((inside) => {
			const path = join(inside, 'manifest.json');
			const list: unknown = JSON.parse(readFileSync(path, 'utf8'));
			writeFileSync(path, JSON.stringify({ ...Object(list), format: 2 }));
		});
		await expect(unpack(file, folder())).rejects.toMatchObject({
			code: 'SCHEMA_TOO_NEW',
			hint: expect.stringContaining('1.2.3'),
		});
	});

	it('that is none, or cut short, is refused', async () => {
		const file = await packed();
		writeFileSync(file, readFileSync(file).subarray(0, 60_000));
		await expect(unpack(file, folder())).rejects.toMatchObject({ code: 'MALFORMED' });
		writeFileSync(file, 'hello');
		await expect(unpack(file, folder())).rejects.toMatchObject({ code: 'MALFORMED' });
		await expect(unpack(join(root, 'nowhere.tar'), folder())).rejects.toMatchObject({ code: 'MALFORMED' });
	});
});

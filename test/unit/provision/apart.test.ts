import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apartWords, prepareApart } from '../../../shared/provision/apart.ts';
import { temporaryFolder } from '../../support/git.ts';

let at: ReturnType<typeof temporaryFolder>;
let path: string;
let folder: string;
beforeEach(() => {
	at = temporaryFolder();
	[path, folder] = [join(at.path, 'shop'), join(at.path, 'making')];
	mkdirSync(path);
});
afterEach(() => at.remove());
const prepare = (places: readonly string[], files: readonly string[] = []) =>
	prepareApart({ places, path, files, folder });

describe('folders that a container has for itself', () => {
	it('are made empty on both sides, by whoever owns the source, and the same again', async () => {
		const made = await prepare(['node_modules', 'vendor/bundle']);
		expect(made).toEqual({
			folders: [
				{ from: join(folder, 'state/apart/node_modules'), place: 'node_modules' },
				{ from: join(folder, 'state/apart/vendor+bundle'), place: 'vendor/bundle' },
			],
			shared: [],
		});
		for (const { from, place } of made.folders) {
			expect([readdirSync(from), readdirSync(join(path, place))]).toEqual([[], []]);
			expect(lstatSync(join(path, place)).uid).toBe(process.getuid?.());
		}
		expect(await prepare(['node_modules', 'vendor/bundle'])).toEqual(made);
		expect(apartWords(made)).toBe("; node_modules, vendor/bundle apart from this machine's");
	});

	it('leave what the host has there', async () => {
		mkdirSync(join(path, 'node_modules/left'), { recursive: true });
		await prepare(['node_modules']);
		expect(readdirSync(join(path, 'node_modules'))).toEqual(['left']);
		expect(readdirSync(join(folder, 'state/apart/node_modules'))).toEqual([]);
	});

	it('are none where git has files in them, which would look deleted inside', async () => {
		const { folders, shared } = await prepare(['target', 'node_modules'], ['target/kept.txt', 'node_modules.txt']);
		expect([folders.map(({ place }) => place), shared]).toEqual([['node_modules'], ['target']]);
		expect(existsSync(join(path, 'target'))).toBe(false);
		expect(apartWords({ folders: [], shared })).toBe("; target is the source's own, and shared with this machine");
	});

	it('[I13] are never made through a link that something inside left there', async () => {
		const outside = join(at.path, 'outside');
		mkdirSync(outside);
		symlinkSync(outside, join(path, 'vendor'));
		symlinkSync(outside, join(path, 'node_modules'));
		writeFileSync(join(path, 'target'), '');
		const { folders, shared } = await prepare(['vendor/bundle', 'node_modules', 'target']);
		expect([folders, shared]).toEqual([[], ['vendor/bundle', 'node_modules', 'target']]);
		expect(readdirSync(outside)).toEqual([]);
	});
});

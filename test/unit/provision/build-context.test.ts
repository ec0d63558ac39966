/** What the engine gets to build an image of: the files by their place, and rights that do not hang on this machine. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Parser } from 'tar';
import { afterAll, expect, it } from 'vitest';
import { packContext } from '../../../shared/provision/build-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'gangline context '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('lets everyone in the image read what only its owner may here, and run what its owner may', async () => {
	for (const [name, mode] of [
		['main.ts', 0o600],
		['entry', 0o700],
	] as const) {
		writeFileSync(join(folder, name), name);
		chmodSync(join(folder, name), mode);
	}
	const before = process.umask(0o077);
	const files = ['main.ts', 'entry'].map((name) => ({ from: join(folder, name), to: `app/${name}` }));
	await using context = await packContext({ tag: 't', baseImage: null, dockerfile: 'FROM base\n', files });
	process.umask(before);
	const found = new Map<string, string>();
	const parser = new Parser();
	parser.on('entry', (entry) => {
		found.set(entry.path, (entry.mode ?? 0).toString(8));
		void text(entry);
	});
	const ended = new Promise<void>((resolve) => parser.on('end', resolve));
	for await (const piece of context.stream) parser.write(piece);
	parser.end();
	await ended;
	expect(Object.fromEntries(found)).toEqual({
		...{ './': '755', './app/': '755', './Dockerfile': '644' },
		...{ './app/main.ts': '644', './app/entry': '755' },
	});
});

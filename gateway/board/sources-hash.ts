/**
 * One hash over everything that the board's bundle is made of: the files of its folder and what they import from outside
 * of it. The build writes it beside the bundle and the gateway compares it at start, so an old page is never served for
 * new sources. It knows imports by their text alone: no compiler is there when a gateway starts.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** What is in the folder and in no bundle. */
const leftOut = ['pictures'];
const imported = /(?:from\s*|import\s*\(?\s*)['"](\.{1,2}\/[^'"]+\.tsx?)['"]/g;

/** The hash of the sources at `<root>/gateway/web`; null where there are none, as in the installed package. */
export async function sourcesHash(root: string): Promise<string | null> {
	const folder = join(root, 'gateway/web');
	const own = await filesBelow(folder).catch(() => null);
	if (own === null) return null;
	const texts = await withImports(own);
	const hash = createHash('sha256');
	for (const [path, text] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
		hash.update(`${relative(root, path)}\0${text.byteLength}\0`).update(text);
	}
	return hash.digest('hex');
}

async function filesBelow(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true });
	const found = await Promise.all(
		entries
			.filter(({ name }) => !name.startsWith('.') && !leftOut.includes(name))
			.map((entry) => {
				const path = join(folder, entry.name);
				return entry.isDirectory() ? filesBelow(path) : [path];
			}),
	);
	return found.flat();
}

/** The files with all that they import, as far as it lies in this repository. */
async function withImports(paths: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
	const texts = new Map<string, Buffer>();
	const open = [...paths];
	for (let path = open.pop(); path !== undefined; path = open.pop()) {
		if (texts.has(path)) continue;
		const text = await readFile(path).catch(() => Buffer.from('not there'));
		texts.set(path, text);
		if (!/\.tsx?$/.test(path)) continue;
		for (const [, name = ''] of text.toString('utf8').matchAll(imported)) open.push(join(dirname(path), name));
	}
	return texts;
}

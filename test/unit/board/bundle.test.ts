import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openBundle } from '../../../gateway/board/index.ts';
import { sourcesHash } from '../../../gateway/board/sources-hash.ts';
import { writeFiles } from '../../support/world.ts';

const roots: string[] = [];
afterEach(() => {
	for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

const sources = {
	'gateway/web/main.tsx': "import { view } from '../../shared/pipeline/view.ts';\nview();\n",
	'gateway/web/index.html': '<base href="/">',
	'shared/pipeline/view.ts': "import type { Stage } from './stage.ts';\n",
	'shared/pipeline/stage.ts': 'export type Stage = string;\n',
	'shared/pipeline/other.ts': 'export const other = 1;\n',
};
const built = { 'index.html': '<base href="/"><script src="./assets/a-1.js"></script>', 'assets/a-1.js': 'run()' };

function folder(files: Readonly<Record<string, string>>): string {
	const root = mkdtempSync(join(tmpdir(), 'gangline-bundle-'));
	roots.push(root);
	writeFiles(root, files);
	return root;
}

function manifest(hash: string, of: Readonly<Record<string, string>>): string {
	const files = Object.entries(of).map(([name, text]) => [name, createHash('sha256').update(text).digest('hex')]);
	return JSON.stringify({ hash, files: Object.fromEntries(files) });
}

function addBundle(root: string, hash: string | null, of: Readonly<Record<string, string>> = built): void {
	const files = Object.entries(of).map(([name, text]) => [`dist/web/${name}`, text]);
	writeFiles(root, { ...Object.fromEntries(files), 'dist/web/sources.json': manifest(hash ?? '', of) });
}

async function builtClone(): Promise<string> {
	const root = folder(sources);
	addBundle(root, await sourcesHash(root));
	return root;
}

describe('the hash of the sources', () => {
	it('changes with a file of the folder and with what it imports, however far, and with nothing else', async () => {
		const root = folder(sources);
		const before = await sourcesHash(root);
		writeFiles(root, { 'shared/pipeline/other.ts': 'export const other = 2;\n', 'gateway/web/pictures/a.png': 'x' });
		expect(await sourcesHash(root)).toBe(before);
		writeFiles(root, { 'shared/pipeline/stage.ts': 'export type Stage = number;\n' });
		const after = await sourcesHash(root);
		expect(after).not.toBe(before);
		writeFiles(root, { 'gateway/web/style.css': 'a {}' });
		expect(await sourcesHash(root)).not.toBe(after);
	});
});

describe('a bundle', () => {
	it('of these very sources is served', async () => {
		expect(await openBundle(await builtClone()).state()).toEqual({ kind: 'ready', page: built['index.html'] });
	});

	it('of other sources is not, and the words say what to type', async () => {
		const root = await builtClone();
		writeFiles(root, { 'gateway/web/main.tsx': 'other();\n' });
		const state = await openBundle(root).state();
		expect(state).toMatchObject({ kind: 'unusable', words: expect.stringMatching(/other sources/) });
		expect(state).toMatchObject({ command: `cd ${root} && npm run build:web` });
	});

	it('is looked for again until it is there, so that building it is enough', async () => {
		const root = folder(sources);
		const bundle = openBundle(root);
		expect(await bundle.state()).toMatchObject({ kind: 'unusable', words: 'The board is not built yet.' });
		addBundle(root, await sourcesHash(root));
		expect(await bundle.state()).toMatchObject({ kind: 'ready' });
	});

	it('that was built anew meanwhile is served as it is now', async () => {
		const root = await builtClone();
		const bundle = openBundle(root);
		expect(await bundle.state()).toMatchObject({ page: built['index.html'] });
		rmSync(join(root, 'dist/web'), { recursive: true });
		expect(await bundle.state()).toMatchObject({ kind: 'unusable' });
		const anew = { ...built, 'index.html': '<base href="/"><script src="./assets/b-2.js"></script>' };
		addBundle(root, await sourcesHash(root), anew);
		expect(await bundle.state()).toEqual({ kind: 'ready', page: anew['index.html'] });
	});

	it('with a file that is missing or another one is not served', async () => {
		const root = await builtClone();
		writeFiles(root, { 'dist/web/assets/a-1.js': 'other()' });
		expect(await openBundle(root).state()).toMatchObject({ words: expect.stringMatching(/assets\/a-1\.js/) });
		rmSync(join(root, 'dist/web/assets/a-1.js'));
		expect(await openBundle(root).state()).toMatchObject({ kind: 'unusable' });
	});

	it('without sources beside it, as in the package, is trusted by its own manifest', async () => {
		const root = folder({ 'package.json': '{}' });
		expect(await openBundle(root).state()).toMatchObject({ words: expect.stringMatching(/Install Gangline again/) });
		addBundle(root, 'a'.repeat(64));
		expect(await openBundle(root).state()).toMatchObject({ kind: 'ready' });
	});
});

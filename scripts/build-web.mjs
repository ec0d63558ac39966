/**
 * build-web [--if-needed]: makes the board's bundle in dist/web with Vite, compresses its files, and writes sources.json, by which the
 * gateway knows that the bundle is whole and belongs to the sources. Fails when a budget is exceeded: what the first
 * load transfers may not grow unseen.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { sourcesHash } from '../gateway/board/sources-hash.ts';
import { firstLoadOf, overBudget } from './web-budget.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist/web');
const compressible = /\.(?:js|css|html|svg|json)$/;

// Whoever calls us may have another one set; React would bring its development build.
process.env.NODE_ENV = 'production';
const hash = await sourcesHash(root);
if (hash === null) throw new Error(`there is no gateway/web in ${root}`);
if (process.argv.includes('--if-needed') && builtFrom() === hash) process.exit(0);
rmSync(out, { recursive: true, force: true });
await build({ configFile: join(root, 'gateway/web/vite.config.ts'), logLevel: process.env.CI ? 'info' : 'warn' });

function builtFrom() {
	try {
		return JSON.parse(readFileSync(join(out, 'sources.json'), 'utf8')).hash;
	} catch {
		return null;
	}
}

const names = readdirSync(out, { recursive: true, withFileTypes: true })
	.filter((entry) => entry.isFile())
	.map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1))
	.filter((name) => name !== 'sources.json')
	.sort();
const files = {};
const sizes = {};
for (const name of names) {
	const bytes = readFileSync(join(out, name));
	files[name] = createHash('sha256').update(bytes).digest('hex');
	if (!compressible.test(name)) {
		sizes[name] = bytes.byteLength;
		continue;
	}
	const brotli = brotliCompressSync(bytes, {
		params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength },
	});
	const gzip = gzipSync(bytes, { level: 9 });
	sizes[name] = gzip.byteLength;
	if (!name.startsWith('assets/')) continue;
	writeFileSync(join(out, `${name}.br`), brotli);
	writeFileSync(join(out, `${name}.gz`), gzip);
}
if ((await sourcesHash(root)) !== hash) throw new Error('the sources changed while they were built: build again');

const first = firstLoadOf(readFileSync(join(out, 'index.html'), 'utf8'), sizes);
const words = overBudget(first);
process.stdout.write(
	`dist/web: ${names.length} files; first load ${first.files.length} files, ${first.bytes} bytes compressed (gzip)\n`,
);
if (words !== null) {
	process.stderr.write(`build-web: ${words}\n`);
	process.exit(1);
}
writeFileSync(join(out, 'sources.json'), `${JSON.stringify({ hash, files }, null, '\t')}\n`);

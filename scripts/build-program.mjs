/**
 * build-program [--if-needed]: bundles the command, the node and the gateway with the packages they use into `dist`, in
 * parts that are loaded when they are needed. A start then reads some twenty files instead of some hundreds, with the
 * types already taken out. Packages with files of their own that they look for (a native part, a protocol) stay outside:
 * each is one of ours in package.json, by which a build for other machines finds it.
 */
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { bundleFits, bundleNote } from '../gateway/cli/bundle-fits.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist');
const next = join(out, 'next');
const mains = ['gateway/cli/main', 'gateway/main', 'node/main'];
const outside = ['dockerode', 'level', 'pino'];

if (process.argv.includes('--if-needed') && bundleFits(root)) process.exit(0);
const begun = new Date();
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
for (const name of outside) if (!Object.hasOwn(dependencies, name)) throw new Error(`${name} is no package of ours`);
const before = partsOf(bundleNote);
rmSync(join(root, bundleNote), { force: true });
const made = await build({
	configFile: false,
	root,
	logLevel: 'warn',
	// Not for a browser: nothing is replaced, and every package is taken in.
	ssr: { noExternal: true, external: outside },
	build: {
		ssr: true,
		outDir: next,
		emptyOutDir: true,
		copyPublicDir: false,
		target: 'node24',
		minify: false,
		license: { fileName: 'licenses.md' },
		rolldownOptions: {
			input: Object.fromEntries(mains.map((name) => [name, join(root, `${name}.ts`)])),
			output: { entryFileNames: '[name].js', chunkFileNames: 'parts/[name]-[hash].js' },
		},
	},
});
const parts = made.output.map(({ fileName }) => fileName).filter((name) => name.startsWith('parts/'));
putInPlace([...parts, ...made.output.map(({ fileName }) => fileName).filter((name) => !name.startsWith('parts/'))]);
removeAllBut(new Set([...parts, ...before]));
const note = join(root, bundleNote);
writeFileSync(`${note}.new`, `${JSON.stringify({ outside, parts }, null, '\t')}\n`);
// What is changed while this runs is newer.
utimesSync(`${note}.new`, begun, begun);
renameSync(`${note}.new`, note);
process.stdout.write(`dist: ${mains.length} programs in ${mains.length + parts.length} files\n`);

function partsOf(path) {
	try {
		return JSON.parse(readFileSync(join(root, path), 'utf8')).parts;
	} catch {
		return [];
	}
}

/** A process that begins meanwhile finds each file whole: the one of before or the new one, and what that one loads. */
function putInPlace(names) {
	for (const name of names) {
		mkdirSync(dirname(join(out, name)), { recursive: true });
		renameSync(join(next, name), join(out, name));
	}
	rmSync(next, { recursive: true });
}

/** A process that runs may still load parts of the build before this one. */
function removeAllBut(kept) {
	const folder = join(out, 'parts');
	if (!existsSync(folder)) return;
	for (const name of readdirSync(folder)) if (!kept.has(`parts/${name}`)) rmSync(join(folder, name));
}

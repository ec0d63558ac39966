/**
 * The board's bundle on disk and whether it may be served: whole, as its manifest says, and made from the sources beside
 * it where there are any. Looked at when the gateway starts, at each request while it may not be served, and when it was
 * built anew meanwhile, so that building it is all that a person has to do.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readAs } from '../../shared/ports/read-as.ts';
import { programRoot } from '../../shared/ports/system/installation.ts';
import { sourcesHash } from './sources-hash.ts';

const manifestName = 'sources.json';
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const manifestSchema = z.object({
	/** Over the sources (sources-hash.ts). */
	hash: hex,
	/** Each file of the bundle, relative to its folder, with its hash. */
	files: z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/), hex),
});

export type BundleState =
	| { readonly kind: 'ready'; readonly page: string }
	/** `words` says what is wrong, `command` mends it where one can. */
	| { readonly kind: 'unusable'; readonly words: string; readonly command: string | null };

export interface Bundle {
	/** The folder with hashed files. */
	readonly assets: string;
	state(): Promise<BundleState>;
}

/** Where this program keeps the bundle; `root` is the folder with package.json. */
export function openBundle(root: string = programRoot): Bundle {
	const folder = join(root, 'dist/web');
	let ready: { readonly state: BundleState; readonly manifest: string } | null = null;
	return {
		assets: join(folder, 'assets'),
		async state() {
			// A page of an earlier build names files that are gone.
			const manifest = await textOf(join(folder, manifestName));
			if (ready?.manifest === manifest) return ready.state;
			const state = await look(root, folder, manifest);
			ready = state.kind === 'ready' ? { state, manifest } : null;
			return state;
		},
	};
}

async function look(root: string, folder: string, text: string): Promise<BundleState> {
	const sources = await sourcesHash(root);
	const command = sources === null ? null : `cd ${root} && npm run build:web`;
	const unusable = (what: string): BundleState => {
		const words = sources === null ? `${what} Install Gangline again.` : what;
		return { kind: 'unusable', words, command };
	};
	const manifest = readAs(manifestSchema, json(text));
	if (!manifest.success) {
		return unusable(sources === null ? 'The board is missing from this installation.' : 'The board is not built yet.');
	}
	if (sources !== null && manifest.data.hash !== sources) {
		return unusable('The board was built from other sources than those that run here, so it is not served.');
	}
	for (const [name, hash] of Object.entries(manifest.data.files)) {
		const bytes = await readFile(join(folder, name)).catch(() => null);
		if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== hash) {
			return unusable(`The file ${name} of the board is missing, or is not the one that was built.`);
		}
	}
	const page = await textOf(join(folder, 'index.html'));
	return page === '' || !Object.hasOwn(manifest.data.files, 'index.html')
		? unusable('The board has no page.')
		: { kind: 'ready', page };
}

function textOf(path: string): Promise<string> {
	return readFile(path, 'utf8').catch(() => '');
}

function json(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

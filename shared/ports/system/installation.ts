/**
 * Where this very program lies: sources in a clone, or the files that `npm run build` has bundled from them in `dist`.
 * A bundled module does not know its own place any more, so whoever needs a file of the program asks here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ganglineError } from '../errors.ts';

/** Whether bundled files run, not sources. */
export const isBundled = !import.meta.url.endsWith('.ts');

/** The folder with package.json. */
export const programRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** The launcher of the command, for whatever Node.js is there. */
export const launcherPath: string = join(programRoot, 'gateway/cli/gangline.js');

/** What starts a node or a gateway, on the Node.js that we run on. */
export function mainPath(building: 'node' | 'gateway'): string {
	return join(programRoot, isBundled ? `dist/${building}/main.js` : `${building}/main.ts`);
}

/** The version in package.json. */
export function programVersion(): string {
	const text = readFileSync(join(programRoot, 'package.json'), 'utf8');
	return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

function findRoot(from: string): string {
	for (let folder = from; ; folder = dirname(folder)) {
		if (existsSync(join(folder, 'package.json'))) return folder;
		if (dirname(folder) === folder) throw ganglineError('INTERNAL', `no package.json was found above ${from}`);
	}
}

/**
 * Whether anything that a clone's git names has moved: a fingerprint of HEAD and all refs, read as files, because what
 * an agent may have written into the clone's configuration must not be run by asking git there.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkClone } from './work-clone.ts';

/** Equal as long as nobody has made, moved or removed a ref. */
export async function refsFingerprint({ path }: Pick<WorkClone, 'path'>): Promise<string> {
	const folder = join(path, '.git');
	const below = await readdir(join(folder, 'refs'), { recursive: true, withFileTypes: true }).catch(() => []);
	const loose = below.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
	const hash = createHash('sha256');
	for (const file of [join(folder, 'HEAD'), join(folder, 'packed-refs'), ...loose.sort()]) {
		const content = await readFile(file).catch(() => null);
		hash.update(`${file}\0${content === null ? '-' : content.toString('hex')}\0`);
	}
	return hash.digest('hex');
}

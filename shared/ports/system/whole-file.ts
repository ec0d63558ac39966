/**
 * Writes a small file as a whole: whoever reads it meanwhile, or after a crash, has the old one or the new one. Two
 * processes may do it at once; one of them is last. A link in its place, or in that of the draft, is never followed.
 */
import { open, rename, rm } from 'node:fs/promises';

/** `mode`: as it is from the first byte on. The folder must be there. */
export async function writeWhole(path: string, text: string, mode = 0o600): Promise<void> {
	const draft = `${path}.${process.pid}`;
	await rm(draft, { force: true });
	const file = await open(draft, 'wx', mode);
	try {
		await file.writeFile(text);
		await file.chmod(mode);
		await file.sync();
	} finally {
		await file.close();
	}
	await rename(draft, path);
}

/** Writes a file as a whole: whoever reads it meanwhile, or after a crash, has the old one or the new one. */
import { open, rename, rm } from 'node:fs/promises';

/** A link in its place is replaced, not followed. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
	const draft = `${path}.new`;
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

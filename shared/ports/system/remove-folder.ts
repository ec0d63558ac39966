/**
 * Removes a folder in which programs of others have worked. Some leave folders that nobody may write (a module cache of
 * Go, a test of permissions): their owner is stopped by that as well, and would be each time. Links are never followed.
 */
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Nothing is there when it resolves. Only while nothing that could change the folder lives. */
export async function removeFolder(path: string): Promise<void> {
	try {
		await rm(path, { recursive: true, force: true });
	} catch (error) {
		if (!(error instanceof Error) || !('code' in error) || (error.code !== 'EACCES' && error.code !== 'EPERM'))
			throw error;
		await openFolders(path);
		await rm(path, { recursive: true, force: true });
	}
}

async function openFolders(folder: string): Promise<void> {
	await chmod(folder, 0o700);
	for (const entry of await readdir(folder, { withFileTypes: true })) {
		if (entry.isDirectory()) await openFolders(join(folder, entry.name));
	}
}

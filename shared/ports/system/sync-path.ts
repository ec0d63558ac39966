/** Makes what was written outlast a power cut: of a file its content, of a folder the names in it. */
import { open } from 'node:fs/promises';

/** Some file systems (of the network, of a stick) do not sync folders: there is nothing more that could be done there. */
const notOffered: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOTSUP']);

export async function syncPath(path: string): Promise<void> {
	const handle = await open(path, 'r');
	try {
		await handle.sync();
	} catch (error) {
		if (!notOffered.has((error as NodeJS.ErrnoException).code)) throw error;
	} finally {
		await handle.close();
	}
}

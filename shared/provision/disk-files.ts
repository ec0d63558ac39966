/**
 * Two files in a project's state: the bound on disk that its node keeps (node/worker/disk-bound.ts), and what it says is
 * used. Whoever works inside writes there too, so what is read is a number or nothing.
 */
import { SharedFolder } from './shared-folder.ts';

const files = { bound: 'disk-bound', used: 'disk-used' } as const;

/** Counts within a minute. Null: there is none. */
export async function writeDiskBound(folder: string, bytes: number | null): Promise<void> {
	await using state = await SharedFolder.open(folder, 'state');
	await state.write(files.bound, bytes === null ? '' : `${bytes}\n`, 0o600);
}

/** Null where nothing, or no number, is said. */
export async function readDiskUsed(folder: string, bound: number | null): Promise<number | null> {
	if (bound === null) return null;
	try {
		await using state = await SharedFolder.open(folder, 'state');
		const text = (await state.read(files.used)) ?? '';
		return /^[0-9]{1,15}\n$/.test(text) ? Number(text) : null;
	} catch {
		// A state that is gone, or something else in the place of the file: how it is can be asked all the same.
		return null;
	}
}

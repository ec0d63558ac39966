/** Folders that no source may share: sources of other projects, and what Gangline keeps on this machine. */
import { realpath } from 'node:fs/promises';
import type { ContainersOptions } from './containers-options.ts';
import type { ContainerRecord } from './records.ts';
import { refuseShared } from './source.ts';

/** @throws GanglineError REFUSED */
export async function refuseTaken(
	{ records, ownFolders }: Pick<ContainersOptions, 'records' | 'ownFolders'>,
	{ name, path }: Pick<ContainerRecord, 'name' | 'path'>,
): Promise<void> {
	const others = records.all().filter((one) => one.name !== name);
	// A source is named without links; our own folders may be reached by one.
	const own = await Promise.all(ownFolders.map(async (one) => [one, await realpath(one).catch(() => one)]));
	refuseShared(path, [
		...others.map((one) => ({ path: one.path, whose: `the source of ${one.name}` })),
		...[...new Set(own.flat())].map((one) => ({ path: one, whose: 'where Gangline keeps its own state' })),
	]);
}

/** What this node keeps: the LevelDB adapter of the Store port, and the store over any disk for its twin. */
import type { Log, Store } from '../ports/index.ts';
import { decodePairs } from './dump.ts';
import { fillLevelDisk, openLevelDisk } from './level-disk.ts';
import { openOnDisk } from './open.ts';

export type { Disk, DiskOp, DiskPair, KeyRange, Mark } from './disk.ts';
export { wholeStore } from './inspect.ts';
export { schemaNumber as storeSchema } from './layout.ts';
export { entryBytesMax, recordBytesMax, snapshotBytesMax } from './limits.ts';
export { MarkFile, readMark } from './mark-file.ts';
export { incarnationOf, openOnDisk } from './open.ts';
export { soundRecord } from './sound-record.ts';

/**
 * Opens (or makes) the store in the folder `path`: takes its lock, verifies every chain, sets aside what is broken.
 * Refuses with STORE_LOCKED, SCHEMA_TOO_NEW, STORE_DAMAGED (LevelDB cannot open it at all) or STORE_FAILED.
 */
export async function openStore(path: string, options: { readonly log: Log }): Promise<Store> {
	return openOnDisk(await openLevelDisk(path), options.log);
}

/** Makes a store in the folder `path`, where nothing may be yet, from what `Store.dump` gave. Throws MALFORMED. */
export function restoreStore(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
	return fillLevelDisk(path, decodePairs(chunks));
}

/** The bounds of the store, each with its reason. */
import { assert } from '../ports/index.ts';

const mebibyte = 1024 * 1024;

/** A frame of the mesh is at most 1 MiB; what wraps it (author, signature, numbers) may come on top. */
export const entryBytesMax = mebibyte + 64 * 1024;
/** A snapshot replaces many entries; an index of 10,000 items has about 5 MB. */
export const snapshotBytesMax = 64 * mebibyte;
/** A record is a local value, not a file. */
export const recordBytesMax = mebibyte;
/** What may wait for the disk. Beyond it the disk is stuck, and memory must not pay for it. */
export const waitingBytesMax = 256 * mebibyte;
/**
 * Markers of batches are kept while the bytes after them may still lie in LevelDB's log alone: two logs of 4 MiB. Only
 * there can whole batches vanish without an error.
 */
export const markedBytesMin = 16 * mebibyte;
/** Old markers removed with each batch: more than one, so that they shrink. */
export const markersDroppedPerBatch = 8;

assert(snapshotBytesMax < waitingBytesMax, 'a snapshot can wait for the disk');

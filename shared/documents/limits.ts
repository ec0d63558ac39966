/** The bounds of documents, each with its reason. */
import { descriptionBytesMax, wordsBytesMax, wordsEntriesMax } from '../pipeline/index.ts';
import { assert } from '../ports/index.ts';

/** What one update may have; a snapshot comes in chunks and is put together before it is applied. */
export const updateBytesMax = 64 * 1024 * 1024;
/** Structures and deletions in one update: an index of 10,000 items with its overwritten entries has a tenth of that, and Yjs
 * takes about two microseconds and some hundred bytes for each. */
export const updateStructsMax = 500_000;
/** Structures for each record beyond which a document is begun anew: three of four are past then. */
export const structuresPerRecordMax = 4;
/** Fewer are not worth a new document: they take 2 MB of memory and 10 ms at a start. */
export const structuresMin = 10_000;
/** One record: an item with its largest description and words, each byte of them a control character, which JSON writes as six. */
export const recordCharactersMax = 640 * 1024;
assert(
	6 * (descriptionBytesMax + wordsEntriesMax * wordsBytesMax) + 32 * 1024 < recordCharactersMax,
	'whatever the pipeline takes as an item fits into a record',
);
/** Refusals kept per author; a process that is refused more often than that without a look has other worries. */
export const refusalsPerAuthorMax = 500;
/** A text that people and agents read; longer ones belong into a file of the repository. */
export const textCharactersMax = 1024 * 1024;
/** Updates in a stream before a snapshot replaces them: reading 500 takes about a millisecond. */
export const updatesBeforeSnapshotMax = 500;
/** Bytes of updates before a snapshot, however few they are. */
export const bytesBeforeSnapshotMax = 4 * 1024 * 1024;
/** The whole middle of two texts is compared line by line up to this many pairs of lines, otherwise replaced. */
export const linePairsMax = 250_000;
/** Closed items in one segment, in bytes; one item alone may have more. It is an entry of a stream, and a few frames. */
export const segmentBytesMax = 256 * 1024;

/** The bounds of a log, each with its reason. */
import { assert } from '../ports/index.ts';

/** One intent: the largest arguments that the pipeline takes, four bytes a character, and room. */
export const entryBytesMax = 320 * 1024;
/** The entries of one flush, which is sent whole in a frame of at most 1 MiB; its own fields come on top. */
export const flushBytesMax = 1024 * 1024 - 16 * 1024;
/** Entries of one flush; the shortest that anyone writes is three times as long as this makes them. */
export const flushEntriesMax = 32 * 1024;

assert(2 * entryBytesMax < flushBytesMax, 'an entry fits into a flush even when half of it must be escaped');

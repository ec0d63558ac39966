/** The bounds of pack exchange, each with its reason. */

/** Of one piece: with its headers it fits into one message of the connection's cipher, so nobody puts it together again. */
export const pieceBytes = 65_000;
/** Read at once for a puller: some of these cost less than one each. */
export const piecesAtOnce = 8;
/** What has arrived and is not written yet; then the other side waits. */
export const unwrittenBytesMax = 1024 * 1024;
/** How often the file that git writes for a puller is looked at. */
export const lookMs = 20;
/** On its way to a receiver that has not said to have written it: a long and fast line is still filled. */
export const windowBytes = 8 * 1024 * 1024;
/** Commits that a puller names as known. */
export const haveMax = 64;
/** Pulls that one peer may have open here; a worker with many slots needs a few. */
export const servedAtOnceMax = 8;
/** Of all peers. */
export const servedInAllMax = 64;
/** Silence after which the other side is given up. It sends a sign of life while git counts objects. */
export const silenceMsMax = 60_000;
export const signOfLifeMs = 10_000;
/** A finished bundle waits that long for somebody who was cut off, an unfinished one whom nobody reads less. */
export const keptMs = 10 * 60_000;
export const orphanMs = 60_000;
/** Of all bundles made for others together. */
export const servedBytesMax = 16 * 1024 ** 3;
/** What arrived of a pull that was cut off is kept that long. */
export const arrivedMsMax = 24 * 60 * 60_000;

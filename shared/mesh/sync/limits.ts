/** The bounds of sync, each with its reason. What a peer may make us hold is the sum of them, whatever it sends. */
import { assert, frameBytesMax } from '../../ports/index.ts';

/** What documents and logs look like; a peer with a higher one is newer than we are and is not synced with. */
export const schemaNumber = 1;

/** The JSON in front of a frame's payload; the longest is a page of acknowledgements. */
export const headerBytesMax = 16 * 1024;
/** Sent and not yet dealt with by the other side. Two whole frames, so that one can be on its way while one is worked on. */
export const windowBytes = 2 * frameBytesMax;
/** An update or difference beyond this goes in parts, between which other frames pass. */
export const partBytes = 256 * 1024;
/** The largest document that is sent; as much as a store keeps as one snapshot. */
export const bulkBytesMax = 64 * 1024 * 1024;
/** All documents that are being put together or sent in parts, of all peers; others wait their turn. */
export const bulksBytesMax = 128 * 1024 * 1024;
/** A transfer that makes no progress for so long holds its place for nothing: its channel ends. */
export const bulkSilenceMsMax = 60_000;
/** Updates of one document that wait for one peer; beyond it the two compare again instead. */
export const updatesWaitingMax = 64;
export const updateBytesWaitingMax = 256 * 1024;
/** Bytes of flushes read for a peer at a time; at least one flush is. */
export const flushBytesAtOnce = frameBytesMax;
/** Updates of one document in a row whose predecessor is missing; the first one already asks for the difference. */
export const gapsMax = 64;
/** Things that wait for one peer: documents, logs, acknowledgements of all projects. Beyond it the two begin anew. */
export const jobsMax = 50_000;
/** A state vector: 10,000 writers, far more than a document of ours gets. */
export const stateVectorBytesMax = 128 * 1024;
/** Rows of digests in one frame, and in one list. */
export const rowsPerFrame = 2_000;
export const rowsMax = 20_000;
/** Texts of a peer whose items are not known here yet, per project: what people add while they are away. */
export const strangeTextsMax = 1_000;
/** Facts by nobody known that a channel may bring before it is at fault: a home is another one, and the registry is behind. */
export const postponedMax = 3;
/** Acknowledgements in one frame. */
export const acksPerFrame = 100;

/** What a node says of itself, per kind. */
export const presenceBytesMax = 4 * 1024;
export const presenceKindsMax = 8;
export const presenceMsEvery = 5_000;
/** How long a node that is gone is still shown as gone. */
export const presenceMsKept = 600_000;

/** Waits before a channel is opened again while the connection stands. */
export const reopenMsMin = 500;
export const reopenMsMax = 30_000;
/** A channel that lived so long was no failed try. */
export const channelMsSettled = 30_000;
/** News of whom a node hears too waits so long for more: until then it is passed on what it has already. */
export const hearsMsGathered = 1_000;
/** How often a node compares with its peers what it has not passed on to them: the worst delay behind one that is silent. */
export const leftOutMsMax = 120_000;
/** How long a peer that broke the rules is not listened to; twice as long each time. */
export const outcastMsMin = 60_000;
export const outcastMsMax = 3_600_000;

assert(windowBytes >= 2 * partBytes + headerBytesMax, 'a window takes more than one part');
assert(partBytes + headerBytesMax < frameBytesMax, 'a part and its header fit into a frame');
assert(updateBytesWaitingMax <= partBytes, 'updates that were put together fit into a frame');
assert(bulkBytesMax <= bulksBytesMax, 'the largest document can be sent at all');

/** The bounds of rpc, each with its reason; both sides hold to them, and who passes one broke the rules. */
import { frameBytesMax } from '../../ports/index.ts';

/** Questions of one peer that are open at once, and as many streams. More would be a loop gone wild, not work. */
export const questionsMax = 64;
/** Askers that wait here for one of those places; beyond, asking is refused at once. */
export const waitingMax = 1_000;
/** Of one question, answer or item: the largest log tail or listing that anyone may want in one piece. */
export const bodyBytesMax = 8 * 1024 * 1024;
/** Values and fields of a question: a thousand tasks to be placed. */
export const questionPartsMax = 128 * 1024;
/** Of an answer: ten thousand lines of a log, the items of a whole board. */
export const answerPartsMax = 1024 * 1024;
/** Of one piece, so that a short answer never waits long behind a large one. */
export const pieceBytes = 128 * 1024;
/** Of any piece but the last. */
export const pieceBytesMin = 16 * 1024;
/** Answers that still run although nobody waits any more; beyond, new questions are told that we are busy. */
export const runningMax = 2 * questionsMax;
/** Bytes of items that may be on their way to a reader; one item may pass it. */
export const streamWindowBytes = 1024 * 1024;
export const askMsDefault = 10_000;

if (pieceBytes + 64 > frameBytesMax) throw new RangeError('a piece must fit into a frame');

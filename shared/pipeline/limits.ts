/** The bounds of what an intent may carry and an item may hold, each with its reason. */

/** One line on a board. */
export const titleCharactersMax = 200;
/** Longer text belongs into the item's text document or a file of the repository. */
export const descriptionBytesMax = 16 * 1024;
/** A person's words go into every later prompt of the item. */
export const wordsBytesMax = 4 * 1024;
/** Newest kept: a record is replicated whole at each change, and prompts grow with it. */
export const wordsEntriesMax = 20;
export const labelsMax = 20;
export const labelCharactersMax = 50;
/** A plan of more than that is an epic's. */
export const dependenciesMax = 100;
/** Why something happened: a line. What is longer is cut at its end. */
export const reasonCharactersMax = 1000;
/** The end of a gate's output that a record keeps; all of it is a local record of the node that ran it. */
export const detailCharactersMax = 2000;
export const nameCharactersMax = 100;
/** All arguments of one intent: the largest description and words with their JSON escapes, and room. */
export const argumentCharactersMax = 64 * 1024;
/** {dependsOn: [key]} is 2; nothing needs more than twice that. */
export const argumentDepthMax = 4;
export const argumentValuesMax = 1000;

/**
 * Of titles, labels and reasons: no line ends, nothing that turns or hides what stands beside it. The two joiners belong
 * to the writing of several languages and to emoji.
 */
export const oneLine = /^(?:[^\p{Cc}\p{Cf}]|[\u200c\u200d])*$/u;

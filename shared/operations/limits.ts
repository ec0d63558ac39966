/**
 * The bounds of what is asked and answered, in one place. Descriptions and words travel inside intents, which have the
 * same bound; answers are bounded because one of them fits into a terminal, a chat message or a model's context.
 */

/** UTF-8 bytes of an item's first description, and of the words of a person. */
export const descriptionBytesMax = 16 * 1024;
export const titleCharactersMax = 200;
export const labelsMax = 20;
export const dependenciesMax = 100;
/** Of one request's body at the HTTP door: room for the largest arguments and their JSON escapes. */
export const requestBytesMax = 256 * 1024;
export const patchBytesDefault = 128 * 1024;
export const patchBytesMax = 1024 * 1024;
export const logLinesDefault = 200;
export const logLinesMax = 5000;
export const historyEntriesDefault = 50;
export const historyEntriesMax = 1000;

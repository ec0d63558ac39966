/**
 * The bounds of what is asked and answered, in one place. What travels inside intents has
 * their bounds; answers are bounded because one of them fits into a terminal, a chat message or a model's context.
 */

export {
	dependenciesMax,
	descriptionBytesMax,
	labelsMax,
	oneLine,
	titleCharactersMax,
	wordsBytesMax,
} from '../pipeline/limits.ts';

/** Of one request's body at the HTTP door: room for the largest arguments and their JSON escapes. */
export const requestBytesMax = 256 * 1024;
export const patchBytesDefault = 128 * 1024;
export const patchBytesMax = 1024 * 1024;
export const logLinesDefault = 200;
export const logLinesMax = 5000;
/** Of a text that is looked for in a log. */
export const logSearchCharactersMax = 200;
export const historyEntriesDefault = 50;
export const historyEntriesMax = 1000;
export const searchHitsDefault = 20;
export const searchHitsMax = 200;
/** Items on a page of the archive. */
export const archivePageSizes = [10, 25, 50, 100] as const;
export const archivePageDefault = 25;

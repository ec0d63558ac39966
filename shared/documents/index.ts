/** The Yjs documents of a project: its index of facts, and the texts of its items. The only room that knows Yjs. */
export type { Applied, ChangeOrigin, DocumentChange } from './durable-document.ts';
export type { RefusalRecord } from './index-records.ts';
export { ItemText, type ItemTextOptions } from './item-text.ts';
export { currentGeneration, type IndexChange, ProjectIndex, type ProjectIndexOptions } from './project-index.ts';

/** The Yjs documents: a project's index of facts, the texts of its items, the mesh's registry. The only room that knows Yjs. */
export type { Applied, ChangeOrigin, DocumentChange } from './durable-document.ts';
export type { TurnBounds } from './generation.ts';
export { HomeIndex, type HomeIndexOptions } from './home-index.ts';
export type { RefusalRecord } from './index-records.ts';
export { ItemText, type ItemTextOptions } from './item-text.ts';
export {
	becomeCurrentWrites,
	currentGeneration,
	forgetWrites,
	type IndexChange,
	ProjectIndex,
	type ProjectIndexOptions,
} from './project-index.ts';
export { type RegistryChange, RegistryDocument, type RegistryDocumentOptions } from './registry-document.ts';
export { decodeSegment, type EncodedSegment, encodeSegment, type Segment, segmentHash } from './segment.ts';
export { isCoveredBy, mergeUpdates } from './wire.ts';

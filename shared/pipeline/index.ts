/** The work-item pipeline: stages, what may happen to an item, and how intents become facts. Pure. */

export { type Departure, depart, mayLeave } from './departure.ts';
export {
	dependencyCycle,
	explainUnmet,
	isHeld,
	readyItems,
	satisfies,
	type UnmetDependency,
	unmetDependencies,
} from './dependencies.ts';
export { calledIn, explainRefusal, explainRefusalIn, goneItem, possibleEvents, type Refused } from './explain.ts';
export { emptyFacts, type ProjectFacts, type SegmentName } from './facts.ts';
export { type FoldResult, type FoldRules, type FoldState, foldIntents } from './fold.ts';
export type { ProjectRulesContext } from './guards.ts';
export * from './intent.ts';
export { intentSchema } from './intent-schema.ts';
export * from './item.ts';
export { itemSchema } from './item-schema.ts';
export { type ItemChanges, type ItemTable, tableOf, withFields, withItems } from './item-table.ts';
export { descriptionBytesMax, wordsBytesMax, wordsEntriesMax } from './limits.ts';
export { type HistoryEntry, type ProjectFold, projectRules } from './project-rules.ts';
export { type Found, searchItems } from './search.ts';
export * from './stage.ts';
export { type Badge, badges, type Column, columns, itemTypes, roles, type StageRow, stages } from './table.ts';
export { autoStarts, badgeOf, columnOf, mayRun, type Transition, transition } from './transition.ts';
export { type TransitionEvent, type TransitionRow, transitions } from './transitions.ts';
export { capReached, countAttempt, noTries, tries } from './tries.ts';
export { type ItemView, provisionalName, viewItems } from './view.ts';

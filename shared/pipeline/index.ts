/** The work-item pipeline: stages, what may happen to an item, and how intents become facts. Pure. */
export { type FoldResult, type FoldRules, type FoldState, foldIntents } from './fold.ts';
export * from './intent.ts';
export * from './item.ts';
export * from './stage.ts';
export { type Badge, badges, type Column, columns, itemTypes, roles, type StageRow, stages } from './table.ts';
export { autoStarts, badgeOf, columnOf, mayRun, type Transition, transition } from './transition.ts';
export { type TransitionEvent, type TransitionRow, transitions } from './transitions.ts';
export { capReached, noTries, tries } from './tries.ts';

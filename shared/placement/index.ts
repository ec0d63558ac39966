/** Placement: ready tasks and nodes in, assignments with reasons out. Pure. */
export { place } from './place.ts';
export type { Assignment, Placement, PlacementNode, PlacementTask, Resources } from './shapes.ts';

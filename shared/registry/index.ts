/** What the mesh knows of itself: nodes, projects, people, and who may what. Pure. */
export type * from './facts.ts';

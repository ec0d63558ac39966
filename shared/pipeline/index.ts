/** The work-item pipeline: stages, what may happen to an item, and how intents become facts. Pure. */
export * from './intent.ts';
export * from './item.ts';
export * from './stage.ts';

/** Plans: which subtasks may run together, what each may touch, and what really ran at once. Pure. */
export { classifyDispatch, type DispatchEvidence, type DispatchOutcome, type LifecycleEvent } from './dispatch.ts';
export { type ChangedPath, isPathAllowed, type Symlinks } from './path-scope.ts';
export { isAllowedPattern, type Pattern, parsePattern, patternsOverlap } from './patterns.ts';
export { planWaves, type Subtask } from './waves.ts';

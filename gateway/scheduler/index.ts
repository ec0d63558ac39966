/** Placement across projects: homes ask where their tasks should run. */
export { type Decision, type NodeLook, Scheduler, type SchedulerOptions } from './scheduler.ts';

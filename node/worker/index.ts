/**
 * The worker: takes tasks, runs agents in clones, lets the system's gates judge what they made, and reports. Also the
 * gate runner alone, which the home uses for what it is about to land.
 */

export { afterCrash, type Pause, pauseOn } from './after-crash.ts';
export { type Attempts, realAttempts } from './attempts.ts';
export { diskBoundOf } from './disk-bound.ts';
export { followRun, type RunPlace } from './follow-run.ts';
export { GateRunner } from './gate-runner.ts';
export { readMachine } from './machine.ts';
export { MachineRoom } from './machine-room.ts';
export { type PreviewState, Previews } from './previews.ts';
export { RecoveryBook } from './recovery-book.ts';
export { type RunLog, RunLogs } from './run-log.ts';
export { SessionBook } from './session-book.ts';
export { sessionEnvironment } from './session-environment.ts';
export { SpentBook } from './spent-book.ts';
export { Station, type StationProject } from './station.ts';
export type { OpenTools, ToolDesk, ToolRun } from './tool-desk.ts';
export { Worker, type WorkerOptions } from './worker.ts';
export { workspaceGit } from './workspace-git.ts';
export { Workspaces } from './workspaces.ts';

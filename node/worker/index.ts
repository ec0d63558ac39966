/**
 * The worker: takes tasks, runs agents in clones, lets the system's gates judge what they made, and reports. Also the
 * gate runner alone, which the home uses for what it is about to land.
 */
export { type AttemptParts, runAttempt } from './attempt.ts';
export { GateRunner, type GateRunnerOptions, type VerdictRequest } from './gate-runner.ts';
export { readMachine } from './machine.ts';
export { MachineRoom, type MachineRoomOptions, type MachineState } from './machine-room.ts';
export { type LogSink, RunLogs, type RunLogsOptions } from './run-log.ts';
export { countTests } from './test-count.ts';
export { type Busy, Worker, type WorkerOptions } from './worker.ts';
export { type WorkspaceGit, workspaceGit } from './workspace-git.ts';
export { type Workspace, Workspaces, type WorkspacesOptions } from './workspaces.ts';

/**
 * Agents: how they are run, watched, stopped, what they are told and given, and what follows when they have ended.
 * Runtimes: `shell`, `claude-code`, `codex`.
 */
export { type AgentEvent, describeEvent, describeExit, type SessionEnd, type SessionOutcome } from './agent-event.ts';
export { type AgentIdentity, agentEnvironment, gateEnvironment, portsPerClone, type RunPlace } from './environment.ts';
export { createProcesses, findProgram, type ProcessesOptions } from './processes/index.ts';
export { commitOnlyPrompt, type PromptPlace, taskPrompt } from './prompt.ts';
export {
	nextAfterSession,
	type RecoveryDecision,
	type RecoveryState,
	recoveryCaps,
	type SessionTrace,
} from './recovery.ts';
export {
	type AgentRuntime,
	type AgentSession,
	type AgentSettings,
	type AgentTask,
	type RuntimePorts,
	runtimePrograms,
} from './runtime.ts';
export { createRuntime } from './session.ts';
export { scriptOf } from './shell.ts';

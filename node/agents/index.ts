/**
 * Agents: how they are run, watched, stopped, what they are told and given, and what follows when they have ended.
 * Runtimes: `shell`, `claude-code`, `codex`.
 */
export { type AgentEvent, describeExit, type SessionEnd } from './agent-event.ts';
export { availableRuntimes } from './available.ts';
export { type AgentIdentity, agentEnvironment, gateEnvironment, portsPerClone } from './environment.ts';
export { nativeProgram } from './native-program.ts';
export { createProcesses } from './processes/index.ts';
export {
	commitOnlyPrompt,
	type PromptPlace,
	promptPlace,
	qaPrompt,
	researchPrompt,
	shownPrompt,
	taskPrompt,
} from './prompt.ts';
export {
	nextAfterSession,
	type RecoveryState,
	recoveryCaps,
	type SessionTrace,
} from './recovery.ts';
export {
	type AgentRuntime,
	type AgentSettings,
	runtimePrograms,
} from './runtime.ts';
export { createRuntime } from './session.ts';
export { scriptOf } from './shell.ts';

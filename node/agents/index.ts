/**
 * Agents: how they are run, watched, stopped, what they are told and given, and what follows when they have ended.
 * Runtimes: `shell`, `claude-code`, `codex`, `acp`.
 */
export {
	type AccountLimits,
	accountIdentity,
	noAccountLimits,
	notingLimits,
	SharedLimits,
} from './account-limits.ts';
export { AccountLogins, type AgentLogin, programLogin } from './account-logins.ts';
export {
	type AgentEvent,
	describeExit,
	type PermissionAsk,
	type PermissionDecision,
	type SessionEnd,
	type SessionTotals,
} from './agent-event.ts';
export { availableRuntimes, canRun } from './available.ts';
export {
	type AgentIdentity,
	agentEnvironment,
	gateEnvironment,
	type PersonEnvironment,
	portsPerClone,
} from './environment.ts';
export { nativeProgram } from './native-program.ts';
export { decideUnasked, forbidden, type Guard } from './permissions/guard.ts';
export { judgeAsk, type PolicyPlace, scopeWords } from './permissions/policy.ts';
export { createProcesses } from './processes/index.ts';
export {
	commitOnlyPrompt,
	type PromptPlace,
	promptPlace,
	qaPrompt,
	researchPrompt,
	taskPrompt,
} from './prompt.ts';
export {
	nextAfterSession,
	pauseAfterCrash,
	type RecoveryState,
	recoveryCaps,
	type SessionTrace,
} from './recovery.ts';
export { resumeLookPrompt, resumePrompt, withNotes } from './resume-prompt.ts';
export {
	type AgentRuntime,
	type AgentSession,
	type AgentSettings,
	type AgentTask,
	type AgentTools,
	runtimePrograms,
	type SessionPlan,
} from './runtime.ts';
export { createRuntime } from './session.ts';
export { newSessionId } from './session-id.ts';
export { type CountedBefore, nothingCounted } from './session-usage.ts';
export { scriptOf } from './shell.ts';

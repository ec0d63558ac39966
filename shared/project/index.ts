/**
 * What a project tells Gangline about itself: its committed file, how to read and write it, what can be found out about
 * a repository that has none yet; and where a person's Gangline keeps its state. Everything here is a function of its
 * arguments.
 */

export {
	type AccountRuntime,
	accountName,
	accountPattern,
	hasAccounts,
	type LoginPlace,
	loginFolder,
	loginPlaces,
	loginSecret,
} from './agent-logins.ts';
export { judgeVersion, versionsSeen } from './agent-versions.ts';
export {
	type ApiFile,
	apiFileSchema,
	buildsPortDefault,
	gatewayPortDefault,
	meshPortDefault,
	nodePortDefault,
	readProcessStat,
} from './api-file.ts';
export {
	type AgentConfig,
	type AgentRole,
	type GateConfig,
	type ProjectConfig,
	projectConfigPath,
	projectConfigSchema,
	rolePromptPath,
} from './config.ts';
export type { ProjectTree } from './detect/finding.ts';
export { type Detection, detectProject, type Finding, type GateFinding } from './detect/project.ts';
export { gateSetHash } from './gate-set.ts';
export { parseProjectConfig } from './parse.ts';
export { renderProjectConfig } from './render.ts';
export { setReviewMode } from './set-review-mode.ts';
export {
	baseImageSchema,
	detectStack,
	detectStackAmong,
	hostPortsSchema,
	knownStacks,
	type StackDetection,
	type StackMarks,
	type StackRow,
} from './stack.ts';
export { stackFileSchema } from './stack-file.ts';
export { type GatewayFolder, type StateFolder, stateFolder } from './state-folder.ts';

/** Small pure parts of an attempt: whose settings, what it cost, and its endings in words for people. */
import { type CommitId, parseCommitId } from '../../shared/ports/index.ts';
import { hasAccounts, loginPlaces, type ProjectConfig } from '../../shared/project/index.ts';
import { ownQuestion } from '../../shared/protocol/asks.ts';
import type { Task, Usage } from '../../shared/protocol/work.ts';
import { type AgentSettings, recoveryCaps, type SessionEnd } from '../agents/index.ts';
import { tokenName } from './report-box.ts';

/** A script is silent for as long as it computes; only its time limit ends it. */
const scriptSettings: AgentSettings = {
	runtime: 'shell',
	max_turns: 1,
	permissions: 'all',
	allow: [],
	timeout_seconds: 3600,
	silence_seconds: 3600,
	env: [],
};

/** The settings of the agent that the task names; null where main's settings do not know it. */
export function settingsFor({ agent }: Task, config: ProjectConfig): AgentSettings | null {
	return config.agent.find(({ name }) => name === agent) ?? (agent === 'shell' ? scriptSettings : null);
}

/** Of a commit's subject. */
const commitCharactersMax = 200;

/** Below this nothing is worth beginning, USD. */
const allowanceUsdMin = 0.001;

/** The settings with what is left of the task's allowance as the session's limit; null where nothing is left. */
export function withinAllowance(settings: AgentSettings, { allowanceUsd }: Task, used: Usage): AgentSettings | null {
	if (allowanceUsd === undefined) return settings;
	const left = allowanceUsd - used.costUsd;
	if (left < allowanceUsdMin) return null;
	return { ...settings, max_cost_usd: Math.min(settings.max_cost_usd ?? left, left) };
}

/** What a session has had of its agent's limits, over all runs of its program. */
export interface LimitsUsed {
	readonly costUsd: number;
	readonly turns: number;
	readonly seconds: number;
}

export const noLimitsUsed: LimitsUsed = { costUsd: 0, turns: 0, seconds: 0 };

/** The settings with what is left of a session's own limits when it goes on, or the limit of which nothing is left. */
export function withLeft(settings: AgentSettings, used: LimitsUsed): AgentSettings | 'cost' | 'turns' | 'time' {
	const turns = settings.max_turns - used.turns;
	if (turns < 1) return 'turns';
	const seconds = Math.floor(settings.timeout_seconds - used.seconds);
	if (seconds < 1) return 'time';
	const left = { ...settings, max_turns: turns, timeout_seconds: seconds };
	if (settings.max_cost_usd === undefined || used.costUsd === 0) return left;
	const costUsd = settings.max_cost_usd - used.costUsd;
	return costUsd < allowanceUsdMin ? 'cost' : { ...left, max_cost_usd: costUsd };
}

/** The task with what a person has committed in its clone among what is said to the next session. */
export function withGiven(task: Task, commits: readonly string[]): Task {
	if (commits.length === 0) return task;
	const lines = commits.map((line) => `  - ${line.slice(0, commitCharactersMax)}`);
	const note = `committed in this clone by a person, newest first:\n${lines.join('\n')}`;
	return { ...task, notes: [...(task.notes ?? []), note] };
}

/** Where a task's commits are kept. */
export function attemptRef(task: Task): string {
	return `refs/gangline/attempts/${task.item.key}/${tokenName(task)}`;
}

export function mainOf(task: Task): CommitId {
	return parseCommitId(task.main);
}

export const noUsage: Usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
	return {
		costUsd: a.costUsd + b.costUsd,
		inputTokens: a.inputTokens + b.inputTokens,
		outputTokens: a.outputTokens + b.outputTokens,
		seconds: a.seconds + b.seconds,
	};
}

/** The service did not accept who asks; `login`: what `gangline agent login` calls it, null where it knows no such. */
export function loginReason(reason: string, login: string | null, account: string | null): string {
	const whose = account === null ? '' : ` --account ${account}`;
	const how =
		login === null
			? 'log in with its own program on this machine, or give it its key: gangline secret set NAME, and secrets = ["NAME"] in its [[agent]]'
			: `log in with: gangline agent login ${login}${whose} (or correct its key and restart the node)`;
	return `the agent is not logged in: ${reason}; ${how}`;
}

/** Nobody has answered in time; the answer lets it go on where it was. */
export function parkedReason(question: string, { item }: Pick<Task, 'item'>): string {
	const own = ownQuestion(question);
	if (own !== null)
		return `the agent asks: ${own}; answer with gangline say ${item.number} "…", or gangline answer ${item.number} allow (yes) or deny (no)`;
	return `the agent asks whether it may do this: ${question}; answer with gangline answer ${item.number} allow, or deny`;
}

/** No login that the agent's settings name is on this machine. */
export function missingLogin({ runtime, accounts = [] }: AgentSettings, wanted: string | undefined): string {
	const names = wanted === undefined ? accounts : [wanted];
	const tool = hasAccounts(runtime) ? loginPlaces[runtime].tool : runtime;
	const command = `gangline agent login ${tool} --account ${names[0] ?? 'NAME'}`;
	return `this machine has no login ${names.join(' or ')} of ${tool}; log in there with: ${command}`;
}

/** What an agent or a gate is to have and this machine has not. */
export function missingSecrets(names: readonly string[]): string {
	const commands = names.map((name) => `gangline secret set ${name}`).join(', ');
	return `this machine has no secret ${names.join(', ')}; give it there from a file or a pipe: ${commands}`;
}

/** Why a session that left neither changes nor commits did so. */
export function noWorkReason(end: SessionEnd): string {
	const { outcome } = end;
	return outcome.kind === 'finished'
		? 'the agent ended without changing anything'
		: `${outcomeWords(end)}, and nothing was changed`;
}

/**
 * Why a session that was stopped at a limit fails its try; null where none was, or where commits are there to be judged.
 * It has had what it may have: no session that only commits follows it, the next try goes on in the same clone.
 */
export function overLimitReason(
	{ outcome }: Pick<SessionEnd, 'outcome'>,
	seen: { readonly dirty: number; readonly newCommits: number },
): string | null {
	if ((outcome.kind !== 'overBudget' && outcome.kind !== 'inactive') || seen.newCommits > 0) return null;
	const left = seen.dirty > 0 ? 'what it had changed is in its clone, not committed' : 'nothing was changed';
	return `${outcomeWords({ outcome })}, and ${left}`;
}

/**
 * Why a session cannot be bound by the budget that it has: nothing that it told says what it cost. Null where it was
 * seen, where no budget binds it, and where it ended before it could tell.
 */
export function unseenReason(
	{ agent, allowanceUsd }: Pick<Task, 'agent' | 'allowanceUsd'>,
	{ outcome, usage, isUnseen }: Pick<SessionEnd, 'outcome' | 'usage' | 'isUnseen'>,
): string | null {
	const hasTold = outcome.kind === 'finished' || outcome.kind === 'overBudget';
	if (allowanceUsd === undefined || !isUnseen || !hasTold) return null;
	const start = `the agent ${agent} does not say what it costs, and the project has a budget`;
	return usage.inputTokens + usage.outputTokens > 0
		? `${start}: give it usd_per_million_input_tokens and usd_per_million_output_tokens in .gangline/project.toml`
		: `${start}, nor how many tokens it used: take another agent, or remove the budget in .gangline/project.toml`;
}

export function scriptFailure(end: SessionEnd): string {
	const { outcome } = end;
	return outcome.kind === 'forced' ? `the script ${outcome.reason}` : outcomeWords(end);
}

export function gaveUpReason(decision: 'block(noProgress)' | 'block(total)', sessions: number): string {
	const why =
		decision === 'block(total)'
			? `${recoveryCaps.total} sessions ended without a commit`
			: `${recoveryCaps.noProgress} sessions in a row made no progress`;
	return `the agent changes files and does not commit: ${why} (${sessions} sessions in this attempt); its changes are in its clone`;
}

function outcomeWords({ outcome }: Pick<SessionEnd, 'outcome'>): string {
	switch (outcome.kind) {
		case 'finished':
			return 'the session finished';
		case 'forced':
		case 'crashed':
			return `the session failed: ${outcome.reason}`;
		case 'overBudget':
			return `the session reached its limit of ${outcome.which}`;
		case 'inactive':
			return `the session was stuck: ${outcome.evidence}`;
		case 'rateLimited':
			return 'the account is limited';
		case 'stopped':
			return `the session was stopped: ${outcome.reason}`;
	}
}

/** Why a signal was aborted, in words. */
export function reasonOf(signal: AbortSignal): string {
	return signal.reason instanceof Error ? signal.reason.message : String(signal.reason ?? 'stopped');
}

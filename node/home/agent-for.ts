/** Which agent does an item's role, and how that one is run. Pure. */
import type { Item, ItemRole } from '../../shared/pipeline/index.ts';
import { type AgentRole, accountName, hasAccounts, type ProjectConfig } from '../../shared/project/index.ts';
import type { Task } from '../../shared/protocol/work.ts';
import { scriptOf } from '../agents/index.ts';

/** Until when the account of an agent is limited wherever it could be run, wall ms; null where it is not. */
export type LimitedUntil = (agent: string) => number | null;

const nobodyIsLimited: LimitedUntil = () => null;

/**
 * The agent that would work as `role`: the item's own, `shell` where its description has a script, the project's first.
 * Nobody checks their own work, so only an agent of that role does QA; conflicts go to a mergemaster where there is one.
 * Of several that would do, one whose account is not limited, or whose limit ends first.
 */
export function agentFor(
	item: Pick<Item, 'agent' | 'description'>,
	role: ItemRole,
	config: ProjectConfig,
	limitedUntil: LimitedUntil = nobodyIsLimited,
): string | null {
	if (item.agent === 'shell' || (item.agent === null && scriptOf(item.description) !== null)) {
		if (role === 'qa') return ofRole(role, config, limitedUntil);
		return scriptOf(item.description) !== null ? 'shell' : null;
	}
	const own = role === 'coder' ? null : ofRole(role, config, limitedUntil);
	if (own !== null || role === 'qa') return own;
	if (item.agent === null) return ofRole('coder', config, limitedUntil);
	const named = config.agent.find(({ name }) => name === item.agent);
	return named?.role === 'coder' || named?.role === role ? named.name : null;
}

/** The project's first agent of a role that can go to work, or will first; null where it has none. */
export function ofRole(
	role: AgentRole,
	config: ProjectConfig,
	limitedUntil: LimitedUntil = nobodyIsLimited,
): string | null {
	const able = config.agent
		.filter((candidate) => candidate.role === role)
		.map(({ name }) => ({ name, until: limitedUntil(name) ?? 0 }));
	return able.toSorted((a, b) => a.until - b.until)[0]?.name ?? null;
}

/** How an agent of that name is run. */
export function runtimeOf(agent: string, config: Pick<ProjectConfig, 'agent'>): string {
	return config.agent.find(({ name }) => name === agent)?.runtime ?? 'shell';
}

/** What an agent's sessions need of a node besides room: its program, and a login that is not limited. */
export interface Login {
	readonly runtime: string;
	/** What a node must have by name: the agent, or the login; null where the runtime's program is all that is needed. */
	readonly agent: string | null;
	/** Whose limit its sessions count against. */
	readonly account: string;
	/** As the agent's settings call it; absent: the program's own. */
	readonly name?: string;
}

/** The logins that an agent may use, the preferred one first: those that its settings name, or the one of its program. */
export function loginsOf(agent: string, config: Pick<ProjectConfig, 'agent'>): readonly Login[] {
	const { runtime = 'shell', accounts = [] } = config.agent.find(({ name }) => name === agent) ?? {};
	if (!hasAccounts(runtime) || accounts.length === 0) return [programLogin(agent, config)];
	return accounts.map((name) => {
		const account = accountName(runtime, name);
		return { runtime, agent: account, account, name };
	});
}

/** The login with which a task was given to its worker. */
export function loginOf({ agent, account }: Pick<Task, 'agent' | 'account'>, config: ProjectConfig): Login {
	const logins = loginsOf(agent, config);
	return logins.find(({ name }) => name === account) ?? logins[0] ?? programLogin(agent, config);
}

/**
 * The only login that a program has by itself. Of a program that speaks ACP the command says which one it is, so two commands are two accounts
 * (two programs, or one with two logins) and agents with the same command share one, named after the first of them.
 */
function programLogin(agent: string, config: Pick<ProjectConfig, 'agent'>): Login {
	const runtime = runtimeOf(agent, config);
	if (runtime !== 'acp') return { runtime, agent: null, account: runtime };
	const commandOf = (name: string): string | undefined =>
		config.agent.find((one) => one.name === name)?.command?.join('\0');
	const first = config.agent.find(({ name }) => commandOf(name) === commandOf(agent))?.name ?? agent;
	return { runtime, agent, account: `acp:${first}` };
}

/** Which agent does an item's role, and how that one is run. Pure. */
import type { Item, ItemRole } from '../../shared/pipeline/index.ts';
import type { AgentRole, ProjectConfig } from '../../shared/project/index.ts';
import { scriptOf } from '../agents/index.ts';

/**
 * The agent that would work as `role`: the item's own, `shell` where its description has a script, the project's first.
 * Nobody checks their own work, so only an agent of that role does QA; conflicts go to a mergemaster where there is one.
 */
export function agentFor(
	item: Pick<Item, 'agent' | 'description'>,
	role: ItemRole,
	config: ProjectConfig,
): string | null {
	if (item.agent === 'shell' || (item.agent === null && scriptOf(item.description) !== null)) {
		if (role === 'qa') return ofRole(role, config);
		return scriptOf(item.description) !== null ? 'shell' : null;
	}
	const own = role === 'coder' ? null : ofRole(role, config);
	if (own !== null || role === 'qa') return own;
	if (item.agent === null) return ofRole('coder', config);
	const named = config.agent.find(({ name }) => name === item.agent);
	return named?.role === 'coder' || named?.role === role ? named.name : null;
}

/** The project's first agent of a role; null where it has none. */
export function ofRole(role: AgentRole, config: ProjectConfig): string | null {
	return config.agent.find((candidate) => candidate.role === role)?.name ?? null;
}

/** How an agent of that name is run. */
export function runtimeOf(agent: string, config: ProjectConfig): string {
	return config.agent.find(({ name }) => name === agent)?.runtime ?? 'shell';
}

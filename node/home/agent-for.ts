/** Which agent does an item's role, and how that one is run. Pure. */
import type { Item, ItemRole } from '../../shared/pipeline/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import { scriptOf } from '../agents/index.ts';

/** The agent that would work as `role`: the item's own, `shell` where its description has a script, the project's first. */
export function agentFor(
	item: Pick<Item, 'agent' | 'description'>,
	role: ItemRole,
	config: ProjectConfig,
): string | null {
	const named = config.agent.find(({ name }) => name === item.agent);
	if (item.agent === 'shell' || (item.agent === null && scriptOf(item.description) !== null)) {
		return scriptOf(item.description) !== null ? 'shell' : null;
	}
	if (item.agent !== null) return named ? named.name : null;
	const agent =
		config.agent.find((candidate) => candidate.role === role) ?? config.agent.find(({ role }) => role === 'coder');
	return agent?.name ?? null;
}

/** How an agent of that name is run. */
export function runtimeOf(agent: string, config: ProjectConfig): string {
	return config.agent.find(({ name }) => name === agent)?.runtime ?? 'shell';
}

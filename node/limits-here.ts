/**
 * Which logins of a project's agents are limited on this machine now, by the names that homes know: told with how the
 * project stands here, so that every home stops asking for an account that any project here was refused with.
 */
import type { AgentConfig } from '../shared/project/index.ts';
import { accountIdentity, runtimePrograms } from './agents/index.ts';
import type { NodeParts } from './compose.ts';
import { loginsOf } from './home/agent-for.ts';
import { sessionEnvironment } from './worker/index.ts';

type LimitParts = Pick<NodeParts, 'logins' | 'secrets' | 'accountLimits'> & {
	readonly config: Pick<NodeParts['config'], 'personEnvironment' | 'given'>;
};

/** Account → wall ms; only what is limited now. */
export function limitsHere(parts: LimitParts, agents: readonly AgentConfig[]): Readonly<Record<string, number>> {
	const found: Record<string, number> = {};
	for (const agent of agents) {
		for (const { account, name, runtime } of loginsOf(agent.name, { agent: [...agents] })) {
			const until = runtime === 'shell' ? null : limitOf(parts, agent, name);
			if (until !== null) found[account] = Math.max(found[account] ?? 0, until);
		}
	}
	return found;
}

function limitOf(
	{ logins, secrets, accountLimits, config }: LimitParts,
	agent: AgentConfig,
	name?: string,
): number | null {
	const login = logins.for(agent, name);
	if (login === null) return null;
	// The environment of a session of it, but for the place where it works.
	const env = sessionEnvironment({
		...{ person: { own: config.personEnvironment, given: config.given }, secrets, settings: agent, login },
		...{ runtime: runtimePrograms[agent.runtime], author: { name: '', email: '' }, tmp: '', portBase: 0 },
	});
	return accountLimits.until(accountIdentity(agent, env));
}

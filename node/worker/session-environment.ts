/**
 * The whole environment of an agent's session: what every program gets, the variables and secrets that this agent is to
 * have, and its login. The login has the last word: whose account a session counts against is the home's to know.
 */
import type { Secrets } from '../../shared/ports/index.ts';
import {
	type AgentIdentity,
	type AgentLogin,
	type AgentRuntime,
	type AgentSettings,
	agentEnvironment,
	type PersonEnvironment,
} from '../agents/index.ts';

export interface EnvironmentOf {
	readonly person: PersonEnvironment;
	readonly author: AgentIdentity;
	readonly secrets: Pick<Secrets, 'valuesOf'>;
	readonly runtime: Pick<AgentRuntime, 'credentials'>;
	readonly settings: Pick<AgentSettings, 'env' | 'secrets'>;
	readonly login: AgentLogin;
	readonly tmp: string;
	readonly portBase: number;
}

export function sessionEnvironment(of: EnvironmentOf): Readonly<Record<string, string>> {
	const { person, author, secrets, runtime, settings, login, tmp, portBase } = of;
	const isGiven = (name: string): boolean => !login.withheld.includes(name);
	const credentials = [...runtime.credentials, ...settings.env].filter(isGiven);
	const kept = [...runtime.credentials, ...(settings.secrets ?? [])].filter(isGiven);
	return {
		...agentEnvironment({ person, tmp, portBase, author, credentials }),
		...secrets.valuesOf(kept).values,
		...login.env,
	};
}

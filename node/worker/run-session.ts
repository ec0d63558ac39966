/**
 * One session of an agent that only looks: its whole environment, its secrets, its place in the run's log, and the way
 * in which the attempt's end ends it. It knows nothing of anybody's work but its own.
 */
import type { Confinement } from '../../shared/ports/index.ts';
import {
	type AgentEvent,
	type AgentLogin,
	type AgentSettings,
	decideUnasked,
	type SessionEnd,
	type SessionPlan,
} from '../agents/index.ts';
import type { AttemptInput, AttemptParts } from './attempt.ts';
import { reasonOf } from './attempt-words.ts';
import { sessionEnvironment } from './session-environment.ts';

export interface SessionSpec {
	/** Unique on this node. */
	readonly runId: string;
	readonly settings: AgentSettings;
	readonly plan: SessionPlan;
	readonly login: AgentLogin;
	/** As the log calls who speaks. */
	readonly source: string;
	readonly prompt: string;
	readonly cwd: string;
	readonly tmp: string;
	/** Besides what every agent gets. */
	readonly env: Readonly<Record<string, string>>;
	readonly confinement: Confinement;
	readonly onEvent: (event: AgentEvent) => void;
	/** Resolves when the session's id is kept. Must not reject. */
	readonly onSession: (id: string) => Promise<void>;
}

/** Resolves when its tree has been ended and verified. */
export async function runSession(parts: AttemptParts, input: AttemptInput, spec: SessionSpec): Promise<SessionEnd> {
	const { runtime, person, author, secrets } = parts;
	const { task, signal, runLog, portBase, onPid } = input;
	const { settings, plan, login, source, tmp, prompt, ...rest } = spec;
	const agent = runtime(settings.runtime);
	const tools =
		settings.runtime === 'shell'
			? undefined
			: await parts.tools?.open({
					...{ task, tmp, agent: source, writes: false },
					progress: (words) => runLog.write(source, 'note', `${words}\n`),
				});
	const session = agent.start({
		...rest,
		tmp,
		...(tools ? { tools: tools.offer } : {}),
		// It may change nothing that lasts: that is refused where the program asks, and nobody is asked for the rest.
		agent: { ...settings, permissions: 'all' },
		judge: (ask) => decideUnasked(ask, { clone: rest.cwd, tmp, looksOnly: true }),
		session: plan,
		prompt: secrets.redact(prompt),
		description: task.item.description,
		env: {
			...sessionEnvironment({ person, author, secrets, runtime: agent, settings, login, tmp, portBase }),
			...spec.env,
		},
		onLog: (stream, text) => runLog.write(source, stream, text),
	});
	onPid(session.pid);
	const onAbort = (): void => void session.stop(reasonOf(signal));
	signal.addEventListener('abort', onAbort, { once: true });
	if (signal.aborted) onAbort();
	const end = await session.ended;
	signal.removeEventListener('abort', onAbort);
	onPid(null);
	await tools?.close();
	return end;
}

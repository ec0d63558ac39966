/** Lines of an agent's program turned into events, as a session would, without a program. */
import { type AgentEvent, type AgentSettings, runtimePrograms, type SessionPlan } from '../../node/agents/index.ts';

/** What the translation of one run of the program says of each line in turn; null for one that makes no sense. */
export function linesOf(
	runtime: AgentSettings['runtime'],
	session: SessionPlan = { kind: 'new', id: 'fresh' },
): (json: unknown) => readonly AgentEvent[] | null {
	let events: AgentEvent[] = [];
	const conversation = runtimePrograms[runtime].converse(
		{
			emit: (event) => events.push(event),
			write: () => true,
			endInput: () => undefined,
			rest: () => undefined,
			established: async () => undefined,
		},
		{
			agent: { runtime, permissions: 'all', allow: [], max_turns: 9, timeout_seconds: 1, silence_seconds: 1, env: [] },
			session,
			prompt: 'p',
			description: '',
			cwd: '/',
			tmp: '/t',
			isRoot: false,
			shellPath: '/bin/sh',
		},
	);
	return (json) => {
		events = [];
		return conversation.read(json) ? events : null;
	};
}

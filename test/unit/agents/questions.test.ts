/** A question that an agent takes back: it is nobody's any more, and the agent's silence counts again. */
import { expect, it } from 'vitest';
import type { AgentEvent, SessionOutcome } from '../../../node/agents/agent-event.ts';
import { runtimePrograms } from '../../../node/agents/runtime.ts';
import { SessionWatch } from '../../../node/agents/session-watch.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';

const asks = (id: string) => ({
	...{ type: 'control_request', request_id: id },
	request: { subtype: 'can_use_tool', tool_name: 'Bash', input: { command: 'curl x' } },
});

it('is told by Claude Code, and no answer to it is taken', () => {
	const events: AgentEvent[] = [];
	const wire = {
		emit: (event: AgentEvent) => events.push(event),
		write: () => true,
		endInput: () => {},
		rest: () => {},
	};
	const input = { session: { kind: 'new', id: 's' } };
	const talk = runtimePrograms['claude-code'].converse(
		{ ...wire, established: async () => {} } as never,
		input as never,
	);
	talk.read(asks('q'));
	talk.read(asks('q'));
	talk.read({ type: 'control_cancel_request', request_id: 'q' });
	talk.read({ type: 'control_cancel_request', request_id: 'q' });
	expect(events.map((event) => [event.kind, 'id' in event ? event.id : null])).toEqual([
		['permission', 'q'],
		['withdrawn', 'q'],
	]);
	expect(talk.answer?.('q', { kind: 'allow' })).toBe(false);
});

it('[I12] keeps nobody from noticing that the agent is stuck', async () => {
	const clock = new SimClock();
	const passed: SessionOutcome[] = [];
	const watch = new SessionWatch({
		...{ clock, limits: { timeout_seconds: 36_000, silence_seconds: 60 } },
		activity: () => ({ processes: 1, cpuMs: 0, names: ['claude'] }),
		onLog: () => {},
		onPassed: (outcome) => passed.push(outcome),
	});
	watch.asked('q');
	watch.asked('q');
	await clock.advance(600_000);
	expect(passed).toEqual([]);
	watch.answered('q');
	await clock.advance(600_000);
	expect(passed.map(({ kind }) => kind)).toContain('inactive');
	watch.stop();
});

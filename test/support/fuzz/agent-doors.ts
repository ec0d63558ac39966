/**
 * Doors for agents that talk back: one that speaks ACP answers what it is asked and tells what it does in pieces, and
 * one that judges writes its verdict into a file. Whatever they say, the conversation ends, says why, and keeps little.
 */
import { type AgentEvent, runtimePrograms } from '../../../node/agents/index.ts';
import { readVerdict } from '../../../node/worker/qa-attempt.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { turns } from './by-hand.ts';
import type { Dice } from './dice.ts';
import type { Door } from './door.ts';
import { jsonText, spoilValue } from './json.ts';
import { jsonFrom } from './makers.ts';

export function talkingDoors(): readonly Door[] {
	return [acpDoor(), verdictDoor];
}

/** What an agent answers to each question, and what it tells before it answers the prompt. */
interface Talk {
	readonly answers: Readonly<Record<string, unknown>>;
	readonly told: readonly unknown[];
}

const session = 's1';
const answers = {
	initialize: {
		result: {
			protocolVersion: 1,
			agentCapabilities: { loadSession: true, _meta: { claudeCode: { promptQueueing: true } } },
		},
	},
	'session/new': { result: { sessionId: session, configOptions: [{ id: 'model' }] } },
	'session/set_mode': { result: {} },
	'session/set_config_option': { result: { configOptions: [] } },
	'session/prompt': { result: { stopReason: 'end_turn', usage: { inputTokens: 3, outputTokens: 4 } } },
};
const failures = [
	{ error: { code: -32000, message: 'log in' } },
	{ error: { code: -32603, message: 'x', data: { errorKind: 'rate_limit', details: 'y' } } },
	{ result: { stopReason: 'max_turn_requests' } },
];
const update = (said: object): unknown => ({
	...{ jsonrpc: '2.0', method: 'session/update' },
	params: { sessionId: session, update: said },
});
const call = { toolCallId: 'c1', title: 'list', kind: 'execute', status: 'pending', locations: [{ path: '/x' }] };
const told = [
	update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'I look' }, messageId: 'm1' }),
	update({ sessionUpdate: 'tool_call', ...call, rawInput: {} }),
	update({ sessionUpdate: 'tool_call_update', toolCallId: 'c1', rawInput: { command: ['ls', '-l'], path: '/x' } }),
	update({
		...{ sessionUpdate: 'usage_update', used: 1, size: 2, cost: { amount: 0.5, currency: 'USD' } },
		_meta: { '_claude/rateLimit': { status: 'rejected', resetsAt: 1_795_229_025 } },
	}),
	{
		...{ jsonrpc: '2.0', id: 7, method: 'session/request_permission' },
		params: {
			...{ sessionId: session, toolCall: { ...call, rawInput: { command: 'rm x' } } },
			options: [
				{ optionId: 'a', kind: 'allow_once', name: 'Yes' },
				{ optionId: 'b', kind: 'reject_once', name: 'No' },
			],
		},
	},
];

function acpDoor(): Door<Talk> {
	return {
		name: 'what an agent says over ACP',
		covers: [
			'node/agents/acp.ts',
			'node/agents/acp-tools.ts',
			'node/agents/acp-failure.ts',
			'node/agents/acp-update.ts',
		],
		// The protocol's library has a part in it, and turns of the loop.
		msMax: 100,
		make: (dice) => ({
			answers: { ...answers, ...(dice.once(2) && spoiltAnswer(dice)) },
			told: Array.from({ length: dice.below(6) }, () => {
				const line = dice.pick(told);
				return dice.once(4) ? line : throughJson(spoilValue(dice, line, 60_000));
			}),
		}),
		feed: async (talk) => {
			const result = (await converse(talk)).at(-1);
			if (result?.kind !== 'result' || !result.isOk) throw ganglineError('MALFORMED', 'the session has failed');
		},
	};
}

function spoiltAnswer(dice: Dice): Readonly<Record<string, unknown>> {
	const [method, sound] = dice.pick(Object.entries(answers));
	return { [method]: dice.once(4) ? dice.pick(failures) : throughJson(spoilValue(dice, sound, 60_000)) };
}

/** As it would come over a pipe. */
function throughJson(value: unknown): unknown {
	try {
		return JSON.parse(jsonText(value));
	} catch {
		return null;
	}
}

/** One session with an agent that says so. Everything that it made of it, in order. */
async function converse({ answers: said, told: lines }: Talk): Promise<readonly AgentEvent[]> {
	const events: AgentEvent[] = [];
	const conversation = runtimePrograms.acp.converse(
		{
			emit: (event) => {
				events.push(event);
				if (event.kind === 'permission') conversation.answer?.(event.id, { kind: 'allow' });
			},
			write: (line) => {
				const { id, method }: { id?: unknown; method?: string } = JSON.parse(line);
				if (id === undefined || method === undefined) return true;
				setImmediate(() => {
					if (method === 'session/prompt') for (const one of lines) conversation.read(one);
					const answer = Object.hasOwn(said, method) ? said[method] : null;
					conversation.read(typeof answer === 'object' ? { jsonrpc: '2.0', id, ...answer } : answer);
				});
				return true;
			},
			endInput: () => undefined,
			rest: () => undefined,
			established: async () => undefined,
		},
		{
			agent: {
				...{ runtime: 'acp', permissions: 'ask', allow: [], env: [], mode: 'code', model: 'm' },
				...{ max_turns: 9, timeout_seconds: 1, silence_seconds: 1, command: ['agent'] },
			},
			...{ session: { kind: 'new', id: session }, prompt: 'p', description: '', cwd: '/', tmp: '/t' },
			...{ isRoot: false, shellPath: '/bin/sh' },
		} as Parameters<typeof runtimePrograms.acp.converse>[1],
	);
	conversation.begin?.();
	// An agent that never answers is ended by its session; every other one is heard within some turns.
	for (let round = 0; round < 12 && !events.some(({ kind }) => kind === 'result'); round++) await turns(4);
	conversation.interrupt?.();
	conversation.end?.();
	await turns(2);
	if (JSON.stringify(events).length > 4_000_000) throw new Error('events are larger than what was said');
	return events;
}

const verdictDoor: Door<string> = {
	name: 'the verdict of an agent that judges',
	covers: ['node/worker/qa-attempt.ts'],
	make: jsonFrom(
		[
			{ verdict: 'pass', summary: 'it does what it says' },
			{ verdict: 'fail', summary: 'no', findings: [{ what: 'x is missing', where: 'a.ts:3' }, { what: 'y' }] },
		],
		300_000,
	),
	feed: (text) => {
		const verdict = readVerdict(text);
		if (verdict === null) throw ganglineError('MALFORMED', 'it is asked for once more');
		return verdict;
	},
};

/**
 * The `codex exec` command and its JSON lines. It tells no cost. Its lines give a failure as text alone, and of a turn
 * that is broken off nothing; what kind it was and what was used is in its record of the session (codex-rollout.ts). An item of type `error` is a warning. It hears
 * nothing while it runs and asks nothing: it is told something by stopping and resuming it.
 */

import { z } from 'zod';
import { readAs } from '../../shared/ports/read-as.ts';
import type { AgentEvent, SessionTotals } from './agent-event.ts';
import { readCodexFailure, readCodexUsage } from './codex-rollout.ts';
import type { AgentSettings, RuntimeProgram } from './runtime.ts';
import { nothingCounted, usageMeter } from './session-usage.ts';

const line = z.object({
	type: z.string(),
	thread_id: z.string().optional(),
	message: z.string().optional(),
	error: z.object({ message: z.string().optional() }).optional(),
	usage: z.object({ input_tokens: z.number().optional(), output_tokens: z.number().optional() }).optional(),
	item: z
		.object({
			type: z.string().optional(),
			text: z.string().optional(),
			message: z.string().optional(),
			command: z.string().optional(),
			changes: z.array(z.object({ path: z.string().optional() })).optional(),
			server: z.string().optional(),
			tool: z.string().optional(),
		})
		.optional(),
});

type Line = z.output<typeof line>;

const toolTokenVariable = 'GANGLINE_TOOLS_TOKEN';
/** Gates and people take longer than a minute, which is its own bound. */
const toolSeconds = 1_800;

/** Settings for this run alone; the secret is in a variable that they name. */
function toolOptions(url: string): readonly string[] {
	const server = {
		url: JSON.stringify(url),
		bearer_token_env_var: JSON.stringify(toolTokenVariable),
		tool_timeout_sec: String(toolSeconds),
	};
	return Object.entries(server).flatMap(([name, value]) => ['-c', `mcp_servers.gangline.${name}=${value}`]);
}

export const codex: RuntimeProgram = {
	name: 'codex',
	program: 'codex',
	reports: true,
	credentials: ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_API_KEY', 'CODEX_HOME'],
	login: 'codex',
	command: ({ agent, session, prompt, tools }) => ({
		argv: [
			'codex',
			'exec',
			'--json',
			'--dangerously-bypass-approvals-and-sandbox',
			// With analytics on, a run without network hangs five seconds at its end.
			'-c',
			'analytics.enabled=false',
			'-c',
			'check_for_update_on_startup=false',
			...(tools === undefined ? [] : toolOptions(tools.url)),
			...(agent.model === undefined ? [] : ['--model', agent.model]),
			...(session.kind === 'resume' ? ['resume', session.id] : []),
			// The prompt comes on stdin: an argument has a bound of the kernel, and every user of the machine can read it.
			'-',
		],
		stdin: prompt,
		env: tools === undefined ? {} : { [toolTokenVariable]: tools.token },
		...noticeOf(agent),
	}),
	converse: (wire, { session }) => {
		const before = session.kind === 'resume' ? session : { counted: nothingCounted };
		const meter = usageMeter({ costUsd: false, inputTokens: true, outputTokens: true }, before);
		return {
			read: (json) => {
				const parsed = readAs(line, json);
				if (parsed.success) for (const event of translate(parsed.data, meter)) wire.emit(event);
				return parsed.success;
			},
			used: (sums) => {
				const event = meter(sums);
				if (event.inputTokens > 0 || event.outputTokens > 0) wire.emit(event);
			},
		};
	},
	usageOf: readCodexUsage,
	causeOf: readCodexFailure,
};

function translate(said: Line, meter: (said: SessionTotals) => AgentEvent): readonly AgentEvent[] {
	switch (said.type) {
		case 'thread.started':
			return [{ kind: 'started', sessionId: said.thread_id ?? '' }];
		case 'item.started':
			return begunEvents(said.item);
		case 'item.completed':
			return itemEvents(said.item);
		case 'error':
			return [{ kind: 'notice', message: said.message ?? 'an error without words' }];
		case 'turn.completed': {
			const { input_tokens: inputTokens = 0, output_tokens: outputTokens = 0 } = said.usage ?? {};
			return [
				meter({ costUsd: 0, inputTokens, outputTokens }),
				{ kind: 'result', isOk: true, failure: null, message: '' },
			];
		}
		case 'turn.failed':
			return [{ kind: 'result', isOk: false, failure: 'api', message: said.error?.message ?? 'the turn failed' }];
		default:
			return [];
	}
}

/** What of the settings it cannot keep; null where it keeps all. */
function noticeOf({ max_cost_usd: maxCost, permissions, ...prices }: AgentSettings): { readonly notice?: string } {
	const isPriced =
		prices.usd_per_million_input_tokens !== undefined || prices.usd_per_million_output_tokens !== undefined;
	const lacks = [
		...(maxCost === undefined || isPriced ? [] : ['codex tells no cost: max_cost_usd cannot be watched']),
		...(permissions === 'all' ? [] : ['codex asks nothing while it runs: its confinement alone says what it may']),
	];
	return lacks.length === 0 ? {} : { notice: lacks.join('; ') };
}

function commandEvent(command = ''): AgentEvent {
	return { kind: 'tool', name: 'exec', summary: command.slice(0, 500) };
}

function begunEvents(item: Line['item']): readonly AgentEvent[] {
	switch (item?.type) {
		case 'command_execution':
			return [{ kind: 'turn' }, commandEvent(item.command)];
		case 'mcp_tool_call':
			return [{ kind: 'turn' }, { kind: 'tool', name: `mcp:${item.server ?? ''}`, summary: item.tool ?? '' }];
		default:
			return [];
	}
}

function itemEvents(item: Line['item']): readonly AgentEvent[] {
	switch (item?.type) {
		case 'agent_message':
			return [{ kind: 'turn' }, { kind: 'text', text: item.text ?? '' }];
		case 'file_change': {
			const edits = (item.changes ?? []).flatMap(({ path }) => (path === undefined ? [] : [path]));
			return [{ kind: 'tool', name: 'edit', summary: edits.join(' ').slice(0, 500), edits }];
		}
		case 'error':
			return [{ kind: 'notice', message: item.message ?? '' }];
		default:
			return [];
	}
}

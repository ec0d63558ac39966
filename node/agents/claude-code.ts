/**
 * The `claude` command: how it is called without a terminal and how its stream-json lines become our events. A failed
 * call to the service still has `subtype: "success"`, so `is_error` decides; the cost it tells covers one session,
 * because every session of ours is a new one.
 */

import { z } from 'zod';
import { readAs } from '../../shared/ports/read-as.ts';
import type { AgentEvent, SessionResult } from './agent-event.ts';
import type { RuntimeProgram } from './runtime.ts';

const block = z.object({
	type: z.string(),
	text: z.string().optional(),
	name: z.string().optional(),
	input: z.record(z.string(), z.unknown()).optional(),
});

const line = z.object({
	type: z.string(),
	subtype: z.string().optional(),
	session_id: z.string().optional(),
	parent_tool_use_id: z.string().nullish(),
	error: z.string().nullish(),
	message: z
		.union([
			z.string(),
			z.object({
				id: z.string().optional(),
				model: z.string().optional(),
				content: z.union([z.string(), z.array(block)]).optional(),
			}),
		])
		.optional(),
	rate_limit_info: z.object({ status: z.string().optional(), resetsAt: z.number().nullish() }).optional(),
	tool_name: z.string().optional(),
	attempt: z.number().optional(),
	error_status: z.number().nullish(),
	is_error: z.boolean().optional(),
	api_error_status: z.number().nullish(),
	terminal_reason: z.string().nullish(),
	result: z.string().optional(),
	errors: z.array(z.unknown()).optional(),
	total_cost_usd: z.number().optional(),
	usage: z.object({ input_tokens: z.number().optional(), output_tokens: z.number().optional() }).optional(),
});

type Line = z.output<typeof line>;

export const claudeCode: RuntimeProgram = {
	name: 'claude-code',
	reports: true,
	credentials: [
		'ANTHROPIC_API_KEY',
		'ANTHROPIC_AUTH_TOKEN',
		'ANTHROPIC_BASE_URL',
		'ANTHROPIC_MODEL',
		'CLAUDE_CODE_OAUTH_TOKEN',
		'CLAUDE_CONFIG_DIR',
		'CLAUDE_CODE_MAX_RETRIES',
	],
	login: 'claude',
	command: ({ agent, prompt, tmp, isRoot }) => ({
		argv: [
			'claude',
			'-p',
			'--output-format',
			'stream-json',
			'--verbose',
			'--dangerously-skip-permissions',
			'--max-turns',
			String(agent.max_turns),
			...(agent.max_cost_usd === undefined ? [] : ['--max-budget-usd', String(agent.max_cost_usd)]),
			...(agent.model === undefined ? [] : ['--model', agent.model]),
		],
		stdin: prompt,
		env: {
			CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
			DISABLE_TELEMETRY: '1',
			DISABLE_AUTOUPDATER: '1',
			DISABLE_ERROR_REPORTING: '1',
			CLAUDE_CODE_TMPDIR: tmp,
			// It refuses to skip its questions as root unless it is told that it is enclosed.
			...(isRoot ? { IS_SANDBOX: '1' } : {}),
		},
	}),
	parser: () => {
		const seen = { message: '', hasLoginFailed: false };
		return (json) => {
			const parsed = readAs(line, json);
			return parsed.success ? translate(parsed.data, seen) : null;
		};
	},
};

function translate(said: Line, seen: { message: string; hasLoginFailed: boolean }): readonly AgentEvent[] {
	switch (said.type) {
		case 'system':
			return systemEvents(said);
		case 'assistant':
			if (said.error === 'authentication_failed') seen.hasLoginFailed = true;
			return assistantEvents(said, seen);
		case 'rate_limit_event':
			return [rateLimit(said)];
		case 'result':
			return resultEvents(said, seen.hasLoginFailed);
		default:
			return [];
	}
}

function systemEvents(said: Line): readonly AgentEvent[] {
	switch (said.subtype) {
		case 'init':
			return [{ kind: 'started', sessionId: said.session_id ?? '' }];
		case 'permission_denied':
			return [
				{
					kind: 'permission',
					tool: said.tool_name ?? '',
					message: typeof said.message === 'string' ? said.message : '',
				},
			];
		case 'api_retry':
			return [
				{
					kind: 'notice',
					message: `the service answered ${said.error_status ?? 'nothing'}, try ${said.attempt ?? '?'}`,
				},
			];
		default:
			return [];
	}
}

function assistantEvents(said: Line, seen: { message: string }): readonly AgentEvent[] {
	if (typeof said.message !== 'object') return [];
	const { id = '', model, content } = said.message;
	const events: AgentEvent[] = [];
	// One event per content block: several share the message, which is one turn. A helper's turns are not the agent's.
	if (id !== seen.message && model !== '<synthetic>' && !said.parent_tool_use_id) events.push({ kind: 'turn' });
	seen.message = id;
	if (typeof content === 'string') return [...events, { kind: 'text', text: content }];
	for (const { type, text, name = '', input = {} } of content ?? []) {
		if (type === 'text' && text) events.push({ kind: 'text', text });
		if (type === 'tool_use') events.push(toolEvent(name, input));
	}
	return events;
}

function toolEvent(name: string, input: Readonly<Record<string, unknown>>): AgentEvent {
	const { file_path: path, command, pattern } = input;
	const summary = [command, path, pattern].find((value) => typeof value === 'string') ?? '';
	const read = name === 'Read' && typeof path === 'string' ? { read: path } : {};
	return { kind: 'tool', name, summary: String(summary).slice(0, 500), ...read };
}

function rateLimit({ rate_limit_info: info }: Line): AgentEvent {
	const status = info?.status === 'rejected' ? 'rejected' : info?.status === 'allowed' ? 'allowed' : 'warning';
	return { kind: 'rateLimit', status, until: info?.resetsAt ? info.resetsAt * 1000 : null };
}

function resultEvents(said: Line, hasLoginFailed: boolean): readonly AgentEvent[] {
	const isOk = said.is_error === false && said.subtype === 'success';
	const message = (
		said.result ??
		said.errors?.filter((one) => typeof one === 'string').join('; ') ??
		said.subtype ??
		''
	).slice(0, 2000);
	return [
		{
			kind: 'usage',
			costUsd: said.total_cost_usd ?? 0,
			inputTokens: said.usage?.input_tokens ?? 0,
			outputTokens: said.usage?.output_tokens ?? 0,
		},
		{ kind: 'result', isOk, failure: isOk ? null : failureOf(said, hasLoginFailed), message },
	];
}

function failureOf(said: Line, hasLoginFailed: boolean): SessionResult['failure'] {
	if (said.subtype === 'error_max_turns') return 'turns';
	if (said.subtype === 'error_max_budget_usd') return 'cost';
	if (hasLoginFailed || said.api_error_status === 401 || said.api_error_status === 403) return 'login';
	if (said.api_error_status === 429) return 'rateLimit';
	return said.terminal_reason === 'api_error' ? 'api' : 'other';
}

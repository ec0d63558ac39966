/**
 * The `claude` command: how it is called without a terminal, how its stream-json lines become our events and ours its
 * lines. A failed call to the service still has `subtype: "success"`, so `is_error` decides. It ends when its input
 * does and all that it was told is done. What it is told in a turn it hears there or makes a turn of its own, with a
 * result of its own: so the input is closed when there was a result for each, or when none begins after one.
 */

import { z } from 'zod';
import { readAs } from '../../shared/ports/read-as.ts';
import type { AgentEvent, PermissionDecision, SessionResult } from './agent-event.ts';
import { claudeAsk } from './claude-ask.ts';
import type { CommandInput, Conversation, RuntimeProgram, Wire } from './runtime.ts';
import { nothingCounted, type Tokens, type UsageMeter, usageMeter } from './session-usage.ts';

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
	request_id: z.string().optional(),
	request: z
		.object({ subtype: z.string(), tool_name: z.string().optional(), input: z.unknown().optional() })
		.optional(),
	usage: z
		.object({
			input_tokens: z.number().optional(),
			cache_creation_input_tokens: z.number().nullish(),
			cache_read_input_tokens: z.number().nullish(),
			output_tokens: z.number().optional(),
		})
		.optional(),
	/** Of each model, over all runs of the session that it knows of; `usage` is of this one. */
	modelUsage: z
		.record(
			z.string(),
			z.object({
				inputTokens: z.number(),
				cacheCreationInputTokens: z.number().optional(),
				cacheReadInputTokens: z.number().optional(),
				outputTokens: z.number(),
			}),
		)
		.optional(),
});

type Line = z.output<typeof line>;

export const claudeCode: RuntimeProgram = {
	name: 'claude-code',
	program: 'claude',
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
	command: ({ agent, session, prompt, tmp, tools, judge, isRoot }) => ({
		argv: [
			'claude',
			'-p',
			'--input-format',
			'stream-json',
			'--output-format',
			'stream-json',
			'--verbose',
			...(session.kind === 'new' ? ['--session-id', session.id] : ['--resume', session.id]),
			...(agent.permissions === 'all' && judge === undefined
				? ['--dangerously-skip-permissions']
				: ['--permission-mode', 'default', '--permission-prompt-tool', 'stdio']),
			'--max-turns',
			String(agent.max_turns),
			...(agent.max_cost_usd === undefined ? [] : ['--max-budget-usd', String(agent.max_cost_usd)]),
			...(agent.model === undefined ? [] : ['--model', agent.model]),
			// Its own tools are asked for by nobody; both options take lists, so none may stand before a word that is none.
			...(tools === undefined ? [] : ['--mcp-config', tools.file, '--allowedTools', 'mcp__gangline']),
		],
		stdin: userLine(prompt),
		keepsStdin: true,
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
	converse: (wire, input) => new ClaudeConversation(wire, input),
};

/** Questions that may be open at once; a model asks for a few tools in parallel. */
const questionsMax = 64;

class ClaudeConversation implements Conversation {
	readonly #wire: Wire;
	readonly #seen: Seen;
	/** What it was told and has given no result for; some of it may share one. */
	#open = 1;
	/** Inputs of the tools that it asks about: an answer repeats them. */
	readonly #questions = new Map<string, unknown>();

	constructor(wire: Wire, { session }: CommandInput) {
		this.#wire = wire;
		const before = session.kind === 'resume' ? session : { counted: nothingCounted };
		const meter = usageMeter({ costUsd: true, inputTokens: false, outputTokens: false }, before);
		this.#seen = { message: '', hasLoginFailed: false, meter };
	}

	read(json: unknown): boolean {
		const parsed = readAs(line, json);
		if (!parsed.success) return false;
		if (parsed.data.type === 'control_request') this.#asked(parsed.data);
		if (parsed.data.type === 'control_cancel_request') this.#withdrawn(parsed.data.request_id ?? '');
		for (const event of translate(parsed.data, this.#seen)) this.#wire.emit(event);
		if (parsed.data.type === 'result') this.#turnEnded();
		return true;
	}

	say(text: string): boolean {
		const isTold = this.#wire.write(userLine(text));
		if (isTold) this.#open += 1;
		return isTold;
	}

	answer(id: string, decision: PermissionDecision): boolean {
		if (!this.#questions.has(id)) return false;
		const input = this.#questions.get(id);
		this.#questions.delete(id);
		const response =
			decision.kind === 'allow'
				? { behavior: 'allow', updatedInput: input }
				: { behavior: 'deny', message: decision.message };
		return this.#respond(id, response);
	}

	#turnEnded(): void {
		this.#open = Math.max(0, this.#open - 1);
		if (this.#open === 0) this.#wire.endInput();
		else this.#wire.rest();
	}

	interrupt(): void {
		this.#open = 0;
		this.#send({ type: 'control_request', request_id: 'interrupt', request: { subtype: 'interrupt' } });
	}

	#asked({ request_id: id, request }: Line): void {
		if (id === undefined || request?.subtype !== 'can_use_tool' || this.#questions.has(id)) return;
		if (this.#questions.size >= questionsMax) {
			this.#respond(id, { behavior: 'deny', message: 'too many questions at once' });
			return;
		}
		this.#questions.set(id, request.input);
		this.#wire.emit({ kind: 'permission', id, ask: claudeAsk(request.tool_name ?? '', request.input) });
	}

	/** Nobody need answer it, and nobody waits for a person any more. */
	#withdrawn(id: string): void {
		if (this.#questions.delete(id)) this.#wire.emit({ kind: 'withdrawn', id });
	}

	#respond(id: string, response: Readonly<Record<string, unknown>>): boolean {
		return this.#send({ type: 'control_response', response: { subtype: 'success', request_id: id, response } });
	}

	#send(message: Readonly<Record<string, unknown>>): boolean {
		return this.#wire.write(`${JSON.stringify(message)}\n`);
	}
}

function userLine(text: string): string {
	const message = { role: 'user', content: [{ type: 'text', text }] };
	return `${JSON.stringify({ type: 'user', message, parent_tool_use_id: null })}\n`;
}

interface Seen {
	message: string;
	hasLoginFailed: boolean;
	readonly meter: UsageMeter;
}

function translate(said: Line, seen: Seen): readonly AgentEvent[] {
	switch (said.type) {
		case 'system':
			return systemEvents(said);
		case 'assistant':
			if (said.error === 'authentication_failed') seen.hasLoginFailed = true;
			return assistantEvents(said, seen);
		case 'rate_limit_event':
			return [rateLimit(said)];
		case 'result':
			return resultEvents(said, seen);
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
					kind: 'refused',
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

function assistantEvents(said: Line, seen: Seen): readonly AgentEvent[] {
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
	const { file_path: path, notebook_path: notebook, command, pattern } = input;
	const summary = [command, path, notebook, pattern].find((value) => typeof value === 'string') ?? '';
	const read = name === 'Read' && typeof path === 'string' ? { read: path } : {};
	const { what } = claudeAsk(name, input);
	const edits = what.kind === 'edit' && what.paths.length > 0 ? { edits: what.paths } : {};
	return { kind: 'tool', name, summary: String(summary).slice(0, 500), ...read, ...edits };
}

function rateLimit({ rate_limit_info: info }: Line): AgentEvent {
	const status = info?.status === 'rejected' ? 'rejected' : info?.status === 'allowed' ? 'allowed' : 'warning';
	return { kind: 'rateLimit', status, until: info?.resetsAt ? info.resetsAt * 1000 : null };
}

function resultEvents(said: Line, { hasLoginFailed, meter }: Seen): readonly AgentEvent[] {
	const isOk = said.is_error === false && said.subtype === 'success';
	const message = (
		said.result ??
		said.errors?.filter((one) => typeof one === 'string').join('; ') ??
		said.subtype ??
		''
	).slice(0, 2000);
	return [
		meter(
			{
				costUsd: said.total_cost_usd ?? 0,
				inputTokens: inputOf(said.usage),
				outputTokens: said.usage?.output_tokens ?? 0,
			},
			tokensOf(said),
		),
		{ kind: 'result', isOk, failure: isOk ? null : failureOf(said, hasLoginFailed), message },
	];
}

/** It counts apart what is written into the service's cache and read from it; the model reads all of it. */
function inputOf(usage: Line['usage']): number {
	const { input_tokens: fresh, cache_creation_input_tokens: written, cache_read_input_tokens: read } = usage ?? {};
	return (fresh ?? 0) + (written ?? 0) + (read ?? 0);
}

function tokensOf({ modelUsage }: Line): Tokens | undefined {
	if (modelUsage === undefined) return undefined;
	const models = Object.values(modelUsage);
	return {
		inputTokens: models.reduce(
			(sum, { inputTokens, cacheCreationInputTokens: written = 0, cacheReadInputTokens: read = 0 }) =>
				sum + inputTokens + written + read,
			0,
		),
		outputTokens: models.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
	};
}

function failureOf(said: Line, hasLoginFailed: boolean): SessionResult['failure'] {
	if (said.subtype === 'error_max_turns') return 'turns';
	if (said.subtype === 'error_max_budget_usd') return 'cost';
	if (hasLoginFailed || said.api_error_status === 401 || said.api_error_status === 403) return 'login';
	if (said.api_error_status === 429) return 'rateLimit';
	return said.terminal_reason === 'api_error' ? 'api' : 'other';
}

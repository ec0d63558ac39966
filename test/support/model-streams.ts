/**
 * The events of a streamed answer in two dialects, as data: what the model says or which tool it calls. The amounts
 * (1000 tokens in, 42 out for each request) are the same in both, so that a test knows what a session has used.
 */
import { randomUUID } from 'node:crypto';

type Said =
	| { readonly kind: 'say'; readonly text: string }
	| { readonly kind: 'run'; readonly command: string }
	| { readonly kind: 'write'; readonly path: string; readonly text: string }
	/** One of our own tools. */
	| { readonly kind: 'use'; readonly tool: string; readonly input: Readonly<Record<string, unknown>> };

interface StreamEvent {
	readonly type: string;
	readonly [key: string]: unknown;
}

export const tokensPerRequest = { input: 1000, output: 42 } as const;

/** As `POST /v1/messages` with `stream: true` answers. */
export function anthropicStream(said: Said): readonly StreamEvent[] {
	const id = `msg_${randomUUID()}`;
	const isText = said.kind === 'say';
	const usage = { input_tokens: tokensPerRequest.input, output_tokens: 1 };
	const block = isText
		? { type: 'text', text: '' }
		: {
				...{ type: 'tool_use', id: `toolu_${randomUUID()}`, input: {} },
				name: toolOf(said),
			};
	const delta = isText
		? { type: 'text_delta', text: said.text }
		: { type: 'input_json_delta', partial_json: JSON.stringify(inputOf(said)) };
	return [
		{
			type: 'message_start',
			message: {
				id,
				type: 'message',
				role: 'assistant',
				model: 'claude-opus-5-5',
				content: [],
				stop_reason: null,
				usage,
			},
		},
		{ type: 'content_block_start', index: 0, content_block: block },
		{ type: 'content_block_delta', index: 0, delta },
		{ type: 'content_block_stop', index: 0 },
		{
			type: 'message_delta',
			delta: { stop_reason: isText ? 'end_turn' : 'tool_use', stop_sequence: null },
			usage: { output_tokens: tokensPerRequest.output },
		},
		{ type: 'message_stop' },
	];
}

function toolOf(said: Exclude<Said, { kind: 'say' }>): string {
	if (said.kind === 'use') return `mcp__gangline__${said.tool}`;
	return said.kind === 'run' ? 'Bash' : 'Write';
}

function inputOf(said: Exclude<Said, { kind: 'say' }>): Readonly<Record<string, unknown>> {
	if (said.kind === 'use') return said.input;
	if (said.kind === 'run') return { command: said.command, description: 'work' };
	return { file_path: said.path, content: said.text };
}

/** As `POST /v1/responses` with `stream: true` answers. */
export function openAiStream(said: Exclude<Said, { kind: 'write' }>): readonly StreamEvent[] {
	const id = `resp_${randomUUID()}`;
	const item =
		said.kind === 'say'
			? {
					type: 'message',
					role: 'assistant',
					id: `msg_${randomUUID()}`,
					content: [{ type: 'output_text', text: said.text }],
				}
			: {
					type: 'function_call',
					id: `fc_${randomUUID()}`,
					call_id: `call_${randomUUID()}`,
					...(said.kind === 'run'
						? { name: 'exec_command', arguments: JSON.stringify({ cmd: said.command }) }
						: { namespace: 'mcp__gangline', name: said.tool, arguments: JSON.stringify(said.input) }),
				};
	const { input, output } = tokensPerRequest;
	const usage = {
		input_tokens: input,
		input_tokens_details: { cached_tokens: 0 },
		output_tokens: output,
		output_tokens_details: { reasoning_tokens: 0 },
		total_tokens: input + output,
	};
	return [
		{ type: 'response.created', response: { id } },
		{ type: 'response.output_item.done', output_index: 0, item },
		{ type: 'response.completed', response: { id, usage } },
	];
}

/** An answer that begins well, and ends with the service's word that it has too much to do. */
export function overloadedStream(dialect: 'anthropic' | 'openai'): readonly StreamEvent[] {
	const said = { kind: 'say', text: 'It is never said.' } as const;
	if (dialect === 'anthropic') {
		const error = { type: 'overloaded_error', message: 'Overloaded' };
		return [...anthropicStream(said).slice(0, 2), { type: 'error', error }];
	}
	const error = { code: 'server_is_overloaded', message: 'Our servers are currently overloaded.' };
	return [...openAiStream(said).slice(0, 1), { type: 'response.failed', response: { id: 'resp_x', error } }];
}

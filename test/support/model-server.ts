/**
 * A model's service on this machine, for the real agent programs: it speaks as much of Anthropic's Messages and
 * OpenAI's Responses as they need, streamed. What "the model" does is a function of the test. Everything that an agent
 * was told is kept, so that a test can say what was in its prompt.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { anthropicStream, openAiStream, overloadedStream } from './model-streams.ts';

export type Dialect = 'anthropic' | 'openai';

/** What the model does next. */
export type Turn =
	| { readonly kind: 'say'; readonly text: string }
	/** Calls the program's tool that runs a shell command. */
	| { readonly kind: 'run'; readonly command: string }
	/** Calls the tool of `claude` that writes a file; `path` is absolute. */
	| { readonly kind: 'write'; readonly path: string; readonly text: string }
	/** Calls one of our own tools. */
	| { readonly kind: 'use'; readonly tool: string; readonly input: Readonly<Record<string, unknown>> }
	| {
			readonly kind: 'fail';
			readonly status: number;
			readonly headers?: Readonly<Record<string, string>>;
			/** What the body says besides a message, where the status is not enough. */
			readonly error?: Readonly<Record<string, unknown>>;
	  }
	/** Begins to answer and breaks the connection in the middle. */
	| { readonly kind: 'cut' }
	/** Begins to answer, and says in the stream that it is overloaded. */
	| { readonly kind: 'overloaded' }
	/** Takes the request and never answers. */
	| { readonly kind: 'hang' };

/** One request of a program to the model. */
export interface Asked {
	readonly dialect: Dialect;
	/** What the session was told: the person's side of it, without the program's own system prompt. */
	readonly prompt: string;
	/** The whole request as it came. */
	readonly told: string;
	/** Output of the tools that the model has called in the session, oldest first. */
	readonly results: readonly string[];
	/** Whether the model may call tools: what a program asks for itself (a title) comes without. */
	readonly hasTools: boolean;
	/** Of the login that came with the request. */
	readonly authorization: string;
	/** Wall ms. */
	readonly at: number;
}

export interface ModelServer {
	readonly url: string;
	/** Every request so far. */
	readonly asked: readonly Asked[];
	/** The first request of each session that was told something containing `text`. */
	begun(text: string): readonly Asked[];
	/** What these sessions were told. */
	prompts(text: string): readonly string[];
	[Symbol.asyncDispose](): Promise<void>;
}

const requestBytesMax = 8 * 1024 * 1024;

/** Listens on a free port of 127.0.0.1. An error of `model` answers 400, which no program repeats. */
export async function startModelServer(model: (asked: Asked) => Turn): Promise<ModelServer> {
	const asked: Asked[] = [];
	const begun = (text: string): readonly Asked[] =>
		asked.filter(({ prompt, results, hasTools }) => hasTools && results.length === 0 && prompt.includes(text));
	const server = createServer((request, response) => {
		void answer(request, response, (one) => {
			asked.push(one);
			return model(one);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('the model server has no port');
	return {
		url: `http://127.0.0.1:${address.port}`,
		asked,
		begun,
		prompts: (text) => begun(text).map(({ prompt }) => prompt),
		[Symbol.asyncDispose]: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

async function answer(
	request: IncomingMessage,
	response: ServerResponse,
	model: (asked: Asked) => Turn,
): Promise<void> {
	const dialect = dialectOf(request);
	if (dialect === null) {
		response.writeHead(404).end('{}');
		return;
	}
	try {
		const body: unknown = JSON.parse(await read(request));
		const authorization = String(request.headers.authorization ?? request.headers['x-api-key'] ?? '');
		const said = dialect === 'anthropic' ? readAnthropic(body) : readOpenAi(body);
		reply(response, dialect, model({ dialect, ...said, told: JSON.stringify(body), authorization, at: Date.now() }));
	} catch (error) {
		refuse(response, { status: 400, error: { message: String(error) } });
	}
}

function reply(response: ServerResponse, dialect: Dialect, turn: Turn): void {
	switch (turn.kind) {
		case 'hang':
			return;
		case 'fail':
			refuse(response, turn);
			return;
		case 'cut': {
			response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
			const said = { kind: 'say', text: 'It is cut before its end.' } as const;
			const [first] = dialect === 'anthropic' ? anthropicStream(said) : openAiStream(said);
			response.write(`event: ${first?.type}\ndata: ${JSON.stringify(first)}\n\n`, () => response.destroy());
			return;
		}
		case 'overloaded': {
			response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
			for (const event of overloadedStream(dialect)) {
				response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
			}
			response.end();
			return;
		}
		default:
			response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
			for (const event of dialect === 'anthropic' ? anthropicStream(turn) : openAiStream(told(turn))) {
				response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
			}
			response.end();
	}
}

/** The other program has no tool for files alone. */
function told(
	turn: Exclude<Turn, { kind: 'fail' | 'cut' | 'overloaded' | 'hang' }>,
): Parameters<typeof openAiStream>[0] {
	if (turn.kind !== 'write') return turn;
	throw new Error('a program that speaks this dialect has no tool that writes a file');
}

const errorTypes: Readonly<Record<number, string>> = {
	400: 'invalid_request_error',
	401: 'authentication_error',
	429: 'rate_limit_error',
	529: 'overloaded_error',
};

function refuse(
	response: ServerResponse,
	{ status, headers = {}, error = {} }: Omit<Extract<Turn, { kind: 'fail' }>, 'kind'>,
): void {
	const type = errorTypes[status] ?? 'api_error';
	const said = { type, message: `the model server was told to answer ${status}`, ...error };
	response.writeHead(status, { 'content-type': 'application/json', ...headers });
	response.end(JSON.stringify({ type: 'error', error: said }));
}

function dialectOf({ method, url = '' }: IncomingMessage): Dialect | null {
	const { pathname } = new URL(url, 'http://127.0.0.1');
	if (method !== 'POST') return null;
	if (pathname === '/v1/messages') return 'anthropic';
	return pathname === '/v1/responses' ? 'openai' : null;
}

async function read(request: IncomingMessage): Promise<string> {
	const pieces: Buffer[] = [];
	let size = 0;
	for await (const piece of request) {
		pieces.push(piece);
		size += piece.length;
		if (size > requestBytesMax) throw new Error(`a request of more than ${requestBytesMax} bytes`);
	}
	return Buffer.concat(pieces).toString('utf8');
}

const text = z.object({ type: z.literal('text'), text: z.string() });
const toolResult = z.object({ type: z.literal('tool_result'), content: z.unknown().optional() });
const tools = z.array(z.unknown()).nullish();
const anthropicBody = z.object({
	tools,
	messages: z.array(
		z.object({
			role: z.string(),
			content: z.union([z.string(), z.array(z.union([text, toolResult, z.object({ type: z.string() })]))]),
		}),
	),
});

function readAnthropic(body: unknown): Pick<Asked, 'prompt' | 'results' | 'hasTools'> {
	const told: string[] = [];
	const results: string[] = [];
	const { messages, tools } = anthropicBody.parse(body);
	for (const { role, content } of messages) {
		if (role !== 'user') continue;
		if (typeof content === 'string') told.push(content);
		else
			for (const block of content) {
				if ('text' in block) told.push(block.text);
				else if ('content' in block) results.push(JSON.stringify(block.content));
			}
	}
	return { prompt: told.join('\n'), results, hasTools: (tools?.length ?? 0) > 0 };
}

const openAiBody = z.object({
	tools,
	input: z.array(
		z.object({
			type: z.string().optional(),
			role: z.string().optional(),
			content: z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]).nullish(),
			output: z.unknown().optional(),
		}),
	),
});

function readOpenAi(body: unknown): Pick<Asked, 'prompt' | 'results' | 'hasTools'> {
	const told: string[] = [];
	const results: string[] = [];
	const { input, tools } = openAiBody.parse(body);
	for (const { type, role, content, output } of input) {
		if (type === 'function_call_output') results.push(JSON.stringify(output));
		else if (role !== 'user') continue;
		else if (typeof content === 'string') told.push(content);
		else for (const part of content ?? []) told.push(part.text ?? '');
	}
	return { prompt: told.join('\n'), results, hasTools: (tools?.length ?? 0) > 0 };
}

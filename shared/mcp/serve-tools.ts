/**
 * A set of tools over MCP's streamable HTTP, by the official library, which is loaded with the first request. Each
 * request is answered for itself: there are no sessions, so nothing of a client stays here when it is gone [I15]. Who
 * asks, from where, and how much, was decided before by whoever has the socket.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GanglineError, ganglineError } from '../ports/errors.ts';
import type { Log } from '../ports/log.ts';
import { answerText, refusalText, type ToolSet, toolNamed } from './served-tool.ts';

export interface ToolExchange {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	/** Read and parsed already. */
	readonly body: unknown;
	readonly set: ToolSet;
	readonly version: string;
	readonly log: Log;
}

/** Resolves when the answer was sent or nobody waits for it any more. */
export async function serveTools({ request, response, body, set, version, log }: ToolExchange): Promise<void> {
	const [{ Server }, { StreamableHTTPServerTransport }, { CallToolRequestSchema, ListToolsRequestSchema }] =
		await Promise.all([
			import('@modelcontextprotocol/sdk/server/index.js'),
			import('@modelcontextprotocol/sdk/server/streamableHttp.js'),
			import('@modelcontextprotocol/sdk/types.js'),
		]);
	const { instructions, tools } = set;
	const server = new Server({ name: 'gangline', version }, { capabilities: { tools: {} }, instructions });
	server.setRequestHandler(ListToolsRequestSchema, () => ({
		tools: tools.map(({ name, description, inputSchema, readOnly }) => ({
			...{ name, description, inputSchema },
			annotations: { readOnlyHint: readOnly, destructiveHint: false, openWorldHint: false },
		})),
	}));
	server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
		try {
			const answer = await toolNamed(set, params.name).call(params.arguments, signal);
			return { content: [{ type: 'text' as const, text: answerText(answer) }] };
		} catch (error) {
			const refusal = error instanceof GanglineError ? error : failed(log, params.name, error);
			return { isError: true, content: [{ type: 'text' as const, text: refusalText(refusal) }] };
		}
	});
	// Headers go at once and a comment follows each quarter of a minute, so that a long answer is no lost connection.
	const transport = new StreamableHTTPServerTransport();
	const gone = new Promise<void>((resolve) => response.once('close', resolve));
	try {
		// Its optional handlers are declared in a way that exactOptionalPropertyTypes does not take for the interface's own.
		await server.connect(transport as Parameters<typeof server.connect>[0]);
		await transport.handleRequest(request, response, body);
		await gone;
	} finally {
		await server.close();
	}
}

function failed(log: Log, tool: string, error: unknown): GanglineError {
	log.error('mcp.failed', { tool, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
	return ganglineError('INTERNAL', `the tool ${tool.slice(0, 64)} failed`, { hint: 'the log of the node says why' });
}

/**
 * Where models find their tools: `POST /mcp`, behind the same guard as every operation (Host, Origin, size, time). The
 * protocol is read in shared/mcp; here is only how many may ask at once, and that nothing else is answered.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { serveTools, type ToolSet } from '../mcp/index.ts';
import { ganglineError } from '../ports/errors.ts';
import type { Log } from '../ports/log.ts';

export interface ToolRouteOptions {
	/** @throws GanglineError UNAUTHENTICATED */
	readonly setOf: (headers: IncomingHttpHeaders) => ToolSet;
	readonly version: string;
	readonly log: Log;
}

/** Under way at once: an answer may wait for gates or for a person, and agents ask for a few things in parallel. */
const exchangesMax = 64;

/** Whether a request is for the tools, whatever its method. */
export function isToolPath(url: string): boolean {
	return url === '/mcp' || url.startsWith('/mcp?') || url.startsWith('/mcp/');
}

/** Adds the route. */
export function addTools(app: FastifyInstance, { setOf, version, log }: ToolRouteOptions): void {
	let exchanges = 0;
	app.post('/mcp', async (request, reply) => {
		const set = setOf(request.headers);
		if (exchanges >= exchangesMax) {
			throw ganglineError('TOO_LARGE', `${exchangesMax} requests for tools are under way, more are not served`, {
				hint: 'wait for an answer, then ask again',
			});
		}
		exchanges += 1;
		reply.hijack();
		keepHeaders(reply);
		try {
			await serveTools({ request: request.raw, response: reply.raw, body: request.body, set, version, log });
		} catch (error) {
			// The answer may have begun: nothing that could be said now would be read.
			log.error('mcp.failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
			reply.raw.destroy();
		} finally {
			exchanges -= 1;
		}
	});
	// A stream of our own news, and ending a session: there are neither.
	app.route({
		method: ['GET', 'DELETE'],
		url: '/mcp',
		handler: async (_request, reply) =>
			reply
				.status(405)
				.header('allow', 'POST')
				.send({ jsonrpc: '2.0', error: { code: -32_000, message: 'only POST is answered here' }, id: null }),
	});
}

/** What the guard has set, on an answer that Fastify does not write. */
function keepHeaders(reply: FastifyReply): void {
	for (const [name, value] of Object.entries(reply.getHeaders()))
		if (value !== undefined) reply.raw.setHeader(name, value);
}

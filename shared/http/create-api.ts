/**
 * The local HTTP API: the operations registry rendered on Fastify. It decides who may ask, reads arguments by the
 * registry's schemas, calls the handler, and answers by the registry's result schema; it knows nothing of what the
 * handlers do. Whatever is sent to it, it answers with an error of ours or cuts the connection; a 500 is our bug.
 */
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ToolSet } from '../mcp/index.ts';
import {
	type Answering,
	answerOperation,
	type Caller,
	type CallName,
	operations,
	parseArgs,
	parseOperationName,
	refuseWithoutAccess,
	requestBytesMax,
} from '../operations/index.ts';
import type { Clock } from '../ports/clock.ts';
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import type { Log } from '../ports/log.ts';
import { type EventFilter, type EventSource, serveEvents } from './event-stream.ts';
import { bearerOf, isToken, unauthenticated, withoutOrigin, wrongOrigin } from './guard.ts';
import { listenOn } from './listen.ts';
import { openApi } from './open-api.ts';
import { readQuery } from './query-arguments.ts';
import { asGanglineError, errorReply } from './replies.ts';
import { addSite, isOpenToAll, type Site } from './site.ts';
import { addTools, isToolPath } from './tool-route.ts';

/** What is asked with a token: operations (documents among them), or the tools of models. */
export type TokenDoor = 'operations' | 'tools';

/** What this process answers; for the rest it says who does. */
export interface ApiOptions extends Answering {
	readonly events: EventSource;
	/** At least 32 characters; whoever has it is `person` with an owner's access. */
	readonly token: string;
	readonly person: string;
	/** Who sends another token than that one; default: nobody. Throws FORBIDDEN for one that opens the other door alone. */
	readonly callerOf?: (token: string, door: TokenDoor) => Caller | null;
	/** What browsers get at the same address; default: nothing. */
	readonly site?: Site;
	/** The tools of models at `/mcp` for who has that token; `caller`: whom it names for operations. Default: none. */
	readonly tools?: (token: string, caller: Caller | null) => ToolSet | null;
	/** Ends the stream of a caller whose rights are gone; the returned function stops watching. */
	readonly watch?: (caller: Caller, end: () => void) => () => void;
	readonly version: string;
	readonly log: Log;
	readonly clock: Clock;
}

export interface ListenOptions {
	/** Default 127.0.0.1. */
	readonly host?: string;
	/** 0 takes any that is free. */
	readonly port: number;
	/** Where to leave the note for the command line (`stateFolder(env).api`); nowhere when left out. */
	readonly noteAt?: string;
}

export interface Api extends AsyncDisposable {
	/** For what else is served at the same address; listen with the API, not with this. */
	readonly server: Server;
	/** Answers a request that came in at another door of the same process. */
	answer(request: IncomingMessage, response: ServerResponse): void;
	/** Why a request may not come from where it says; null where it may. */
	wrongOrigin(headers: IncomingHttpHeaders): GanglineError | null;
	/** Who sends this request; `writes` where it may change something. @throws GanglineError WRONG_ORIGIN, UNAUTHENTICATED */
	callerOf(headers: IncomingHttpHeaders, writes: boolean): Caller;
	/** Resolves when it answers; PORT_IN_USE names who has the port. */
	listen(options: ListenOptions): Promise<{ readonly url: string }>;
	/** Ends streams and connections and removes the note. Idempotent. */
	stop(): Promise<void>;
}

/** Readers of the event stream at once; a board and some terminals each have one. */
const streamsMax = 64;
/** How long `stop` waits for answers under way. */
const drainMsMax = 2_000;

/** Makes the API; nothing listens before `listen`. */
export function createApi(options: ApiOptions): Api {
	const streams = new Set<() => void>();
	let stopping = false;
	let removeNote = async (): Promise<void> => {};
	const app = newServer(options, () => stopping);
	const sockets = new Set<Socket>();
	app.server.on('connection', (socket) => {
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
	});

	app.get('/healthz', async () => ({ ok: true, version: options.version }));
	let document: Record<string, unknown> | undefined;
	app.get('/v1/openapi.json', async () => {
		document ??= openApi(options.version);
		return document;
	});
	app.get('/v1/events', (request, reply) => stream(request, reply));
	app.get('/v1/:operation', async (request) => {
		const name = operationOf(request);
		if (operations[name].kind === 'command') {
			throw ganglineError('INVALID_ARGUMENT', `${name} changes something: it must be sent with POST`);
		}
		return answerOperation(options, {
			name,
			input: readQuery(name, request.query),
			caller: callerOf(options, request.headers, false),
		});
	});
	app.post('/v1/:operation', async (request) =>
		answerOperation(options, {
			name: operationOf(request),
			input: request.body ?? {},
			caller: callerOf(options, request.headers, true),
		}),
	);

	if (options.tools) addTools(app, { ...options, setOf: (headers) => toolsOf(options, headers) });
	if (options.site) addSite(app, options.site, unknownPath);

	async function stream(request: FastifyRequest, reply: FastifyReply): Promise<void> {
		const asking = callerOf(options, request.headers, false);
		const filter = await eventFilter(options, readQuery('events', request.query), asking);
		// Meanwhile a login may have ended, or rights have become others: nobody has watched them yet.
		const caller = callerOf(options, request.headers, false);
		refuseWithoutAccess(caller, 'events');
		if (streams.size >= streamsMax) {
			throw ganglineError('TOO_LARGE', `${streamsMax} readers of the event stream are connected, more are not served`);
		}
		reply.hijack();
		const { events, clock, version } = options;
		const end = serveEvents({
			...{ response: reply.raw, events, filter, clock, version, person: caller.person },
			onEnd: () => {
				streams.delete(end);
				unwatch();
			},
		});
		streams.add(end);
		const unwatch = options.watch?.(caller, end) ?? (() => undefined);
	}

	async function stop(): Promise<void> {
		if (!stopping) {
			stopping = true;
			for (const end of [...streams]) end();
			await removeNote();
		}
		// The server knows nothing of lines that were upgraded, and would wait for them for ever.
		const cancel = options.clock.after(drainMsMax, () => {
			for (const socket of sockets) socket.destroy();
		});
		await app.close();
		cancel();
	}

	return {
		server: app.server,
		answer: (request, response) => app.routing(request, response),
		wrongOrigin: (headers) => wrongOrigin(headers, options.site?.origins()),
		callerOf: (headers, writes) => callerOf(options, headers, writes),
		async listen(listenOptions) {
			const listening = await listenOn(app, options, listenOptions);
			removeNote = listening.removeNote;
			return { url: listening.url };
		},
		stop,
		[Symbol.asyncDispose]: stop,
	};
}

/** Fastify with our guards, limits and error replies; no routes yet. */
function newServer(options: ApiOptions, isStopping: () => boolean): FastifyInstance {
	const app = Fastify({
		logger: false,
		bodyLimit: requestBytesMax,
		// A client must have sent its whole request within this time, however slowly it drips.
		requestTimeout: 10_000,
		http: { headersTimeout: 5_000 },
		keepAliveTimeout: 30_000,
		// In-flight answers (that of node.stop among them) are still sent; `stop` cuts what takes too long.
		forceCloseConnections: 'idle',
		exposeHeadRoutes: false,
		onProtoPoisoning: 'error',
		onConstructorPoisoning: 'error',
		routerOptions: { maxParamLength: 100 },
		rewriteUrl: ({ url = '/' }) => options.site?.pathOf(url) ?? url,
		frameworkErrors: (error, _request, reply) => fail(options.log, reply, error, 'request'),
	});
	app.addHook('onRequest', async (request, reply) => {
		reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
		if (options.site) reply.headers(options.site.headers(request.headers));
		const foreign = wrongOrigin(request.headers, options.site?.origins());
		if (foreign !== null) throw foreign;
		if (request.url === '/healthz') return;
		// Whoever has tools alone asks no operations.
		if (options.tools && isToolPath(request.url)) toolsOf(options, request.headers);
		else if (isOpenToAll(options.site, request.url)) return;
		else callerOf(options, request.headers, request.method !== 'GET');
		if (isStopping()) throw ganglineError('STOPPING', 'the node is stopping and takes nothing more');
	});
	app.setErrorHandler((error, request, reply) => fail(options.log, reply, error, `${request.method} ${request.url}`));
	app.setNotFoundHandler((request) => {
		throw unknownPath(request);
	});
	return app;
}

function unknownPath(request: FastifyRequest): GanglineError {
	return ganglineError('UNKNOWN_OPERATION', `there is no ${request.method} ${request.url.slice(0, 100)}`, {
		hint: 'operations are at /v1/<name>, /v1/openapi.json lists them',
	});
}

function operationOf(request: FastifyRequest): CallName {
	const params: unknown = request.params;
	const text = typeof params === 'object' && params !== null && 'operation' in params ? String(params.operation) : '';
	const name = parseOperationName(text);
	if (name !== 'events') return name;
	throw ganglineError('INVALID_ARGUMENT', 'events is a stream: it must be read with GET /v1/events');
}

/** By a token alone: a page of ours has no tools, and a browser's login opens none. */
function toolsOf(options: ApiOptions, headers: IncomingHttpHeaders): ToolSet {
	const given = bearerOf(headers);
	const isOwn = given !== null && isToken(given, options.token);
	const own = isOwn ? ({ person: options.person, access: 'owner' } as const) : null;
	const caller = given === null ? null : (own ?? options.callerOf?.(given, 'tools') ?? null);
	const set = given === null ? null : (options.tools?.(given, caller) ?? null);
	if (set === null) throw unauthenticated(headers);
	return set;
}

/** A token counts before a cookie: programs send the one, browsers the other. */
function callerOf(options: ApiOptions, headers: IncomingHttpHeaders, writes: boolean): Caller {
	const { site } = options;
	const foreign = wrongOrigin(headers, site?.origins());
	if (foreign !== null) throw foreign;
	const given = bearerOf(headers);
	if (given !== null && isToken(given, options.token)) return { person: options.person, access: 'owner' };
	const caller = given === null ? null : (options.callerOf?.(given, 'operations') ?? null);
	if (caller !== null) return caller;
	const browser = given === null ? (site?.callerOf(headers) ?? null) : null;
	if (browser === null) throw unauthenticated(headers);
	const forged = writes ? withoutOrigin(headers) : null;
	if (forged !== null) throw forged;
	return browser;
}

async function eventFilter(options: ApiOptions, query: Record<string, unknown>, caller: Caller): Promise<EventFilter> {
	refuseWithoutAccess(caller, 'events');
	const { project, ...rest } = parseArgs('events', query);
	if (project === undefined) return { ...rest, projectId: null };
	const { projects } = (await options.handlers['project.list']?.({}, caller)) ?? { projects: [] };
	const found = projects.find((one) => (project.kind === 'id' ? one.id === project.id : one.name === project.name));
	if (found) return { ...rest, projectId: found.id };
	const text = project.kind === 'id' ? project.id : project.name;
	throw ganglineError('UNKNOWN_PROJECT', `no project ${JSON.stringify(text)} is known to this node`);
}

function fail(log: Log, reply: FastifyReply, thrown: unknown, what: string): void {
	const error = asGanglineError(thrown) ?? internalError(log, thrown, what, reply.request.id);
	const { status, body } = errorReply(error);
	reply.status(status).send(body);
}

function internalError(log: Log, thrown: unknown, what: string, request: string) {
	log.error('api.failed', {
		what,
		request,
		error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
	});
	return ganglineError('INTERNAL', `the node failed to answer ${what.slice(0, 100)}`, {
		hint: `its log says why: look for request ${request}`,
	});
}

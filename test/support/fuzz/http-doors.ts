/**
 * Doors for whoever speaks HTTP to a node, a gateway or the door of builds: every operation of the registry with spoilt
 * arguments, as query or body, under every method and header; and raw bytes. A 5xx is a bug of ours, whatever was sent.
 */
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { type OperationName, operationNames, operations } from '../../../shared/operations/index.ts';
import { type ErrorCode, errorKinds, ganglineError } from '../../../shared/ports/index.ts';
import type { SimLog } from '../../../shared/ports/sim/index.ts';
import { spoilBytes } from './bytes.ts';
import type { Dice } from './dice.ts';
import type { Door } from './door.ts';
import { jsonText, spoilText, spoilValue } from './json.ts';
import { spoilLarge } from './makers.ts';
import { valuesOf } from './schema-values.ts';

export interface Asked {
	readonly method: string;
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | null;
}

export interface Served {
	readonly name: string;
	readonly url: string;
	readonly token: string;
	/** Its errors are bugs; null where it is another process, whose answers tell alone. */
	readonly log: SimLog | null;
	readonly covers: readonly string[];
	/** Operations that are not asked with sound arguments: they would end it. */
	readonly spared: readonly OperationName[];
	state?(): string;
}

/** What the API of node and gateway is made of, and the documents beside it. */
export const nodeCovers: readonly string[] = [
	...[
		'shared/http/create-api.ts',
		'shared/http/guard.ts',
		'shared/http/query-arguments.ts',
		'shared/operations/parse.ts',
	],
	...['gateway/edge/document-server.ts', 'route /healthz', 'route /v1/openapi.json', 'route /v1/events'],
	...['route /v1/:operation', 'route /sync/'],
];
/** Tools of models beside it. */
export const toolCovers: readonly string[] = [
	...['route /mcp', 'shared/http/tool-route.ts', 'shared/mcp/operation-tools.ts', 'shared/mcp/serve-tools.ts'],
];
export const buildCovers: readonly string[] = ['gateway/builds/door.ts', 'route /build/'];

/** The board, at an address of this machine in the clear. */
export const boardCovers: readonly string[] = [
	...['gateway/board/lan-door.ts', 'gateway/board/board.ts', 'gateway/board/cookie.ts', 'gateway/board/doors.ts'],
];

const methods = ['GET', 'POST', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'];
const paths = [
	'/',
	'/healthz',
	'/v1/openapi.json',
	'/v1/events',
	'/v1/',
	'/v1//',
	'/sync/a',
	'/build/x.tgz',
	'/%',
	'/v1/%00',
	'/v1/..%2f',
];

/** Operations over HTTP, as a program of a person asks them. */
export function operationDoor(served: Served): Door<Asked> {
	const agent = new Agent({ keepAlive: true, maxSockets: 1 });
	const makers = operationNames.map((name) => ({ name, args: valuesOf(operations[name].args) }));
	return {
		name: `requests to ${served.name}`,
		covers: [...served.covers, ...operationNames.map((name) => `operation ${name}`)],
		make: (dice) => {
			const { name, args } = dice.pick(makers);
			const example = operations[name].examples[0]?.args ?? {};
			const sound = dice.once(3) ? { project: 'shop', ...example } : args(dice);
			const mayBeSound = !served.spared.includes(name);
			const value =
				dice.once(4) && mayBeSound
					? sound
					: dice.once(40)
						? spoilLarge(dice, sound, 300_000)
						: spoilValue(dice, sound, 20_000);
			return asked(dice, { name, value: mayBeSound ? value : { ...Object(value), nothing: 1 }, token: served.token });
		},
		feed: async (input) => judge(served, await send(served.url, input, agent)),
		...(served.state && { state: served.state }),
		// An operation that was taken may change what it is for.
		isWhole: () => {},
		close: async () => agent.destroy(),
	};
}

const toolNames = ['add_item', 'edit_item', 'plan_items', 'show_item', 'list_items', 'search_items', 'show_board'];

/** Tools over MCP, as a model's client asks for them. */
export function toolDoor(served: Served): Door<Asked> {
	const agent = new Agent({ keepAlive: true, maxSockets: 1 });
	const plan = {
		project: 'shop',
		subtasks: [
			{ id: 'a', title: 'A', files: ['a/**'] },
			{ id: 'b', title: 'B' },
		],
	};
	return {
		name: `tools at ${served.name}`,
		covers: served.covers,
		make: (dice) => {
			const tool = dice.pick(toolNames);
			const args = dice.once(3) ? plan : { project: 'shop', item: 1, title: 'A title', words: 'tea' };
			const call = { name: tool, arguments: dice.once(3) ? spoilValue(dice, args, 20_000) : args };
			const method = dice.once(6) ? dice.pick(['initialize', 'tools/list', 'ping', 'x']) : 'tools/call';
			const message = { jsonrpc: '2.0', id: 1, method, params: call };
			const value = dice.once(20)
				? spoilLarge(dice, message, 300_000)
				: dice.once(3)
					? spoilValue(dice, message, 20_000)
					: message;
			const json = jsonText(dice.once(10) ? [value, message] : value);
			const body = dice.once(8) ? spoilBytes(dice, Buffer.from(json)).toString() : json;
			const headers = {
				...{ authorization: `Bearer ${served.token}`, 'content-type': 'application/json' },
				accept: dice.once(8) ? 'text/plain' : 'application/json, text/event-stream',
				...oddHeaders(dice),
			};
			return { method: dice.once(10) ? dice.pick(methods) : 'POST', path: '/mcp', headers, body };
		},
		feed: async (input) => judge(served, await send(served.url, input, agent)),
		// An operation that was taken may change what it is for.
		isWhole: () => {},
		close: async () => agent.destroy(),
	};
}

const pagePaths = [
	'/',
	'/login',
	'/login?next=x',
	'/p/shop',
	'/p/a.b',
	'/assets/app-1a2b.js',
	'/assets/../x',
	'/icon.svg',
];

/** Logins and pages, as a browser asks for them. `code`: one that is good once. */
export function boardDoor(served: Served, code: () => string): Door<Asked> {
	const agent = new Agent({ keepAlive: true, maxSockets: 1 });
	return {
		name: `logins at ${served.name}`,
		covers: served.covers,
		make: (dice) => {
			const cookie = dice.once(2)
				? spoilText(dice, `gangline-n0=${'a'.repeat(43)}; b=c`).replaceAll(/[^ -~]/g, '')
				: '';
			const headers = {
				...{ 'content-type': 'application/json', origin: served.url, cookie },
				...(dice.once(4) && { 'x-forwarded-for': spoilText(dice, '192.0.2.7, 10.0.0.1').replaceAll(/[^ -~]/g, '') }),
				...oddHeaders(dice),
			};
			const method = dice.once(8) ? dice.pick(methods) : dice.once(3) ? 'GET' : 'POST';
			const isPage = method === 'GET' || method === 'HEAD';
			const path = isPage || dice.once(12) ? dice.pick(pagePaths) : dice.pick(['/auth/login', '/auth/logout']);
			const body = dice.once(6) ? { code: code() } : spoilValue(dice, { code: 'x' }, 20_000);
			return { method, path, headers, body: isPage ? null : jsonText(body) };
		},
		feed: async (input) => judge(served, await send(served.url, input, agent)),
		close: async () => agent.destroy(),
	};
}

function asked(dice: Dice, on: { readonly name: string; readonly value: unknown; readonly token: string }): Asked {
	const { name, value, token } = on;
	const method = dice.once(6) ? dice.pick(methods) : dice.once(4) ? 'GET' : 'POST';
	const path = dice.once(12)
		? dice.pick(paths)
		: `/v1/${dice.once(12) ? encodeURIComponent(spoilText(dice, name).toWellFormed()) : name}`;
	const json = jsonText(value);
	const body = dice.once(8) ? spoilBytes(dice, Buffer.from(json)).toString() : json;
	const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...oddHeaders(dice) };
	if (method !== 'GET' && method !== 'HEAD') return { method, path, headers, body };
	return { method, path: `${path}?${queryOf(dice, value)}`.slice(0, 8_000), headers, body: null };
}

function oddHeaders(dice: Dice): Record<string, string> {
	if (!dice.once(6)) return {};
	return dice.pick<Record<string, string>>([
		{ authorization: '' },
		{ authorization: `Bearer ${'x'.repeat(dice.size(2_000))}` },
		{ 'content-type': 'text/plain' },
		{ 'content-type': 'application/json; charset=utf-16' },
		{ 'content-type': '' },
		{ origin: 'https://evil.example' },
		{ host: 'evil.example' },
		{ 'content-encoding': 'gzip' },
		{ expect: '100-continue' },
		{ 'x-http-method-override': 'DELETE' },
		{ cookie: 'a='.repeat(1_000) },
		{ 'if-none-match': '*', range: 'bytes=0-' },
	]);
}

function queryOf(dice: Dice, value: unknown): string {
	const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [['x', value] as const];
	const said = fields.flatMap(([key, one]): readonly (readonly [string, unknown])[] =>
		Array.isArray(one) ? one.map((inner) => [key, inner] as const) : [[key, one]],
	);
	const text = said.slice(0, 50).map(
		([key, one]) =>
			`${encodeURIComponent(key.toWellFormed())}=${encodeURIComponent(
				String(typeof one === 'object' ? jsonText(one) : one)
					.toWellFormed()
					.slice(0, 500),
			)}`,
	);
	return dice.once(6) ? spoilText(dice, text.join('&')).replaceAll(/[^!-~]/g, '') : text.join('&');
}

interface Answer {
	readonly status: number;
	readonly body: string;
}

function send(url: string, { method, path, headers, body }: Asked, agent: Agent): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const { hostname, port } = new URL(url);
		const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
		const request = httpRequest(
			{ hostname, port, method, path, headers: { ...headers, ...length }, agent },
			(response) => {
				// A stream goes on until we leave.
				if (path !== '/mcp' && response.headers['content-type']?.startsWith('text/event-stream')) {
					response.destroy();
					resolve({ status: 200, body: '' });
					return;
				}
				let text = '';
				response.setEncoding('utf8');
				response.on('data', (part: string) => {
					text += part;
				});
				response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
				response.on('error', reject);
			},
		);
		request.on('error', (error: NodeJS.ErrnoException) => {
			// Whoever sends too much is cut off while he sends.
			if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve({ status: 400, body: '' });
			else reject(error);
		});
		request.end(body ?? undefined);
	});
}

function judge({ log }: Served, { status, body }: Answer): void {
	const complaint = log?.lines.find(({ level }) => level === 'error');
	if (log) log.lines.length = 0;
	if (complaint) throw new Error(`${complaint.event} ${JSON.stringify(complaint.fields).slice(0, 2_000)}`);
	if (status < 400) return;
	const code = codeIn(body);
	// What depends on another machine answers 503 and the like; 500 is a bug, or says of itself which code it has.
	const isUnbuilt = status === 503 && body.includes('The board cannot be shown');
	if (status >= 500 && !isUnbuilt && (code === null || code === 'INTERNAL'))
		throw new Error(`it was answered with ${status}: ${body.slice(0, 1_000)}`);
	throw ganglineError(code ?? 'INVALID_ARGUMENT', body.slice(0, 4_000));
}

function codeIn(body: string): ErrorCode | null {
	const code = /"code":"([A-Z_]+)"/.exec(body)?.[1];
	return code !== undefined && isCode(code) ? code : null;
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(errorKinds, code);

const requestSamples = (token: string): readonly string[] => [
	`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
	`POST /v1/item.list HTTP/1.1\r\nHost: localhost:1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 18\r\nConnection: close\r\n\r\n{"project":"shop"}`,
	`POST /v1/item.list HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n12\r\n{"project":"shop"}\r\n0\r\n\r\n`,
	`GET /sync/a/text/b HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\u0082\u0085abcdefghi`,
	`GET /build/${'ab'.repeat(32)}.tgz HTTP/1.1\r\nHost: x\r\nRange: bytes=0-5\r\nConnection: close\r\n\r\n`,
];

/** Bytes on the socket, which no library of ours writes. */
export function rawDoor(served: Served): Door<Uint8Array> {
	const samples = requestSamples(served.token).map((text) => Buffer.from(text, 'latin1'));
	return {
		name: `bytes to ${served.name}`,
		covers: served.covers,
		make: (dice) => (dice.once(20) ? dice.pick(samples) : spoilBytes(dice, dice.pick(samples), samples)),
		feed: async (bytes) => {
			const answer = await sendRaw(Number(new URL(served.url).port), bytes);
			judge(served, { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 400), body: answer });
		},
		...(served.state && { state: served.state }),
	};
}

/** What came back until either side was done; an open request is left after a moment. */
function sendRaw(port: number, bytes: Uint8Array): Promise<string> {
	return new Promise((resolve) => {
		let back = '';
		const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
		socket.setTimeout(200, () => socket.destroy());
		socket.on('data', (part) => {
			back += part.toString('latin1');
		});
		socket.on('error', () => {});
		socket.on('close', () => resolve(back));
	});
}

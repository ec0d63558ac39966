import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Api, createApi } from '../../../shared/http/index.ts';
import { changeEventSchema, operationNames } from '../../../shared/operations/index.ts';
import { SimLog } from '../../../shared/ports/sim/sim-log.ts';
import { SystemClock } from '../../../shared/ports/system/system-clock.ts';
import { apiFileSchema } from '../../../shared/project/api-file.ts';
import { type TinyHome, tinyHome } from '../../support/tiny-home.ts';
import { shopId } from '../../support/tiny-items.ts';

const token = 't'.repeat(40);
const authorization = `Bearer ${token}`;

const errorSchema = z.object({
	error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }),
});
const documentSchema = z.object({
	openapi: z.string(),
	paths: z.record(z.string(), z.record(z.string(), z.looseObject({}))),
});

interface Served {
	readonly api: Api;
	readonly home: TinyHome;
	readonly log: SimLog;
	readonly url: string;
}

async function serve(options: { noteAt?: string; port?: number } = {}): Promise<Served> {
	const home = tinyHome();
	const log = new SimLog();
	const api = createApi({ ...home, token, person: 'ada', version: '0.1.0', log, clock: new SystemClock() });
	const { url } = await api.listen({ port: 0, ...options });
	return { api, home, log, url };
}

let served: Served;
beforeAll(async () => {
	served = await serve();
});
afterAll(() => served.api.stop());

function post(name: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
	return fetch(`${served.url}/v1/${name}`, {
		method: 'POST',
		headers: { authorization, 'content-type': 'application/json', ...headers },
		body: typeof body === 'string' ? body : JSON.stringify(body),
	});
}

async function errorOf(response: Response): Promise<{ code: string; message: string; hint: string | null }> {
	const body = errorSchema.parse(await response.json());
	return body.error;
}

/** Raw bytes to the server, for what fetch would not send. Resolves with what came back when it closed. */
function raw(text: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect(Number(new URL(served.url).port), '127.0.0.1', () => socket.end(text));
		let back = '';
		socket.on('data', (bytes) => {
			back += bytes;
		});
		socket.on('close', () => resolve(back));
		socket.on('error', (error) => ('code' in error && error.code === 'ECONNRESET' ? resolve(back) : reject(error)));
	});
}

describe('an operation', () => {
	it('is answered over POST with the parsed arguments and the person of the token', async () => {
		const response = await post('item.show', { project: 'shop', item: '#1' });
		expect(response.status).toBe(200);
		expect(await response.json()).toMatchObject({ item: { name: '#1' } });
		expect(served.home.asked.at(-1)).toMatchObject({
			args: { project: { kind: 'name', name: 'shop' }, item: { kind: 'number', number: 1 } },
			caller: { person: 'ada', access: 'owner' },
		});
	});

	it('that changes nothing is answered over GET, with text read as the schema wants it', async () => {
		const query = 'project=shop&columns=qa&columns=done&needsYou=true';
		const response = await fetch(`${served.url}/v1/item.list?${query}`, { headers: { authorization } });
		expect(response.status).toBe(200);
		expect(served.home.asked.at(-1)?.args).toMatchObject({ columns: ['qa', 'done'], needsYou: true });
	});

	it('that changes something is refused over GET', async () => {
		const response = await fetch(`${served.url}/v1/item.delete?project=shop&item=1`, { headers: { authorization } });
		expect(response.status).toBe(400);
		expect(await errorOf(response)).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(/POST/) });
	});

	it('that does not exist is named with the nearest one', async () => {
		const response = await post('item.aprove', {});
		expect(response.status).toBe(404);
		expect(await errorOf(response)).toMatchObject({ code: 'UNKNOWN_OPERATION', hint: 'did you mean item.approve?' });
	});

	it('with an unknown field is refused with the nearest known one', async () => {
		const response = await post('item.add', { project: 'shop', titel: 'x' });
		expect(response.status).toBe(400);
		expect(await errorOf(response)).toMatchObject({ code: 'INVALID_ARGUMENT', hint: 'did you mean title?' });
	});

	it('with a handler that fails by a bug answers 500 without its text, which is in the log', async () => {
		const home = tinyHome();
		const log = new SimLog();
		const handlers = {
			...home.handlers,
			'project.list': async () => {
				throw new Error('secret detail');
			},
		};
		await using api = createApi({
			handlers,
			events: home.events,
			token,
			person: 'ada',
			version: '0',
			log,
			clock: new SystemClock(),
		});
		const { url } = await api.listen({ port: 0 });
		const response = await fetch(`${url}/v1/project.list`, { headers: { authorization } });
		expect(response.status).toBe(500);
		const text = await response.text();
		expect(text).toContain('INTERNAL');
		expect(text).not.toContain('secret detail');
		expect(JSON.stringify(log)).toContain('secret detail');
	});

	it('is described in the OpenAPI document, each one of them', async () => {
		const response = await fetch(`${served.url}/v1/openapi.json`, { headers: { authorization } });
		const document = documentSchema.parse(await response.json());
		expect(document.openapi).toBe('3.1.0');
		expect(Object.keys(document.paths).sort()).toEqual(operationNames.map((name) => `/v1/${name}`).sort());
		expect(document.paths['/v1/item.list']?.get?.parameters).toContainEqual(
			expect.objectContaining({ name: 'project', required: true }),
		);
		expect(document.paths['/v1/item.delete']?.get).toBe(undefined);
	});
});

describe('the door', () => {
	const cases: readonly (readonly [string, Record<string, string>, number, string])[] = [
		['no token', { authorization: '' }, 401, 'UNAUTHENTICATED'],
		['another token', { authorization: `Bearer ${'x'.repeat(40)}` }, 401, 'UNAUTHENTICATED'],
		['the token and more', { authorization: `Bearer ${token}x` }, 401, 'UNAUTHENTICATED'],
		['another scheme', { authorization: `Basic ${token}` }, 401, 'UNAUTHENTICATED'],
		['a page as Origin', { authorization, origin: 'https://evil.example' }, 403, 'WRONG_ORIGIN'],
		['an opaque Origin', { authorization, origin: 'null' }, 403, 'WRONG_ORIGIN'],
	];
	for (const [what, headers, status, code] of cases) {
		it(`[I13] refuses ${what} and changes nothing`, async () => {
			const before = served.home.asked.length;
			const response = await post('item.delete', { project: 'shop', item: 1 }, headers);
			expect(response.status).toBe(status);
			expect(await errorOf(response)).toMatchObject({ code });
			expect(served.home.asked.length).toBe(before);
		});
	}

	for (const host of [
		'evil.example',
		'evil.example:7420',
		'localhost.evil.example',
		'127.0.0.1.evil.example',
		'192.168.1.4',
		'a@localhost',
		'',
	]) {
		it(`[I13] refuses the foreign Host ${JSON.stringify(host)}`, async () => {
			const answer = await raw(
				`GET /v1/project.list HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
			);
			expect(answer).toMatch(/^HTTP\/1\.1 40[03]/);
			expect(answer).not.toContain(shopId);
		});
	}

	it('takes loopback names and the same origin', async () => {
		const port = new URL(served.url).port;
		for (const host of ['localhost', `localhost:${port}`, `127.0.0.1:${port}`, '[::1]']) {
			const answer = await raw(
				`GET /v1/project.list HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
			);
			expect(answer).toMatch(/^HTTP\/1\.1 200/);
		}
	});

	it('refuses a page of another site by what the browser says of it', async () => {
		const answer = await raw(
			`GET /v1/project.list HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
		);
		expect(answer).toMatch(/^HTTP\/1\.1 403/);
	});

	it('says that it lives without a token', async () => {
		const response = await fetch(`${served.url}/healthz`);
		expect(await response.json()).toEqual({ ok: true, version: '0.1.0' });
	});

	it('[I15] refuses a body of more than 256 KiB', async () => {
		const response = await post('item.add', { project: 'shop', title: 'x', description: 'y'.repeat(300 * 1024) });
		expect(response.status).toBe(413);
		expect(await errorOf(response)).toMatchObject({ code: 'TOO_LARGE' });
	});

	it('refuses prototype pollution and leaves prototypes alone', async () => {
		for (const body of [
			'{"__proto__":{"polluted":1}}',
			'{"project":"shop","constructor":{"prototype":{"polluted":1}}}',
		]) {
			expect((await post('item.list', body)).status).toBe(400);
		}
		expect(Reflect.get({}, 'polluted')).toBe(undefined);
	});

	it('reads JSON only, so that no form of a page is taken', async () => {
		const response = await post('project.list', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' });
		expect(response.status).toBe(400);
	});
});

describe('whatever is sent', () => {
	const header = fc.string({ unit: 'binary-ascii', maxLength: 40 }).map((text) => text.replace(/[\r\n\0]/g, ''));
	const json = fc.oneof(fc.json(), fc.string({ maxLength: 200 }), fc.constant('{"__proto__":1}'));

	it('never gives a 500 for a body', async () => {
		await fc.assert(
			fc.asyncProperty(fc.constantFrom(...operationNames), json, async (name, body) => {
				const response = await post(name, body);
				expect(response.status).not.toBe(500);
				await response.arrayBuffer();
			}),
			{ numRuns: 150 },
		);
	});

	it('never gives a 500 for a query', async () => {
		const field = fc.constantFrom('project', 'item', 'columns', 'needsYou', 'limit', 'lines', '__proto__', 'x');
		const query = fc.array(
			fc.tuple(field, fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('shop', '1', 'true', '-1', 'qa'))),
			{ maxLength: 5 },
		);
		const queries = operationNames.filter((name) => name !== 'events');
		await fc.assert(
			fc.asyncProperty(fc.constantFrom(...queries), query, async (name, pairs) => {
				const response = await fetch(`${served.url}/v1/${name}?${new URLSearchParams(pairs)}`, {
					headers: { authorization },
				});
				expect(response.status).not.toBe(500);
				await response.arrayBuffer();
			}),
			{ numRuns: 150 },
		);
	});

	it('never gives a 500 or ends the server for paths and headers', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'BREW'),
				fc.oneof(
					fc.webPath(),
					fc.string({ maxLength: 60 }),
					fc.constantFrom('/v1/%', '/v1/%00', '/v1/..%2f', '/v1/constructor', `/v1/${'x'.repeat(500)}`),
				),
				header,
				header,
				async (method, path, one, two) => {
					const target = path.replace(/[\s]/g, '') || '/';
					const answer = await raw(
						`${method} ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nX-One: ${one}\r\nCookie: ${two}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
					);
					expect(answer).not.toMatch(/^HTTP\/1\.1 500/);
				},
			),
			{ numRuns: 100 },
		);
		expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
	});

	it('never gives a 500 for bytes that are no HTTP', async () => {
		await fc.assert(
			fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
				expect(await raw(text)).not.toMatch(/^HTTP\/1\.1 500/);
			}),
			{ numRuns: 50 },
		);
		expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
	});

	it('leaves no error in the log', () => {
		expect(served.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
	});
});

describe('the event stream', () => {
	it('begins with hello, carries what the reader asked for, and says when the node stops', async () => {
		const { api, home, url } = await serve();
		const response = await fetch(`${url}/v1/events?project=shop&item=1&kinds=log&kinds=itemGone`, {
			headers: { authorization },
		});
		expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
		const line = { seq: 1, run: 'r', at: 0, source: 'agent', stream: 'stdout', text: 'hi\n' } as const;
		const common = { at: 0, key: 'k', alias: null, line };
		home.emit({ kind: 'log', project: 'other', name: '#1', ...common });
		home.emit({ kind: 'log', project: shopId, name: '#2', ...common });
		home.emit({ kind: 'progress', at: 0, project: shopId, words: 'x' });
		home.emit({ kind: 'log', project: shopId, name: '#1', ...common });
		await api.stop();
		const events = (await response.text())
			.split('\n\n')
			.flatMap((block) => /^data: (.*)$/m.exec(block)?.[1] ?? [])
			.map((data) => changeEventSchema.parse(JSON.parse(data)));
		expect(events.map(({ kind }) => kind)).toEqual(['hello', 'log', 'stopping']);
		expect(home.listeners.size).toBe(0);
	});

	it('of an unknown project is refused', async () => {
		const response = await fetch(`${served.url}/v1/events?project=shpo`, { headers: { authorization } });
		expect(response.status).toBe(404);
	});

	it('[I15] drops what a slow reader does not take, and says how much', async () => {
		const { api, home, url } = await serve();
		const response = await fetch(`${url}/v1/events`, { headers: { authorization } });
		const words = 'w'.repeat(64 * 1024);
		for (let n = 0; n < 400; n += 1) home.emit({ kind: 'progress', at: 0, project: null, words });
		const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
		let text = '';
		for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
			text = text.slice(-2000) + part.value;
			if (text.includes('event: dropped')) break;
		}
		expect(text).toContain('event: dropped');
		await reader?.cancel();
		await api.stop();
	});

	it('forgets a reader that has left', async () => {
		const leaving = new AbortController();
		const before = served.home.listeners.size;
		await fetch(`${served.url}/v1/events`, { headers: { authorization }, signal: leaving.signal });
		expect(served.home.listeners.size).toBe(before + 1);
		leaving.abort();
		await expect.poll(() => served.home.listeners.size).toBe(before);
	});
});

describe('listening', () => {
	it('on a port in use names the port, who has it, and the way out', async () => {
		const port = Number(new URL(served.url).port);
		await expect(serve({ port })).rejects.toMatchObject({
			code: 'PORT_IN_USE',
			message: expect.stringMatching(new RegExp(`port ${port}: pid ${process.pid} `)),
			hint: expect.stringMatching(/--port/),
		});
	});

	it('leaves a note that only its owner can read, and takes only its own away', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'gangline-api-'));
		const noteAt = join(folder, 'state', 'api.json');
		const first = await serve({ noteAt });
		expect((await stat(noteAt)).mode & 0o777).toBe(0o600);
		expect(apiFileSchema.parse(JSON.parse(await readFile(noteAt, 'utf8')))).toMatchObject({
			url: first.url,
			token,
			pid: process.pid,
		});
		await first.api.stop();
		await first.api.stop();
		await expect(readFile(noteAt)).rejects.toThrow(/ENOENT/);
		await rm(folder, { recursive: true });
	});
});

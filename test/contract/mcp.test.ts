/**
 * Tools of models over real sockets, asked by the official client of the protocol: what it is offered by the scope of its
 * token, what it is answered and refused, and what stays outside.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, describe, expect, it } from 'vitest';
import { personTools } from '../../gateway/person-tools.ts';
import { AgentDesk } from '../../node/tools/index.ts';
import { createApi } from '../../shared/http/index.ts';
import { type AskedOperation, answerOperation, type Caller } from '../../shared/operations/index.ts';
import { parseNodeId } from '../../shared/ports/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import type { Task } from '../../shared/protocol/work.ts';
import { tinyHome } from '../support/tiny-home.ts';
import { itemDetail, shopId } from '../support/tiny-items.ts';

const token = 't'.repeat(40);
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

const callers: Readonly<Record<string, Caller>> = {
	['m'.repeat(40)]: { person: 'mia', access: 'member' },
	['v'.repeat(40)]: { person: 'vic', access: 'viewer' },
};

/** The gateway's API over a home that remembers. */
async function serve() {
	const home = tinyHome();
	const log = new SimLog();
	const answer = (asked: AskedOperation) => answerOperation(home, asked);
	const api = createApi({
		...home,
		...{ token, log, person: 'ada', version: '0.1.0', clock: new SystemClock() },
		callerOf: (given) => callers[given] ?? null,
		tools: (_token, caller) => caller && personTools(caller, answer),
	});
	const { url } = await api.listen({ port: 0 });
	closing.push(() => api.stop());
	return { home, log, url };
}

async function connect(url: string, given: string): Promise<Client> {
	const client = new Client({ name: 'test', version: '1' });
	const transport = new StreamableHTTPClientTransport(new URL('/mcp', url), {
		requestInit: { headers: { authorization: `Bearer ${given}` } },
	});
	await client.connect(transport as Parameters<typeof client.connect>[0]);
	closing.push(() => client.close());
	return client;
}

async function called(client: Client, name: string, args: Record<string, unknown>) {
	const { content, isError } = await client.callTool({ name, arguments: args });
	const [first] = content as { readonly text: string }[];
	return { isError: isError === true, text: first?.text ?? '' };
}

describe('tools of a person’s editor', () => {
	it('are the operations that a model may ask, with schemas and words', async () => {
		const { url } = await serve();
		const client = await connect(url, token);
		const { tools } = await client.listTools();
		expect(tools.map(({ name }) => name).sort()).toEqual([
			...['add_item', 'edit_item', 'list_items', 'list_projects', 'plan_items', 'search_items', 'show_board'],
			...['show_diff', 'show_item', 'show_log', 'tell_agent'],
		]);
		const add = tools.find(({ name }) => name === 'add_item');
		expect(add?.inputSchema.properties).toHaveProperty('title');
		expect(add?.inputSchema.properties).not.toHaveProperty('review');
		expect(add?.annotations).toMatchObject({ readOnlyHint: false });
		expect(client.getInstructions()).toContain('list_projects');
		for (const { description } of tools) expect(description?.length).toBeGreaterThan(15);
	});

	it('[I13] write in the name of the person whose token it is, and leave nothing behind', async () => {
		const { home, url } = await serve();
		const client = await connect(url, 'm'.repeat(40));
		const { isError, text } = await called(client, 'add_item', { project: 'shop', title: 'Sell tea' });
		expect([isError, JSON.parse(text)]).toMatchObject([false, { item: { title: 'Sell tea' } }]);
		expect(home.asked.at(-1)).toMatchObject({ name: 'item.add', caller: { person: 'mia', access: 'member' } });
	});

	it('[I13] do not write for a viewer, and decide no review for anybody', async () => {
		const { home, url } = await serve();
		const viewer = await connect(url, 'v'.repeat(40));
		const { tools } = await viewer.listTools();
		expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true);
		expect(await called(viewer, 'add_item', { project: 'shop', title: 'x' })).toMatchObject({
			isError: true,
			text: expect.stringContaining('there is no tool "add_item" for this token'),
		});
		const member = await connect(url, 'm'.repeat(40));
		for (const name of ['approve_item', 'item.approve'])
			expect(await called(member, name, { project: 'shop', item: 1 })).toMatchObject({ isError: true });
		expect(await called(member, 'add_item', { project: 'shop', title: 'x', review: 'server' })).toMatchObject({
			isError: true,
			text: expect.stringContaining('FORBIDDEN'),
		});
		expect(home.asked).toEqual([]);
	});

	it('are refused in words that say what to do', async () => {
		const { url } = await serve();
		const client = await connect(url, token);
		expect((await called(client, 'add_item', { project: 'shop', titel: 'x' })).text).toContain('did you mean title?');
		expect((await called(client, 'show_item', { project: 'shop', item: 99 })).text).toContain('UNKNOWN_ITEM');
		expect((await called(client, 'add', {})).text).toContain('there are: ');
	});

	it('[I15] cut a long answer and say so', async () => {
		const { home, url } = await serve();
		home.items.push(itemDetail({ number: 7, description: 'x'.repeat(200_000) }));
		const client = await connect(url, token);
		const { text } = await called(client, 'show_item', { project: 'shop', item: 7 });
		expect(text.length).toBeLessThan(61_000);
		expect(text).toMatch(/characters left out: ask for less/);
	});

	it('are for who has a token, from this machine, by POST, and small', async () => {
		const { url, log } = await serve();
		const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
		const sent = (headers: Record<string, string>, more: RequestInit = {}) =>
			fetch(new URL('/mcp', url), {
				...{ method: 'POST', body },
				headers: {
					'content-type': 'application/json',
					accept: 'application/json, text/event-stream',
					authorization: `Bearer ${token}`,
					...headers,
				},
				...more,
			});
		expect((await sent({})).status).toBe(200);
		expect((await sent({ authorization: '' })).status).toBe(401);
		expect((await sent({ authorization: `Bearer ${'x'.repeat(40)}` })).status).toBe(401);
		expect((await sent({ origin: 'https://evil.example' })).status).toBe(403);
		expect((await sent({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
		expect((await sent({}, { body: 'x'.repeat(300 * 1024) })).status).toBe(413);
		expect((await sent({}, { body: '{' })).status).toBe(400);
		const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
		for (const method of ['GET', 'DELETE']) {
			expect((await fetch(new URL('/mcp', url), { method, headers })).status).toBe(405);
		}
		expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
	});
});

const task = {
	project: shopId,
	item: { ...{ key: '01JZ0000000000000000000012', number: 12, title: 'x', type: 'story' }, description: '' },
	...{ role: 'coder', agent: 'claude', token: [1, 7], main: 'a'.repeat(40), startFrom: null },
} as unknown as Task;

/** A node's API with the desk of its agents; nobody is home. */
async function serveDesk() {
	const self = parseNodeId(`n${'1'.repeat(16)}`);
	const asked: unknown[] = [];
	const rpc = {
		ask: async (_node: unknown, _method: unknown, args: unknown) => {
			asked.push(args);
			return { answer: 'the home says so' };
		},
	} as unknown as ConstructorParameters<typeof AgentDesk>[0]['rpc'];
	const home = parseNodeId(`n${'2'.repeat(16)}`);
	const desk = new AgentDesk({ self, random: new SystemRandom(), rpc, homeOf: () => home });
	const api = createApi({
		...{ ...tinyHome(), token, person: 'ada', version: '0.1.0', log: new SimLog(), clock: new SystemClock() },
		tools: (given) => desk.toolsOf(given),
	});
	const { url } = await api.listen({ port: 0 });
	desk.listens(url);
	const tmp = mkdtempSync(join(tmpdir(), 'gangline-tools-'));
	closing.push(
		async () => rmSync(tmp, { recursive: true }),
		() => api.stop(),
	);
	return { desk, url, tmp, asked };
}

describe('tools of an agent', () => {
	it('[I13] are those of its role, and ask the home of its project under its grant', async () => {
		const { desk, tmp, asked, url } = await serveDesk();
		const said: string[] = [];
		const run = { task, tmp, agent: 'claude', progress: (words: string) => void said.push(words) };
		const writes = await desk.open({ ...run, writes: true, gates: async () => 'test: passed', ask: async () => 'yes' });
		const looks = await desk.open({ ...run, writes: false });
		if (writes === null || looks === null) throw new Error('no tools');
		const client = await connect(url, writes.offer.token);
		const names = (await client.listTools()).tools.map(({ name }) => name).sort();
		const looking = ['list_items', 'report_progress', 'search_items', 'show_board', 'show_item'];
		expect(names).toEqual([...looking, 'add_item', 'ask_person', 'edit_item', 'plan_items', 'run_gates'].sort());
		expect((await called(client, 'add_item', { title: 'Sell tea' })).text).toBe('the home says so');
		expect(asked).toEqual([
			expect.objectContaining({
				...{ project: shopId, key: task.item.key, token: [1, 7], agent: 'claude' },
				...{ operation: 'item.add', input: { project: shopId, title: 'Sell tea' } },
			}),
		]);
		expect((await called(client, 'run_gates', {})).text).toBe('test: passed');
		expect((await called(client, 'ask_person', { question: 'May I?' })).text).toBe('yes');
		await called(client, 'report_progress', { words: 'reads\nthe parser' });
		expect(said).toEqual(['reads the parser']);
		const other = await connect(url, looks.offer.token);
		expect((await other.listTools()).tools.map(({ name }) => name).sort()).toEqual(looking);
		for (const args of [{ project: 'other' }, { item: 3, title: 'y' }])
			expect((await called(client, 'edit_item', args)).text).toContain('FORBIDDEN');
		for (const open of [writes, looks]) await open.close();
	});

	it('end with its session: token, file and what they had begun', async () => {
		const { desk, tmp, url } = await serveDesk();
		const begun = Promise.withResolvers<void>();
		let ended = false;
		const gates = (signal: AbortSignal): Promise<string> =>
			new Promise((resolve) => {
				begun.resolve();
				signal.addEventListener('abort', () => {
					ended = true;
					resolve('stopped');
				});
			});
		const open = await desk.open({ task, tmp, agent: 'claude', writes: true, progress: () => undefined, gates });
		if (open === null) throw new Error('no tools');
		const { offer } = open;
		expect(statSync(offer.file).mode & 0o777).toBe(0o600);
		expect(JSON.parse(readFileSync(offer.file, 'utf8')).mcpServers.gangline.url).toBe(offer.url);
		const client = await connect(url, offer.token);
		const answer = called(client, 'run_gates', {});
		await begun.promise;
		await open.close();
		expect([ended, existsSync(offer.file)]).toEqual([true, false]);
		expect((await answer).text).toBe('stopped');
		await expect(connect(url, offer.token)).rejects.toThrow(/UNAUTHENTICATED|401/);
	});

	it('[I13] open no operation of the API, and the key of the API opens no tools of an agent', async () => {
		const { desk, tmp, url } = await serveDesk();
		const open = await desk.open({ task, tmp, agent: 'claude', writes: true, progress: () => undefined });
		if (open === null) throw new Error('no tools');
		const headers = { authorization: `Bearer ${open.offer.token}`, 'content-type': 'application/json' };
		const sent = await fetch(new URL('/v1/item.list', url), { method: 'POST', headers, body: '{"project":"shop"}' });
		expect(sent.status).toBe(401);
		await expect(connect(url, token)).rejects.toThrow(/UNAUTHENTICATED|401/);
		await open.close();
	});

	it('are none where the API never listens', async () => {
		const rpc = { ask: async () => Promise.reject(new Error('nobody is asked')) };
		const desk = new AgentDesk({
			...{ self: parseNodeId(`n${'1'.repeat(16)}`), random: new SystemRandom(), rpc, homeOf: () => null },
		});
		desk.listens(null);
		expect(
			await desk.open({ task, tmp: tmpdir(), agent: 'claude', writes: true, progress: () => undefined }),
		).toBeNull();
	});
});

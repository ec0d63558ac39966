/**
 * Tools of models over real sockets, asked by the official client of the protocol: what it is offered by the scope of its
 * token, what it is answered and refused, and what stays outside.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, describe, expect, it } from 'vitest';
import { personTools } from '../../gateway/person-tools.ts';
import { createApi } from '../../shared/http/index.ts';
import { type AskedOperation, answerOperation, type Caller } from '../../shared/operations/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { itemDetail, tinyHome } from '../support/tiny-home.ts';

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

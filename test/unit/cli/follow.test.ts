import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { clientOf, type HeardEvent } from '../../../gateway/cli/client.ts';
import { openWorkplace } from '../../support/terminal.ts';

it('lets go of the stream of events when its user has ended, also by an error', async () => {
	const server = createServer((_, response) => {
		response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const process = { pid: 1, startTicks: 1, bootId: 'b', startedAt: 1 };
	const client = clientOf({ url: `http://127.0.0.1:${port}`, token: 't', version: '1', ...process });
	const closed = new Promise<IncomingMessage>((resolve) => {
		server.on('request', (request) => request.socket.on('close', () => resolve(request)));
	});
	const refused = client.follow({}, new AbortController().signal, async () => {
		throw new Error('refused');
	});
	await expect(refused).rejects.toThrow('refused');
	expect((await closed).url).toBe('/v1/events?');
	server.close();
	await once(server, 'close');
});

/** What `use` hears of a node that writes these events and ends. */
async function heard(...events: readonly object[]): Promise<readonly HeardEvent[]> {
	const server = createServer((_, response) => {
		response.writeHead(200, { 'content-type': 'text/event-stream' });
		response.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const process = { pid: 1, startTicks: 1, bootId: 'b', startedAt: 1 };
	const client = clientOf({ url: `http://127.0.0.1:${port}`, token: 't', version: '9.9', ...process });
	try {
		return await client.follow({}, new AbortController().signal, async (stream) => {
			const all: HeardEvent[] = [];
			for await (const event of stream) all.push(event);
			return all;
		});
	} finally {
		server.close();
	}
}

it('passes over what a newer node tells of, with one word of each kind, and goes on', async () => {
	const gone = { kind: 'itemGone', at: 1, project: 'p', key: 'k', name: '#1' };
	const told = await heard({ kind: 'weather', sun: 1 }, { kind: 'weather' }, gone, { kind: 'moon' });
	expect(told).toEqual([
		{ kind: 'unknown', words: expect.stringContaining('the node (version 9.9) tells of "weather"') },
		gone,
		{ kind: 'unknown', words: expect.stringContaining('"moon"') },
	]);
});

it.each([
	['a known event without what belongs to it', { kind: 'itemGone', at: 1 }],
	['an event of no kind', { at: 1 }],
])('refuses %s, and says what to do', async (_, event) => {
	await expect(heard(event)).rejects.toMatchObject({
		code: 'MALFORMED',
		hint: 'both must be of one version: gangline stop && gangline start',
	});
});

it('waits for no answer after Ctrl-C, and says nothing is wrong', async () => {
	await using place = await openWorkplace();
	const interruption = new AbortController();
	const answer = Promise.withResolvers<never>();
	const asked = async () => {
		interruption.abort();
		return answer.promise;
	};
	Object.assign(place.home.handlers, { 'item.list': asked });
	const typed = await place.type(['list'], { interrupted: interruption.signal });
	expect(typed).toMatchObject({ code: 130, stdout: '', stderr: '' });
	answer.reject(new Error('late'));
});

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { clientOf } from '../../../gateway/cli/client.ts';

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

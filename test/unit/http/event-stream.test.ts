/** What a reader of the event stream hears while nothing happens. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { serveEvents } from '../../../shared/http/event-stream.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';

describe('a quiet event stream', () => {
	it('says every 15 s that it is alive, as an event that a page in a browser hears', async () => {
		const clock = new SimClock();
		const server = createServer((_, response) => {
			serveEvents({
				...{ response, clock, person: 'ada', version: '1', onEnd: () => {} },
				events: { subscribe: () => () => {} },
				filter: { projectId: null, kinds: ['item'] },
			});
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
		const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
		expect((await reader?.read())?.value).toContain('event: hello\n');
		for (let beats = 0; beats < 3; beats += 1) {
			await clock.advance(15_000);
			expect((await reader?.read())?.value).toMatch(/^id: \d+\nevent: alive\ndata: \{"kind":"alive","at":\d+\}\n\n$/);
		}
		await reader?.cancel();
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
});

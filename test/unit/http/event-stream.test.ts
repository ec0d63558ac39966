/** What a reader of the event stream hears while nothing happens. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createApi } from '../../../shared/http/create-api.ts';
import { serveEvents } from '../../../shared/http/event-stream.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import { tinyHome } from '../../support/tiny-home.ts';

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

it('[I13] is not given to a person whose login ended while the project was looked up', async () => {
	let isIn = true;
	const home = tinyHome();
	await using api = createApi({
		...home,
		handlers: {
			'project.list': async () => {
				isIn = false;
				return { projects: [{ id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', name: 'shop' }] } as never;
			},
		},
		callerOf: () => (isIn ? { person: 'bob', access: 'member' } : null),
		...{ token: 't'.repeat(40), person: 'ada', version: '0.1.0', log: new SimLog(), clock: new SimClock() },
	});
	const { url } = await api.listen({ port: 0 });
	const headers = { authorization: 'Bearer of-bob' };
	const answer = await fetch(new URL('/v1/events?project=shop', url), { headers });
	await answer.body?.cancel();
	expect({ isIn, status: answer.status }).toEqual({ isIn: false, status: 401 });
});

/** The API ends, whoever holds a line open. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { createApi } from '../../../shared/http/index.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import { tinyHome } from '../../support/tiny-home.ts';

it('waits two seconds for lines that became something else, and then cuts them', async () => {
	const clock = new SimClock();
	const home = tinyHome();
	const api = createApi({ ...home, token: 't'.repeat(40), person: 'ada', version: '0.1.0', log: new SimLog(), clock });
	const upgraded = once(api.server, 'upgrade');
	const { url } = await api.listen({ port: 0 });
	const line = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
	line.on('error', () => undefined);
	line.resume();
	const closed = once(line, 'close');
	line.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: something\r\n\r\n');
	const [, held] = await upgraded;
	const stopping = api.stop();
	await clock.advance(1_999);
	expect(held.destroyed).toBe(false);
	await clock.advance(1);
	await stopping;
	line.end();
	await closed;
});

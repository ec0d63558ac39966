/** The board at addresses of this machine: what was lost at the start, and what goes wrong with a socket later. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { Board } from '../../../gateway/board/index.ts';
import { LanDoor } from '../../../gateway/board/lan-door.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { founded, gatewayIdentity } from '../../support/registry-facts.ts';

const nearby = '127.0.0.2';

/** Something that has a port of the address; answers the port. */
async function taken(): Promise<{ readonly port: number; readonly free: () => Promise<unknown> }> {
	const server = createServer().listen(0, nearby);
	await once(server, 'listening');
	return { port: (server.address() as AddressInfo).port, free: () => once(server.close(), 'close') };
}

it('opens an address that was lost at the start when a person names it again', async () => {
	const log = new SimLog();
	const bundle = { assets: '/nowhere', state: () => Promise.reject(new Error('no page is asked for')) };
	const board = await Board.open({
		...{ node: gatewayIdentity.nodeId, facts: founded, bundle, log },
		...{ store: await openSimStore(), clock: new SimClock(), random: new SimRandom('board') },
	});
	const settings = () => ({ publicUrl: null, behindProxy: false, lan: [nearby] });
	await board.change(settings());
	const { port, free } = await taken();
	await board.begin({ port, answer: () => {}, attach: () => {} });
	expect(board.lanOrigins).toEqual([]);
	expect(log.of('board.doorShut')).toHaveLength(1);
	await free();
	await board.change(settings());
	expect(board.lanOrigins).toEqual([`http://${nearby}:${port}`]);
	await board.change({ ...board.settings, publicUrl: 'https://board.example.org' });
	expect(board.lanOrigins).toHaveLength(1);
	await board.stop();
});

it('goes on after connections that it could not take', async () => {
	const { port, free } = await taken();
	await free();
	const servers: Server[] = [];
	const door = new LanDoor({ port, answer: (_, response) => response.end('here'), attach: (one) => servers.push(one) });
	await door.listen([nearby]);
	for (let n = 0; n < 2; n += 1)
		servers[0]?.emit('error', Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
	expect(await (await fetch(`http://${nearby}:${port}`)).text()).toBe('here');
	await door.listen([]);
});

it('shuts at once, whoever holds a line open there', async () => {
	const { port, free } = await taken();
	await free();
	const upgraded = Promise.withResolvers<void>();
	const door = new LanDoor({
		port,
		answer: (_, response) => response.end('here'),
		// As a page has its document open: the server knows nothing of the line any more.
		attach: (server) => server.on('upgrade', () => upgraded.resolve()),
	});
	await door.listen([nearby]);
	const phone = connect(port, nearby);
	phone.on('error', () => {});
	phone.write(`GET /sync/x HTTP/1.1\r\nHost: ${nearby}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
	await upgraded.promise;
	const closed = once(phone, 'close');
	phone.resume();
	await door.listen([]);
	await closed;
	expect(door.origins).toEqual([]);
});

it('is as it was where what was decided could not be kept', async () => {
	const store = await openSimStore();
	const full = { isFull: false };
	const board = await Board.open({
		...{ node: gatewayIdentity.nodeId, facts: founded, log: new SimLog() },
		bundle: { assets: '/nowhere', state: () => Promise.reject(new Error('no page is asked for')) },
		store: new Proxy(store, {
			get: (target, name) =>
				name === 'write' && full.isFull
					? () => Promise.reject(ganglineError('STORE_FAILED', 'the disk is full'))
					: Reflect.get(target, name).bind?.(target),
		}),
		...{ clock: new SimClock(), random: new SimRandom('board') },
	});
	const { port, free } = await taken();
	await free();
	await board.begin({ port, answer: () => {}, attach: () => {} });
	full.isFull = true;
	await expect(board.change({ ...board.settings, lan: [nearby] })).rejects.toMatchObject({ code: 'STORE_FAILED' });
	expect(board.lanOrigins).toEqual([]);
	expect(board.settings.lan).toEqual([]);
	await board.stop();
});

it('takes two changes at once one after the other, so that neither is lost', async () => {
	const board = await Board.open({
		...{ node: gatewayIdentity.nodeId, facts: founded, log: new SimLog() },
		bundle: { assets: '/nowhere', state: () => Promise.reject(new Error('no page is asked for')) },
		...{ store: await openSimStore(), clock: new SimClock(), random: new SimRandom('board') },
	});
	const { port, free } = await taken();
	await free();
	await board.begin({ port, answer: () => {}, attach: () => {} });
	await Promise.all([
		board.change({ lan: [nearby] }),
		board.change({ publicUrl: 'https://board.example.org/' }),
		board.change({ lan: [nearby, '127.0.0.3'] }),
	]);
	expect(board.settings).toMatchObject({ publicUrl: 'https://board.example.org/', lan: [nearby, '127.0.0.3'] });
	expect(board.lanOrigins).toEqual([`http://${nearby}:${port}`, `http://127.0.0.3:${port}`]);
	await board.stop();
});

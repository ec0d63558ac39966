import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort, isPortFree, keptOrFree } from '../../../shared/provision/free-port.ts';

/** Everything is free but these. */
const freeBut = (used: readonly number[]) => async (port: number) => !used.includes(port);

it('gives a port up only when somebody else has it by now', async () => {
	const chosen = await freePort(new Set(), freeBut([]));
	expect(await keptOrFree(chosen, new Set(), freeBut([]))).toBe(chosen);
	expect(await keptOrFree(chosen, new Set([chosen + 1]), freeBut([chosen]))).toBe(chosen + 2);
});

it('says so when none is left', async () => {
	await expect(freePort(new Set(), async () => false)).rejects.toMatchObject({
		code: 'UNSUITABLE_MACHINE',
		message: 'no port from 22200 to 23199 is free on 127.0.0.1',
	});
});

it('knows the port of one that listens on this machine', async () => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	expect(await isPortFree((server.address() as AddressInfo).port)).toBe(false);
	await new Promise((resolve) => server.close(resolve));
});

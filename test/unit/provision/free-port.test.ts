import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort, keptOrFree } from '../../../shared/provision/free-port.ts';

it('gives a port up only when somebody else has it by now', async () => {
	const chosen = await freePort(new Set());
	expect(await keptOrFree(chosen, new Set())).toBe(chosen);
	const server = createServer().listen(chosen, '127.0.0.1');
	await once(server, 'listening');
	const other = await keptOrFree(chosen, new Set([chosen + 1]));
	expect([chosen, chosen + 1]).not.toContain(other);
	await new Promise((resolve) => server.close(resolve));
});

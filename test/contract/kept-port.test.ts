/** A node's own port over restarts, with real sockets. */
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { openAtKeptPort } from '../../node/kept-port.ts';
import { openLibp2pNetwork } from '../../shared/mesh/libp2p-network.ts';
import type { Network } from '../../shared/ports/index.ts';
import { openSimStore, SimClock, SimLog } from '../../shared/ports/sim/index.ts';
import { identityNamed } from '../support/network-worlds.ts';

const portOf = (network: Network): number => Number(network.addresses()[0]?.split('/').at(-1));

it('a node is found at the same port after a restart, and at another one where that is taken', async () => {
	const store = { store: await openSimStore(), log: new SimLog() };
	const start = (): Promise<Network> =>
		openAtKeptPort(store, {
			door: 'loopback',
			open: (port) =>
				openLibp2pNetwork({
					...{ identity: identityNamed('node'), clock: new SimClock(), log: store.log, admission: () => 'member' },
					listen: [`/ip4/127.0.0.1/tcp/${port}`],
				}),
			addressesOf: (network) => network.addresses(),
		});
	const ports: number[] = [];
	for (let run = 0; run < 2; run++) {
		await using network = await start();
		ports.push(portOf(network));
	}
	expect(ports[0]).toBeGreaterThan(0);
	expect(ports[1]).toBe(ports[0]);
	expect(store.log.lines).toEqual([]);

	const other = createServer();
	await new Promise<void>((resolve) => void other.listen(ports[0], '127.0.0.1', resolve));
	let moved = 0;
	{
		await using network = await start();
		moved = portOf(network);
	}
	await new Promise((resolve) => other.close(resolve));
	expect(moved).not.toBe(ports[0]);
	expect(store.log.lines).toMatchObject([{ level: 'warn', event: 'mesh.portTaken', fields: { port: ports[0] } }]);
	await using network = await start();
	expect(portOf(network)).toBe(moved);
});

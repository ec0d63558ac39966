/** What libp2p does beyond the contract of Network: addresses, and that a stopped node leaves nothing behind. */
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Libp2pNetworkOptions, openLibp2pNetwork } from '../../shared/mesh/libp2p-network.ts';
import type { Network } from '../../shared/ports/index.ts';
import { SimClock, SimLog } from '../../shared/ports/sim/index.ts';
import { identityNamed } from '../support/network-worlds.ts';

describe('libp2p', () => {
	const open: Network[] = [];
	afterEach(async () => {
		for (const network of open.splice(0)) await network[Symbol.asyncDispose]();
	});

	async function network(name: string, options: Partial<Libp2pNetworkOptions> = {}): Promise<Network> {
		const opened = await openLibp2pNetwork({
			...{
				identity: identityNamed(name),
				clock: new SimClock(),
				log: new SimLog(),
				admission: () => 'member' as const,
			},
			...options,
		});
		open.push(opened);
		return opened;
	}

	it('listens on loopback alone unless told otherwise, and says where', async () => {
		expect((await network('a')).addresses()).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d+$/)]);
		expect((await network('b', { listen: [] })).addresses()).toEqual([]);
		const announced = ['/dns4/gateway.example/tcp/7421'];
		expect((await network('c', { announce: announced })).addresses()).toEqual(announced);
		const everywhere = (await network('d', { listen: ['/ip4/0.0.0.0/tcp/0'] })).addresses();
		expect(everywhere.every((address) => /^\/ip4\/\d+\.\d+\.\d+\.\d+\/tcp\/\d+$/.test(address))).toBe(true);
	});

	it('says that a port is taken, and that an address is none', async () => {
		const holder = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => holder.once('listening', resolve));
		const held = holder.address();
		const port = typeof held === 'object' ? held?.port : 0;
		const taken = network('a', { listen: [`/ip4/127.0.0.1/tcp/${port}`] });
		await expect(taken).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(String(port)) });
		holder.close();
		for (const address of [
			'localhost:7421',
			'/ip4/203.0.113.9/tcp/7421',
			'/ip4/127.0.0.1/udp/7421',
			'/ip4/127.0.0.1/tcp/0/ws',
		]) {
			await expect(network('a', { listen: [address] })).rejects.toMatchObject({
				code: 'INVALID_CONFIG',
				message: expect.stringContaining(address),
				hint: expect.stringContaining(address.includes('203.0.113.9') ? 'of this machine' : 'looks like'),
			});
		}
	});

	it('is dialled by name and over IPv6 where there is one', async () => {
		const [a, b] = [await network('a'), await network('b')];
		const { nodeId: node, publicKey } = identityNamed('b');
		const port = b.addresses()[0]?.split('/').at(-1);
		await a.dial({ node, publicKey, addresses: ['/nonsense', `/dns4/localhost/tcp/${port}`] });
		expect(a.links()).toHaveLength(1);
	});

	it('lets the process end: a stopped node leaves no socket and no timer', async () => {
		const clock = new SimClock();
		const [a, b] = [await network('a', { clock }), await network('b', { clock })];
		const { nodeId: node, publicKey } = identityNamed('b');
		await a.dial({ node, publicKey, addresses: b.addresses() });
		await a[Symbol.asyncDispose]();
		await b[Symbol.asyncDispose]();
		expect(clock.waiting).toBe(0);
		const sockets = (): readonly string[] => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP'));
		await expect.poll(sockets).toEqual([]);
	});
});

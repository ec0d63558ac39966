/** A gateway as a real process, with members over real TCP: founding, joining, restarts, revoking, strangers. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownAddresses } from '../../gateway/builds/index.ts';
import { openLibp2pNetwork } from '../../shared/mesh/index.ts';
import { formatToken, parseToken } from '../../shared/mesh/join/index.ts';
import { parseNodeId } from '../../shared/ports/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { provisionConnected } from '../../shared/protocol/provision.ts';
import { eventually, freshIdentity, type GatewayWorld, gatewayWorld } from '../support/gateway-world.ts';

describe('a gateway', { timeout: 120_000 }, () => {
	let world: GatewayWorld;
	beforeAll(async () => {
		world = await gatewayWorld();
		await world.start();
	}, 90_000);
	afterAll(() => world[Symbol.asyncDispose](), 30_000);

	it('lets a node join by token over TCP, and both stay linked', async () => {
		const member = await world.join(await world.token({ duties: ['work'], slots: 3 }), { hostName: 'linked' });
		expect(member.joined).toMatchObject({ already: false, node: { name: 'linked', duties: ['work'], slots: 3 } });
		const mesh = await member.open();
		await eventually(() => mesh.network.links().length === 1, 'a link to the gateway');
		expect(mesh.facts().nodes[mesh.self]?.name).toBe('linked');
		await eventually(async () => {
			const { nodes } = await world.ask('node.list', {});
			const seen = nodes.find(({ name }) => name === 'linked');
			return seen?.connected === true && seen.version === '0.1.0' && seen.addresses.length > 0;
		}, 'the gateway to see the node with its addresses');
		await eventually(
			() => (mesh.facts().nodes[mesh.self]?.addresses.length ?? 0) > 0,
			'the registry with the addresses to come back over sync',
		);
	});

	it('refuses a second process on the same state', async () => {
		const { code, output } = await world.startAnother();
		expect(code).toBe(6);
		expect(output).toContain('STORE_LOCKED');
		expect(await world.ask('gateway.status', {})).toMatchObject({ pid: world.note().pid });
	});

	it('comes back from a kill as the same node with the same registry, and members find it again', async () => {
		const member = await world.join(await world.token(), { hostName: 'patient' });
		const mesh = await member.open();
		await eventually(() => mesh.network.links().length === 1, 'a link');
		const before = await world.ask('gateway.status', {});
		await world.end('SIGKILL');
		await eventually(() => mesh.network.links().length === 0, 'the link to go');
		await world.start();
		const after = await world.ask('gateway.status', {});
		expect([after.mesh, after.node, after.listens]).toEqual([before.mesh, before.node, before.listens]);
		const { nodes } = await world.ask('node.list', {});
		expect(nodes.map(({ name }) => name)).toContain('patient');
		await eventually(() => mesh.network.links().length === 1, 'the member to be back', 30);
	});

	it('[I13] says who is connected to machines that make containers alone, and has none made where it cannot be reached', async () => {
		const plain = await (await world.join(await world.token(), { hostName: 'plain' })).open();
		const token = await world.token({ duties: ['work', 'provision'] });
		const member = await world.join(token, { hostName: 'maker', wish: { provision: true } });
		expect(member.joined.node.duties).toEqual(['work', 'provision']);
		const maker = await member.open();
		const gateway = parseNodeId((await world.ask('gateway.status', {})).node);
		await eventually(() => [plain, maker].every((mesh) => mesh.network.links().length === 1), 'links');
		const asked = (mesh: typeof maker) => mesh.rpc.ask(gateway, provisionConnected, { node: plain.self });
		expect(await asked(maker)).toEqual({ connected: true });
		await expect(asked(plain)).rejects.toMatchObject({ code: 'FORBIDDEN' });
		const wish = { name: 'app', on: 'maker' };
		expect(await world.refused('container.create', wish)).toMatchObject({
			code: 'REFUSED',
			message: expect.stringMatching(/listens on this machine alone/),
			hint: 'gangline gateway listen <address>',
		});
		expect(await world.ask('container.list', {})).toEqual({ containers: [] });
	});

	it('listens where it is told, tells members and keeps it over a restart', async () => {
		const own = ownAddresses()[0];
		if (own === undefined) throw new Error('this machine has no address but loopback');
		const member = await world.join(await world.token(), { hostName: 'far' });
		const mesh = await member.open();
		const { listens } = await world.ask('gateway.listen', { addresses: [own] });
		const outside = listens.find((address) => address.includes(`/${own}/`));
		expect(outside).toBeDefined();
		await eventually(
			() => mesh.facts().nodes[mesh.membership.gateway.node]?.addresses.includes(outside ?? '') ?? false,
			'the news',
		);
		const gateway = parseToken(await world.token()).gateway;
		expect(gateway.addresses).toContain(outside);
		const busy = await world.refused('gateway.listen', {
			addresses: [`${own}:${new URL(world.note().url).port}`, '192.0.2.77'],
		});
		expect(busy.code).toMatch(/INVALID_CONFIG|PORT_IN_USE/);
		await world.end('SIGTERM');
		await world.start();
		expect((await world.ask('gateway.status', {})).listens).toEqual(listens);
		await eventually(() => mesh.network.links().length === 1, 'the member to be back', 30);
		expect((await world.ask('gateway.listen', { addresses: [] })).listens).toHaveLength(1);
	});

	it('[I13] takes a token once, and answers the same node the same again', async () => {
		const token = await world.token();
		const identity = freshIdentity();
		const first = await world.join(token, { identity, hostName: 'once' });
		const again = await world.join(token, { identity, hostName: 'other' });
		expect(again.joined.node).toEqual(first.joined.node);
		expect(again.joined.already).toBe(true);
		await expect(world.join(token)).rejects.toMatchObject({ code: 'JOIN_REFUSED', data: { reason: 'used' } });
		const { tokens } = await world.ask('token.list', {});
		expect(tokens[0]).toMatchObject({ state: 'used', usesLeft: 0, joined: ['once'] });
	});

	it('[I13] takes no guessed, revoked or foreign token', async () => {
		const open = await world.token({ uses: 5 });
		const guessed = formatToken({ ...parseToken(open), secret: new Uint8Array(16) });
		await expect(world.join(guessed)).rejects.toMatchObject({ code: 'JOIN_REFUSED', data: { reason: 'wrong' } });
		const { tokens } = await world.ask('token.list', {});
		await world.ask('token.revoke', { id: tokens[0]?.id ?? '' });
		const other = await world.token();
		expect(other).not.toBe(open);
		await expect(world.join(open)).rejects.toMatchObject({ code: 'JOIN_REFUSED', data: { reason: 'revoked' } });
	});

	it('[I13] gives a wish no more than the token has', async () => {
		const token = await world.token({ duties: ['work'], slots: 2, uses: 9 });
		const wishes = [{ duties: ['home'] }, { slots: 3 }, { homeFor: ['shop'] }, { worksFor: ['nothing'] }] as const;
		for (const wish of wishes) {
			const copy = JSON.parse(JSON.stringify(wish));
			await expect(world.join(token, { wish: copy })).rejects.toMatchObject({ data: { reason: 'wish' } });
		}
		const { joined } = await world.join(token, { wish: { slots: 1 } });
		expect(joined.node.slots).toBe(1);
	});

	it('[I13] tells a stranger nothing, whether or not a token is open', async () => {
		await world.token();
		const identity = freshIdentity();
		const { node, listens } = await world.ask('gateway.status', {});
		const gateway = parseToken(await world.token()).gateway;
		const clock = new SystemClock();
		await using network = await openLibp2pNetwork({
			...{ identity, clock, log: new SimLog(), listen: [] },
			admission: () => 'member',
		});
		await network.dial({ ...gateway, addresses: listens }).catch(() => {});
		for (const protocol of ['/gangline/rpc/1', '/gangline/sync/1', '/gangline/pack/1'] as const) {
			const asked = network.open(gateway.node, protocol).then(async (channel) => {
				await channel.send(Buffer.from('{}'));
				const frames: Uint8Array[] = [];
				for await (const frame of channel.frames()) frames.push(frame);
				return frames.length;
			});
			await expect(asked.catch(() => 0)).resolves.toBe(0);
		}
		expect(node).toBe(gateway.node);
	});

	it('[I13] cuts a revoked node off within a second, and never takes its key again', async () => {
		const token = await world.token({ uses: 2 });
		const member = await world.join(token, { hostName: 'outcast' });
		const mesh = await member.open();
		await eventually(() => mesh.network.links().length === 1, 'a link');
		await world.ask('node.revoke', { node: 'outcast' });
		const news = performance.now();
		await eventually(() => mesh.network.links().length === 0, 'the link to go');
		expect(performance.now() - news).toBeLessThan(1_000);
		await expect(world.join(token, { identity: member.identity })).rejects.toMatchObject({
			code: expect.stringMatching(/PEER_UNREACHABLE|PEER_GONE/),
		});
		const { nodes } = await world.ask('node.list', { revoked: true });
		expect(nodes.find(({ name }) => name === 'outcast')).toMatchObject({ status: 'revoked', connected: false });
	});

	it('[I13] answers no page of another site, no foreign host name and nobody without a token', async () => {
		const { url, token } = world.note();
		const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
		const table: readonly [Record<string, string>, number][] = [
			[headers, 200],
			[{ ...headers, origin: 'http://evil.example' }, 403],
			[{ ...headers, 'sec-fetch-site': 'cross-site' }, 403],
			[{ 'content-type': 'application/json' }, 401],
			[{ ...headers, authorization: `Bearer ${'x'.repeat(64)}` }, 401],
		];
		for (const [sent, status] of table) {
			const response = await fetch(`${url}/v1/node.list`, { method: 'POST', headers: sent, body: '{}' });
			expect([sent, response.status]).toEqual([sent, status]);
		}
	});

	it('[I13] keeps no secret of a token or a person, and answers by the access that the registry has', async () => {
		await world.ask('person.add', { id: 'vera', access: 'viewer' });
		const { token } = await world.ask('person.token', { id: 'vera' });
		await world.ask('node.list', {}, token);
		expect(await world.refused('node.revoke', { node: 'linked' }, token)).toMatchObject({
			code: 'FORBIDDEN',
			status: 403,
		});
		const { token: editor } = await world.ask('person.token', { id: 'vera', use: 'editor' });
		const tools = async () => {
			const [type, accept] = ['application/json', 'application/json, text/event-stream'];
			const headers = { authorization: `Bearer ${editor}`, 'content-type': type, accept };
			const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
			return (await fetch(new URL('/mcp', world.note().url), { method: 'POST', headers, body })).status;
		};
		expect(await tools()).toBe(200);
		expect(await world.refused('node.list', {}, editor)).toMatchObject({
			...{ code: 'FORBIDDEN', status: 403, message: expect.stringContaining('it opens the tools at /mcp') },
		});
		const { people } = await world.ask('person.list', {});
		expect(people.find(({ id }) => id === 'vera')).toMatchObject({ hasToken: true, hasEditorToken: true });
		await world.ask('person.revokeToken', { id: 'vera', use: 'editor' });
		expect(await tools()).toBe(401);
		expect(await world.refused('person.revokeToken', { id: 'vera', use: 'editor' })).toMatchObject({
			code: 'NOTHING_TO_SHOW',
		});
		await world.ask('node.list', {}, token);
		await world.ask('person.remove', { id: 'vera' });
		expect(await world.refused('node.list', {}, token)).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
		const secret = createHash('sha256').update(token).digest('hex');
		expect(world.log()).not.toContain(token);
		expect(world.log()).not.toContain(secret);
	});
});

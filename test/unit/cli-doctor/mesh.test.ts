import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { endOf, judgeClock, judgeListening } from '../../../gateway/cli/doctor-mesh.ts';
import { identityOf } from '../../../shared/log/index.ts';
import { writeMembership } from '../../../shared/mesh/membership.ts';
import { tinyGatewayStatus } from '../../support/tiny-mesh.ts';
import { openClinic } from './clinic.ts';

describe('doctor in a mesh', () => {
	it('has nothing to say where there is none', async () => {
		using clinic = openClinic();
		for (const id of ['mesh', 'mesh clock', 'gateway']) expect(await clinic.see(id)).toMatchObject({ status: 'ok' });
	});

	it('says which address of the gateway answers while the node does not run', async () => {
		using clinic = openClinic();
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const address = server.address();
		const port = typeof address === 'object' && address !== null ? address.port : 0;
		const { nodeId: node, publicKey } = identityOf(new Uint8Array(32).fill(7));
		const addresses = [`/ip4/127.0.0.1/tcp/${port}`, '/ip4/127.0.0.1/tcp/1'];
		const { mesh } = clinic.session().state;
		await writeMembership(mesh, { mesh: '01JZ000000000000000000MESH', gateway: { node, publicKey, addresses } });
		const found = await clinic.see('mesh');
		server.close();
		expect(found).toMatchObject({ status: 'warn', fix: 'gangline start' });
		expect(found.says).toMatch(/tcp\/[0-9]+ answers, \/ip4\/127.0.0.1\/tcp\/1 does not answer/);
	});

	const clock = (aheadMs: number, status: string, says: RegExp): void => {
		it(`calls a clock that is ${aheadMs} ms apart ${status}`, () => {
			expect(judgeClock(aheadMs, 1000)).toMatchObject({ status, says: expect.stringMatching(says) });
		});
	};
	clock(200, 'ok', /0.2 s behind the gateway's/);
	clock(-6_000, 'warn', /6.0 s ahead of the gateway's/);
	clock(120_000, 'fail', /120 s behind/);

	it('offers an address where only this machine can reach the gateway', () => {
		expect(judgeListening(tinyGatewayStatus)).toMatchObject({
			status: 'warn',
			fix: 'gangline gateway listen 192.0.2.7',
		});
		expect(judgeListening({ ...tinyGatewayStatus, offers: [] })).toMatchObject({
			status: 'warn',
			advice: expect.any(String),
		});
		expect(judgeListening({ ...tinyGatewayStatus, onlyLoopback: false })).toMatchObject({ status: 'ok' });
	});

	it('reads the end of an address', () => {
		expect(endOf('/ip4/192.0.2.7/tcp/7431')).toEqual({ host: '192.0.2.7', port: 7431 });
		expect(endOf('/ip6/fd00::2/tcp/7431')).toEqual({ host: 'fd00::2', port: 7431 });
		expect(endOf('/dns4/gateway.example/tcp/80/ws')).toEqual({ host: 'gateway.example', port: 80 });
		expect(endOf('/unix/x')).toBe(null);
	});
});

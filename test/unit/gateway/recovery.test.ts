/** A gateway that was put back from a copy: its members bring what came after, and nothing stands beside it. */
import { describe, expect, it } from 'vitest';
import { MeshRegistry, Recovery } from '../../../gateway/registry/index.ts';
import { RegistryDocument } from '../../../shared/documents/index.ts';
import { openMesh } from '../../../shared/mesh/index.ts';
import { openSimStore, SimClock, SimLog, SimNet, SimRandom } from '../../../shared/ports/sim/index.ts';
import { members, renameNode, revoke, setAddresses } from '../../../shared/registry/index.ts';
import { gatewayIdentity, identityNo, idNo, meshId, smallMesh } from '../../support/registry-facts.ts';

const gatewayAt = {
	node: gatewayIdentity.nodeId,
	publicKey: gatewayIdentity.publicKey,
	addresses: ['/ip4/10.0.9.1/tcp/7431'],
};

async function restored() {
	const clock = new SimClock();
	const random = new SimRandom('recovery');
	const net = new SimNet({ clock, random });
	const log = new SimLog();
	const registryOf = async (name: string) =>
		RegistryDocument.open({
			...{ store: await openSimStore(), mesh: meshId, random: random.fork(name) },
			...{ gatewayKey: gatewayIdentity.publicKey, identity: gatewayIdentity },
		});
	const before = await registryOf('before');
	await before.publish(setAddresses(smallMesh(), idNo(2), []));
	const copy = before.difference();
	await before.publish(revoke(before.facts, idNo(3), 20));

	const open = async (number: number, has: Uint8Array, incarnation?: number) => {
		const identity = identityNo(number);
		const store = await openSimStore();
		if (incarnation !== undefined) await store.write([{ kind: 'put', key: 'gateway/incarnation', value: incarnation }]);
		const mesh = await openMesh({
			...{ identity, store, clock, log, random: random.fork(`node ${number}`) },
			membership: { mesh: meshId, gateway: gatewayAt },
			openNetwork: async (admission) =>
				net.node({
					node: identity.nodeId,
					publicKey: identity.publicKey,
					admission,
					...(number === 1 && { addresses: gatewayAt.addresses }),
				}),
		});
		await mesh.registry.apply(has, 'copy');
		return { mesh, store };
	};
	const gateway = await open(1, copy, 77);
	const { mesh, store } = gateway;
	const recovery = await Recovery.begin({
		...{ store, clock, log, network: mesh.network },
		hasMembers: () => members(mesh.facts()).length > 1,
	});
	const registry = new MeshRegistry({ document: mesh.registry, clock, mayChange: () => recovery.refuseMeanwhile() });
	const rename = () => registry.change((facts) => renameNode(facts, idNo(4), 'renamed'));
	return { clock, mesh, recovery, rename, later: before.difference(), open };
}

describe('a gateway that was restored from a copy', () => {
	it('publishes nothing before a member brought what came after, and then goes on from there', async () => {
		const { clock, mesh, recovery, rename, later, open } = await restored();
		await expect(rename()).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringContaining('restored') });
		const laptop = await open(2, later);
		await clock.advance(9_000);
		expect(mesh.facts().nodes[idNo(3)]?.status).toBe('revoked');
		await clock.advance(5_000);
		expect(recovery.isOver).toBe(true);
		await rename();
		await clock.advance(2_000);
		expect(laptop.mesh.facts().nodes[idNo(4)]?.name).toBe('renamed');
		expect(laptop.mesh.facts()).toEqual(mesh.facts());
		expect(laptop.mesh.network.links()).toHaveLength(1);
	});

	it('does not take a member for heard that was cut off before it could tell', async () => {
		const { clock, mesh, recovery, later, open } = await restored();
		const laptop = await open(2, later);
		while (mesh.network.links().length === 0) await clock.advance(10);
		await laptop.mesh[Symbol.asyncDispose]();
		await clock.advance(30_000);
		expect(mesh.network.links()).toEqual([]);
		expect(recovery.isOver).toBe(false);
		await open(2, later);
		await clock.advance(60_000);
		expect(recovery.isOver).toBe(true);
	});

	it('[I12] goes on alone when nobody comes', async () => {
		const { clock, recovery, rename } = await restored();
		await clock.advance(599_000);
		expect(recovery.isOver).toBe(false);
		await clock.advance(2_000);
		await rename();
	});

	it('waits for nobody where the store is no copy', async () => {
		const store = await openSimStore();
		const network = { links: () => [], subscribe: () => () => {} };
		const options = { store, clock: new SimClock(), log: new SimLog(), network, hasMembers: () => true };
		expect((await Recovery.begin(options)).isOver).toBe(true);
		expect((await Recovery.begin(options)).isOver).toBe(true);
	});
});

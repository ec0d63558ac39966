/** The registry as a document: what the gateway publishes is what members see, and nothing else is. */
import { describe, expect, it } from 'vitest';
import { RegistryDocument } from '../../shared/documents/index.ts';
import type { Identity } from '../../shared/log/index.ts';
import type { Store } from '../../shared/ports/index.ts';
import { openSimStore, SimDisk, SimRandom } from '../../shared/ports/sim/index.ts';
import { drain, type RegistryFacts, removeProject, renameNode, revoke } from '../../shared/registry/index.ts';
import { founded, gatewayIdentity, identityNo, idNo, meshId, shop, smallMesh } from '../support/registry-facts.ts';

interface Opened {
	readonly document: RegistryDocument;
	readonly store: Store;
	readonly disk: SimDisk;
}

async function open(identity?: Identity, disk = new SimDisk(), mesh = meshId): Promise<Opened> {
	const store = await openSimStore(disk);
	const random = new SimRandom(identity ? 'gateway' : 'reader');
	const gatewayKey = gatewayIdentity.publicKey;
	const document = await RegistryDocument.open({ store, mesh, random, gatewayKey, ...(identity && { identity }) });
	return { document, store, disk };
}

async function published(...all: readonly RegistryFacts[]): Promise<Opened> {
	const gateway = await open(gatewayIdentity);
	for (const facts of all) await gateway.document.publish(facts);
	return gateway;
}

describe('the registry document', () => {
	it('[I1] shows a member exactly what the gateway published, change by change', async () => {
		const gateway = await published(founded(), smallMesh());
		const { document: member } = await open();
		const seen: number[] = [];
		member.subscribe(({ facts }) => seen.push(facts.revision));
		expect(await member.apply(gateway.document.difference(), 'gateway')).toBe('applied');
		expect(member.facts).toEqual(smallMesh());
		const vector = member.stateVector;
		await gateway.document.publish(revoke(gateway.document.facts, idNo(3), 20));
		expect(await member.apply(gateway.document.difference(vector), 'gateway')).toBe('applied');
		await gateway.document.publish(removeProject(gateway.document.facts, shop));
		expect(await member.apply(gateway.document.difference(member.stateVector), 'gateway')).toBe('applied');
		expect(member.facts).toEqual(gateway.document.facts);
		expect(member.stateHash).toBe(gateway.document.stateHash);
		expect(member.facts.nodes[idNo(3)]?.status).toBe('revoked');
		expect(seen).toEqual([smallMesh().revision, smallMesh().revision + 1, smallMesh().revision + 2]);
		expect(await member.apply(gateway.document.difference(), 'gateway')).toBe('known');
	});

	it('[I6] is there again after a restart, and shows nothing before it is durable', async () => {
		const gateway = await published(smallMesh());
		const publishing = gateway.document.publish(drain(smallMesh(), idNo(3), 20));
		expect(gateway.document.facts).toEqual(smallMesh());
		expect(gateway.document.taken.nodes[idNo(3)]?.status).toBe('draining');
		await publishing;
		await gateway.store.close();
		const { document } = await open(gatewayIdentity, gateway.disk);
		expect(document.facts.nodes[idNo(3)]?.status).toBe('draining');
	});

	it('[I13] takes nothing that another signed, or that is of another mesh', async () => {
		const store = await openSimStore();
		const forger = await RegistryDocument.open({
			...{ store, mesh: meshId, random: new SimRandom('forger') },
			gatewayKey: identityNo(9).publicKey,
			identity: identityNo(9),
		});
		await forger.publish(smallMesh());
		const { document: member } = await open();
		await expect(member.apply(forger.difference(), 'mallory')).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
		const gateway = await published(smallMesh());
		const { document: elsewhere } = await open(undefined, new SimDisk(), '01JZ0000000000000000000ZZZ');
		await expect(elsewhere.apply(gateway.document.difference(), 'x')).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
		expect([member.facts.revision, elsewhere.facts.revision]).toEqual([0, 0]);
	});

	it('[I13] is not led back to an earlier registry by a replay', async () => {
		const gateway = await published(smallMesh());
		const early = gateway.document.difference();
		await gateway.document.publish(revoke(smallMesh(), idNo(3), 20));
		const { document: member } = await open();
		await member.apply(gateway.document.difference(), 'gateway');
		expect(await member.apply(early, 'mallory')).toBe('known');
		expect(member.facts.nodes[idNo(3)]?.status).toBe('revoked');
	});

	it('[I13] takes no part of a publication', async () => {
		const gateway = await published(smallMesh());
		const { document: member } = await open();
		await member.apply(gateway.document.difference(), 'gateway');
		const halves: Uint8Array[] = [];
		gateway.document.subscribe(({ change }) => halves.push(change.update));
		await gateway.document.publish(renameNode(gateway.document.facts, idNo(3), 'first'));
		await gateway.document.publish(renameNode(gateway.document.facts, idNo(3), 'second'));
		expect(await member.apply(halves[1] ?? new Uint8Array(), 'relay')).toBe('gap');
		expect(member.facts.nodes[idNo(3)]?.name).toBe('builder');
		for (const half of halves) expect(await member.apply(half, 'relay')).toBe('applied');
		expect(member.facts.nodes[idNo(3)]?.name).toBe('second');
	});

	it('refuses to publish what members would refuse to read', async () => {
		const gateway = await published(smallMesh());
		const facts = gateway.document.facts;
		const node = facts.nodes[idNo(3)];
		if (node === undefined) throw new Error('the mesh has a builder');
		const bad = {
			...facts,
			revision: facts.revision + 1,
			nodes: { ...facts.nodes, [idNo(3)]: { ...node, name: 'No Name' } },
		};
		await expect(gateway.document.publish(bad)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		expect(gateway.document.facts).toBe(facts);
		await gateway.document.publish(renameNode(facts, idNo(3), 'fine'));
		const { document: member } = await open();
		await member.apply(gateway.document.difference(), 'gateway');
		expect(member.facts.nodes[idNo(3)]?.name).toBe('fine');
	});
});

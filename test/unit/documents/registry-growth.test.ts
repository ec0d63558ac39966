/**
 * The registry has no generations: what each change leaves behind in it for ever is small and known, and what happens
 * without a person or a new address changes nothing in it.
 */
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { RegistryDocument } from '../../../shared/documents/index.ts';
import { updateStructsMax } from '../../../shared/documents/limits.ts';
import { openSimStore, SimRandom } from '../../../shared/ports/sim/index.ts';
import { joinNode, type RegistryFacts, revoke, setAddresses } from '../../../shared/registry/index.ts';
import { founded, gatewayIdentity, joiningNo, meshId } from '../../support/registry-facts.ts';

async function open() {
	const document = await RegistryDocument.open({
		...{ store: await openSimStore(), mesh: meshId, random: new SimRandom('growth') },
		...{ gatewayKey: gatewayIdentity.publicKey, identity: gatewayIdentity },
	});
	let publications = 0;
	return {
		document,
		get publications() {
			return publications;
		},
		async change(next: (facts: RegistryFacts) => RegistryFacts): Promise<void> {
			const [before, after] = [document.taken, next(document.taken)];
			if (after === before) return;
			publications += 1;
			await document.publish(after);
		},
		size() {
			const update = document.difference();
			return { bytes: update.byteLength, structures: Y.decodeUpdate(update).structs.length };
		},
	};
}

/** Their keys are made once: that costs more than all else here. */
const nodes = Array.from({ length: 20 }, (_, at) => joiningNo(at + 2));

describe('a registry through years', () => {
	it('[I15] grows by at most 24 bytes and two structures with each change, so that a quarter of a million fit', async () => {
		const registry = await open();
		await registry.change(() => founded());
		for (const node of nodes) await registry.change((facts) => joinNode(facts, node, 1));
		const joined = { ...registry.size(), publications: registry.publications };
		for (let round = 0; round < 25; round++) {
			for (const [at, { id }] of nodes.entries()) {
				await registry.change((facts) => setAddresses(facts, id, [`/ip4/10.0.${round}.${at}/tcp/7431`]));
			}
		}
		for (const { id } of nodes) await registry.change((facts) => revoke(facts, id, 2));
		const { bytes, structures } = registry.size();
		const changes = registry.publications - joined.publications;
		expect(changes).toBe(26 * nodes.length);
		expect((bytes - joined.bytes) / changes).toBeLessThan(24);
		const each = (structures - joined.structures) / changes;
		expect(each).toBeLessThanOrEqual(2);
		expect(updateStructsMax / each).toBeGreaterThanOrEqual(250_000);
	});

	it('[I15] stays as it is while members come and go with the addresses that they had', async () => {
		const registry = await open();
		await registry.change(() => founded());
		for (const node of nodes) await registry.change((facts) => joinNode(facts, node, 1));
		const { stateHash } = registry.document;
		const before = [registry.publications, registry.size()];
		for (let day = 0; day < 365; day++) {
			for (const { id, addresses } of nodes) await registry.change((facts) => setAddresses(facts, id, addresses));
		}
		expect([registry.publications, registry.size()]).toEqual(before);
		expect(registry.document.stateHash).toBe(stateHash);
	});
});

/** What a home begins with whose predecessor was given up and lives: its facts may still come while they are taken. */
import { expect, it } from 'vitest';
import type { NodeParts } from '../../../node/compose.ts';
import { takenHome } from '../../../node/rehome/records.ts';
import { takeProject } from '../../../node/rehome/take.ts';
import { ProjectIndex } from '../../../shared/documents/index.ts';
import { toBase64 } from '../../../shared/log/index.ts';
import type { Store } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import type { MeshProject } from '../../../shared/registry/index.ts';
import type { ReplicaSeat } from '../../../shared/replica/index.ts';
import { factsWith, projectOne } from '../../support/facts.ts';
import { identityNo } from '../../support/registry-facts.ts';

const author = `${identityNo(3).nodeId}.00000001.edge`;

/** A store in which the streams of one generation are read only after `before`. */
function slowStore(store: Store, before: () => Promise<void>): Store {
	return new Proxy(store, {
		get(target, name) {
			const value = Reflect.get(target, name, target);
			if (typeof value !== 'function') return value;
			const call = value.bind(target);
			return name === 'read' ? async (stream: string) => before().then(() => call(stream)) : call;
		},
	});
}

it('[I14] takes refusals with the facts that they belong to, also where the former home goes on meanwhile', async () => {
	const [former, identity, random] = [identityNo(5), identityNo(6), new SimRandom('taken')];
	const parts = { project: projectOne, random, homeKey: former.publicKey, identity: former };
	const index = await ProjectIndex.open({ ...parts, store: await openSimStore(), generation: '1' });
	const facts = factsWith(1, [], { term: 1, acceptedUpTo: { [author]: 6 } });
	await index.publish(facts);
	const goesOn = async (): Promise<void> => {
		if (index.facts.revision > 1) return;
		const next = { ...facts, revision: 2, acceptedUpTo: { [author]: 7 } };
		await index.publish(next, [], { [`${author}#7`]: { reason: 'notAllowed' } });
	};
	const store = await openSimStore();
	const node = {
		...{ store: slowStore(store, goesOn), random, identity, clock: new SimClock(), log: new SimLog() },
		checkouts: { of: () => '/somewhere' },
		repositories: { canonical: async () => ({ close: async () => {} }) },
	};
	const replica = {
		index,
		get facts() {
			return index.facts;
		},
	};
	await takeProject(node as unknown as NodeParts, {
		seat: { replica } as unknown as ReplicaSeat,
		known: {
			id: projectOne,
			name: 'shop',
			branch: 'main',
			term: 1,
			homeKey: toBase64(former.publicKey),
		} as MeshProject,
		from: former.nodeId,
		sealed: null,
	});
	expect(index.facts.revision).toBe(2);
	const { generation = '' } = (await takenHome(store, projectOne)) ?? {};
	const taken = await ProjectIndex.open({
		store,
		project: projectOne,
		generation,
		random,
		homeKey: identity.publicKey,
	});
	expect(taken.facts.acceptedUpTo).toEqual({ [author]: 6 });
	expect(taken.refusals).toEqual({});
});

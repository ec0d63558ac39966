/** The replicas of one process are reviewed again and again; one review that fails is not the last. */
import { describe, expect, it } from 'vitest';
import { openSimStore, SimClock, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { ReplicaSet } from '../../../shared/replica/index.ts';
import { identityNo, smallMesh } from '../../support/registry-facts.ts';

describe('all replicas of a process', () => {
	it('[I12] are reviewed again after a review that failed, and closed all the same', async () => {
		const store = await openSimStore();
		await store.write([{ kind: 'put', key: 'met/nobody', value: 1 }]);
		const identity = identityNo(3);
		const network = { links: () => [], subscribe: () => () => undefined };
		const mesh = { self: identity.nodeId, network, facts: () => ({ ...smallMesh(), projects: {} }) };
		const replicas = new ReplicaSet({
			...{ mesh: mesh as never, store, clock: new SimClock(), random: new SimRandom(1), identity, log: new SimLog() },
			...{ gateway: () => null, resultsWaiting: () => 0, publish: () => undefined },
		});
		await expect(replicas.review()).rejects.toThrow('nobody');
		await expect(replicas.review()).resolves.toBeUndefined();
		await replicas[Symbol.asyncDispose]();
	});
});

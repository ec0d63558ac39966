import { describe, expect, it } from 'vitest';
import { openSimStore } from '../../../shared/ports/sim/index.ts';
import { ContainerRecords, engineNameOf } from '../../../shared/provision/records.ts';

const app = {
	...{ name: 'app', madeAs: null, path: '/app', git: null, wantedStack: null, stack: null, others: [], project: 'P' },
	...{ wantedAgents: null, agents: [], image: 'i', gateway: '172.20.0.1', node: 'n1', person: 'ada', token: null },
	...{ hint: null, sshPort: 22_200, changedAt: 0, steps: [], idleStopMs: null, asleep: false },
	...{ wantedDevcontainer: null, devcontainer: null, ports: [], imagePath: null, hooksDone: null, freshAt: null },
	gitGiven: { identity: null, hasKey: false, tokenFor: null },
	limits: { cpus: 2, memory: 4 * 1024 ** 3, pids: 2048 },
	phase: 'ready' as const,
};

describe('records of projects in containers', () => {
	it('have another name at once, and keep the first one for what the engine has, however often', async () => {
		const store = await openSimStore();
		const records = await ContainerRecords.open(store);
		await records.put(app);
		await records.rename(records.get('app'), 'shop');
		await records.rename(records.get('shop'), 'store');
		const opened = await ContainerRecords.open(store);
		expect(opened.all().map((one) => [one.name, engineNameOf(one), one.path])).toEqual([['store', 'app', '/app']]);
		expect(records.all()).toEqual(opened.all());
	});
});

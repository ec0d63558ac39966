import { describe, expect, it } from 'vitest';
import { ganglineError } from '../../../shared/ports/index.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import { type Doing, IdleWatch } from '../../../shared/provision/idle.ts';
import type { ContainerRecord } from '../../../shared/provision/records.ts';

const minute = 60_000;
const shop: ContainerRecord = {
	...{ name: 'shop', path: '/shop', git: null, wantedStack: null, stack: 'node', others: [], project: 'P', image: 'i' },
	...{ wantedAgents: null, agents: [], gateway: null, node: 'n1', person: 'ada', token: null, hint: null },
	...{ idleStopMs: 30 * minute, asleep: false, madeAs: null, sshPort: 22_200, changedAt: 0 },
	...{ wantedDevcontainer: null, devcontainer: null, ports: [], imagePath: null, hooksDone: null, freshAt: null },
	gitGiven: { identity: null, hasKey: false, tokenFor: null },
	limits: { cpus: 2, memory: 4 * 1024 ** 3, pids: 2048 },
	phase: 'ready',
	steps: [],
};

function watched(more: Partial<ContainerRecord> = {}) {
	const clock = new SimClock();
	const world = {
		record: { ...shop, ...more },
		doing: 'nothing' as Doing,
		logins: 0,
		isAway: false,
		bug: null as Error | null,
		told: [] as string[],
	};
	const log = new SimLog();
	const watch = new IdleWatch({
		records: { all: () => [world.record] },
		doing: () => world.doing,
		...{ clock, log },
		containers: {
			isBusy: () => {
				if (world.bug !== null) throw world.bug;
				return false;
			},
			logins: async () => {
				if (world.isAway) throw ganglineError('ENGINE_FAILED', 'away');
				return world.logins;
			},
			sleep: async () => {
				world.told.push('sleep');
				world.record = { ...world.record, asleep: true };
				return {} as never;
			},
			wake: async () => {
				world.told.push('wake');
				world.record = { ...world.record, asleep: false };
				return true;
			},
		},
	});
	const lookAfter = async (ms: number): Promise<void> => {
		await clock.advance(ms);
		await watch.look();
	};
	return { world, watch, log, lookAfter };
}

describe('a container with nothing to do', () => {
	it('is stopped after its time, and started when something is wanted', async () => {
		const { world, watch, lookAfter } = watched();
		await lookAfter(0);
		await lookAfter(29 * minute);
		expect(world.told).toEqual([]);
		await lookAfter(minute);
		expect(world.told).toEqual(['sleep']);
		await lookAfter(minute);
		world.doing = 'wished';
		watch.poke();
		await watch.look();
		expect(world.told).toEqual(['sleep', 'wake']);
	});

	it.each([
		['while an item can go on', { doing: 'work' }],
		['while its project is not known here', { doing: 'unknown' }],
		['while somebody is logged in', { logins: 1 }],
		['while the engine cannot tell', { isAway: true }],
	] as const)('runs on %s, and its time begins anew', async (_when, now) => {
		const { world, lookAfter } = watched();
		await lookAfter(0);
		const before = { doing: world.doing, logins: world.logins, isAway: world.isAway };
		Object.assign(world, now);
		await lookAfter(31 * minute);
		expect(world.told).toEqual([]);
		Object.assign(world, before);
		await lookAfter(minute);
		expect(world.told).toEqual([]);
		await lookAfter(30 * minute);
		expect(world.told).toEqual(['sleep']);
	});

	it('is looked at again after a mistake of ours, which does not end the gateway', async () => {
		const { world, log, lookAfter } = watched();
		world.bug = new TypeError('a bug');
		await lookAfter(0);
		expect(log.of('container.notLookedAt')).toMatchObject([{ level: 'error' }]);
		world.bug = null;
		await lookAfter(0);
		await lookAfter(30 * minute);
		expect(world.told).toEqual(['sleep']);
	});

	it.each([
		['no time was given', { idleStopMs: null }],
		['it is being made', { phase: 'making' }],
	] as const)('is left alone where %s', async (_why, more) => {
		const { world, lookAfter } = watched(more);
		await lookAfter(0);
		await lookAfter(24 * 60 * minute);
		expect(world.told).toEqual([]);
	});
});

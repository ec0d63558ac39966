/** Projects in containers that several people change at once, over an engine that answers when a test says so. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ganglineError } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { ContainerRecords, Containers, FileDigests } from '../../../shared/provision/index.ts';
import { MakeLog } from '../../../shared/provision/make-log.ts';
import type { ContainerRecord } from '../../../shared/provision/records.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'gangline-containers-'));
	mkdirSync(join(folder, 'shop'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const gibibyte = 1024 ** 3;
const shop: ContainerRecord = {
	...{ name: 'shop', madeAs: null, path: '/shop', git: null, wantedStack: null, stack: null, others: [], project: 'P' },
	...{ wantedAgents: null, agents: [], image: 'i', gateway: '172.20.0.1', node: 'n1', person: 'ada', token: null },
	...{ hint: null, sshPort: 22_200, changedAt: 0, steps: [], idleStopMs: null, asleep: false },
	...{ wantedDevcontainer: null, devcontainer: null, ports: [], imagePath: null, hooksDone: null },
	gitGiven: { identity: null, hasKey: false, tokenFor: null },
	limits: { cpus: 2, memory: 4 * gibibyte, pids: 2048 },
	phase: 'ready',
};

async function open(known: readonly ContainerRecord[] = []) {
	const store = await openSimStore();
	const records = await ContainerRecords.open(store);
	for (const record of known) await records.put(record);
	const log = new SimLog();
	const engine = { asked: [] as string[], answer: async (_what: string): Promise<void> => {} };
	const asked = async (what: string): Promise<void> => {
		engine.asked.push(what);
		await engine.answer(what);
	};
	const opened: string[] = [];
	const lost = new Set<string>();
	const containers = new Containers({
		...{ records, log, clock: new SimClock(), random: new SimRandom('containers') },
		mesh: { facts: () => ({ projects: {}, nodes: {} }) as never, isConnected: async () => false },
		provisioner: {
			check: () => asked('check').then(() => Promise.reject(ganglineError('ENGINE_FAILED', 'no engine here'))),
			condition: async () => ({ kind: 'gone' }),
			limit: () => asked('limit'),
			stop: () => asked('stop'),
			remove: () => asked('remove'),
		} as never,
		doors: {
			openBridge: async (host) => {
				if (lost.has(host)) throw ganglineError('INVALID_CONFIG', `${host} is no address of this machine`);
				opened.push(host);
			},
		},
		owner: { name: 'ada', uid: 1_000, gid: 1_000 },
		...{ environment: {}, baseImage: 'base', docker: '/docker', program: async () => [], digests: new FileDigests() },
		...{
			folder,
			cpus: 2,
			joinToken: async () => ({ text: 't', id: 't1' }),
			renamed: async () => {},
			publish: () => {},
		},
	});
	return { containers, records, store, engine, opened, lost };
}

it('begins one making of a name that two people wish for at once', async () => {
	const { containers, records, engine } = await open();
	const wish = { name: 'shop', path: join(folder, 'src'), retry: false };
	const both = await Promise.allSettled([containers.create(wish, 'ada'), containers.create(wish, 'bob')]);
	expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
	expect(both[1]).toMatchObject({ reason: { code: 'REFUSED' } });
	await expect.poll(() => containers.isBusy('shop')).toBe(false);
	expect(engine.asked).toEqual(['check']);
	expect(records.all().map(({ name, person }) => [name, person])).toEqual([['shop', 'ada']]);
});

it('loses nothing of two changes that are made at once, and keeps one record of one container', async () => {
	const { containers, store, engine } = await open([shop]);
	const slow = Promise.withResolvers<void>();
	engine.answer = () => slow.promise;
	const limiting = containers.limit('shop', { cpus: 1 });
	const sleeping = containers.idleStop('shop', 60_000);
	const renaming = containers.rename('shop', 'store');
	await new Promise((resolve) => setImmediate(resolve));
	slow.resolve();
	await Promise.all([limiting, sleeping, renaming]);
	const kept = await ContainerRecords.open(store);
	expect(kept.all()).toMatchObject([{ name: 'store', madeAs: 'shop', idleStopMs: 60_000, limits: { cpus: 1 } }]);
});

it('changes nothing of one that was removed meanwhile', async () => {
	const { containers, store, engine } = await open([shop]);
	const slow = Promise.withResolvers<void>();
	engine.answer = () => slow.promise;
	const removing = containers.remove('shop', false);
	const limiting = expect(containers.limit('shop', { cpus: 1 })).rejects.toMatchObject({ code: 'NOTHING_TO_SHOW' });
	await new Promise((resolve) => setImmediate(resolve));
	slow.resolve();
	await Promise.all([removing, limiting]);
	expect((await ContainerRecords.open(store)).all()).toEqual([]);
	expect(engine.asked).toEqual(['remove']);
});

it('opens the doors of all networks though that of one is gone for good', async () => {
	const { containers, opened, lost } = await open([
		shop,
		{ ...shop, name: 'blog', gateway: '172.21.0.1', path: '/blog' },
	]);
	lost.add('172.21.0.1');
	await containers.openBridges();
	expect(opened).toEqual(['172.20.0.1']);
	await containers[Symbol.asyncDispose]();
});

it('[I15] bounds what is kept of a making that never stops talking', async () => {
	const path = join(folder, 'make.log');
	const log = await MakeLog.open(path);
	for (let n = 0; n < 100; n += 1) log.write('x'.repeat(100_000));
	await log.close();
	expect(existsSync(path)).toBe(true);
	const text = readFileSync(path, 'utf8');
	expect(text.length).toBeLessThan(5 * 1024 * 1024);
	expect(text.trimEnd().split('\n').at(-1)).toMatch(/^… the rest is left out/);
});

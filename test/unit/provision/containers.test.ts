/** Projects in containers that several people change at once, over an engine that answers when a test says so. */

import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ganglineError } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { ContainerRecords, Containers, FileDigests } from '../../../shared/provision/index.ts';
import { MakeLog } from '../../../shared/provision/make-log.ts';
import type { ContainerRecord } from '../../../shared/provision/records.ts';
import { checkSourceAgain } from '../../../shared/provision/source.ts';

const dockerFolder = fileURLToPath(new URL('../../../docker', import.meta.url));
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
	...{ hint: null, sshPort: 22_950, changedAt: 0, steps: [], idleStopMs: null, asleep: false },
	...{ wantedDevcontainer: null, devcontainer: null, ports: [], imagePath: null, hooksDone: null, freshAt: null },
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
	const putOut: (readonly [string, boolean])[] = [];
	/** Ports of somebody else. */
	const used = new Set<number>();
	const containers = new Containers({
		...{ records, log, clock: new SimClock(), random: new SimRandom('containers') },
		mesh: { facts: () => ({ projects: {}, nodes: {} }) as never, isConnected: async () => false },
		provisioner: {
			check: () => asked('check').then(() => Promise.reject(ganglineError('ENGINE_FAILED', 'no engine here'))),
			condition: async () => ({ kind: 'gone' }),
			limit: () => asked('limit'),
			publishes: true,
			start: () => asked('start'),
			stop: () => asked('stop'),
			ensureNetwork: () =>
				asked('network').then(() => Promise.reject(ganglineError('ENGINE_FAILED', 'no engine here'))),
			remove: () => asked('remove'),
			removeCaches: () => asked('caches'),
		} as never,
		doors: {
			openBridge: async (host) => {
				if (lost.has(host)) throw ganglineError('INVALID_CONFIG', `${host} is no address of this machine`);
				opened.push(host);
			},
			ports: () => [4300],
		},
		hostPorts: 'all',
		isPortFree: async (port) => !used.has(port),
		owner: { name: 'ada', uid: 1_000, gid: 1_000 },
		...{
			environment: {},
			baseImage: 'base',
			docker: dockerFolder,
			program: async () => [],
			digests: new FileDigests(),
		},
		...{
			folder,
			ownFolders: [join(folder, 'own')],
			cpus: 2,
			joinToken: async () => ({ text: 't', id: 't1' }),
			renamed: async () => {},
			removed: async (record, isPurged) => {
				putOut.push([record.name, isPurged]);
				return ['its node shop, in the mesh'];
			},
			publish: () => {},
		},
	});
	return { containers, records, store, engine, opened, lost, putOut, used };
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

it('is made anew by a start when somebody has taken its port meanwhile', async () => {
	const { containers, engine, used } = await open([shop]);
	await containers.start('shop');
	expect(engine.asked).toEqual(['start']);
	used.add(shop.sshPort);
	expect(await containers.start('shop')).toMatchObject({ state: 'making' });
	await expect.poll(() => containers.isBusy('shop')).toBe(false);
	expect(engine.asked).toEqual(['start', 'network']);
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

describe('a project that is deleted', () => {
	const keptFolder = (): string => join(folder, 'shop');
	const membership = (): string => join(keptFolder(), 'state/node/mesh.json');
	const open1 = async () => {
		mkdirSync(join(keptFolder(), 'state/node'), { recursive: true });
		writeFileSync(membership(), '{}');
		return open([{ ...shop, path: join(folder, 'src') }]);
	};
	const wish = (more: object = {}) => ({ name: 'shop', path: join(folder, 'src'), retry: false, ...more });
	const over = async ({ containers }: Awaited<ReturnType<typeof open>>, name: string): Promise<void> => {
		await expect.poll(() => containers.isBusy(name)).toBe(false);
	};

	it('leaves the mesh too, and goes on with the state that was kept when its name is made anew', async () => {
		const opened = await open1();
		const { containers, records, putOut } = opened;
		const { gone, stays } = await containers.remove('shop', false);
		expect(gone).toEqual(['its container and network', 'its node shop, in the mesh']);
		expect(stays.slice(-2)).toEqual([
			`its state in ${keptFolder()}, unlanded work included`,
			'its downloads, until gangline prune',
		]);
		expect(putOut).toEqual([['shop', false]]);
		expect(await containers.kept()).toMatchObject([{ madeAs: 'shop', note: { name: 'shop' } }]);
		await containers.create(wish(), 'ada');
		await over(opened, 'shop');
		// It joins again instead of calling at a mesh that it was put out of.
		expect(existsSync(membership())).toBe(false);
		expect(records.get('shop')).toMatchObject({ madeAs: null, node: null, token: null });
		expect(await containers.kept()).toEqual([]);
	});

	it('goes without an engine where it never came to an image', async () => {
		const opened = await open();
		await opened.containers.create(wish(), 'ada');
		await over(opened, 'shop');
		opened.engine.asked.length = 0;
		expect((await opened.containers.remove('shop', false)).gone).toEqual(['its node shop, in the mesh']);
		expect(opened.engine.asked).toEqual([]);
		expect(opened.records.all()).toEqual([]);
	});

	it('goes on with state under the first name of one that was renamed', async () => {
		const opened = await open1();
		const { containers, records } = opened;
		await containers.rename('shop', 'store');
		await containers.remove('store', false);
		await containers.create(wish({ name: 'store' }), 'ada');
		await over(opened, 'store');
		expect(records.get('store')).toMatchObject({ madeAs: 'shop' });
	});

	it('is not mixed with another source of that name, and its state goes by its name alone', async () => {
		const { containers, putOut } = await open1();
		await containers.remove('shop', false);
		const other = wish({ path: join(folder, 'elsewhere') });
		await expect(containers.create(other, 'ada')).rejects.toMatchObject({
			code: 'REFUSED',
			message: expect.stringMatching(/the state of an earlier shop is kept in .*; its source is .*src$/),
			hint: expect.stringMatching(/project delete shop --purge/),
		});
		await expect(containers.remove('shop', false)).rejects.toMatchObject({ code: 'REFUSED' });
		expect((await containers.remove('shop', true)).gone).toEqual([`its state in ${keptFolder()}`]);
		expect(existsSync(keptFolder())).toBe(false);
		await expect(containers.remove('shop', true)).rejects.toMatchObject({ code: 'NOTHING_TO_SHOW' });
		expect(putOut).toEqual([['shop', false]]);
	});

	it('is purged with its state at once', async () => {
		const { containers, putOut } = await open1();
		expect((await containers.remove('shop', true)).gone).toHaveLength(4);
		expect(existsSync(keptFolder())).toBe(false);
		expect(putOut).toEqual([['shop', true]]);
	});
});

describe('a wish', () => {
	const src = (): string => join(folder, 'src');

	it('is mended by another folder until there may be a container, and never silently', async () => {
		const failed = { ...shop, path: src(), phase: 'failed' as const, node: null };
		const { containers, records } = await open([failed]);
		const again = { name: 'shop', path: join(folder, 'other'), retry: true };
		await containers.create(again, 'ada');
		await expect.poll(() => containers.isBusy('shop')).toBe(false);
		expect(records.get('shop')).toMatchObject({ path: join(folder, 'other'), project: null });
		await containers.create({ name: 'shop', retry: true }, 'ada');
		await expect.poll(() => containers.isBusy('shop')).toBe(false);
		expect(records.get('shop').path).toBe(join(folder, 'other'));
		await records.put({ ...failed, token: 't1' });
		await expect(containers.create(again, 'ada')).rejects.toMatchObject({
			code: 'REFUSED',
			message: expect.stringMatching(/shop has its source in .*src, and its container was made with it/),
		});
	});

	it('is refused before anything is made where its stack or agent is not known', async () => {
		const { containers, records, engine } = await open([shop]);
		const wish = { name: 'blog', path: src(), retry: false };
		const unknown = { code: 'INVALID_ARGUMENT', message: expect.stringMatching(/"pyton"/) };
		await expect(containers.create({ ...wish, stack: 'pyton' }, 'ada')).rejects.toMatchObject(unknown);
		await expect(containers.create({ ...wish, agents: ['pyton'] }, 'ada')).rejects.toMatchObject(unknown);
		await expect(containers.rebuild({ name: 'shop', stack: 'pyton' })).rejects.toMatchObject(unknown);
		expect([records.all().length, engine.asked]).toEqual([1, []]);
	});

	it('[I13] is refused where its source shares a folder with another or with Gangline itself', async () => {
		const { containers } = await open([{ ...shop, path: join(folder, 'a/shop') }]);
		const table: readonly (readonly [string, RegExp])[] = [
			['a/shop', /is the source of shop already/],
			['a/shop/inner', /lies in .*a\/shop, the source of shop/],
			['a', /has .*a\/shop in it, the source of shop/],
			['own/deep', /lies in .*own, where Gangline keeps its own state/],
			['own', /is where Gangline keeps its own state/],
		];
		for (const [path, message] of table) {
			const wish = { name: 'blog', path: join(folder, path), retry: false };
			await expect(containers.create(wish, 'ada')).rejects.toMatchObject({
				code: 'REFUSED',
				message: expect.stringMatching(message),
			});
		}
		await containers.create({ name: 'blog', path: join(folder, 'a/shop2'), retry: false }, 'ada');
	});
});

it('[I13] looks at a source again before it is mounted anew', async () => {
	const uid = process.getuid?.() ?? 0;
	const owner = { name: 'ada', uid, gid: uid };
	const path = join(folder, 'src');
	mkdirSync(path);
	await expect(checkSourceAgain(path, owner)).resolves.toBeUndefined();
	renameSync(path, `${path}-before`);
	await expect(checkSourceAgain(path, owner)).rejects.toMatchObject({ message: expect.stringMatching(/is gone/) });
	symlinkSync(folder, path);
	await expect(checkSourceAgain(path, owner)).rejects.toMatchObject({
		code: 'INVALID_ARGUMENT',
		message: expect.stringMatching(/is no plain folder/),
	});
	await expect(checkSourceAgain(`${path}-before`, { ...owner, uid: uid + 1 })).rejects.toMatchObject({
		code: 'REFUSED',
	});
});

/** What passes between replicas, when, and how much of it. */
import { afterEach, describe, expect, it } from 'vitest';
import { type ItemText, RegistryDocument } from '../../../shared/documents/index.ts';
import { bulksBytesMax, windowBytes } from '../../../shared/mesh/sync/limits.ts';
import type { Message } from '../../../shared/mesh/sync/wire.ts';
import { makeItem, projectOne } from '../../support/facts.ts';
import { identityNo } from '../../support/registry-facts.ts';
import { draftOf, SyncMesh, type SyncMeshOptions, type SyncNode } from '../../support/sync-mesh.ts';

const line = [
	['home', 'gateway'],
	['gateway', 'laptop'],
] as const;

describe('sync', () => {
	const meshes: SyncMesh[] = [];

	async function start(
		names: readonly string[],
		options: SyncMeshOptions = {},
		pairs?: readonly (readonly [string, string])[],
	): Promise<SyncMesh> {
		const mesh = await SyncMesh.start(
			expect.getState().currentTestName ?? '',
			names,
			{ items: ['a'], ...options },
			pairs,
		);
		meshes.push(mesh);
		return mesh;
	}

	const kinds = (node: SyncNode): readonly Message['k'][] => node.sent.map(({ message }) => message.k);
	const forgetSent = (mesh: SyncMesh): void => {
		for (const node of mesh.nodes.values()) node.sent.length = 0;
	};
	const openText = async (node: SyncNode): Promise<ItemText> => {
		const text = await node.project.text('a');
		if (!text) throw new Error('no such text');
		return text;
	};

	afterEach(async () => {
		for (const mesh of meshes.splice(0)) await mesh.stop();
	});

	it('says hello and one digest each when both have the same, and is silent then', async () => {
		const mesh = await start(['home', 'laptop']);
		const laptop = mesh.node('laptop');
		await (await openText(mesh.home)).replace('a');
		await laptop.project.author.append([draftOf('start')]);
		await mesh.until(() => mesh.isEqual());
		mesh.net.breakLinks(mesh.home.id, laptop.id);
		forgetSent(mesh);
		await mesh.run(60_000, 500);
		expect(kinds(mesh.home)).toEqual(['hello', 'project']);
		expect(kinds(laptop)).toEqual(['hello', 'project']);
		expect(Math.max(...mesh.home.sent.map(({ bytes }) => bytes))).toBeLessThan(450);
	});

	it('sends a change as one frame, which is answered by one', async () => {
		const mesh = await start(['home', 'laptop']);
		await mesh.until(() => mesh.isEqual());
		await mesh.run(500);
		forgetSent(mesh);
		await mesh.home.project.publish(({ items }) => ({ items: { ...items, b: makeItem('b') } }));
		await mesh.run(200);
		expect([kinds(mesh.home), kinds(mesh.node('laptop'))]).toEqual([['update'], ['stored']]);
		forgetSent(mesh);
		await mesh.home.project.author.append([draftOf('start')]);
		await mesh.run(200);
		expect([kinds(mesh.home), kinds(mesh.node('laptop'))]).toEqual([['flush'], ['ack']]);
		forgetSent(mesh);
		await (await openText(mesh.home)).replace('a');
		await mesh.run(200);
		expect(kinds(mesh.home).filter((kind) => kind === 'update')).toHaveLength(1);
		expect(mesh.isEqual()).toBe(true);
	});

	it('[I6] acknowledges what is on disk, and sends nothing that is not', async () => {
		const mesh = await start(['home', 'laptop']);
		const [home, laptop] = [mesh.home, mesh.node('laptop')];
		await mesh.until(() => mesh.isEqual());
		await mesh.run(500);
		forgetSent(mesh);
		laptop.disk.holdSyncs();
		const [intent] = await home.project.author.append([draftOf('start')]);
		await home.project.publish(({ items }) => ({ items: { ...items, b: makeItem('b') } }));
		await mesh.run(500);
		const acknowledged = () => home.sync.acknowledged(projectOne, home.project.author.author, laptop.id);
		expect(kinds(laptop)).toEqual([]);
		expect([acknowledged(), home.sync.storedRevision(projectOne, laptop.id)]).toEqual([0, 1]);
		const heard: string[] = [];
		home.sync.onAcknowledged(({ project, peer }) => heard.push(`${project} ${peer.node}`));
		laptop.disk.releaseSyncs();
		await mesh.run(500);
		expect([acknowledged(), home.sync.storedRevision(projectOne, laptop.id)]).toEqual([intent?.n, 2]);
		expect(new Set(heard)).toEqual(new Set([`${projectOne} ${laptop.id}`]));
		// What an author has sent was stored there before, so it counts as well.
		home.disk.holdSyncs();
		void home.project.author.append([draftOf('freeze')]);
		void home.project.publish(() => ({}));
		forgetSent(mesh);
		await mesh.run(500);
		expect(kinds(home)).toEqual([]);
		home.disk.releaseSyncs();
		await mesh.run(500);
		expect(laptop.sync.acknowledged(projectOne, home.project.author.author, home.id)).toBe(2);
	});

	it('hears from a node that came back with an older store that it has less', async () => {
		const mesh = await start(['home', 'laptop']);
		const [home, laptop] = [mesh.home, mesh.node('laptop')];
		await mesh.until(() => mesh.isEqual());
		const backup = laptop.disk.backup();
		mesh.net.partition(home.id, laptop.id);
		await mesh.run(30_000, 500);
		mesh.net.heal();
		await home.project.author.append([draftOf('start')]);
		await mesh.until(() => home.sync.acknowledged(projectOne, home.project.author.author, laptop.id) === 1);
		laptop.crash(mesh);
		laptop.disk.restore(backup);
		mesh.net.partition(home.id, laptop.id);
		await laptop.start(mesh);
		expect(mesh.isEqual()).toBe(false);
		mesh.net.heal();
		await mesh.until(() => mesh.isEqual());
		expect(mesh.complaints().filter((line) => !line.includes('store.copied'))).toEqual([]);
	});

	const manyItems = process.env.GANGLINE_TEST_ALL ? 10_000 : 2500;
	it(`brings ${manyItems} items in parts, with other frames in between, and gives the room back`, async () => {
		const mesh = await start(['home', 'laptop']);
		const items = Array.from({ length: manyItems }, (_, i) => makeItem(`k${i}`, { number: i + 1 }));
		await mesh.home.project.publish(() => ({ items: Object.fromEntries(items.map((item) => [item.key, item])) }));
		await mesh.until(() => mesh.isEqual());
		const parts = mesh.home.sent.filter(({ message }) => message.k === 'part');
		expect(parts.length).toBeGreaterThan(manyItems / 1250);
		expect(Math.max(...mesh.home.sent.map(({ bytes }) => bytes))).toBeLessThan(300_000);
		expect(mesh.home.clock.waiting).toBeLessThan(10);
		await mesh.home.project.publish(({ items: before }) => ({ items: { ...before, z: makeItem('z') } }));
		await mesh.run(300);
		expect(mesh.isEqual()).toBe(true);
		expect(mesh.complaints()).toEqual([]);
	});

	it('catches up with what changed while parts were on their way', async () => {
		const mesh = await start(['home', 'laptop'], { latencyMs: [50, 60] });
		const items = Array.from({ length: 2500 }, (_, i) => makeItem(`k${i}`, { number: i + 1 }));
		await mesh.home.project.publish(() => ({ items: Object.fromEntries(items.map((item) => [item.key, item])) }));
		await mesh.until(() => kinds(mesh.home).includes('part'));
		for (let i = 0; i < 5; i++) {
			await mesh.home.project.publish(({ items: before }) => ({ items: { ...before, [`z${i}`]: makeItem(`z${i}`) } }));
			await mesh.run(20);
		}
		await mesh.until(() => mesh.isEqual());
		expect(mesh.complaints()).toEqual([]);
	});

	it('[I1] keeps the text of an item that the home does not know yet for when it does', async () => {
		const mesh = await start(['home', 'gateway', 'laptop'], {}, line);
		const laptop = mesh.node('laptop');
		await mesh.until(() => mesh.isEqual());
		for (const key of ['early', 'late']) laptop.project.tentative.add(key);
		const early = await laptop.project.text('early');
		await early?.replace('said before');
		mesh.net.breakLinks(laptop.id, mesh.node('gateway').id);
		await mesh.run(3000);
		const late = await laptop.project.text('late');
		await late?.replace('said since');
		await mesh.run(300);
		expect(mesh.home.project.texts()).toEqual([]);
		const items = { early: makeItem('early'), late: makeItem('late', { number: 2 }) };
		await mesh.home.project.publish((facts) => ({ items: { ...facts.items, ...items } }));
		await mesh.until(() => mesh.isEqual());
		expect(mesh.home.project.texts().map(({ text }) => text)).toEqual(
			expect.arrayContaining(['said before', 'said since']),
		);
	});

	it('asks once however often it is told to compare while its disk is slow', async () => {
		const mesh = await start(['home', 'laptop']);
		const items = Array.from({ length: 1000 }, (_, i) => makeItem(`k${i}`, { number: i + 1 }));
		const laptop = mesh.node('laptop');
		await mesh.until(() => mesh.isEqual());
		forgetSent(mesh);
		laptop.disk.holdSyncs();
		await mesh.home.project.publish(() => ({ items: Object.fromEntries(items.map((item) => [item.key, item])) }));
		await mesh.run(1000);
		expect(kinds(mesh.home).filter((kind) => kind === 'large')).toHaveLength(1);
		await mesh.home.project.publish(() => ({}));
		await mesh.run(500);
		laptop.disk.releaseSyncs();
		await mesh.until(() => mesh.isEqual());
		expect(mesh.complaints()).toEqual([]);
	});

	it('compares logs once more when one grew between two announcements', async () => {
		const mesh = await start(['home', 'laptop'], { latencyMs: [20, 40] });
		const [home, laptop] = [mesh.home, mesh.node('laptop')];
		await mesh.until(() => mesh.isEqual());
		for (const node of [home, laptop]) {
			mesh.net.breakLinks(home.id, laptop.id);
			forgetSent(mesh);
			while (!kinds(node).includes('project')) await mesh.run(5);
			await node.project.author.append([draftOf('start')]);
			await mesh.run(500);
			expect(mesh.isEqual()).toBe(true);
		}
		expect(mesh.complaints()).toEqual([]);
	});

	it('[I15] holds nothing for a peer that does not read, and compares when it reads again', async () => {
		const mesh = await start(['home', 'laptop']);
		await mesh.until(() => mesh.isEqual());
		const laptop = mesh.node('laptop');
		const text = await openText(mesh.home);
		await mesh.until(() => mesh.isEqual());
		laptop.disk.holdSyncs();
		forgetSent(mesh);
		for (let i = 0; i < 50; i++) {
			await text.replace(`${i}`.repeat(60_000));
			await mesh.home.project.publish(({ items }) => ({ items: { ...items, b: makeItem('b', { title: `${i}` }) } }));
			await mesh.run(20);
		}
		const bytes = mesh.home.sent.reduce((sum, frame) => sum + frame.bytes, 0);
		expect(bytes).toBeGreaterThan(windowBytes / 2);
		expect(bytes).toBeLessThanOrEqual(windowBytes);
		laptop.disk.releaseSyncs();
		await mesh.until(() => mesh.isEqual());
		expect(mesh.complaints()).toEqual([]);
		expect(bulksBytesMax).toBeGreaterThan(windowBytes);
	});

	it('takes up a new generation, over a relay too, and sends nothing of the old one', async () => {
		const mesh = await start(['home', 'gateway', 'laptop'], {}, line);
		await mesh.until(() => mesh.isEqual());
		await mesh.home.project.beginGeneration();
		mesh.home.sync.add(mesh.home.project);
		await mesh.until(() => mesh.isEqual());
		expect(mesh.node('laptop').project.index.generation).toBe('2');
		await mesh.home.project.publish(({ items }) => ({ items: { ...items, b: makeItem('b') } }));
		await mesh.run(300);
		expect(mesh.isEqual()).toBe(true);
		const laptop = mesh.node('laptop');
		laptop.crash(mesh);
		await mesh.home.project.beginGeneration();
		mesh.home.sync.add(mesh.home.project);
		await mesh.run(300);
		await laptop.start(mesh);
		expect(laptop.project.index.generation).toBe('2');
		await mesh.until(() => mesh.isEqual());
		expect(laptop.project.index.generation).toBe('3');
		expect(mesh.complaints()).toEqual([]);
	});

	it('waits for the registry with a generation of a home that it does not name yet, and blames nobody', async () => {
		const mesh = await start(['home', 'laptop']);
		await mesh.until(() => mesh.isEqual());
		const { project, sync } = mesh.node('laptop');
		const { knownHomeKey } = project;
		project.knownHomeKey = identityNo(7).publicKey;
		await mesh.home.project.beginGeneration(2);
		await mesh.run(300);
		expect(project.index.generation).toBe('1');
		project.knownHomeKey = knownHomeKey;
		sync.review();
		await mesh.until(() => mesh.isEqual());
		expect(project.index.generation).toBe('2');
		expect(mesh.complaints()).toEqual([]);
	});

	it('brings a project that is added later, and stops when it is removed', async () => {
		const mesh = await start(['home', 'laptop'], { hasProject: (name) => name === 'home' });
		const laptop = mesh.node('laptop');
		await mesh.run(2000);
		expect(mesh.isEqual()).toBe(false);
		laptop.sync.add(laptop.project);
		await mesh.run(300);
		expect(mesh.isEqual()).toBe(true);
		laptop.sync.remove(projectOne);
		await mesh.home.project.publish(() => ({}));
		await mesh.home.project.author.append([draftOf('start')]);
		await mesh.run(300);
		expect(laptop.project.index.facts.revision).toBe(1);
		laptop.sync.add(laptop.project);
		await mesh.run(300);
		expect(mesh.isEqual()).toBe(true);
		expect(mesh.complaints()).toEqual([]);
	});

	it('[I13] gives nothing to whom it does not concern, and takes up what he may have from then on', async () => {
		const mesh = await start(['home', 'laptop']);
		const laptop = mesh.node('laptop');
		let access: 'none' | 'read' | 'write' = 'none';
		mesh.access = (watcher) => (watcher === 'home' ? access : 'write');
		await (await openText(mesh.home)).replace('secret');
		await mesh.home.project.author.append([draftOf('start')]);
		await mesh.run(3000);
		expect(laptop.project.index.facts.items).toEqual({});
		expect(new Set(kinds(mesh.home))).toEqual(new Set(['hello']));

		access = 'read';
		mesh.home.sync.review();
		await mesh.until(() => mesh.isEqual());
		await laptop.project.author.append([draftOf('freeze')]);
		await (await openText(laptop)).replace('by a viewer');
		await mesh.run(500);
		expect(mesh.home.project.texts()[0]?.text).toBe('secret');
		expect(mesh.home.project.logs.digests()).toHaveLength(1);
		expect(mesh.home.log.of('sync.refused').length).toBeGreaterThan(0);
		expect(mesh.home.log.of('sync.cutOff')).toEqual([]);

		access = 'write';
		mesh.home.sync.review();
		await mesh.until(() => mesh.isEqual());
		expect(mesh.home.project.texts()[0]?.text).toBe('by a viewer');
		expect(mesh.home.project.logs.digests()).toHaveLength(2);
	});

	it('passes on the logs of others for a peer that may only read', async () => {
		const mesh = await start(['home', 'gateway', 'laptop'], {}, line);
		mesh.access = (watcher, peer) => (watcher === 'home' && peer === 'gateway' ? 'read' : 'write');
		await mesh.until(() => mesh.isEqual());
		await mesh.node('laptop').project.author.append([draftOf('start')]);
		await mesh.node('gateway').project.author.append([draftOf('start')]);
		await mesh.run(500);
		const authors = mesh.home.project.logs.digests().map(({ author }) => author);
		expect(authors).toEqual([mesh.node('laptop').project.author.author]);
	});

	it('[I13] keeps a document of the whole mesh equal, over whoever is in between, as its writer signed it', async () => {
		const mesh = await start(['home', 'gateway', 'laptop'], { hasProject: () => false }, line);
		const documents = new Map<string, RegistryDocument>();
		for (const node of mesh.nodes.values()) {
			const { store, random, identity } = node;
			const options = { store, mesh: projectOne, random, gatewayKey: mesh.homeKey, ...(node.isHome && { identity }) };
			documents.set(node.name, await RegistryDocument.open(options));
		}
		const [written, read] = [documents.get('home'), documents.get('laptop')];
		if (!written || !read) throw new Error('all have one');
		await written.publish({ ...written.facts, revision: 1, people: { ada: { id: 'ada', access: 'owner' } } });
		for (const node of mesh.nodes.values()) {
			const document = documents.get(node.name);
			if (document) node.sync.addDocument(document);
		}
		await mesh.until(() => read.facts.revision === 1);
		await written.publish({ ...written.facts, revision: 2, people: {} });
		await mesh.run(200);
		expect(read.facts).toEqual(written.facts);
		expect(mesh.complaints()).toEqual([]);
	});

	it('refuses a newer schema, naming both, once per connection', async () => {
		const mesh = await start(['home', 'laptop'], { schemas: { laptop: 2 } });
		await mesh.run(60_000, 500);
		expect(mesh.home.log.of('sync.newerSchema').map(({ fields }) => fields)).toEqual([
			{ peer: mesh.node('laptop').id, found: 2, known: 1 },
		]);
		const told = mesh.node('laptop').log.of('sync.ended');
		expect(told.map(({ fields }) => fields.why)).toEqual([
			`${mesh.node('laptop').id} has documents of schema 2, ${mesh.home.id} knows schemas up to 1`,
		]);
		expect(mesh.isEqual()).toBe(false);
	});

	it('tells presence at once, renews it, ages it, and says who is gone', async () => {
		const mesh = await start(['home', 'laptop']);
		const [home, laptop] = [mesh.home, mesh.node('laptop')];
		const told: string[] = [];
		home.sync.onPresence(({ kind, node }) => told.push(`${kind} ${mesh.nameOf(node)}`));
		laptop.sync.setPresence('node', { name: 'laptop', slots: 2 });
		await mesh.until(() => home.sync.presence('node').length === 1);
		expect(home.sync.presence('node')).toMatchObject([
			{ node: laptop.id, value: { name: 'laptop', slots: 2 }, isConnected: true },
		]);
		laptop.sync.setPresence('node', { name: 'laptop', slots: 1 });
		await mesh.run(50);
		expect(home.sync.presence('node')[0]?.value).toEqual({ name: 'laptop', slots: 1 });
		await mesh.run(20_000, 500);
		expect(home.sync.presence('node')[0]?.ageMs).toBeLessThan(6000);
		expect(told).toEqual(['node laptop', 'node laptop']);
		laptop.crash(mesh);
		await mesh.run(30_000, 500);
		expect(home.sync.presence('node')[0]).toMatchObject({ isConnected: false });
		expect(home.sync.presence('node')[0]?.ageMs).toBeGreaterThan(25_000);
		await mesh.run(600_000, 5000);
		expect(home.sync.presence('node')).toEqual([]);
		expect(() => home.sync.setPresence('node', 'x'.repeat(5000))).toThrow('at most 4096');
	});

	it('ends with goodbye, and leaves no timer', async () => {
		const mesh = await start(['home', 'laptop']);
		await mesh.until(() => mesh.isEqual());
		await mesh.node('laptop').sync[Symbol.asyncDispose]();
		await mesh.run(100);
		expect(mesh.home.log.of('sync.ended').map(({ fields }) => fields.why)).toEqual(['this node stops']);
		expect(mesh.home.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
	});
});

/** Who passes a change on to whom: whoever hears its bearer gets it from there, and everybody else gets it all the same. */
import { afterEach, describe, expect, it } from 'vitest';
import { HeardByPeer } from '../../../shared/mesh/sync/heard-by-peer.ts';
import { makeItem } from '../../support/facts.ts';
import { draftOf, SyncMesh } from '../../support/sync-mesh.ts';

const names = ['home', 'gateway', 'laptop', 'worker'] as const;

describe('what is passed on', () => {
	const meshes: SyncMesh[] = [];

	async function start(): Promise<SyncMesh> {
		const mesh = await SyncMesh.start(expect.getState().currentTestName ?? '', [...names], { items: ['a'] });
		meshes.push(mesh);
		await mesh.until(() => mesh.isEqual());
		await mesh.run(3_000, 100);
		return mesh;
	}

	const publish = (mesh: SyncMesh, key: string): Promise<void> =>
		mesh.home.project.publish(({ items }) => ({ items: { ...items, [key]: makeItem(key) } }));

	const count = (mesh: SyncMesh, kind: string): number =>
		[...mesh.nodes.values()].reduce(
			(sum, { sent }) => sum + sent.filter(({ message }) => message.k === kind).length,
			0,
		);

	afterEach(async () => {
		for (const mesh of meshes.splice(0)) await mesh.stop();
	});

	it('sends a change once to each node where everybody hears everybody', async () => {
		const mesh = await start();
		for (const { sent } of mesh.nodes.values()) sent.length = 0;
		await publish(mesh, 'b');
		await mesh.node('laptop').project.author.append([draftOf('start')]);
		await mesh.run(1_000, 50);
		expect(mesh.isEqual()).toBe(true);
		expect({ updates: count(mesh, 'update'), flushes: count(mesh, 'flush') }).toEqual({ updates: 3, flushes: 3 });
	});

	it('[I1] brings a node what others left out because it heard the home, when it does not hear it any more', async () => {
		const mesh = await start();
		const laptop = mesh.node('laptop');
		// Nothing says yet that the connection is dead: the others take it that the home serves the laptop.
		mesh.net.partition(mesh.home.id, laptop.id);
		await publish(mesh, 'b');
		await mesh.run(1_000, 50);
		expect(laptop.project.index.facts.items.b).toBeUndefined();
		await mesh.run(40_000, 500);
		expect(laptop.project.index.facts.items.b?.key).toBe('b');
		await publish(mesh, 'c');
		await mesh.run(1_000, 50);
		expect(laptop.project.index.facts.items.c?.key).toBe('c');
		expect(mesh.complaints()).toEqual([]);
	});

	it('[I1] brings a node what one whom it hears keeps from it, within two minutes, and is silent then', async () => {
		const mesh = await start();
		const [worker, laptop] = [mesh.node('worker'), mesh.node('laptop')];
		mesh.access = (watcher, peer) => (watcher === 'worker' && peer === 'laptop' ? 'none' : 'write');
		await worker.project.author.append([draftOf('start')]);
		await mesh.run(2_000, 100);
		expect(mesh.state(mesh.node('gateway'))).toBe(mesh.state(mesh.home));
		expect(mesh.state(laptop)).not.toBe(mesh.state(mesh.home));
		await mesh.run(125_000, 1_000);
		expect(mesh.isEqual()).toBe(true);
		// Who had it late has left it out for others in its turn.
		await mesh.run(125_000, 1_000);
		for (const { sent } of mesh.nodes.values()) sent.length = 0;
		await mesh.run(600_000, 1_000);
		expect([...mesh.nodes.values()].flatMap(({ sent }) => sent.map(({ message }) => message.k))).toEqual([]);
	});

	it('compares only what was left out for the sake of a node that was lost', () => {
		const heard = new HeardByPeer();
		expect(heard.gets('one', 'n1')).toBe(false);
		heard.replace(['n1', 'n2']);
		expect([heard.gets('one', 'n1'), heard.gets('two', 'n2'), heard.gets('two', undefined)]).toEqual([
			true,
			true,
			false,
		]);
		expect([...heard.replace(['n2', 'n3'])]).toEqual(['one']);
		expect([...heard.replace([])]).toEqual(['two']);
		expect([...heard.replace([])]).toEqual([]);
	});
});

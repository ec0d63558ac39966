/** Replicas that have exchanged everything are equal, whatever happened on the way. */
import { afterEach, describe, expect, it } from 'vitest';
import { makeItem } from '../../support/facts.ts';
import { draftOf, SyncMesh, type SyncMeshOptions } from '../../support/sync-mesh.ts';

describe('MeshSync', () => {
	const meshes: SyncMesh[] = [];

	async function start(
		seed: number,
		names: readonly string[],
		options: SyncMeshOptions = {},
		pairs?: readonly (readonly [string, string])[],
	): Promise<SyncMesh> {
		const mesh = await SyncMesh.start(seed, names, { items: ['a', 'b', 'c'], ...options }, pairs);
		meshes.push(mesh);
		return mesh;
	}

	afterEach(async () => {
		for (const mesh of meshes.splice(0)) await mesh.stop();
	});

	it('[I1] brings index, logs and texts to a node that has nothing, and back', async () => {
		const mesh = await start(1, ['home', 'laptop']);
		const { home } = mesh;
		const laptop = mesh.node('laptop');
		await (await home.project.text('a'))?.replace('what a is about');
		await home.project.author.append([draftOf('start')]);
		await laptop.project.author.append([draftOf('freeze'), draftOf('unfreeze')]);
		await mesh.until(() => mesh.isEqual());
		expect(laptop.project.index.facts).toEqual(home.project.index.facts);
		expect(laptop.project.texts()[0]?.text).toBe('what a is about');
		expect(home.project.logs.digests()).toHaveLength(2);
		expect(mesh.complaints()).toEqual([]);
	});

	it('[I1] carries each change on as it becomes durable, over a node in between', async () => {
		const mesh = await start(2, ['home', 'gateway', 'laptop'], {}, [
			['home', 'gateway'],
			['gateway', 'laptop'],
		]);
		await mesh.until(() => mesh.isEqual());
		await mesh.home.project.publish(({ items }) => ({ items: { ...items, d: makeItem('d', { number: 4 }) } }));
		await mesh.node('laptop').project.author.append([draftOf('start')]);
		await (await mesh.node('laptop').project.text('a'))?.replace('from the laptop');
		await mesh.run(200);
		expect(mesh.isEqual()).toBe(true);
		expect(mesh.home.project.texts()[0]?.text).toBe('from the laptop');
		expect(mesh.node('laptop').project.index.facts.items.d?.number).toBe(4);
		expect(mesh.complaints()).toEqual([]);
	});
});

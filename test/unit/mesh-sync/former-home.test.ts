/** A home was given up and counted on: what it began by itself is not later than what its successor says. */
import { afterEach, describe, expect, it } from 'vitest';
import { ProjectIndex } from '../../../shared/documents/index.ts';
import { factsWith, makeItem, projectOne } from '../../support/facts.ts';
import { identityNo } from '../../support/registry-facts.ts';
import { SyncMesh, type SyncNode } from '../../support/sync-mesh.ts';

const former = identityNo(7);
/** A home whose store was damaged goes on with seconds since 1970. */
const damagedAt = 1_750_000_031;

let mesh: SyncMesh;
afterEach(() => mesh.stop());

/** What the node has of the project is of the home that was given up. */
async function hasFormer(node: SyncNode, generation: number, term: number): Promise<void> {
	const { store, random, project } = node;
	const index = await ProjectIndex.open({
		...{ store, random, project: projectOne, generation: String(generation) },
		...{ homeKey: former.publicKey, identity: former },
	});
	await index.publish(factsWith(40, [makeItem('a')], { term }));
	project.index = index;
}

async function start(): Promise<{ readonly laptop: SyncNode; readonly phone: SyncNode }> {
	mesh = await SyncMesh.start('a home was given up', ['home', 'laptop', 'phone'], {
		items: ['a', 'b'],
		hasProject: (name) => name === 'home',
	});
	await mesh.home.project.beginGeneration(2);
	const [laptop, phone] = [mesh.node('laptop'), mesh.node('phone')];
	await hasFormer(laptop, damagedAt, damagedAt);
	await hasFormer(phone, 7, 1);
	return { laptop, phone };
}

describe('a project whose home was given up', () => {
	it('[I1] goes on with what the home by the registry has, and nobody is blamed for what the other one counted', async () => {
		const { laptop, phone } = await start();
		for (const { sync, project } of [laptop, phone]) sync.add(project);
		await mesh.until(() => mesh.isEqual());
		expect([laptop, phone].map(({ project }) => project.index.generation)).toEqual(['2', '2']);
		expect(mesh.complaints()).toEqual([]);
	});

	it('[I1] goes on with it also when the registry comes last', async () => {
		const { laptop, phone } = await start();
		for (const { sync, project } of [laptop, phone]) {
			project.knownHomeKey = former.publicKey;
			sync.add(project);
		}
		await mesh.run(1_000);
		expect(laptop.project.index.generation).toBe(String(damagedAt));
		for (const { sync, project } of [laptop, phone]) {
			project.knownHomeKey = mesh.homeKey;
			sync.review();
		}
		await mesh.until(() => mesh.isEqual());
		expect(laptop.project.index.generation).toBe('2');
		expect(mesh.complaints()).toEqual([]);
	});

	it('[I1] goes on with it whenever the registry comes, and blames nobody who has it', async () => {
		for (let afterMs = 0; afterMs < 60; afterMs += 1) {
			const { laptop, phone } = await start();
			await hasFormer(phone, 1, 1);
			laptop.sync.add(laptop.project);
			await mesh.until(() => laptop.project.index.generation === '2');
			mesh.home.crash(mesh);
			phone.project.knownHomeKey = former.publicKey;
			phone.sync.add(phone.project);
			await mesh.run(afterMs);
			phone.project.knownHomeKey = mesh.homeKey;
			phone.sync.review();
			await mesh.run(2_000);
			expect({ afterMs, generation: phone.project.index.generation }).toEqual({ afterMs, generation: '2' });
			expect(mesh.complaints()).toEqual([]);
			await mesh.stop();
		}
	});

	it('[I1] keeps what it has of the former home until the next one can be heard, and nobody is blamed meanwhile', async () => {
		const { laptop, phone } = await start();
		mesh.home.crash(mesh);
		for (const { sync, project } of [laptop, phone]) sync.add(project);
		for (let n = 0; n < 8; n++) {
			await mesh.run(500);
			mesh.net.breakLinks(laptop.id, phone.id);
			for (const { sync } of [laptop, phone]) sync.review();
		}
		await mesh.run(2_000);
		expect([laptop, phone].map(({ project }) => project.index.generation)).toEqual([String(damagedAt), '7']);
		expect(mesh.complaints()).toEqual([]);
	});
});

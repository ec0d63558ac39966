/** A project was deleted and made anew by another home, under the same id and with the same first generation. */
import { afterEach, expect, it } from 'vitest';
import { ProjectIndex } from '../../../shared/documents/index.ts';
import { openSimStore } from '../../../shared/ports/sim/index.ts';
import { factsWith, makeItem, projectOne } from '../../support/facts.ts';
import { identityNo } from '../../support/registry-facts.ts';
import { SyncMesh } from '../../support/sync-mesh.ts';

const former = identityNo(7);

let mesh: SyncMesh;
afterEach(() => mesh.stop());

it.each([
	['more', 40],
	['less', 1],
])('[I1] blames nobody who has not heard of it yet and has %s of the former one', async (_, revision) => {
	for (let afterMs = 0; afterMs < 60; afterMs += 4) {
		const hasProject = (name: string): boolean => name === 'home';
		mesh = await SyncMesh.start('made anew', ['home', 'laptop'], { items: ['a', 'b'], hasProject });
		const { project, sync, random } = mesh.node('laptop');
		await mesh.home.project.publish(() => ({}));
		const parts = { random, project: projectOne, generation: '1' };
		project.index = await ProjectIndex.open({
			...{ ...parts, store: await openSimStore(), homeKey: former.publicKey, identity: former },
		});
		await project.index.publish(factsWith(revision, [makeItem('old')], { term: 1 }));
		project.knownHomeKey = former.publicKey;
		sync.add(project);
		await mesh.run(afterMs);
		project.knownHomeKey = mesh.homeKey;
		sync.review();
		await mesh.run(afterMs % 8);
		sync.remove(projectOne);
		project.index = await ProjectIndex.open({ ...parts, store: await openSimStore(), homeKey: mesh.homeKey });
		sync.add(project);
		await mesh.run(1_000);
		expect({ afterMs, complaints: mesh.complaints() }).toEqual({ afterMs, complaints: [] });
		expect(mesh.isEqual()).toBe(true);
		await mesh.stop();
	}
});

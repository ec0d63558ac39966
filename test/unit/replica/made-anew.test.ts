/** What a replica keeps of a project that was removed from the mesh and came back. */
import { expect, it } from 'vitest';
import { currentGeneration, ProjectIndex } from '../../../shared/documents/index.ts';
import { type Identity, toBase64 } from '../../../shared/log/index.ts';
import { openSimStore, SimRandom } from '../../../shared/ports/sim/index.ts';
import type { MeshProject } from '../../../shared/registry/index.ts';
import { dropWhenMadeAnew } from '../../../shared/replica/made-anew.ts';
import { factsWith, projectOne } from '../../support/facts.ts';
import { identityNo } from '../../support/registry-facts.ts';

const random = new SimRandom('made anew');
const project = (by: Identity, more: Partial<MeshProject> = {}): MeshProject => ({
	id: projectOne as MeshProject['id'],
	...{ name: 'shop', home: by.nodeId, homeKey: toBase64(by.publicKey), branch: 'main', term: 1, addedAt: 10 },
	...more,
});

/** A store with facts that the first home has signed, as they came here. */
async function replica() {
	const store = await openSimStore();
	const home = identityNo(5);
	const generation = await currentGeneration(store, projectOne);
	const index = await ProjectIndex.open({
		...{ store, project: projectOne, generation, random, homeKey: home.publicKey, identity: home },
	});
	await index.publish(factsWith(1, []));
	await store.write([
		{ kind: 'put', key: `replica/${projectOne}/homeKey`, value: toBase64(home.publicKey) },
		{ kind: 'put', key: `heard/${projectOne}/x`, value: 1 },
		{ kind: 'append', stream: `log/${projectOne}/x`, bytes: new Uint8Array([1]) },
		{ kind: 'append', stream: 'log/another/x', bytes: new Uint8Array([1]) },
	]);
	const open = (now: MeshProject) => dropWhenMadeAnew({ store, random, project: now });
	expect(await open(project(home))).toBe(false);
	return { store, home, open };
}

it('goes when another home has begun it anew, once', async () => {
	const { store, open } = await replica();
	const anew = project(identityNo(6), { addedAt: 20 });
	expect(await open(anew)).toBe(true);
	expect(store.streams()).toEqual(['log/another/x']);
	const records = (await store.list('')).map(({ key }) => key);
	expect(records.filter((key) => key.includes(projectOne))).toEqual([`replica/${projectOne}/addedAt`]);
	expect(await open(anew)).toBe(false);
});

it('[I6] stays when its home goes on, when it only moves, and when the registry is an older one', async () => {
	const { store, home, open } = await replica();
	const before = store.streams();
	// Removed and added again by the home that has it all.
	expect(await open(project(home, { addedAt: 20 }))).toBe(false);
	expect(await open(project(identityNo(6), { addedAt: 20, term: 2 }))).toBe(false);
	// Added again and moved since: the later home goes on with these facts.
	expect(await open(project(identityNo(6), { addedAt: 30, term: 2 }))).toBe(false);
	expect(await open(project(identityNo(6), { addedAt: 30 }))).toBe(false);
	expect(store.streams()).toEqual(before);
});

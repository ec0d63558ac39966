/** The home that one replica knew is none any more, or knows less than it did: what follows on it, and what is lost. */
import { expect, it } from 'vitest';
import { ProjectIndex } from '../../../shared/documents/index.ts';
import { toBase64 } from '../../../shared/log/index.ts';
import type { ItemDraft } from '../../../shared/operations/index.ts';
import type { NodeId } from '../../../shared/ports/index.ts';
import { makeItem, projectOne } from '../../support/facts.ts';
import { projectId, ReplicaMesh } from '../../support/replica-mesh.ts';

/** Facts of a home, in a generation that it began: brought to a replica as a peer brings them. */
async function bring(mesh: ReplicaMesh, at: string, { of, generation }: { of: string; generation: string }) {
	const { store, identity } = mesh.node(of);
	const { random } = mesh;
	const { publicKey: homeKey } = identity;
	const index = await ProjectIndex.open({ store, random, identity, homeKey, project: projectId, generation });
	const { facts } = mesh.replica(at);
	const items = { ...facts.items, [of]: makeItem(of) };
	await index.publish({ ...facts, items, term: Number(generation), revision: facts.revision + 1 });
	const reader = await mesh.replica(at).replaceIndex(generation);
	if (!reader) return null;
	await reader.apply(index.difference(reader.stateVector), 'a peer');
	await mesh.replica(at).adoptIndex(reader);
	return reader;
}

function moveHome(mesh: ReplicaMesh, to: string): void {
	const home: NodeId = mesh.id(to);
	const homeKey = toBase64(mesh.node(to).identity.publicKey);
	mesh.register((facts) => {
		const project = facts.projects[projectOne];
		if (!project) throw new Error('there is a project');
		return { ...facts, projects: { [projectOne]: { ...project, home, homeKey } } };
	});
}

const indexStreams = (mesh: ReplicaMesh, at: string): readonly string[] =>
	mesh
		.node(at)
		.store.streams()
		.filter((name) => name.includes('/index/'));

it('[I1] takes a lower generation of the home that the registry names, keeps nothing else, and has it after a start', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'a home is given up' });
	await bring(mesh, 'ann', { of: mesh.homeName, generation: '1750000031' });
	expect(mesh.replica('ann').index.generation).toBe('1750000031');
	// Of the same home only a later one follows.
	expect(await mesh.replica('ann').replaceIndex('2000')).toBeNull();
	moveHome(mesh, 'gate');
	await bring(mesh, 'ann', { of: 'gate', generation: '2000' });
	expect(mesh.replica('ann').index.generation).toBe('2000');
	expect(mesh.replica('ann').facts.items).toHaveProperty('gate');
	expect(indexStreams(mesh, 'ann')).toEqual([`doc/${projectOne}/index/2000`]);
	expect(await mesh.replica('ann').replaceIndex('1999')).toBeNull();
	mesh.crash('ann');
	await mesh.boot('ann');
	expect(mesh.replica('ann').index.generation).toBe('2000');
	expect(mesh.replica('ann').facts.items).toHaveProperty('gate');
});

it('[I1] does not take the facts of a home that another has followed while they came', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'two moves at once' });
	moveHome(mesh, 'gate');
	const reader = await mesh.replica('ann').replaceIndex('2000');
	moveHome(mesh, mesh.homeName);
	if (!reader) throw new Error('it may follow');
	await mesh.replica('ann').adoptIndex(reader);
	expect(mesh.replica('ann').index.generation).toBe('1');
});

/** The gate is the home, and Ann has its generation 2000 on her disk, not taken yet. */
async function hearsNext(mesh: ReplicaMesh) {
	moveHome(mesh, 'gate');
	const { store, identity } = mesh.node('gate');
	const { random } = mesh;
	const parts = { store, random, identity, homeKey: identity.publicKey };
	const index = await ProjectIndex.open({ ...parts, project: projectId, generation: '2000' });
	await index.publish({ ...mesh.replica('ann').facts, term: 2 });
	const reader = await mesh.replica('ann').replaceIndex('2000');
	if (!reader) throw new Error('it may follow');
	await reader.apply(index.difference(), 'a peer');
	return { index, reader };
}

it('[I1] hears a generation anew of which it had kept what a home before began, also after a start', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'kept and not taken' });
	const { index } = await hearsNext(mesh);
	mesh.crash('ann');
	await mesh.boot('ann');
	moveHome(mesh, mesh.homeName);
	const again = await mesh.replica('ann').replaceIndex('2000');
	expect(again?.facts.term).not.toBe(2);
	await expect(again?.apply(index.difference(), 'a peer')).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
	expect(mesh.replica('ann').index.generation).toBe('1');
});

it('[I1] leaves the generation alone that it is taking when another home is named', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'taken meanwhile' });
	const { reader } = await hearsNext(mesh);
	const taking = mesh.replica('ann').adoptIndex(reader);
	moveHome(mesh, mesh.homeName);
	expect(await mesh.replica('ann').replaceIndex('2000')).toBeNull();
	await taking;
	mesh.crash('ann');
	await mesh.boot('ann');
	expect(mesh.replica('ann').facts.term).toBe(2);
});

const add = (n: number): ItemDraft => ({
	...{ by: 'user', who: 'ann', item: `01JZ0000000000000000000${String(n).padStart(3, '0')}`, event: 'add' },
	args: { title: `Item ${n}`, type: 'story', held: true },
});

async function said(mesh: ReplicaMesh, drafts: readonly ItemDraft[]) {
	const answer = mesh.replica('ann').submit(drafts, { waitMs: 2_000 });
	await mesh.pump();
	await mesh.clock.advance(2_000);
	return answer;
}

it.each([true, false])(
	'[I14] tells what a home had settled that is lost with it (its author says more: %s)',
	async (more) => {
		const mesh = await ReplicaMesh.start({ seed: 'settled and lost' });
		await said(mesh, [add(1)]);
		const { disk } = mesh.node('desk');
		const backup = disk.backup();
		for (const n of [2, 3]) expect(await said(mesh, [add(n)])).toMatchObject([{ kind: 'applied' }]);
		await mesh.pump();
		const { author } = mesh.replica('ann');
		expect(['ann', 'gate'].flatMap((name) => mesh.replica(name).logs.kept())).not.toContain(author);
		mesh.crash('desk');
		disk.restore(backup);
		await mesh.boot('desk');
		await mesh.pump();
		if (more) expect(await said(mesh, [add(4)])).toMatchObject([{ kind: 'applied' }]);
		else await mesh.clock.advance(2_000);
		await mesh.pump();
		expect(mesh.replica('ann').refusals()).toMatchObject([
			{ author, n: 2, event: 'wish', refusal: 'lost' },
			{ author, n: 3, event: 'wish', refusal: 'lost' },
		]);
		expect(mesh.replica('ann').refusals()[0]?.words).toMatch(/is lost with that home.*say it again/);
		await mesh.pump();
		// Heard there, so that the index need not keep it.
		expect(mesh.home().exchange.index.refusals).toEqual({});
		await mesh.replica('ann').seen();
		expect(mesh.replica('ann').refusals()).toEqual([]);
	},
);

it('[I14] tells of a wish that is refused anew while the facts of the next home are being taken in', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'decided meanwhile' });
	await said(mesh, [add(1), add(2)]);
	const ann = mesh.replica('ann');
	const { index } = mesh.home().exchange;
	const less = { ...index.facts, acceptedUpTo: { ...index.facts.acceptedUpTo, [ann.author]: 1 } };
	const next = await index.startGeneration(String(Number(ann.index.generation) + 1), less, { refusals: {} });
	const reader = await ann.replaceIndex(next.generation);
	if (!reader) throw new Error('the next home was not believed');
	await reader.apply(next.difference(reader.stateVector), 'a peer');
	await next.publish(index.facts, [], { [`${ann.author}#2`]: { reason: 'notAllowed', detail: 'no' } });
	const { disk } = mesh.node('ann');
	disk.holdSyncs();
	const taken = reader.apply(next.difference(reader.stateVector), 'a peer');
	const adopted = ann.adoptIndex(reader);
	disk.releaseSyncs();
	await Promise.all([taken, adopted]);
	await ann.idle();
	expect(ann.refusals()).toMatchObject([{ refusal: 'notAllowed' }]);
});

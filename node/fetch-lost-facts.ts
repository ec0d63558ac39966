/**
 * A home whose store has lost facts asks those who have a replica before it goes on without them. It is a replica of its
 * own project for a moment: same key, same generation, and what the others bring was signed by itself. Afterwards it
 * opens as ever and begins a new generation, now from everything that anyone still has [I6].
 */
import { currentGeneration, ProjectIndex } from '../shared/documents/index.ts';
import type { Mesh } from '../shared/mesh/index.ts';
import { parseProjectId, pause } from '../shared/ports/index.ts';
import { rightsOfAuthor } from '../shared/registry/index.ts';
import { ProjectReplica } from '../shared/replica/index.ts';
import type { NodeParts } from './compose.ts';
import { knownProjects } from './home/projects.ts';

/** A start must not take much longer: the command that waits for it gives up after half a minute. */
const peerMsMax = 8_000;
const fetchMsMax = 15_000;
/** Nothing has come for so long after somebody was there: it was all. */
const quietMs = 2_000;
const lookMs = 50;

/**
 * Does nothing where the store is sound, or this node belongs to no mesh (`openMesh` answers null). The mesh is closed
 * again at the end. Called before projects are opened.
 */
export async function fetchLostFacts(parts: NodeParts, openMesh: () => Promise<Mesh | null>): Promise<void> {
	const { store, log } = parts;
	if (store.damaged.length === 0) return;
	const lost: string[] = [];
	for (const { id } of await knownProjects(store)) if (await hasLostFacts(parts, id)) lost.push(id);
	await using mesh = lost.length === 0 ? null : await openMesh();
	if (mesh === null) return;
	await Promise.all(lost.map((id) => fetchFacts(parts, mesh, id)));
	log.info('facts.fetched', { projects: lost.length, peers: mesh.network.links().length });
}

async function hasLostFacts({ store, random, identity }: NodeParts, project: string): Promise<boolean> {
	const generation = await currentGeneration(store, project);
	const homeKey = identity.publicKey;
	return (await ProjectIndex.open({ store, project, generation, random, homeKey })).isDamaged;
}

async function fetchFacts(parts: NodeParts, mesh: Mesh, id: string): Promise<void> {
	const { store, clock, random, identity, registry } = parts;
	const known = mesh.facts().projects[parseProjectId(id)];
	if (known?.home !== mesh.self) return;
	const log = parts.log.child({ project: known.name });
	await using replica = await ProjectReplica.open({
		...{ store, clock, random, identity, log },
		project: id,
		name: () => known.name,
		home: () => ({ node: known.home, key: known.homeKey }),
		nodeName: (node) => registry.nodeName(node),
		rightsOf: (author) => rightsOfAuthor(mesh.facts(), author, known.id),
	});
	const before = replica.facts.revision;
	mesh.sync.add(replica);
	await untilQuiet(parts, mesh, replica);
	mesh.sync.remove(id);
	const peers = mesh.network.links().length;
	const after = replica.facts.revision;
	if (peers === 0) log.error('facts.notFetched', { revision: after, why: 'nobody with a replica could be reached' });
	else log.warn('facts.broughtBack', { from: before, to: after, peers });
}

/** Resolves when somebody was there and has brought nothing for a while, or nobody came. */
async function untilQuiet({ clock }: NodeParts, mesh: Mesh, replica: ProjectReplica): Promise<void> {
	const began = clock.monotonic();
	let changedAt = began;
	const unsubscribe = [
		replica.subscribe(() => {
			changedAt = clock.monotonic();
		}),
		mesh.network.subscribe(() => {
			changedAt = clock.monotonic();
		}),
	];
	for (;;) {
		const now = clock.monotonic();
		const hasPeer = mesh.network.links().length > 0;
		if (now - began > (hasPeer ? fetchMsMax : peerMsMax) || (hasPeer && now - changedAt > quietMs)) break;
		await pause(clock, lookMs);
	}
	for (const end of unsubscribe) end();
}

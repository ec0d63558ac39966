/**
 * [I1] Replicas that have exchanged everything are equal. At any time two of them at the same revision of the same
 * generation show the same items, and none goes back; when all is calm they have the home's facts, texts and views.
 */
import { createHash } from 'node:crypto';
import type { ProjectFacts } from '../../../../shared/pipeline/index.ts';
import { mayHave } from '../../../../shared/registry/index.ts';
import type { Checker, SeenMesh, SeenProject, SeenReplica } from '../types.ts';
import { checker, eventsOf, hasLost } from './checker.ts';
import { Lines } from './texts.ts';

interface Shown {
	readonly where: string;
	readonly items: string;
}

interface Reached {
	readonly homeKey: string;
	readonly generation: number;
	readonly revision: number;
	readonly at: number;
}

export function replicasEqual(): Checker {
	/** By project, generation and revision. */
	const shown = new Map<string, Shown>();
	const hashed = new WeakMap<ProjectFacts, string>();
	const reached = new Map<string, Reached>();
	/** By project: the keys of its homes, by the registry, one after another. */
	const homes = new Map<string, string[]>();

	const itemsOf = (facts: ProjectFacts): string => {
		const known = hashed.get(facts) ?? hashOf(liveItems(facts));
		hashed.set(facts, known);
		return known;
	};
	const compare = (
		project: string,
		where: string,
		seen: Pick<SeenReplica, 'facts' | 'generation'>,
	): readonly string[] => {
		const at = `${project} ${seen.generation} ${seen.facts.revision}`;
		const items = itemsOf(seen.facts);
		const other = shown.get(at);
		if (!other) shown.set(at, { where, items });
		return !other || other.items === items
			? []
			: [`${where} and ${other.where} show different items at revision ${seen.facts.revision} (${seen.generation})`];
	};
	const goesBack = (project: string, where: string, seen: SeenReplica, mesh: SeenMesh): readonly string[] => {
		const name = `${project} ${where}`;
		const before = reached.get(name);
		const { homeKey, generation, facts } = seen;
		const now = { homeKey, generation: Number(generation), revision: facts.revision, at: mesh.nowMs };
		reached.set(name, now);
		if (!before || !isBack(before, now, homes.get(project) ?? []) || hasLost(mesh.events, where, before.at)) return [];
		return [
			`${where} went back from revision ${before.revision} (${before.generation}) to ${now.revision} (${now.generation})`,
		];
	};

	const lines = new Lines();
	const unseen = new Unseen();
	const step = (mesh: SeenMesh): readonly string[] => {
		noteHomes(mesh, homes);
		return [
			...lines.step(mesh),
			...unseen.read(mesh),
			...mesh.projects.flatMap((project) => [
				...(project.home ? compare(project.id, project.homeName, project.home) : []),
				...replicasOf(mesh, project).flatMap(([where, replica]) => [
					...compare(project.id, where, replica),
					...goesBack(project.id, where, replica, mesh),
					...madeUp(project, where, replica),
				]),
			]),
		];
	};
	const end = (mesh: SeenMesh): readonly string[] => [
		...lines.end(mesh),
		...mesh.projects.flatMap((project) => differences(mesh, project)),
	];
	return checker(1, 'replicas are equal', { step, end });
}

function noteHomes({ registry }: SeenMesh, homes: Map<string, string[]>): void {
	for (const { id, homeKey } of Object.values(registry.projects)) {
		const known = homes.get(id) ?? [];
		homes.set(id, known.at(-1) === homeKey ? known : [...known, homeKey]);
	}
}

/** The facts of a later home are later, whatever their numbers: one that was given up may have counted further. */
function isBack(before: Reached, now: Reached, homes: readonly string[]): boolean {
	if (now.homeKey !== before.homeKey) return homes.lastIndexOf(now.homeKey) < homes.indexOf(before.homeKey);
	if (now.generation !== before.generation) return now.generation < before.generation;
	return now.revision < before.revision;
}

/** Only a home begins a generation. */
function madeUp({ home, homeName, name }: SeenProject, where: string, replica: SeenReplica): readonly string[] {
	const { generation, homeKey } = replica;
	if (!home || homeKey !== home.homeKey || Number(generation) <= Number(home.generation)) return [];
	return [`${where} has generation ${generation} of ${name}, its home ${homeName} is at ${home.generation}`];
}

/** What a person has just asked for at their node is seen there, marked as what is not settled. */
class Unseen {
	read({ fresh, nodes, registry }: SeenMesh): readonly string[] {
		return eventsOf(fresh, 'wish').flatMap(({ node, project, item, event, as, id, person }) => {
			const seen = nodes.find(({ name }) => name === node);
			const replica = seen?.replicas.get(project);
			const isMember = seen !== undefined && registry.nodes[seen.id]?.status !== 'revoked';
			const mayWish = isMember && ['owner', 'member'].includes(registry.people[person]?.access ?? '');
			if (as !== 'tentative' || event !== 'add' || !mayWish || !replica?.unsettled.includes(id)) return [];
			const { args } = replica.pending.find(({ author, n }) => `${author}#${n}` === id) ?? {};
			// What names others is shown where they are known.
			if (!args || typeof args.parent === 'string' || String(args.dependsOn ?? '') !== '') return [];
			if (replica.pending.some((other) => other.item === item && other.event === 'delete')) return [];
			// A home that has not heard yet that the person may speak again says that they may not.
			if (replica.facts.authors[id.slice(0, id.lastIndexOf('#'))]?.length === 0) return [];
			// A disk that has lost facts waits for them before it shows what follows on what they cover.
			const author = id.slice(0, id.lastIndexOf('#'));
			const first = Math.min(...replica.pending.flatMap((one) => (one.author === author ? [one.n] : [])));
			if (first > (replica.facts.acceptedUpTo[author] ?? 0) + 1) return [];
			if (Object.hasOwn(replica.facts.items, item) || replica.views().get(item)?.tentative === true) return [];
			return [`${person} added ${item} at ${node} and does not see it there`];
		});
	}
}

function differences(mesh: SeenMesh, project: SeenProject): readonly string[] {
	const { home } = project;
	if (!home) return [];
	const members = replicasOf(mesh, project).filter(([name]) => isMember(mesh, name));
	const texts = new Map<string, readonly [string, string]>();
	const [first] = members;
	return members.flatMap(([where, replica]) => {
		const said: string[] = [];
		if (replica.generation !== home.generation || replica.stateHash !== home.stateHash) {
			said.push(
				`${where} has not the facts of ${project.homeName}: revision ${replica.facts.revision} of ${home.facts.revision}`,
			);
		}
		for (const [item, text] of keepsMore(mesh, project, where) ? [] : replica.texts) {
			// What is left of a deleted item nobody can open any more, so nobody asks for it.
			if (!Object.hasOwn(home.facts.items, item)) continue;
			const [other, their] = texts.get(item) ?? [where, text];
			texts.set(item, [other, their]);
			if (their !== text) said.push(`${where} and ${other} have different texts of ${item}`);
		}
		if (first && JSON.stringify([...replica.views()]) !== JSON.stringify([...first[1].views()])) {
			said.push(`${where} and ${first[0]} show different views`);
		}
		return said;
	});
}

/**
 * Texts carry no signature, so nobody takes one from a node that may only read. What its writer lost with a disk, or was
 * cut off with, and had told only such a node, stays there.
 */
function keepsMore({ nodes, registry, events }: SeenMesh, { id: project }: SeenProject, name: string): boolean {
	const node = nodes.find((one) => one.name === name)?.id;
	const mayGive = node !== undefined && mayHave(registry, node, project) === 'write';
	const isAnyCutOff = nodes.some(({ id, kind }) => kind === 'laptop' && registry.nodes[id]?.status === 'revoked');
	return !mayGive && (isAnyCutOff || eventsOf(events, 'diskLost').length > 0);
}

function replicasOf(mesh: SeenMesh, { id }: SeenProject): readonly (readonly [string, SeenReplica])[] {
	return mesh.nodes.flatMap(({ name, replicas }) => {
		const replica = replicas.get(id);
		return replica ? [[name, replica] as const] : [];
	});
}

function isMember({ nodes, registry }: SeenMesh, name: string): boolean {
	const id = nodes.find((node) => node.name === name)?.id;
	return id !== undefined && registry.nodes[id]?.status !== 'revoked';
}

/** What is archived leaves for a segment without a new revision. */
function liveItems({ items }: ProjectFacts): readonly unknown[] {
	return Object.entries(items)
		.filter(([, { stage }]) => stage.kind !== 'archived')
		.sort(([a], [b]) => (a < b ? -1 : 1));
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** What of a mesh is still under way, in words: a run goes on until nothing is, or for so long that it should not be. */
import { mayHave } from '../../../shared/registry/index.ts';
import type { ReplicaSeat } from '../../../shared/replica/index.ts';
import { authorsPerNodeMax } from './checkers/bounds.ts';
import type { Machine } from './machine.ts';
import type { World } from './world.ts';

const underWay: ReadonlySet<string> = new Set(['coding', 'qa', 'merge', 'mergeFailure']);

/** One after another, so that who asks only whether there is anything pays for the first. */
export function* unsettled(world: World, projects: readonly string[]): Generator<string> {
	for (const { name, process, attempts } of world.machines.values()) {
		if (!process) yield `${name} is down`;
		if (attempts.size > 0) yield `an agent works at ${name}`;
	}
	for (const id of projects) yield* unsettledIn(world, id);
}

function* unsettledIn(world: World, id: string): Generator<string> {
	const project = world.projectAtHome(id);
	if (!project) return yield `the home of ${id} is away`;
	const { facts } = project.home;
	for (const { number, stage } of Object.values(facts.items)) {
		if (underWay.has(stage.kind)) yield `#${number} is in ${stage.kind}`;
	}
	const { index, logs } = project.exchange;
	if (Object.keys(index.refusals).length > 0) yield `refusals of ${project.name} are not heard`;
	for (const { name, id: node } of world.machines.values()) {
		const authors = Object.keys(facts.authors).filter((author) => author.startsWith(`${node}.`));
		// Of a laptop that died again and again, until everyone is back who may have had entries of its processes.
		if (authors.length > authorsPerNodeMax) yield `${project.name} names ${authors.length} authors of ${name}`;
	}
	if (logs.pendingIntents(facts.acceptedUpTo).length > 0) yield `intents wait at the home of ${project.name}`;
	for (const { name, process } of members(world)) {
		const reports = process?.parts?.station.state().reporting.filter((report) => report.project === id) ?? [];
		if (reports.length > 0) yield `${name} has ${reports.length} reports`;
	}
	for (const [{ name }, { replica }] of seatsOf(world, id)) {
		if (replica.index.stateHash !== index.stateHash) yield `${name} has not the facts of ${project.name}`;
		if (replica.unsettled().length > 0) yield `${name} waits for answers of ${project.name}`;
		if (replica.pending().length > 0) yield `${name} keeps entries of ${project.name}`;
	}
	yield* textsApart(world, id, facts.items);
}

/**
 * Behind a connection that is dead and was not noticed, a text comes up to half a minute late. What its writer lost with
 * a disk, or was cut off with, may be left at a node that may only read, and stays there.
 */
function* textsApart(world: World, id: string, items: Readonly<Record<string, unknown>>): Generator<string> {
	const laptops = [...world.machines.values()].filter(({ kind }) => kind === 'laptop');
	const isAnyCutOff = laptops.some((machine) => world.registry.nodes[machine.id]?.status === 'revoked');
	const hasLost = isAnyCutOff || world.events.some(({ kind }) => kind === 'diskLost');
	const known = new Map<string, string>();
	for (const [{ name, id: node }, { replica }] of seatsOf(world, id)) {
		if (hasLost && mayHave(world.registry, node, id) !== 'write') continue;
		for (const { name: document, text } of replica.texts()) {
			const item = document.slice(document.lastIndexOf('/') + 1);
			if (!Object.hasOwn(items, item)) continue;
			if ((known.get(item) ?? text) !== text) yield `${name} has another text of ${item}`;
			known.set(item, text);
		}
	}
}

function members({ machines, registry }: World): readonly Machine[] {
	return [...machines.values()].filter(({ id }) => registry.nodes[id]?.status !== 'revoked');
}

function seatsOf(world: World, project: string): readonly (readonly [Machine, ReplicaSeat])[] {
	return members(world).flatMap((machine) => {
		const seats = machine.process?.seats().filter(({ replica }) => replica.id === project) ?? [];
		return seats.map((seat) => [machine, seat] as const);
	});
}

/** What checkers may look at: the world as it is after a step, read without asking the product for more than it shows. */
import { readHistory } from '../../../node/home/history.ts';
import type { Project } from '../../../node/home/project.ts';
import type { ProjectIndex } from '../../../shared/documents/index.ts';
import type { Intent, IntentId } from '../../../shared/pipeline/index.ts';
import type { CommitId, MainCommit } from '../../../shared/ports/index.ts';
import type { ReplicaSeat } from '../../../shared/replica/index.ts';
import type { Machine } from './machine.ts';
import { type KeptRepository, makeRepository } from './repositories.ts';
import type { SeenHome, SeenMesh, SeenNode, SeenProject, SeenReplica, SeenRepository } from './types.ts';
import type { World } from './world.ts';

/** More than any run has. */
const historyMax = 100_000;

const idOf = ({ author, n }: Pick<Intent, 'author' | 'n'>): IntentId => `${author}#${n}`;

/** Makes a `SeenMesh` after each step; what is dear to read and did not change is read once. */
export class Eyes {
	readonly #world: World;
	readonly #repositories = new WeakMap<KeptRepository, { readonly version: number; readonly seen: SeenRepository }>();
	readonly #nothing = makeRepository();
	#shown = 0;

	constructor(world: World) {
		this.#world = world;
	}

	async look(): Promise<SeenMesh> {
		const world = this.#world;
		const { events } = world;
		const fresh = events.slice(this.#shown);
		this.#shown = events.length;
		const projects: SeenProject[] = [];
		for (const { id } of world.origins.all()) projects.push(await this.#project(id));
		return {
			...{ seed: world.seed, nowMs: world.clock.monotonic(), step: world.step, isCalm: world.isCalm },
			...{ registry: world.registry, projects, events, fresh },
			nodes: [...world.machines.values()].map(nodeOf),
			meets: (one, two) => world.meets(world.machine(one), world.machine(two)),
		};
	}

	async #project(id: string): Promise<SeenProject> {
		const world = this.#world;
		const { name, config, budgetUsd } = world.origins.project(id);
		const home = world.homeOf(id);
		const project = world.projectAtHome(id);
		const book = world.book(id);
		const former: SeenRepository[] = [];
		for (const machine of world.machines.values()) {
			const kept = machine === home ? undefined : machine.repositories.find(machine.canonicalPath(id));
			if (kept) former.push(await this.#repository(machine.name, kept));
		}
		const kept = home.repositories.find(home.canonicalPath(id)) ?? this.#nothing;
		return {
			...{ id, name, config, budgetUsd, homeName: home.name, former },
			home: project ? homeSeen(home, project) : null,
			repository: await this.#repository(home.name, kept),
			history: book.history,
			intents: book.intents,
		};
	}

	async #repository(node: string, kept: KeptRepository): Promise<SeenRepository> {
		const known = this.#repositories.get(kept);
		if (known?.version === kept.version) return known.seen;
		const { git, objects } = kept;
		const main = await git.main();
		const before = known?.seen;
		const chain: readonly MainCommit[] =
			main === null ? [] : before?.main === main ? before.chain : await grown(kept, before);
		const refs = new Map<string, CommitId>((await git.refs('refs/gangline')).map(({ ref, commit }) => [ref, commit]));
		const seen = { node, main, chain, refs, objects };
		this.#repositories.set(kept, { version: kept.version, seen });
		return seen;
	}
}

/** The chain with what is new on it read, and the rest kept. */
async function grown(
	{ git, objects }: KeptRepository,
	before: SeenRepository | undefined,
): Promise<readonly MainCommit[]> {
	const main = await git.main();
	if (!before?.main || main === null || !objects.ancestry(main).has(before.main)) return git.firstParents({});
	const fresh = await git.firstParents({ until: before.main });
	return fresh.at(-1)?.parent === before.main ? [...fresh, ...before.chain] : git.firstParents({});
}

function homeSeen({ name: node, process }: Machine, project: Project): SeenHome {
	const { home, exchange } = project;
	const { index, logs } = exchange;
	return {
		...{ node, facts: home.facts, ...stateOf(index) },
		queue: Object.values(home.facts.items)
			.filter(({ stage }) => stage.kind === 'merge')
			.map(({ key }) => key),
		trouble: project.view().trouble,
		isPaused: project.record.paused,
		refusals: Object.keys(index.refusals).length,
		get size() {
			return index.size;
		},
		get pending() {
			return logs.pendingIntents(home.facts.acceptedUpTo);
		},
		trimmed: () =>
			new Map(
				logs.digests().map(({ author, n }) => {
					const [first] = logs.intentsAfter(author, 0);
					return [author, first ? first.n - 1 : n];
				}),
			),
		history: async () => {
			if (!process) return [];
			return (await readHistory(process.parts.store, { project: project.id, limit: historyMax })).entries;
		},
	};
}

const stateOf = ({ generation, homeKey, stateHash }: Pick<ProjectIndex, 'generation' | 'homeKey' | 'stateHash'>) => ({
	generation,
	homeKey,
	stateHash,
});

function nodeOf(machine: Machine): SeenNode {
	const { name, id, kind, person, process, disk, attempts, made, slots, clones } = machine;
	return {
		...{ name, id, kind, person, disk, made, slots, isUp: process !== null },
		clones: [...clones.values()].map(({ project, item }) => ({ project, item })),
		replicas: new Map(process?.seats().map((seat) => [seat.replica.id, replicaSeen(seat)]) ?? []),
		attempts: [...attempts],
		...saidOf(machine),
		knows: process?.parts?.registry.facts?.revision ?? null,
		damages: process?.parts?.store.damaged.length ?? null,
		timers: machine.clock.waiting,
		get stored() {
			const { pairs } = disk.backup();
			return { records: pairs.size, bytes: disk.bytes };
		},
		get errors() {
			return machine.log.lines.filter(({ level }) => level === 'error').map(({ event }) => event);
		},
	};
}

function saidOf({ process }: Machine): Pick<SeenNode, 'worksFor' | 'reporting'> {
	if (!process?.parts) return { worksFor: new Set(), reporting: [] };
	const { projects, reporting } = process.parts.station.state();
	return {
		worksFor: new Set(projects.map(({ project }) => project)),
		reporting: reporting.map(({ project, key, token }) => ({ project, item: key, token })),
	};
}

function replicaSeen({ replica }: ReplicaSeat): SeenReplica {
	const { facts, index } = replica;
	return {
		...{ facts, ...stateOf(index) },
		get pending() {
			return replica.pending();
		},
		unsettled: replica.unsettled().map(idOf),
		refusals: replica.refusals().map(idOf),
		get texts() {
			return new Map(replica.texts().map((text) => [text.name.slice(text.name.lastIndexOf('/') + 1), text.text]));
		},
		views: () => replica.views(),
	};
}

/**
 * Who might do what, by the registries that were in force: read from the records themselves, not from the product's own
 * reading of them. A home may not have heard of a change yet, so for a while, and as long as anything is broken, what
 * an earlier registry allowed counts too.
 */
import type { MeshNode, RegistryFacts } from '../../../../shared/registry/index.ts';
import type { SeenMesh } from '../types.ts';

/** What a home decided by the registry that it had is durable and seen within this. */
const decidedMs = 3_000;
/** Who reaches the gateway hears of a change within this. */
const heardMs = 45_000;
const changers: ReadonlySet<string> = new Set(['owner', 'member']);

export class RightsBook {
	readonly #registries: { readonly facts: RegistryFacts; untilMs: number }[] = [];
	/** Which revisions each node went by lately, by its id. */
	readonly #known = new Map<string, { readonly atMs: number; readonly revision: number }[]>();
	/** Revisions that nodes with texts go by now, the gateway's among them. */
	#current: ReadonlySet<number> = new Set();
	#apartMs = Number.NEGATIVE_INFINITY;
	#nowMs = 0;

	/** Takes note of what is in force now. Called once a step. */
	read(mesh: SeenMesh): void {
		this.#nowMs = mesh.nowMs;
		const gateway = mesh.nodes.find(({ kind }) => kind === 'gateway')?.name;
		const areApart = mesh.projects.some(({ homeName }) => gateway !== undefined && !mesh.meets(homeName, gateway));
		const hasTrouble = mesh.fresh.some(
			({ kind }) => kind === 'faultBegun' || kind === 'faultHealed' || kind === 'boot',
		);
		if (areApart || hasTrouble) this.#apartMs = mesh.nowMs;
		const last = this.#registries.at(-1);
		if (last) last.untilMs = mesh.nowMs;
		if (last?.facts !== mesh.registry) this.#registries.push({ facts: mesh.registry, untilMs: mesh.nowMs });
		const readers = mesh.nodes.filter(({ kind }) => kind !== 'worker');
		this.#current = new Set([mesh.registry.revision, ...readers.flatMap(({ knows }) => knows ?? [])]);
		for (const { id, knows } of mesh.nodes) {
			if (knows === null) continue;
			const known = (this.#known.get(id) ?? []).filter((_, at, all) => {
				const next = all[at + 1];
				return next === undefined || next.atMs >= mesh.nowMs - decidedMs;
			});
			if (known.at(-1)?.revision !== knows) known.push({ atMs: mesh.nowMs, revision: knows });
			this.#known.set(id, known);
		}
	}

	/** Whether a home may still not know what the registry says. */
	get isUnsettled(): boolean {
		return this.#nowMs - this.#apartMs < heardMs;
	}

	/** Whether a person may be spoken for from that node, as far as that home knows. */
	maySpeak(node: string, who: string | undefined, home: string): boolean {
		return this.#wasKnown(home, (facts) => speaksIn(facts, node, who));
	}

	/** Whether every registry that anybody may still go by lets the person be spoken for from there. */
	alwaysSpoke(node: string, who: string | undefined): boolean {
		const since = this.#nowMs - heardMs;
		const inForce = this.#registries.filter(({ untilMs }) => untilMs >= since);
		return inForce.every(({ facts }) => speaksIn(facts, node, who));
	}

	/** Whether no node with texts goes by a registry that lets the person change anything. */
	isBarredEverywhere(person: string): boolean {
		return [...this.#current].every((revision) =>
			this.#registries.some(
				({ facts }) => facts.revision === revision && !changers.has(facts.people[person]?.access ?? 'nobody'),
			),
		);
	}

	/** Whether the node may take tasks of the project. */
	mayWork(node: string, project: string): boolean {
		return this.#wasTrue(({ nodes, projects }) => {
			const member = memberIn(nodes, node);
			if (!member || !projects[project]) return false;
			if (projects[project].home === node) return true;
			const isForIt = member.worksFor === 'any' || member.worksFor.some((id) => id === project);
			return member.duties.includes('work') && isForIt;
		});
	}

	/** Whether the node takes new tasks, as far as that home knows: a draining one does not. */
	mayTake(node: string, home: string): boolean {
		return this.#wasKnown(home, ({ nodes }) => memberIn(nodes, node)?.status === 'member');
	}

	/** Whether the node has the label: its own name is one. */
	hasLabel(node: string, label: string): boolean {
		return this.#wasTrue(({ nodes }) => nodes[node]?.name === label || (nodes[node]?.labels.includes(label) ?? false));
	}

	/** Whether the node may hold facts of the project. */
	mayRead(node: string, project: string): boolean {
		return this.#wasTrue(({ nodes, projects, people }) => {
			const member = memberIn(nodes, node);
			if (!member || !projects[project]) return false;
			const hasPerson = member.person !== null && people[member.person] !== undefined;
			return projects[project].home === node || hasPerson || member.duties.some((duty) => duty !== 'work');
		});
	}

	/** Whether the node is a member. */
	isMember(node: string): boolean {
		return this.#wasTrue(({ nodes }) => memberIn(nodes, node) !== undefined);
	}

	/** By a registry that the home went by when it decided: a home that is cut off decides as it knows. */
	#wasKnown(home: string, holds: (facts: RegistryFacts) => boolean): boolean {
		const known = this.#known.get(home);
		if (!known) return this.#wasTrue(holds);
		const oldest = Math.min(...known.map(({ revision }) => revision));
		const since = this.#registries.findLastIndex(({ facts }) => facts.revision <= oldest);
		return this.#registries.slice(Math.max(0, since)).some(({ facts }) => holds(facts));
	}

	#wasTrue(holds: (facts: RegistryFacts) => boolean): boolean {
		const since = this.isUnsettled ? Number.NEGATIVE_INFINITY : this.#nowMs - heardMs;
		return this.#registries.some(({ facts, untilMs }) => untilMs >= since && holds(facts));
	}
}

function memberIn(nodes: RegistryFacts['nodes'], id: string): MeshNode | undefined {
	const node = nodes[id];
	return node === undefined || node.status === 'revoked' ? undefined : node;
}

function speaksIn({ nodes, people }: RegistryFacts, node: string, who: string | undefined): boolean {
	const member = memberIn(nodes, node);
	if (!member || who === undefined || !changers.has(people[who]?.access ?? 'nobody')) return false;
	return member.duties.includes('gateway') || member.person === who;
}

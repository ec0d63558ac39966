/**
 * Nothing waits for ever, and least of all for a gateway: what is to be worked on is granted soon where a worker that
 * its home can hear has a slot free all the time. And nothing is begun with an account before its limit has ended.
 */
import type { SeenMesh, SeenNode, SeenProject } from '../types.ts';
import { eventsOf } from './checker.ts';
import { Contact } from './contact.ts';

/** Two passes of the home, and what placement and offers take; a limit of an account is over by then. */
const idleMsMax = 75_000;

export class Idle {
	readonly #contact = new Contact();
	readonly #freeSince = new Map<string, number>();
	readonly #waitsSince = new Map<string, number>();
	readonly #said = new Set<string>();
	readonly #farLimits = new FarLimits();

	read(mesh: SeenMesh): readonly string[] {
		this.#contact.read(mesh);
		this.#farLimits.read(mesh);
		for (const { name, slots, attempts, reporting, isUp } of mesh.nodes) {
			const isFree = isUp && attempts.length < slots && reporting.length === 0;
			this.#keep(this.#freeSince, name, { isSo: isFree, nowMs: mesh.nowMs });
		}
		return mesh.projects.flatMap((project) => this.#waiting(mesh, project));
	}

	#waiting(mesh: SeenMesh, project: SeenProject): readonly string[] {
		const { home, homeName, id } = project;
		const here = mesh.nodes.find(({ name }) => name === homeName);
		if (!home || !here) return [];
		// What owners keep waiting, and what only some machines may do, is waited for by right.
		const mayBegin = home.trouble === null && !home.isPaused && project.budgetUsd === null;
		return Object.values(home.facts.items).flatMap(({ key, number, stage, role, labels }) => {
			const isBusy = mesh.nodes.some((node) => isAt(node, id, key));
			const isForAll = !labels.some((label) => label.startsWith('needs:'));
			const waits = stage.kind === 'coding' && role === null && !isBusy && mayBegin && isForAll;
			const since = this.#keep(this.#waitsSince, `${id} ${key}`, { isSo: waits, nowMs: mesh.nowMs });
			const isLong = this.#isLong(since, mesh) && this.#isLong(this.#contactSince(homeName, homeName, mesh), mesh);
			if (!isLong || this.#said.has(`${id} ${key}`)) return [];
			const idle = mesh.nodes.find((node) => this.#mayTake(mesh, node, homeName));
			if (!idle) return [];
			this.#said.add(`${id} ${key}`);
			return [
				`#${number} of ${project.name} waits since ${since} ms, and ${idle.name}, which ${homeName} hears, has a slot`,
			];
		});
	}

	#mayTake(mesh: SeenMesh, { name, id, kind }: SeenNode, homeName: string): boolean {
		const isMember = mesh.registry.nodes[id]?.status === 'member';
		const isWorker = kind === 'worker' && isMember && !this.#farLimits.of(name, homeName);
		const free = this.#freeSince.get(name);
		return isWorker && this.#isLong(free, mesh) && this.#isLong(this.#contactSince(name, homeName, mesh), mesh);
	}

	#contactSince(node: string, home: string, { nowMs }: SeenMesh): number {
		return nowMs - this.#contact.metMs(node, home, nowMs);
	}

	#isLong(since: number | undefined, { nowMs }: SeenMesh): boolean {
		return since !== undefined && nowMs - since > idleMsMax;
	}

	/** Since when it has been so; undefined where it is not. */
	#keep(
		all: Map<string, number>,
		name: string,
		{ isSo, nowMs }: { readonly isSo: boolean; readonly nowMs: number },
	): number | undefined {
		if (!isSo) all.delete(name);
		else if (!all.has(name)) all.set(name, nowMs);
		return all.get(name);
	}
}

/** A limit ends at a time of day: for a home whose clock is another one than the node's that may be hours away. */
class FarLimits {
	readonly #clocksMoved = new Set<string>();
	readonly #limited = new Set<string>();

	read({ fresh }: SeenMesh): void {
		for (const event of fresh) {
			if (event.kind === 'faultBegun' && movesClocks.has(event.fault)) {
				this.#clocksMoved.add(event.what.split(' ')[0] ?? '');
			}
			if (event.kind === 'agentEnded' && event.how === 'rateLimited') this.#limited.add(event.node);
		}
	}

	of(node: string, home: string): boolean {
		return this.#limited.has(node) && (this.#clocksMoved.has(node) || this.#clocksMoved.has(home));
	}
}

const movesClocks: ReadonlySet<string> = new Set(['clockJump', 'clockRate', 'sleeper']);

function isAt({ attempts, reporting }: SeenNode, project: string, item: string): boolean {
	return [...attempts, ...reporting].some((one) => one.project === project && one.item === item);
}

/** So long an account of a simulated agent is limited, and what clocks and messages take. */
const limitMs = 20_000;
const slackMs = 1_500;
/** What was decided before the home knew is a fact within this, where messages are not late. */
const decidedMs = 60;

/** Who was told that an account is limited somewhere gives nothing there that needs it, before that ends. */
export class Limits {
	readonly #ended = new Map<string, number>();
	/** Until when a home gives a node nothing, and since when it knows: by project, home and node. */
	readonly #known = new Map<string, { readonly fromMs: number; readonly untilMs: number }>();
	#areTimesWrong = false;

	read({ fresh, nodes, projects }: SeenMesh): readonly string[] {
		return fresh.flatMap((event) => {
			if (event.kind === 'faultBegun' && wrongTimes.has(event.fault)) this.#areTimesWrong = true;
			if (event.kind === 'agentEnded' && event.how === 'rateLimited') {
				this.#ended.set(`${event.project} ${event.item} ${event.token.join('.')}`, event.at);
			}
			if (event.kind === 'reportSettled') {
				const at = this.#ended.get(`${event.project} ${event.item} ${event.token.join('.')}`);
				const limit = { fromMs: event.at + decidedMs, untilMs: (at ?? 0) + limitMs - slackMs };
				const project = projects.find(({ id }) => id === event.project);
				// One of before, that does not know that it is none any more, tells it nobody.
				const isByHome = project?.home?.facts.term === event.token[0];
				if (at !== undefined && isByHome) this.#known.set(`${event.project} ${project?.homeName} ${event.node}`, limit);
			}
			if (event.kind !== 'grant' || event.role !== 'coder' || this.#areTimesWrong) return [];
			const holder = nodes.find(({ id }) => event.holder.startsWith(`${id}.`))?.name;
			const limit = this.#known.get(`${event.project} ${event.node} ${holder}`);
			const isLimited = limit !== undefined && event.at > limit.fromMs && event.at < limit.untilMs;
			return isLimited ? [`${event.item} was given to ${holder}, where the account is limited`] : [];
		});
	}
}

const wrongTimes: ReadonlySet<string> = new Set(['clockJump', 'clockRate', 'sleeper', 'latency', 'lostConnections']);

/** What a worker and its home may take to tell each other which clones nobody needs. */
const toldMs = 45_000;

/** Items whose clones are still at a worker, though they landed long ago and nothing has kept it from its home since. */
export function clonesLeft({ nodes, projects, registry, events, nowMs }: SeenMesh): readonly string[] {
	const landed = new Map<string, number>();
	const calmAt = eventsOf(events, 'calm').at(-1)?.at ?? nowMs;
	for (const { history, at, project } of eventsOf(events, 'published')) {
		for (const { item, to, outcome } of history) {
			if (outcome === 'applied') landed.delete(`${project} ${item}`);
			if (outcome === 'applied' && to === 'done') landed.set(`${project} ${item}`, at);
		}
	}
	return nodes.flatMap(({ name, id, kind, clones }) => {
		if (kind !== 'worker' || registry.nodes[id]?.status === 'revoked') return [];
		return clones.flatMap(({ project, item }) => {
			const at = landed.get(`${project} ${item}`);
			const isKnown = projects.some((one) => one.id === project && one.home?.facts.items[item]?.stage.kind === 'done');
			return isKnown && at !== undefined && nowMs - Math.max(at, calmAt) > toldMs
				? [`${name} still has a clone of ${item}, which landed`]
				: [];
		});
	});
}

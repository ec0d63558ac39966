/**
 * [I12] Nothing waits for ever: when the last fault is healed and time has passed, every item is over, or waits for a
 * person with a reason that is said, or for something that does.
 */
import type { Item } from '../../../../shared/pipeline/index.ts';
import type { Checker, SeenHome, SeenMesh, SeenProject } from '../types.ts';
import { eventsOf, ledgerChecker } from './checker.ts';
import { Idle, Limits } from './idle.ts';
import type { Ledger } from './ledger.ts';
import { Budgets, Pauses } from './owners.ts';

export function progressResumes(ledger: Ledger): Checker {
	const end = (mesh: SeenMesh): readonly string[] => [
		...deadNodes(mesh),
		...mesh.projects.flatMap((project) => {
			const { home, homeName, name } = project;
			if (!home) return [`the home of ${name} (${homeName}) is not there`];
			return [
				...(home.trouble === null ? [] : [`nothing lands in ${name}: ${home.trouble}`]),
				...(home.pending.length === 0 ? [] : [`${home.pending.length} intents wait at ${homeName}`]),
				...Object.values(home.facts.items).flatMap((item) => stuck(item, { mesh, project, home })),
				...unanswered(mesh, project),
			];
		}),
	];
	const watches = [new Silence(), new Idle(), new Limits(), new Pauses(), new Budgets()];
	const step = (mesh: SeenMesh): readonly string[] => watches.flatMap((watch) => watch.read(mesh));
	return ledgerChecker(ledger, [12, 'progress resumes'], { step, end });
}

/** A pass of the home is due every half minute, and what it does takes a while. */
const passMs = 40_000;
const unknownMs = 30_000;

/** Holders that their home cannot hear: none is waited for longer than the project says, an impatient item hardly. */
class Silence {
	readonly #since = new Map<string, number>();
	readonly #said = new Set<string>();
	/** Faults that are on and let a home's time pass otherwise than the world's. */
	#wrongClocks = 0;

	read(mesh: SeenMesh): readonly string[] {
		for (const event of mesh.fresh) {
			const isClock = 'fault' in event && (event.fault === 'sleeper' || event.fault === 'clockRate');
			if (isClock) this.#wrongClocks += event.kind === 'faultBegun' ? 1 : -1;
			if (isClock) this.#since.clear();
		}
		if (this.#wrongClocks > 0) return [];
		return mesh.projects.flatMap(({ id, home, homeName, config }) => {
			// A home that begins anew, or is another one, has not waited for anybody yet.
			const isNewHome = mesh.fresh.some(
				(event) =>
					((event.kind === 'boot' || event.kind === 'crash') && event.node === homeName) ||
					(event.kind === 'homeMoved' && event.project === id),
			);
			// One that had begun to hand the project over has begun anew when it goes on.
			if (!home) for (const name of this.#since.keys()) if (name.startsWith(`${id} `)) this.#since.delete(name);
			return Object.values(home?.facts.items ?? {}).flatMap((item) => {
				const { key, holder, role, token, labels, stage } = item;
				const node = mesh.nodes.find(({ id }) => holder?.startsWith(`${id}.`));
				const isRevoked = node !== undefined && isRevokedAt(mesh, node.id, homeName);
				const isSilent =
					node && stage.kind === 'coding' && role !== null && (isRevoked || !mesh.meets(node.name, homeName));
				// Who is cut off for good is waited for no longer, from when its home knows.
				const name = `${id} ${key} ${token?.join('.')} ${isRevoked ? 'revoked' : ''}`;
				if (!isSilent || isNewHome) {
					this.#since.delete(name);
					return [];
				}
				const since = this.#since.get(name) ?? mesh.nowMs;
				this.#since.set(name, since);
				const lostAfterMs = labels.includes('impatient') ? 0 : config.work.lost_after_seconds * 1_000;
				const isOver = mesh.nowMs - since > (isRevoked ? 0 : Math.max(unknownMs, lostAfterMs)) + passMs;
				if (!isOver || this.#said.has(name)) return [];
				this.#said.add(name);
				return [`#${item.number} is still held by ${node.name}, silent for ${mesh.nowMs - since} ms`];
			});
		});
	}
}

/** Whether the node was cut off, by what that home knows. */
function isRevokedAt({ registry, nodes }: SeenMesh, node: string, homeName: string): boolean {
	const home = nodes.find(({ name }) => name === homeName);
	return registry.nodes[node]?.status === 'revoked' && home?.knows === registry.revision;
}

function deadNodes({ nodes, events }: SeenMesh): readonly string[] {
	return nodes.flatMap(({ name, isUp }) => {
		const last = eventsOf(events, 'boot').findLast(({ node }) => node === name);
		return isUp ? [] : [`${name} is down${last?.failed ? `: ${last.failed}` : ''}`];
	});
}

interface Place {
	readonly mesh: SeenMesh;
	readonly project: SeenProject;
	readonly home: SeenHome;
}

function stuck(item: Item, { mesh, project, home }: Place): readonly string[] {
	const { stage, key } = item;
	const found = (words: string): readonly string[] => [`#${item.number} (${key}) is in ${stage.kind}: ${words}`];
	const isWorkedOn = mesh.nodes.some(
		({ attempts, reporting }) =>
			attempts.some((one) => one.item === key && one.isLive) || reporting.some((one) => one.item === key),
	);
	if (isWorkedOn) return [];
	switch (stage.kind) {
		case 'backlog':
			return mayStart(item, home) && project.config.work.auto_start ? found('nothing keeps it from starting') : [];
		case 'coding':
			return found(item.role === null ? 'nobody works on it' : `${item.holder} does not work on it`);
		case 'merge':
			return found('it does not land');
		case 'qa':
			return found('nobody judges it');
		case 'mergeFailure':
			return found(`nobody recovers it (${stage.failure ?? 'unknown'})`);
		case 'blocked':
		case 'reviewHold':
			return stage.reason?.trim() ? [] : found('it does not say what it waits for');
		default:
			return [];
	}
}

function mayStart({ type, held, labels, dependsOn }: Item, { facts }: SeenHome): boolean {
	if (type === 'epic' || held || labels.includes('hold')) return false;
	return dependsOn.every((key) => {
		const stage = facts.items[key]?.stage;
		return stage?.kind === 'done' || (!stage && facts.closedDependencies?.[key] === 'completed');
	});
}

/** A report that no home takes, from a worker that may bring it. */
function unanswered(mesh: SeenMesh, { id, homeName }: SeenProject): readonly string[] {
	return mesh.nodes.flatMap((node) => {
		const member = mesh.registry.nodes[node.id];
		if (!node.isUp || member?.status === 'revoked') return [];
		const waiting = node.reporting.filter(({ project }) => project === id);
		return waiting.length === 0 ? [] : [`${node.name} has ${waiting.length} reports that ${homeName} does not settle`];
	});
}

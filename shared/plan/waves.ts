/**
 * A plan's subtasks as waves of groups. A wave is a layer of the dependency graph; the members of a group own no
 * overlapping paths, so a group of two or more may run at once. The same subtasks give the same waves, in whatever
 * order they are listed.
 */
import { ganglineError } from '../ports/errors.ts';
import { literalPrefix } from './patterns.ts';

export interface Subtask {
	readonly id: string;
	readonly dependsOn: readonly string[];
	/** Patterns of the paths it owns; none: it overlaps everything. */
	readonly files: readonly string[];
	/** A feature waits for every foundation besides what it names. */
	readonly kind?: 'foundation' | 'feature';
}

/** Waves of groups of ids. Throws INVALID_PLAN whose message names the subtasks at fault. */
export function planWaves(subtasks: readonly Subtask[]): string[][][] {
	const byId = new Map(subtasks.map((subtask) => [subtask.id, subtask]));
	refuseDuplicates(subtasks);
	refuseUnknown(subtasks, byId);
	refuseWaitingFoundations(subtasks, byId);
	refuseCycles(subtasks);
	return layers(byId).map(colour);
}

function refuseDuplicates(subtasks: readonly Subtask[]): void {
	const seen = new Set<string>();
	refuseIf(
		'duplicate',
		subtasks.map(({ id }) => id).filter((id) => seen.has(id) || !seen.add(id)),
	);
}

function refuseUnknown(subtasks: readonly Subtask[], byId: ReadonlyMap<string, Subtask>): void {
	refuseIf(
		'unknown',
		subtasks.flatMap(({ dependsOn }) => dependsOn.filter((id) => !byId.has(id))),
	);
}

function refuseWaitingFoundations(subtasks: readonly Subtask[], byId: ReadonlyMap<string, Subtask>): void {
	const waits = ({ dependsOn }: Subtask): boolean => dependsOn.some((id) => byId.get(id)?.kind !== 'foundation');
	refuseIf(
		'foundation',
		subtasks.filter((subtask) => subtask.kind === 'foundation' && waits(subtask)).map(({ id }) => id),
	);
}

/** What lies on a circle, without what merely waits for one: peeled from both ends until nothing more comes off. */
function refuseCycles(subtasks: readonly Subtask[]): void {
	const forward = new Map(subtasks.map(({ id, dependsOn }) => [id, new Set(dependsOn)]));
	const backward = reversed(forward);
	const left = peel(new Set(forward.keys()), forward, backward);
	const circular = peel(left, backward, forward);
	refuseIf(
		'cycle',
		[...circular].filter((id) => reachesItself(id, forward, circular)),
	);
}

function refuseIf(what: string, ids: readonly string[]): void {
	if (ids.length === 0) return;
	const named = [...new Set(ids)].sort(byCodeUnit);
	throw ganglineError('INVALID_PLAN', `${what}: ${named.join(', ')}`, { data: { what, subtasks: named } });
}

type Edges = ReadonlyMap<string, ReadonlySet<string>>;

function reversed(edges: Edges): Edges {
	const back = new Map([...edges.keys()].map((id) => [id, new Set<string>()]));
	for (const [id, others] of edges) for (const other of others) back.get(other)?.add(id);
	return back;
}

/** Takes away, again and again, what waits for nothing that is left. */
function peel(ids: ReadonlySet<string>, waitsFor: Edges, waitedBy: Edges): Set<string> {
	const left = new Set(ids);
	const open = new Map(
		[...ids].map((id) => [id, [...(waitsFor.get(id) ?? [])].filter((other) => ids.has(other)).length]),
	);
	const free = [...ids].filter((id) => open.get(id) === 0);
	for (let id = free.pop(); id !== undefined; id = free.pop()) {
		left.delete(id);
		for (const waiting of waitedBy.get(id) ?? []) {
			const rest = (open.get(waiting) ?? 0) - 1;
			open.set(waiting, rest);
			if (rest === 0) free.push(waiting);
		}
	}
	return left;
}

/** A bridge between two circles survives the peeling and is on neither. */
function reachesItself(start: string, edges: Edges, within: ReadonlySet<string>): boolean {
	const waiting = [start];
	const seen = new Set<string>();
	for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
		for (const next of edges.get(id) ?? []) {
			if (next === start) return true;
			if (!within.has(next) || seen.has(next)) continue;
			seen.add(next);
			waiting.push(next);
		}
	}
	return false;
}

/** Level = 1 + the highest among the dependencies; each layer by id. Knows that there is no circle. */
function layers(byId: ReadonlyMap<string, Subtask>): readonly Subtask[][] {
	const foundations = [...byId.values()].filter(({ kind }) => kind === 'foundation');
	const features = [...byId.values()].filter(({ kind }) => kind !== 'foundation');
	const levels = new Map<string, number>();
	assignLevels(foundations, levels, 0);
	assignLevels(
		features,
		levels,
		[...levels.values()].reduce((most, level) => Math.max(most, level + 1), 0),
	);
	const waves: Subtask[][] = [];
	for (const subtask of [...byId.values()].sort((a, b) => byCodeUnit(a.id, b.id))) {
		const level = levels.get(subtask.id) ?? 0;
		const wave = waves[level] ?? [];
		waves[level] = wave;
		wave.push(subtask);
	}
	return waves;
}

/** Kahn's walk over `subtasks`; dependencies outside of them have their level already. */
function assignLevels(subtasks: readonly Subtask[], levels: Map<string, number>, lowest: number): void {
	const ids = new Set(subtasks.map(({ id }) => id));
	const waiting = new Map(
		subtasks.map(({ id, dependsOn }) => [id, new Set(dependsOn.filter((other) => ids.has(other)))]),
	);
	const dependents = reversed(waiting);
	const rest = new Map([...waiting].map(([id, others]) => [id, others.size]));
	const free = [...ids].filter((id) => rest.get(id) === 0);
	for (const id of free) levels.set(id, lowest);
	for (let at = 0; at < free.length; at += 1) {
		const id = free[at] ?? '';
		const level = levels.get(id) ?? lowest;
		for (const dependent of dependents.get(id) ?? []) {
			levels.set(dependent, Math.max(levels.get(dependent) ?? lowest, level + 1));
			const left = (rest.get(dependent) ?? 0) - 1;
			rest.set(dependent, left);
			if (left === 0) free.push(dependent);
		}
	}
}

/** Greedy: each joins the first group with none of whose members it overlaps. */
function colour(wave: readonly Subtask[]): string[][] {
	const groups: { readonly ids: string[]; readonly owned: OwnedPaths }[] = [];
	for (const { id, files } of wave) {
		const prefixes = files.length === 0 ? [[]] : files.map(literalPrefix);
		const free = groups.find(({ owned }) => !prefixes.some((prefix) => owned.overlaps(prefix)));
		const group = free ?? { ids: [], owned: new OwnedPaths() };
		if (!free) groups.push(group);
		group.ids.push(id);
		for (const prefix of prefixes) group.owned.add(prefix);
	}
	return groups.map(({ ids }) => ids);
}

interface Folder {
	readonly inside: Map<string, Folder>;
	owned: boolean;
}

/** The paths of a group as a tree: asking costs the depth of a path, not the size of the group. */
class OwnedPaths {
	readonly #root: Folder = { inside: new Map(), owned: false };

	add(prefix: readonly string[]): void {
		let folder = this.#root;
		for (const part of prefix) {
			const next = folder.inside.get(part) ?? { inside: new Map(), owned: false };
			folder.inside.set(part, next);
			folder = next;
		}
		folder.owned = true;
	}

	/** Something owned lies on the way to the path, or at or below it. */
	overlaps(prefix: readonly string[]): boolean {
		let folder = this.#root;
		for (const part of prefix) {
			if (folder.owned) return true;
			const next = folder.inside.get(part);
			if (!next) return false;
			folder = next;
		}
		return folder.owned || folder.inside.size > 0;
	}
}

function byCodeUnit(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

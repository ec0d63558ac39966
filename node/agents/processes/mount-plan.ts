/**
 * From a confinement to the mounts that enforce it, as a list of steps. Pure. Order is everything: what has reachable
 * things in it is bound aside first, then folders are covered from the shallowest to the deepest and what stays is put
 * back on top, so that the deepest folder named decides; covers are sealed last, because mount points are made in them.
 * Each step costs a process, and all of them come before an agent's first word.
 */
import { dirname, relative } from 'node:path';
import type { Confinement } from '../../../shared/ports/index.ts';

/** Steps of the launcher's script, each a word and its arguments. */
export type MountStep =
	/** Binds `path` into the stage, as `slot`. */
	| readonly ['aside', slot: string, path: string]
	/** `path` becomes read-only where it is. */
	| readonly ['here', path: string]
	/** An empty folder over `path`. */
	| readonly ['cover', path: string]
	/** Binds `source`, a path in the stage, to `path`, which is made where a cover hides it. */
	| readonly ['back', how: 'rbind' | 'rbind,ro', source: string, path: string]
	/** The cover over `path` becomes read-only. */
	| readonly ['seal', path: string];

interface Place {
	readonly path: string;
	readonly access: 'hidden' | 'readOnly' | 'writable';
}

/** The paths are absolute and have no symbolic links in them. */
export function planMounts(confinement: Confinement): readonly MountStep[] {
	const places = placesOf(confinement);
	const isOutermost = (place: Place): boolean => enclosing(places, place) === undefined;
	const outermostOf = (inner: Place): Place => places.find(({ path }) => isInside(inner.path, path)) ?? inner;
	const kept = places.filter((place) => place.access !== 'hidden' && !isOutermost(place));
	const aside = [...new Set(kept.map(outermostOf))];
	const steps: MountStep[] = aside.map(({ path }, slot) => ['aside', String(slot), path]);
	for (const place of places) {
		if (place.access === 'hidden') steps.push(['cover', place.path]);
		else if (isOutermost(place)) steps.push(['here', place.path]);
		else {
			const root = outermostOf(place);
			const source = `${aside.indexOf(root)}/${relative(root.path, place.path)}`;
			steps.push(['back', place.access === 'readOnly' ? 'rbind,ro' : 'rbind', source, place.path]);
		}
	}
	for (const place of places) if (place.access === 'hidden') steps.push(['seal', place.path]);
	return steps;
}

/**
 * Shallow before deep; of two words about one folder the more generous counts. What
 * is hidden in a hidden folder, or writable and inside of nothing, needs no mount.
 */
function placesOf({ hidden, readOnly, writable }: Confinement): readonly Place[] {
	const byPath = new Map<string, Place>();
	for (const path of hidden) byPath.set(path, { path, access: 'hidden' });
	for (const path of readOnly) byPath.set(path, { path, access: 'readOnly' });
	for (const path of writable) byPath.set(path, { path, access: 'writable' });
	const places = [...byPath.values()].sort((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1));
	return places.filter((place) => {
		const around = enclosing(places, place);
		if (place.access === 'hidden') return around?.access !== 'hidden';
		return place.access === 'readOnly' || around !== undefined;
	});
}

function enclosing(places: readonly Place[], { path }: Place): Place | undefined {
	return places.findLast((other) => other.path !== path && isInside(path, other.path));
}

/** Whether `path` is out of sight under the confinement. */
export function isCovered(confinement: Confinement, path: string): boolean {
	return placesOf(confinement).findLast((place) => isInside(path, place.path))?.access === 'hidden';
}

function isInside(path: string, folder: string): boolean {
	return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function depth(path: string): number {
	return path === '/' ? 0 : dirname(path).split('/').length;
}

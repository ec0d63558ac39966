/**
 * The key under which the generation of the index on this disk was signed: the registry's may be a later home's already,
 * and under that one the facts here could not be read. It also tells which of two generations is the later one.
 */
import type { ProjectIndex } from '../documents/index.ts';
import type { Store, StoreWrite } from '../ports/index.ts';

/** Base64; null where none is kept. */
export async function keptHomeKey(store: Store, project: string): Promise<string | null> {
	const value = await store.get(homeKeyRecord(project));
	return typeof value === 'string' ? value : null;
}

/** The key that is kept; `now` is kept where there is none. */
export async function keepHomeKey(store: Store, project: string, now: string): Promise<string> {
	const kept = await keptHomeKey(store, project);
	if (kept !== null) return kept;
	await store.write([homeKeyWrite(project, now)]);
	return now;
}

/** Belongs into the batch that makes a generation of that home the current one. */
export function homeKeyWrite(project: string, key: string): StoreWrite {
	return { kind: 'put', key: homeKeyRecord(project), value: key };
}

/**
 * Whether `next` may take the place of `before`, now that the registry names the home of `homeKey`. At one home the
 * number tells which is later. What a home that was given up has counted tells nothing: when its store was damaged, it
 * went on with seconds since 1970.
 */
export function isFollowedBy(before: Generation, next: Generation, homeKey: string): boolean {
	if (next.homeKey === before.homeKey) return Number(next.generation) > Number(before.generation);
	return next.homeKey === homeKey && next.generation !== before.generation;
}

type Generation = Pick<ProjectIndex, 'generation' | 'homeKey'>;

const homeKeyRecord = (project: string): string => `replica/${project}/homeKey`;

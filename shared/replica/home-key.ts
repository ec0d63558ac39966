/**
 * The key under which the generation of the index on this disk was signed: the registry's may be a later home's already,
 * and under that one the facts here could not be read.
 */
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

const homeKeyRecord = (project: string): string => `replica/${project}/homeKey`;

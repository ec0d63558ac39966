/**
 * The key under which the generation of the index on this disk was signed: the registry's may be a later home's already,
 * and under that one the facts here could not be read.
 */
import type { Store, StoreWrite } from '../ports/index.ts';

/** The key that is kept; `now` is kept where there is none. */
export async function keepHomeKey(store: Store, project: string, now: string): Promise<string> {
	const value = await store.get(homeKeyRecord(project));
	if (typeof value === 'string') return value;
	await store.write([homeKeyWrite(project, now)]);
	return now;
}

/** Belongs into the batch that makes a generation of that home the current one. */
export function homeKeyWrite(project: string, key: string): StoreWrite {
	return { kind: 'put', key: homeKeyRecord(project), value: key };
}

const homeKeyRecord = (project: string): string => `replica/${project}/homeKey`;

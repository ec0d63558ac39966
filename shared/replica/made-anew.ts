/**
 * A project that was removed from the registry and came back may have begun anew, at another home and with nothing of the
 * one before: same id, another key, numbers from the first. What is left here of the one before would be taken for a later
 * state of it, so it goes. A project that only moves keeps when it was added; one that goes on has its key, or a later term.
 */
import { currentGeneration, ProjectIndex } from '../documents/index.ts';
import { fromBase64 } from '../log/index.ts';
import type { Random, Store, StoreWrite } from '../ports/index.ts';
import type { MeshProject } from '../registry/index.ts';
import { keptHomeKey } from './home-key.ts';

export interface MadeAnewOptions {
	readonly store: Store;
	readonly random: Random;
	/** As the registry has it now. */
	readonly project: MeshProject;
}

/** Called before the replica is opened; notes when the project was added. True: what was here is gone. */
export async function dropWhenMadeAnew({ store, random, project }: MadeAnewOptions): Promise<boolean> {
	const { id, addedAt } = project;
	const known = await store.get(addedRecord(id));
	if (known === addedAt) return false;
	const drops = typeof known === 'number' && (await isAnother({ store, random, project }));
	const note: StoreWrite = { kind: 'put', key: addedRecord(id), value: addedAt };
	await store.write([...(drops ? await dropWrites(store, id) : []), note]);
	return drops;
}

async function isAnother({ store, random, project: { id, homeKey, term } }: MadeAnewOptions): Promise<boolean> {
	const key = await keptHomeKey(store, id);
	if (key === null || key === homeKey) return false;
	const generation = await currentGeneration(store, id);
	const index = await ProjectIndex.open({ store, project: id, generation, random, homeKey: fromBase64(key) });
	return term <= index.facts.term;
}

async function dropWrites(store: Store, project: string): Promise<readonly StoreWrite[]> {
	const streams = store
		.streams()
		.filter((name) => [`doc/${project}/`, `log/${project}/`].some((at) => name.startsWith(at)));
	const prefixes = ['index', 'client/doc', 'replica', 'heard', 'refused', 'stuck'].map((room) => `${room}/${project}/`);
	const records = (await Promise.all(prefixes.map((prefix) => store.list(prefix)))).flat();
	return [
		...streams.map((stream) => ({ kind: 'drop', stream }) as const),
		...records.map(({ key }) => ({ kind: 'delete', key }) as const),
	];
}

const addedRecord = (project: string): string => `replica/${project}/addedAt`;

/**
 * What a node keeps of homes that come and go: a project that it has sealed or given up, and one that it has taken and
 * may open as soon as the registry names it. Of one project there is at most one of each.
 */

import { z } from 'zod';
import { becomeCurrentWrites } from '../../shared/documents/index.ts';
import { type NodeId, parseNodeId, type Store, type StoreWrite } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import { sealedSchema } from '../../shared/protocol/rehome.ts';
import { recordSchema } from '../home/projects.ts';

const node = z.string().transform((text): NodeId => parseNodeId(text));

/** `to` null: given up because the registry named another home. */
const formerSchema = z.object({ record: recordSchema, to: node.nullable(), sealed: sealedSchema.nullable() });
export type FormerHome = z.output<typeof formerSchema>;

const takenSchema = z.object({ record: recordSchema, term: z.int(), generation: z.string() });
export type TakenHome = z.output<typeof takenSchema>;

const keysSchema = z.array(z.string());

export async function formerHome(store: Store, project: string): Promise<FormerHome | null> {
	return readAs(formerSchema, await store.get(`former/${project}`)).data ?? null;
}

export async function takenHome(store: Store, project: string): Promise<TakenHome | null> {
	return readAs(takenSchema, await store.get(`taken/${project}`)).data ?? null;
}

/** Keys of the homes before this one; their landings on main count. */
export async function formerKeys(store: Store, project: string): Promise<readonly string[]> {
	return readAs(keysSchema, await store.get(`homes/${project}`)).data ?? [];
}

/** From now on this node is not the home: nothing opens the project as one at a start. `key`: this node's, base64. */
export function ceaseWrites(project: string, former: FormerHome, key: string): readonly StoreWrite[] {
	return [
		{ kind: 'put', key: `former/${project}`, value: JSON.parse(JSON.stringify(former)) },
		{ kind: 'delete', key: `project/${project}` },
		// What this node has of the facts is signed by itself.
		{ kind: 'put', key: `replica/${project}/homeKey`, value: key },
	];
}

/** It is the home again after all. */
export function resumeWrites(project: string, { record }: FormerHome): readonly StoreWrite[] {
	return [
		{ kind: 'put', key: `project/${project}`, value: { ...record } },
		{ kind: 'delete', key: `former/${project}` },
		{ kind: 'delete', key: `replica/${project}/homeKey` },
	];
}

export function takeWrites(project: string, taken: TakenHome, keys: readonly string[]): readonly StoreWrite[] {
	return [
		{ kind: 'put', key: `taken/${project}`, value: JSON.parse(JSON.stringify(taken)) },
		{ kind: 'put', key: `homes/${project}`, value: [...keys] },
	];
}

/** The registry names this node: what it has taken is the project from now on. */
export function becomeWrites(store: Store, project: string, taken: TakenHome): readonly StoreWrite[] {
	const { record, generation } = taken;
	return [
		...becomeCurrentWrites(store, project, generation),
		{ kind: 'put', key: `project/${project}`, value: { ...record } },
		{ kind: 'delete', key: `taken/${project}` },
		{ kind: 'delete', key: `former/${project}` },
		{ kind: 'delete', key: `replica/${project}/homeKey` },
	];
}

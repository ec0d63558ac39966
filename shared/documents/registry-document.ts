/**
 * The registry of a mesh as a document: written and signed by the gateway alone, held by every member. One record for
 * each node (`n/<id>`), project (`p/<id>`) and person (`u/<id>`). Every right is read from it, so a member that meets
 * one that the gateway did not sign keeps the one it had.
 */

import { z } from 'zod';
import { canonicalJson, type Identity, parseJson } from '../log/index.ts';
import { ganglineError, type Random, type Store, type StoreWrite } from '../ports/index.ts';
import { readAs } from '../ports/read-as.ts';
import {
	type MeshNode,
	type MeshPerson,
	type MeshProject,
	meshNodeSchema,
	meshPersonSchema,
	meshProjectSchema,
	type RegistryFacts,
} from '../registry/index.ts';
import type { Applied, DocumentChange } from './durable-document.ts';
import { metaKey, type RecordChange, type RecordsFormat, SignedRecords } from './signed-records.ts';

export interface RegistryDocumentOptions {
	readonly store: Store;
	/** The mesh's id. */
	readonly mesh: string;
	readonly random: Random;
	/** The gateway's key, 32 bytes: whose word counts. */
	readonly gatewayKey: Uint8Array;
	/** Given at the gateway alone: it makes the registry writable. */
	readonly identity?: Identity;
}

export interface RegistryChange {
	readonly facts: RegistryFacts;
	readonly change: DocumentChange;
}

interface Counts {
	readonly revision: number;
}

/** A SignedDocument for sync (shared/mesh/sync.ts). */
export class RegistryDocument {
	readonly name: string;
	readonly #records: SignedRecords<RegistryFacts, Counts>;

	static async open(options: RegistryDocumentOptions): Promise<RegistryDocument> {
		const { store, mesh, random, gatewayKey, identity } = options;
		const records = await SignedRecords.open({
			store,
			name: nameOf(mesh),
			random,
			format: formatOf(mesh),
			writerKey: gatewayKey,
			...(identity && { identity }),
		});
		return new RegistryDocument(records);
	}

	/** Takes what the store has of it away; for a member whose copy cannot be trusted and who gets it again. */
	static async forget(store: Store, mesh: string): Promise<void> {
		const stream = nameOf(mesh);
		await store.write([{ kind: 'compact', stream, through: store.lastSeq(stream), snapshot: nothing }]);
	}

	private constructor(records: SignedRecords<RegistryFacts, Counts>) {
		this.name = records.name;
		this.#records = records;
	}

	/** Frozen; the same object until something is published. Revision 0: nothing is known yet. */
	get facts(): RegistryFacts {
		return this.#records.state;
	}

	/** What a change builds on: also what was published and is not on disk yet. */
	get taken(): RegistryFacts {
		return this.#records.taken;
	}

	get stateHash(): string {
		return this.#records.stateHash;
	}

	get stateVector(): Uint8Array {
		return this.#records.stateVector;
	}

	get isDamaged(): boolean {
		return this.#records.isDamaged;
	}

	difference(stateVector?: Uint8Array): Uint8Array {
		return this.#records.difference(stateVector);
	}

	/** Called after each publication that changed something here, when it is durable; must not throw. */
	subscribe(listener: (change: RegistryChange) => void): () => void {
		return this.#records.subscribe(({ state, change }) => listener({ facts: state, change }));
	}

	/** Publishes facts that were made from `taken`, with `writes` in the same batch; resolves when they are durable. */
	async publish(next: RegistryFacts, writes: readonly StoreWrite[] = []): Promise<void> {
		await this.#records.publish(changesBetween(this.#records.taken, next), { revision: next.revision }, writes);
	}

	/** Takes an update of a peer. Throws MALFORMED, TOO_LARGE or BAD_SIGNATURE when the gateway did not publish it. */
	apply(update: Uint8Array, from: string): Promise<Applied> {
		return this.#records.apply(update, from);
	}
}

const nameOf = (mesh: string): string => `doc/${mesh}/registry/1`;

/** The update of an empty document. */
const nothing = Uint8Array.of(0, 0);

const metaSchema = z.strictObject({
	v: z.literal(1),
	revision: z.int().min(1),
	clocks: z.record(z.string().regex(/^\d{1,10}$/), z.int().min(0)),
	root: z.string().regex(/^[0-9a-f]{64}$/),
	signature: z.string().max(100),
});

const parts = [
	{ prefix: 'n/', field: 'nodes', schema: meshNodeSchema },
	{ prefix: 'p/', field: 'projects', schema: meshProjectSchema },
	{ prefix: 'u/', field: 'people', schema: meshPersonSchema },
] as const;

function formatOf(mesh: string): RecordsFormat<RegistryFacts, Counts> {
	return {
		statement: `gangline registry 1\0${mesh}\0`,
		writer: 'gateway',
		damagedHint: 'put the state folder of the gateway back from a backup; members get the registry again by themselves',
		empty: Object.freeze({ mesh, revision: 0, nodes: {}, projects: {}, people: {} }),
		countsOf: ({ revision }) => ({ revision }),
		parseMeta: (text) => check(metaKey, metaSchema, parseJson(text)),
		read: readRecords,
		checkOrder({ revision }, next) {
			if (next.revision >= revision) return;
			throw ganglineError('MALFORMED', `revision ${next.revision} of the registry came after ${revision}`);
		},
	};
}

function changesBetween(before: RegistryFacts, after: RegistryFacts): RecordChange[] {
	return parts.flatMap(({ prefix, field }) => {
		const [was, is]: readonly Readonly<Record<string, object>>[] = [before[field], after[field]];
		const keys = new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})]);
		return [...keys].flatMap((key): RecordChange[] => {
			const [old, fresh] = [textOf(was, key), textOf(is, key)];
			return old === fresh ? [] : [[`${prefix}${key}`, fresh]];
		});
	});
}

function textOf(records: Readonly<Record<string, object>> | undefined, key: string): string | undefined {
	return records && Object.hasOwn(records, key) ? canonicalJson(records[key]) : undefined;
}

function readRecords(
	state: RegistryFacts,
	changed: Iterable<string>,
	get: (key: string) => string | undefined,
): RegistryFacts {
	const draft = {
		nodes: new Map<string, MeshNode>(Object.entries(state.nodes)),
		projects: new Map<string, MeshProject>(Object.entries(state.projects)),
		people: new Map<string, MeshPerson>(Object.entries(state.people)),
	};
	let { revision } = state;
	for (const key of changed) {
		const [text, name] = [get(key), key.slice(2)];
		if (key === metaKey) revision = check(metaKey, metaSchema, parseJson(text ?? '')).revision;
		else if (key.startsWith('n/')) put(draft.nodes, name, text, meshNodeSchema);
		else if (key.startsWith('p/')) put(draft.projects, name, text, meshProjectSchema);
		else if (key.startsWith('u/')) put(draft.people, name, text, meshPersonSchema);
		else
			throw ganglineError(
				'MALFORMED',
				`the registry has a record ${JSON.stringify(key.slice(0, 80))}, which means nothing`,
			);
	}
	return Object.freeze({
		mesh: state.mesh,
		revision,
		nodes: toRecord(draft.nodes),
		projects: toRecord(draft.projects),
		people: toRecord(draft.people),
	});
}

function put<T extends { readonly id: string }>(
	records: Map<string, T>,
	name: string,
	text: string | undefined,
	schema: z.ZodType<T>,
): void {
	if (text === undefined) {
		records.delete(name);
		return;
	}
	const record = check(name, schema, parseJson(text));
	if (record.id !== name) throw ganglineError('MALFORMED', `the record of ${name} in the registry holds ${record.id}`);
	records.set(name, Object.freeze(record));
}

/** `fromEntries` defines own properties, whatever the key is called. */
function toRecord<T>(map: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
	return Object.freeze(Object.fromEntries(map));
}

function check<T>(key: string, schema: z.ZodType<T>, value: unknown): T {
	const result = readAs(schema, value);
	if (result.success) return result.data;
	throw ganglineError(
		'MALFORMED',
		`the record ${key} of the registry is not as expected: ${z.prettifyError(result.error)}`,
	);
}

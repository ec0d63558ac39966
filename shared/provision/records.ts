/**
 * What the gateway remembers of each project in a container: enough to find it again after any crash and to go on with
 * it. What can be asked of the engine or the mesh is not kept here.
 */
import { z } from 'zod';
import { containerStepSchema, limitsSchema } from '../operations/index.ts';
import { ganglineError, type JsonValue, type Store } from '../ports/index.ts';
import { soundRecord } from '../store/index.ts';
import { devcontainerSchema } from './devcontainer-plan.ts';

const gitGivenSchema = z.strictObject({
	identity: z.strictObject({ name: z.string(), email: z.string() }).nullable(),
	hasKey: z.boolean(),
	tokenFor: z.strictObject({ kind: z.enum(['ssh', 'https']), host: z.string(), port: z.int().nullable() }).nullable(),
});

const recordSchema = z.strictObject({
	name: z.string(),
	/** What its folder here and its things at the engine are called: its first name. Null: the same. */
	madeAs: z.string().nullable().default(null),
	path: z.string(),
	/** Where it is cloned from. */
	git: z.string().nullable(),
	/** What it commits and pushes with, as far as the gateway gave it. */
	gitGiven: gitGivenSchema.default({ identity: null, hasKey: false, tokenFor: null }),
	/** Stopped after so long without anything to do; null: never. */
	idleStopMs: z.int().nullable().default(null),
	/** It was stopped for that. */
	asleep: z.boolean().default(false),
	/** What the person asked for; null: whatever the files say. */
	wantedStack: z.string().nullable(),
	stack: z.string().nullable(),
	/** `none`: its devcontainer.json is left alone. Otherwise the hash of the one whose image the person trusts. */
	wantedDevcontainer: z.string().nullable().default(null),
	/** What its devcontainer.json names, as it was read last. */
	devcontainer: devcontainerSchema.nullable().default(null),
	/** Ports of it, and where they are published on 127.0.0.1. */
	ports: z.array(z.strictObject({ inside: z.int(), host: z.int() })).default([]),
	/** Where its own image looks for programs; null where it has none of its own. */
	imagePath: z.string().nullable().default(null),
	/** Hooks that have ended well in the container of that id. */
	hooksDone: z
		.strictObject({ container: z.string(), names: z.array(z.string()) })
		.nullable()
		.default(null),
	/** Whose programs the person asked for; null: those that the project's file names. */
	wantedAgents: z.array(z.string()).nullable().default(null),
	/** Runtimes whose programs the image has. */
	agents: z.array(z.string()).default([]),
	others: z.array(z.string()),
	/** The project's id, once it was seeded. */
	project: z.string().nullable(),
	image: z.string().nullable(),
	/** When its image was last to be built anew; null: never. */
	freshAt: z.number().nullable().default(null),
	/** The host's address in its network, once it has one. */
	gateway: z.string().nullable(),
	limits: limitsSchema,
	sshPort: z.int(),
	/** The node that joined for it. */
	node: z.string().nullable(),
	/** Who made it. */
	person: z.string(),
	/** Its token, until it was used. */
	token: z.string().nullable(),
	/** `making`: a run of steps was begun and not ended, by this process or an earlier one. */
	phase: z.enum(['making', 'failed', 'ready']),
	steps: z.array(containerStepSchema),
	/** Of a step that failed. */
	hint: z.string().nullable(),
	changedAt: z.number(),
});
export type ContainerRecord = z.output<typeof recordSchema>;

const prefix = 'gateway/container/';

/** The name at the engine, which stays: another network would have another address, and its node would not find us. */
export function engineNameOf({ name, madeAs }: Pick<ContainerRecord, 'name' | 'madeAs'>): string {
	return madeAs ?? name;
}

/** Of 127.0.0.1, given to these. */
export function portsTaken(records: readonly ContainerRecord[]): ReadonlySet<number> {
	return new Set(records.flatMap(({ sshPort, ports }) => [sshPort, ...ports.map(({ host }) => host)]));
}

export class ContainerRecords {
	readonly #store: Store;
	readonly #records: Map<string, ContainerRecord>;

	static async open(store: Store): Promise<ContainerRecords> {
		const records = (await store.list(prefix)).map(({ key, value }) => soundRecord(recordSchema, key, value));
		return new ContainerRecords(store, new Map(records.map((record) => [record.name, record])));
	}

	private constructor(store: Store, records: Map<string, ContainerRecord>) {
		this.#store = store;
		this.#records = records;
	}

	/** By name. */
	all(): readonly ContainerRecord[] {
		return [...this.#records.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
	}

	find(name: string): ContainerRecord | undefined {
		return this.#records.get(name);
	}

	/** @throws GanglineError NOTHING_TO_SHOW */
	get(name: string): ContainerRecord {
		const found = this.#records.get(name);
		if (found !== undefined) return found;
		const known = this.all().map((record) => record.name);
		throw ganglineError('NOTHING_TO_SHOW', `no project in a container is called ${JSON.stringify(name)}`, {
			hint: known.length === 0 ? 'gangline new makes one' : `there are ${known.slice(0, 8).join(', ')}`,
		});
	}

	async put(record: ContainerRecord): Promise<void> {
		this.#records.set(record.name, record);
		await this.#store.write([putOf(record)]);
	}

	/** The same under another name, at once or not at all. */
	async rename(record: ContainerRecord, to: string): Promise<void> {
		const renamed = { ...record, name: to, madeAs: engineNameOf(record) };
		this.#records.delete(record.name);
		this.#records.set(to, renamed);
		await this.#store.write([putOf(renamed), { kind: 'delete', key: `${prefix}${record.name}` }]);
	}

	async remove(name: string): Promise<void> {
		this.#records.delete(name);
		await this.#store.write([{ kind: 'delete', key: `${prefix}${name}` }]);
	}
}

function putOf(record: ContainerRecord) {
	const value: JsonValue = {
		...record,
		gitGiven: structuredClone(record.gitGiven),
		limits: { ...record.limits },
		devcontainer: structuredClone(record.devcontainer),
		ports: record.ports.map((port) => ({ ...port })),
		hooksDone: structuredClone(record.hooksDone),
		steps: record.steps.map((step) => ({ ...step })),
	};
	return { kind: 'put', key: `${prefix}${record.name}`, value } as const;
}

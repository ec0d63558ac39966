/**
 * How far the recoveries of an item have come on this machine, over attempts and restarts: of work that was left
 * uncommitted, and of programs that began no session. Their caps would mean nothing if each start of the node began to
 * count anew [I11]. Cleared by what ends a recovery.
 */
import { z } from 'zod';
import type { JsonValue, Store } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import type { RecoveryState } from '../agents/index.ts';

const stateSchema = z.object({
	total: z.int().min(0),
	noProgress: z.int().min(0),
	diff: z.string().nullable(),
	filesRead: z.array(z.string()),
});

/** Paths kept: what was read beyond them counts as new once more. */
const filesReadMax = 2_000;

const crashesSchema = z.object({ count: z.int().min(1) });

export class RecoveryBook {
	readonly #store: Store;
	readonly #prefix: string;
	readonly #crashPrefix: string;

	constructor({ store, project }: { readonly store: Store; readonly project: string }) {
		this.#store = store;
		this.#prefix = `recovery/${project}/`;
		this.#crashPrefix = `crashes/${project}/`;
	}

	/** Undefined where none is going on. */
	async read(key: string): Promise<RecoveryState | undefined> {
		const parsed = readAs(stateSchema, await this.#store.get(`${this.#prefix}${key}`));
		return parsed.success ? parsed.data : undefined;
	}

	async keep(key: string, state: RecoveryState | undefined): Promise<void> {
		const name = `${this.#prefix}${key}`;
		if (state === undefined) return this.#store.write([{ kind: 'delete', key: name }]);
		const value: JsonValue = { ...state, filesRead: state.filesRead.slice(-filesReadMax) };
		await this.#store.write([{ kind: 'put', key: name, value }]);
	}

	/** One more program began no session for the item; answers how many that are in a row. */
	async crashed(key: string): Promise<number> {
		const name = `${this.#crashPrefix}${key}`;
		const parsed = readAs(crashesSchema, await this.#store.get(name));
		const count = (parsed.success ? parsed.data.count : 0) + 1;
		await this.#store.write([{ kind: 'put', key: name, value: { count } }]);
		return count;
	}

	/** A session began, or a person is asked: the next crash is the first. */
	async forgetCrashes(key: string): Promise<void> {
		const name = `${this.#crashPrefix}${key}`;
		if ((await this.#store.get(name)) !== undefined) await this.#store.write([{ kind: 'delete', key: name }]);
	}

	/** The item's clone is gone, and what it was about. */
	async forget(key: string): Promise<void> {
		await this.keep(key, undefined);
		await this.forgetCrashes(key);
	}
}

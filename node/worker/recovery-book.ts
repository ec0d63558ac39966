/**
 * How far the recovery of an item's uncommitted work has come on this machine, over attempts and restarts: its caps
 * would mean nothing if each start of the node began to count anew [I11]. Cleared by what ends a recovery.
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

export class RecoveryBook {
	readonly #store: Store;
	readonly #prefix: string;

	constructor({ store, project }: { readonly store: Store; readonly project: string }) {
		this.#store = store;
		this.#prefix = `recovery/${project}/`;
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
}

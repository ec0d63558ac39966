/** Where people of this machine have projects checked out whose homes are elsewhere: so that a folder names its project. */
import { z } from 'zod';
import type { Store } from '../shared/ports/index.ts';
import { soundRecord } from '../shared/store/index.ts';

/** Not `checkout/`: gate checkouts are remembered there. */
const prefix = 'ownCheckout/';

export class OwnCheckouts {
	readonly #store: Store;
	readonly #paths: Map<string, string>;

	static async open(store: Store): Promise<OwnCheckouts> {
		const records = await store.list(prefix);
		return new OwnCheckouts(
			store,
			new Map(records.map(({ key, value }) => [key.slice(prefix.length), soundRecord(z.string(), key, value)])),
		);
	}

	private constructor(store: Store, paths: Map<string, string>) {
		this.#store = store;
		this.#paths = paths;
	}

	/** Null where nobody has said where it is. */
	of(project: string): string | null {
		return this.#paths.get(project) ?? null;
	}

	async keep(project: string, path: string): Promise<void> {
		if (this.#paths.get(project) === path) return;
		this.#paths.set(project, path);
		await this.#store.write([{ kind: 'put', key: `${prefix}${project}`, value: path }]);
	}
}

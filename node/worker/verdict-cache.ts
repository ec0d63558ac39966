/**
 * Verdicts by (tree, gate set). Only passes are kept: a failure may have been the machine's, and to run again what
 * failed is what a person expects who has mended it. A cache: when it is too large it is emptied.
 */

import type { Store } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import { treeVerdictSchema } from '../../shared/protocol/gates.ts';
import type { TreeVerdict } from '../../shared/protocol/work.ts';

const verdictsMax = 500;
const tailCharsMax = 1_000;

export class VerdictCache {
	readonly #store: Store;
	readonly #prefix: string;

	constructor(store: Store, project: string) {
		this.#store = store;
		this.#prefix = `verdict/${project}/`;
	}

	async get(tree: string, gateSet: string): Promise<TreeVerdict | null> {
		const parsed = readAs(treeVerdictSchema, await this.#store.get(`${this.#prefix}${tree}/${gateSet}`));
		return parsed.success && parsed.data.passed ? parsed.data : null;
	}

	async put(verdict: TreeVerdict): Promise<void> {
		if (!verdict.passed) return;
		const kept = await this.#store.list(this.#prefix);
		const stale = kept.length < verdictsMax ? [] : kept.map(({ key }) => ({ kind: 'delete' as const, key }));
		const value = {
			...verdict,
			gates: verdict.gates.map((gate) => ({
				...gate,
				tail: gate.tail.slice(-tailCharsMax),
				tests: gate.tests ? { ...gate.tests } : null,
			})),
		};
		await this.#store.write([
			...stale,
			{ kind: 'put', key: `${this.#prefix}${verdict.tree}/${verdict.gateSet}`, value },
		]);
	}
}

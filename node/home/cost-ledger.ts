/**
 * What the runs of a project have cost, by item, agent, node and day, and what is promised to runs that have not
 * reported. Local records of the home, kept when an item is deleted. A promise is durable before its run begins and
 * ends with its report, so a report that comes twice is counted once.
 */
import { z } from 'zod';
import type { JsonValue, Store, StoreWrite } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import type { Usage } from '../../shared/protocol/work.ts';
import type { BudgetScope, Gone } from './budget.ts';

const name = z.string();
/** Wall ms that have a day. */
const time = z.number().min(0).max(8.64e15);
const who = { key: name, number: z.number(), run: name, agent: name, node: name };
const promiseSchema = z.object({ ...who, usd: z.number(), at: time });
const rowSchema = z.object({
	...who,
	/** Wall ms of its last report. */
	at: time,
	costUsd: z.number(),
	inputTokens: z.number(),
	outputTokens: z.number(),
});

/** What was promised to a run that has not reported. */
export type CostPromise = Readonly<z.output<typeof promiseSchema>>;
/** What a run has cost. */
export type CostRow = Readonly<z.output<typeof rowSchema>>;

/** Whose use of what is booked. */
type CostRun = Omit<CostRow, 'at' | 'costUsd' | 'inputTokens' | 'outputTokens'>;
/** What of a run another agent has used. */
type CostShare = { readonly agent: string; readonly usage: Usage };

/** Rows older than this are added up by item, agent and node [I15]. */
const rowDaysMax = 100;
const dayMs = 86_400_000;

export class CostLedger {
	readonly #store: Store;
	readonly #prefix: string;
	readonly #now: () => number;
	readonly #rows = new Map<string, CostRow>();
	readonly #promises = new Map<string, CostPromise>();

	private constructor(store: Store, project: string, now: () => number) {
		this.#store = store;
		this.#prefix = `cost/${project}/`;
		this.#now = now;
	}

	/** Reads what earlier processes wrote. */
	static async open(store: Store, project: string, now: () => number): Promise<CostLedger> {
		const ledger = new CostLedger(store, project, now);
		for (const { key, value } of await store.list(ledger.#prefix)) {
			const id = key.slice(ledger.#prefix.length + 2);
			const isPromise = key.startsWith(`${ledger.#prefix}p/`);
			const promise = isPromise ? readAs(promiseSchema, value) : null;
			const row = isPromise ? null : readAs(rowSchema, value);
			if (promise?.success) ledger.#promises.set(id, promise.data);
			if (row?.success) ledger.#rows.set(id, row.data);
		}
		await ledger.#fold();
		return ledger;
	}

	/** Every run that has cost something, oldest first. */
	rows(): readonly CostRow[] {
		return [...this.#rows.values()].sort((a, b) => a.at - b.at);
	}

	promises(): readonly CostPromise[] {
		return [...this.#promises.values()];
	}

	promised(key: string, run: string): CostPromise | null {
		return this.#promises.get(idOf({ key, run })) ?? null;
	}

	/** Of one item, or of all. */
	costUsd(key?: string): number {
		return sum(this.#of(key).map(({ costUsd }) => costUsd));
	}

	/** What is gone of each budget that concerns an item now. */
	gone(key: string): Readonly<Record<BudgetScope, Gone>> {
		const today = dayOf(this.#now());
		const reserved = (of: (promise: CostPromise) => boolean): number =>
			sum([...this.#promises.values()].filter(of).map(({ usd }) => usd));
		const spentToday = this.rows().filter(({ at }) => dayOf(at) === today);
		return {
			item: { spent: this.costUsd(key), reserved: reserved((promise) => promise.key === key) },
			project: { spent: this.costUsd(), reserved: reserved(() => true) },
			// What runs may still cost is spent today or later; counted today, it cannot be spent twice.
			day: { spent: sum(spentToday.map(({ costUsd }) => costUsd)), reserved: reserved(() => true) },
		};
	}

	/** Durable when it resolves: only then may the run begin. */
	async promise(promise: CostPromise): Promise<void> {
		this.#promises.set(idOf(promise), promise);
		await this.#store.write([{ kind: 'put', key: `${this.#prefix}p/${idOf(promise)}`, value: { ...promise } }]);
	}

	/**
	 * A run has reported. Counted when it was promised something, or was never heard of. `shares` of its use are booked on
	 * the agents that had them, in the same batch.
	 */
	async settle(run: CostRun, usage: Usage, shares: readonly CostShare[] = []): Promise<void> {
		const id = idOf(run);
		if (!this.#promises.has(id) && this.#rows.has(id)) return;
		const own = shares.reduce((left, share) => less(left, share.usage), usage);
		const rows = [
			this.#added(run, own),
			...shares.map(({ agent, usage: used }) => this.#added({ ...run, run: `${run.run}-${agent}`, agent }, used)),
		];
		this.#promises.delete(id);
		for (const row of rows) this.#rows.set(idOf(row), row);
		const puts = rows.map((row) => this.#put(idOf(row), row));
		await this.#store.write([{ kind: 'delete', key: `${this.#prefix}p/${id}` }, ...puts]);
	}

	#added(run: CostRun, usage: Usage): CostRow {
		const before = this.#rows.get(idOf(run));
		return {
			...run,
			at: this.#now(),
			costUsd: (before?.costUsd ?? 0) + usage.costUsd,
			inputTokens: (before?.inputTokens ?? 0) + usage.inputTokens,
			outputTokens: (before?.outputTokens ?? 0) + usage.outputTokens,
		};
	}

	#of(key: string | undefined): readonly CostRow[] {
		const rows = [...this.#rows.values()];
		return key === undefined ? rows : rows.filter((row) => row.key === key);
	}

	#put(id: string, row: CostRow): StoreWrite {
		const value: JsonValue = { ...row };
		return { kind: 'put', key: `${this.#prefix}r/${id}`, value };
	}

	async #fold(): Promise<void> {
		const limit = this.#now() - rowDaysMax * dayMs;
		const writes: StoreWrite[] = [];
		for (const [id, row] of [...this.#rows]) {
			const folded = idOf({ key: row.key, run: `older-${row.agent}-${row.node}` });
			if (row.at >= limit || id === folded) continue;
			const before = this.#rows.get(folded);
			const sums: CostRow = {
				...row,
				run: folded.slice(row.key.length + 1),
				at: Math.max(row.at, before?.at ?? 0),
				costUsd: row.costUsd + (before?.costUsd ?? 0),
				inputTokens: row.inputTokens + (before?.inputTokens ?? 0),
				outputTokens: row.outputTokens + (before?.outputTokens ?? 0),
			};
			this.#rows.delete(id);
			this.#rows.set(folded, sums);
			writes.push({ kind: 'delete', key: `${this.#prefix}r/${id}` }, this.#put(folded, sums));
		}
		if (writes.length > 0) await this.#store.write(writes);
	}
}

/** The day of a time, UTC: `2026-11-21`. */
export function dayOf(at: number): string {
	return new Date(at).toISOString().slice(0, 10);
}

function idOf({ key, run }: { readonly key: string; readonly run: string }): string {
	return `${key}/${run}`;
}

/** Never below nothing: what a worker says of shares gives no budget back. */
function less(usage: Usage, share: Usage): Usage {
	return {
		...usage,
		costUsd: Math.max(0, usage.costUsd - share.costUsd),
		inputTokens: Math.max(0, usage.inputTokens - share.inputTokens),
		outputTokens: Math.max(0, usage.outputTokens - share.outputTokens),
	};
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}

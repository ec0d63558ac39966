/**
 * What was tried for each item of a project, on whichever node, what it cost and what the gates said: local records of
 * its home, never in a document. One record a run, named by the token it worked under; read into memory at start, bounded per item.
 */

import { z } from 'zod';
import type { JsonValue, Store, StoreWrite } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import { editsMax, fileEditsSchema } from '../../shared/protocol/file-edits.ts';
import { gateVerdictSchema } from '../../shared/protocol/gates.ts';
import type { Task, WorkReport } from '../../shared/protocol/work.ts';
import { CostLedger } from './cost-ledger.ts';

/** Runs remembered per item; older ones stay in the item's history by event only. */
const runsPerItemMax = 50;

const runSchema = z.object({
	run: z.string(),
	key: z.string(),
	role: z.enum(['coder', 'qa', 'mergemaster']),
	agent: z.string(),
	/** How the agent was run; records of before have none. */
	runtime: z.string().nullable().default(null),
	/** The node that it ran on; records of before the mesh have none. */
	node: z.string().nullable().default(null),
	startedAt: z.number(),
	endedAt: z.number().nullable(),
	outcome: z.string().nullable(),
	costUsd: z.number(),
	inputTokens: z.number(),
	outputTokens: z.number(),
	gates: z.array(gateVerdictSchema),
	/** The state of the item's text that the agent was given; null where nobody had written at it. */
	textState: z.string().nullable().default(null),
	/** Files that it edited; null where nobody knows. */
	edits: z.array(fileEditsSchema).max(editsMax).nullable().default(null),
});
export type RunRecord = z.output<typeof runSchema>;

export class RunBook {
	readonly #store: Store;
	readonly #prefix: string;
	readonly #now: () => number;
	readonly #runs = new Map<string, RunRecord[]>();
	/** What they cost, kept longer than the runs themselves. */
	readonly costs: CostLedger;

	private constructor(store: Store, project: string, now: () => number, costs: CostLedger) {
		this.costs = costs;
		this.#store = store;
		this.#prefix = `run/${project}/`;
		this.#now = now;
	}

	/** Reads what earlier processes wrote; a record of an unknown shape is left out, not an error. */
	static async open(store: Store, project: string, now: () => number): Promise<RunBook> {
		const book = new RunBook(store, project, now, await CostLedger.open(store, project, now));
		const dropped: RunRecord[] = [];
		for (const { value } of await store.list(book.#prefix)) {
			const run = readAs(runSchema, value);
			if (run.success) dropped.push(...book.#remember(run.data));
		}
		if (dropped.length > 0) await store.write(book.#removals(dropped));
		return book;
	}

	/** Oldest first. */
	runs(key: string): readonly RunRecord[] {
		return this.#runs.get(key) ?? [];
	}

	costUsd(key?: string): number {
		return this.costs.costUsd(key);
	}

	async started(task: Task, { node, runtime }: { readonly node: string; readonly runtime: string }): Promise<void> {
		await this.#keep({
			run: runName(task),
			key: task.item.key,
			role: task.role,
			agent: task.agent,
			runtime,
			node,
			startedAt: this.#now(),
			endedAt: null,
			outcome: null,
			costUsd: 0,
			inputTokens: 0,
			outputTokens: 0,
			gates: [],
			textState: task.item.textState ?? null,
			edits: null,
		});
	}

	async ended(task: Task, report: WorkReport, node: string): Promise<void> {
		const begun = this.runs(task.item.key).find(({ run }) => run === runName(task));
		await this.#keep({
			run: runName(task),
			key: task.item.key,
			role: task.role,
			agent: task.agent,
			runtime: begun?.runtime ?? null,
			node,
			startedAt: begun?.startedAt ?? this.#now(),
			endedAt: this.#now(),
			outcome: 'reason' in report ? report.reason : report.kind,
			costUsd: report.usage.costUsd,
			inputTokens: report.usage.inputTokens,
			outputTokens: report.usage.outputTokens,
			gates: report.kind === 'result' ? [...report.verdict.gates] : (begun?.gates ?? []),
			textState: task.item.textState ?? null,
			edits: report.edits ?? begun?.edits ?? null,
		});
	}

	/** An item was deleted: its runs go too. */
	async forget(key: string): Promise<void> {
		const runs = this.#runs.get(key) ?? [];
		this.#runs.delete(key);
		await this.#store.write(this.#removals(runs));
	}

	/** Forgets items that have left the project. */
	async keepOnly(isThere: (key: string) => boolean): Promise<void> {
		for (const key of [...this.#runs.keys()]) if (!isThere(key)) await this.forget(key);
	}

	/** Known here when it is on disk: for what the next process would not know nothing is begun or thrown away [I6] [I7]. */
	async #keep(run: RunRecord): Promise<void> {
		const value: JsonValue = JSON.parse(JSON.stringify(run));
		const dropped = this.#with(run).slice(0, -runsPerItemMax);
		await this.#store.write([{ kind: 'put', key: this.#name(run), value }, ...this.#removals(dropped)]);
		this.#remember(run);
	}

	/** Answers what was left out for it. */
	#remember(run: RunRecord): readonly RunRecord[] {
		const runs = this.#with(run);
		this.#runs.set(run.key, runs.slice(-runsPerItemMax));
		return runs.slice(0, -runsPerItemMax);
	}

	/** Those of its item, with it. */
	#with(run: RunRecord): readonly RunRecord[] {
		const others = (this.#runs.get(run.key) ?? []).filter((known) => known.run !== run.run);
		return [...others, run].sort(byGrant);
	}

	#removals(runs: readonly RunRecord[]): readonly StoreWrite[] {
		return runs.map((run) => ({ kind: 'delete', key: this.#name(run) }));
	}

	#name({ key, run }: RunRecord): string {
		return `${this.#prefix}${key}/${run}`;
	}
}

/** In the order in which they were granted: a clock may be set back, and what an earlier home gave is heard of late. */
function byGrant(a: RunRecord, b: RunRecord): number {
	const [termA = 0, revisionA = 0] = a.run.split('.').map(Number);
	const [termB = 0, revisionB = 0] = b.run.split('.').map(Number);
	return termA - termB || revisionA - revisionB || a.startedAt - b.startedAt;
}

/** A run is named by its grant: `1.42`. */
export function runName({ token }: Pick<Task, 'token'>): string {
	return token.join('.');
}

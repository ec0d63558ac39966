/**
 * The workers of one project as the project starts, stops and asks them: those of other nodes through the pool, this
 * process's own also by hand, because its clones are on this disk. What it answers about runs is as fresh as the last
 * word of each worker.
 */

import type { Result } from '../../shared/operations/index.ts';
import type { Item } from '../../shared/pipeline/index.ts';
import {
	type Clock,
	GanglineError,
	type Log,
	type NodeId,
	nodeOf,
	parseAuthorId,
	parseNodeId,
} from '../../shared/ports/index.ts';
import type { LinePosition } from '../../shared/protocol/work-methods.ts';
import { unknownMs } from '../../shared/protocol/worker-state.ts';
import { followItem } from './follow-item.ts';
import { startsOn } from './needed-labels.ts';
import type { RunBook } from './run-book.ts';
import type { LogQuery, LogTail } from './worker-link.ts';
import type { WorkerPool } from './worker-pool.ts';

/** The workers of one project: this node's own, and those of other nodes as far as they can be asked. */
export interface ProjectWorker {
	freeSlots(): number;
	/** Of disk or memory here, in words; null where there is enough, or where others take work. */
	shortage(): string | null;
	running(): readonly RunningWork[];
	cancel(key: string, reason: string): Promise<void>;
	/** Hands over reports that an earlier process of this node left, and begins to take tasks. */
	start(): Promise<void>;
	/** Ends every process tree of this node, verified; keeps what can go on. What runs elsewhere goes on. */
	stop(): Promise<void>;
	runLog(
		key: string,
		query: { readonly run?: string | undefined; readonly lines: number },
	): Promise<Omit<Result<'item.logs'>, 'item'>>;
	/** See `followItem`. */
	followLog(
		item: { readonly key: string; readonly after: LinePosition | null },
		clock: Clock,
		signal: AbortSignal,
	): ReturnType<typeof followItem>;
	/** Where an item that begins now will run, as far as that can be said before it does. */
	startsOn(item: Pick<Item, 'labels'>): string;
	/** That a holder was not heard of, and what follows; null while it is. */
	awayWords(holder: string | null, lostAfterMs: number): string | null;
	/** Keeps what an item's clone has now; null when there is nothing. */
	salvage(key: string): Promise<string | null>;
	/** Removes clones that no item needs any more, their work kept first. */
	tidy(keep: ReadonlySet<string>): Promise<void>;
}

export interface RunningWork {
	readonly node: string;
	readonly run: string;
	readonly key: string;
	readonly what: string;
	readonly agent: string | null;
	readonly pids: readonly number[];
	readonly since: number;
	readonly lastLine: string | null;
}

/** What of this process's own worker is not said over its link. */
export interface OwnWorker {
	start(): Promise<void>;
	stop(): Promise<void>;
	salvage(key: string): Promise<string | null>;
	tidy(keep: ReadonlySet<string>): Promise<void>;
	readonly shortage: () => string | null;
}

export interface ProjectWorkerOptions {
	readonly pool: WorkerPool;
	readonly own: OwnWorker;
	readonly node: NodeId;
	readonly cancel: (key: string, reason: string) => Promise<void>;
	readonly runs: RunBook;
	readonly log: Log;
}

export class ProjectWorkers implements ProjectWorker {
	readonly #options: ProjectWorkerOptions;
	/** Items whose clones may still be needed; null before the first tidying. */
	#keep: ReadonlySet<string> | null = null;

	constructor(options: ProjectWorkerOptions) {
		this.#options = options;
	}

	freeSlots(): number {
		return this.#options.pool.freeSlots;
	}

	shortage(): string | null {
		return this.freeSlots() > 0 ? null : this.#options.own.shortage();
	}

	running(): readonly RunningWork[] {
		return this.#options.pool.running();
	}

	startsOn(item: Pick<Item, 'labels'>): string {
		const { pool } = this.#options;
		return startsOn(item, pool.placementNodes(), (id) => pool.nameOf(parseNodeId(id)));
	}

	awayWords(holder: string | null, lostAfterMs: number): string | null {
		const { pool } = this.#options;
		const silentMs = holder === null ? null : pool.silentMs(holder);
		if (holder === null || silentMs === null) return null;
		const name = pool.nameOf(nodeOf(parseAuthorId(holder)));
		const after = Math.max(lostAfterMs, unknownMs);
		return `${name} was not heard of for ${duration(silentMs)}; after ${duration(after)} another worker gets it`;
	}

	cancel(key: string, reason: string): Promise<void> {
		return this.#options.cancel(key, reason);
	}

	start(): Promise<void> {
		return this.#options.own.start();
	}

	stop(): Promise<void> {
		return this.#options.own.stop();
	}

	salvage(key: string): Promise<string | null> {
		return this.#options.own.salvage(key);
	}

	async tidy(keep: ReadonlySet<string>): Promise<void> {
		this.#keep = keep;
		await this.#options.own.tidy(keep);
	}

	/** Clones of a worker that no item needs any more. */
	forgettable(node: NodeId): readonly string[] {
		return this.#keep === null ? [] : this.#options.pool.forgettable(node, this.#keep);
	}

	/** Of the run that is named, or the newest, from where it ran; nothing is left where that node is away. */
	async runLog(
		key: string,
		{ run: wanted, lines }: { readonly run?: string | undefined; readonly lines: number },
	): ReturnType<ProjectWorker['runLog']> {
		const { runs, node } = this.#options;
		const known = runs.runs(key).find(({ run }) => run === wanted) ?? (wanted ? undefined : runs.runs(key).at(-1));
		const at = known?.node ? parseNodeId(known.node) : node;
		const tail = await this.#tail(at, key, { run: wanted ?? known?.run ?? null, lines });
		if (tail.run === null) return { run: null, lines: [], dropped: 0 };
		const { startedAt = tail.lines[0]?.at ?? 0, endedAt = null, outcome = null } = known ?? {};
		return { run: { id: tail.run, startedAt, endedAt, outcome }, lines: [...tail.lines], dropped: tail.dropped };
	}

	followLog(
		item: { readonly key: string; readonly after: LinePosition | null },
		clock: Clock,
		signal: AbortSignal,
	): ReturnType<typeof followItem> {
		const { runs, pool, node: self } = this.#options;
		const source = { runs: (key: string) => runs.runs(key), link: (node: NodeId) => pool.link(node), self, clock };
		return followItem(source, item, signal);
	}

	async #tail(at: NodeId, key: string, query: LogQuery): Promise<LogTail> {
		const { pool, log } = this.#options;
		try {
			return await pool.link(at).log(key, query);
		} catch (error) {
			if (!(error instanceof GanglineError)) throw error;
			log.info('runLog.away', { item: key, node: at, code: error.code });
			return { run: query.run, lines: [], dropped: 0 };
		}
	}
}

function duration(ms: number): string {
	return ms < 120_000 ? `${Math.floor(ms / 1000)} s` : `${Math.floor(ms / 60_000)} min`;
}

/**
 * The workers of one project as the project starts, stops and asks them: those of other nodes through the pool, this
 * process's own also by hand, because its clones are on this disk. What it answers about runs is as fresh as the last
 * word of each worker.
 */
import { GanglineError, type Log, type NodeId, parseNodeId } from '../../shared/ports/index.ts';
import type { ProjectWorker, RunningWork } from './project.ts';
import type { RunBook } from './run-book.ts';
import type { LogQuery, LogTail } from './worker-link.ts';
import type { WorkerPool } from './worker-pool.ts';

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

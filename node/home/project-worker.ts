/**
 * The workers of one project as the project starts, stops and asks them: those of other nodes through the pool, this
 * process's own also by hand, because its clones are on this disk. What it answers about runs is as fresh as the last
 * word of each worker.
 */

import type { Item } from '../../shared/pipeline/index.ts';
import {
	type Clock,
	type CommitId,
	ganglineError,
	type Log,
	type NodeId,
	nodeOf,
	parseAuthorId,
	parseNodeId,
} from '../../shared/ports/index.ts';
import type { LinePosition } from '../../shared/protocol/work-methods.ts';
import { type Asks, unknownMs } from '../../shared/protocol/worker-state.ts';
import { followItem } from './follow-item.ts';
import { startsOn } from './needed-labels.ts';
import type { RunBook } from './run-book.ts';
import { type RunAsked, type RunTailSource, tailRun } from './run-tail.ts';
import type { WorkerLink } from './worker-link.ts';
import type { WorkerPool } from './worker-pool.ts';

/** The workers of one project: this node's own, and those of other nodes as far as they can be asked. */
export interface ProjectWorker {
	freeSlots(): number;
	/** Of disk or memory here, in words; null where there is enough, or where others take work. */
	shortage(): string | null;
	running(): readonly RunningWork[];
	cancel(key: string, reason: string): Promise<void>;
	/**
	 * Ends every run. Answers the items whose runs were ended, after the kernel has shown that nothing of those on this
	 * node lives. @throws GanglineError PROCESS_NOT_STOPPED
	 */
	endAll(reason: string): Promise<readonly string[]>;
	/** Hands over reports that an earlier process of this node left, and begins to take tasks. */
	start(): Promise<void>;
	/** Ends every process tree of this node, verified; keeps what can go on. What runs elsewhere goes on. */
	stop(): Promise<void>;
	/** See `tailRun`. */
	runLog(asked: RunAsked): ReturnType<typeof tailRun>;
	/** See `followItem`. */
	followLog(
		item: { readonly key: string; readonly after: LinePosition | null },
		clock: Clock,
		signal: AbortSignal,
	): ReturnType<typeof followItem>;
	/** How the worker is reached that has the item, or had it last; this node's own where none had. */
	linkFor(key: string): { readonly node: NodeId; readonly link: WorkerLink };
	/** This node's own. */
	readonly ownLink: WorkerLink;
	/** Where an item that begins now will run, as far as that can be said before it does. */
	startsOn(item: Pick<Item, 'labels'>): string;
	/** That a holder was not heard of, and what follows; null while it is. */
	awayWords(holder: string | null, lostAfterMs: number): string | null;
	/** Keeps what an item's clone has now; null when there is nothing. */
	salvage(key: string): Promise<string | null>;
	/** What an item's clone on this node has now, as a commit that is kept; null where it has none here. */
	snapshot(key: string): Promise<CommitId | null>;
	/** Removes clones that no item needs any more, their work kept first. */
	tidy(keep: ReadonlySet<string>): Promise<void>;
	/** Removes logs of runs here of items that have left the project. */
	keepLogsOf(isThere: (key: string) => boolean): Promise<void>;
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
	readonly asks?: Asks | null;
}

/** What of this process's own worker is not said over its link. */
export interface OwnWorker {
	start(): Promise<void>;
	stop(): Promise<void>;
	snapshot(key: string): Promise<CommitId | null>;
	salvage(key: string): Promise<string | null>;
	tidy(keep: ReadonlySet<string>): Promise<void>;
	keepLogsOf(isThere: (key: string) => boolean): Promise<void>;
	readonly shortage: () => string | null;
	/** Names of all runs of this node of which anything lives, from the kernel. */
	readonly living: () => Promise<readonly string[]>;
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

	linkFor(key: string): { readonly node: NodeId; readonly link: WorkerLink } {
		const { pool, runs, node: self } = this.#options;
		const running = pool.running().find((run) => run.key === key)?.node;
		const last = runs.runs(key).at(-1)?.node;
		const node = running ?? (last ? parseNodeId(last) : self);
		return { node, link: pool.link(node) };
	}

	get ownLink(): WorkerLink {
		return this.#options.pool.link(this.#options.node);
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

	async endAll(reason: string): Promise<readonly string[]> {
		const keys = this.running().map(({ key }) => key);
		await Promise.all(keys.map((key) => this.cancel(key, reason)));
		const runs = keys.length === 0 ? [] : await this.#options.own.living();
		const left = runs.filter((run) => keys.some((key) => run.startsWith(`work-${key.toLowerCase()}-`)));
		if (left.length === 0) return keys;
		throw ganglineError(
			'PROCESS_NOT_STOPPED',
			`nothing more is begun, but these runs could not be ended: ${left.join(', ')}`,
			{
				hint: 'gangline ps shows their processes; end them by hand',
			},
		);
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

	snapshot(key: string): Promise<CommitId | null> {
		return this.#options.own.snapshot(key);
	}

	async tidy(keep: ReadonlySet<string>): Promise<void> {
		this.#keep = keep;
		await this.#options.own.tidy(keep);
	}

	keepLogsOf(isThere: (key: string) => boolean): Promise<void> {
		return this.#options.own.keepLogsOf(isThere);
	}

	/** Clones of a worker that no item needs any more. */
	forgettable(node: NodeId): readonly string[] {
		return this.#keep === null ? [] : this.#options.pool.forgettable(node, this.#keep);
	}

	runLog(asked: RunAsked): ReturnType<typeof tailRun> {
		const { runs, pool, node: self, log } = this.#options;
		const source: RunTailSource = {
			...{ self, log, runs: (key) => runs.runs(key), link: (node) => pool.link(node) },
			nameOf: (node) => pool.nameOf(node),
			isGone: (node) => pool.isGone(node),
		};
		return tailRun(source, asked);
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
}

function duration(ms: number): string {
	return ms < 120_000 ? `${Math.floor(ms / 1000)} s` : `${Math.floor(ms / 60_000)} min`;
}

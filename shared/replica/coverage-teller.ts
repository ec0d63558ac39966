/**
 * Tells the home what a replica has on its disk, soon after it changed and whenever a connection came up. Nothing hangs
 * on one message: what was not heard is said again with the next change, the next connection, or after a minute. One
 * message at a time: they go different ways, and an older one must not come after a newer one.
 */
import { type Clock, GanglineError, type Log } from '../ports/index.ts';
import type { CoveredArgs } from '../protocol/replica.ts';
import type { ProjectReplica } from './project-replica.ts';

/** Many changes, one message. */
const debounceMs = 300;
const againMs = 60_000;

export interface CoverageTellerOptions {
	readonly replica: ProjectReplica;
	readonly node: CoveredArgs['node'];
	/** Brings it to the home; throws PEER_GONE, PEER_UNREACHABLE or HOME_AWAY where it could not. */
	readonly tell: (covered: CoveredArgs) => Promise<unknown>;
	readonly clock: Clock;
	readonly log: Log;
}

export class CoverageTeller {
	readonly #options: CoverageTellerOptions;
	readonly #unsubscribe: () => void;
	#cancel: (() => void) | undefined;
	#isSoon = false;
	#told = '';
	/** Raised with each connection: what was being said before counts as not heard. */
	#connection = 0;
	#isTelling = false;
	/** Something changed while it was told. */
	#isDue = false;
	#isStopped = false;

	constructor(options: CoverageTellerOptions) {
		this.#options = options;
		this.#unsubscribe = options.replica.onCovered(() => this.#arm(debounceMs));
		this.#arm(debounceMs);
	}

	/** A connection came up: the other side may know nothing. */
	again(): void {
		this.#told = '';
		this.#connection += 1;
		this.#arm(debounceMs);
	}

	stop(): void {
		this.#isStopped = true;
		this.#unsubscribe();
		this.#cancel?.();
	}

	#arm(ms: number): void {
		const isSoon = ms === debounceMs;
		if (this.#isStopped || (this.#isSoon && this.#cancel)) return;
		this.#cancel?.();
		this.#isSoon = isSoon;
		this.#cancel = this.#options.clock.after(ms, () => {
			this.#cancel = undefined;
			void this.#say();
		});
	}

	async #say(): Promise<void> {
		if (this.#isTelling) {
			this.#isDue = true;
			return;
		}
		const covered = this.#covered();
		const text = JSON.stringify(covered);
		if (text === this.#told) return;
		const connection = this.#connection;
		this.#isTelling = true;
		try {
			await this.#options.tell(covered);
			if (connection === this.#connection) this.#told = text;
		} catch (error) {
			const { replica, log } = this.#options;
			if (!(error instanceof GanglineError)) log.error('replica.notTold', { project: replica.id, error });
			this.#arm(againMs);
		} finally {
			this.#isTelling = false;
		}
		if (!this.#isDue) return;
		this.#isDue = false;
		this.#arm(debounceMs);
	}

	#covered(): CoveredArgs {
		const { replica, node } = this.#options;
		const { generation, stateHash } = replica.index;
		return {
			project: replica.id as CoveredArgs['project'],
			node,
			generation,
			stateHash,
			current: replica.author,
			heard: { ...replica.heard() },
			keeps: [...replica.logs.kept()],
		};
	}
}

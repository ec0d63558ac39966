/**
 * What the members said last of themselves, and when: version, links, how their workers are. Kept in memory only and
 * believed only while they are connected; what they may is the registry's. It forgets who was revoked.
 */
import type { Clock, NodeId } from '../shared/ports/index.ts';
import type { WorkerState } from '../shared/protocol/worker-state.ts';

/** What a node said at `node.hello`. */
export interface MemberWord {
	readonly version: string;
	readonly links: readonly NodeId[];
	/** How long an answer of the gateway took to it, and when that was, in wall ms; null: it has not said so. */
	readonly roundTrip: { readonly ms: number; readonly at: number } | null;
}

interface Entry {
	word: MemberWord | null;
	worker: { readonly state: WorkerState; readonly at: number } | null;
	/** Wall ms of the last connection's begin or end. */
	since: number;
	/** Monotonic ms of the last change of addresses that was taken. */
	movedAt: number;
}

/** A member whose addresses flap is not published to everyone each time; it says them again anyway. */
const movesMsMin = 8_000;

export class Members {
	readonly #clock: Clock;
	readonly #entries = new Map<NodeId, Entry>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	said(node: NodeId, word: MemberWord): void {
		this.#entry(node).word = word;
	}

	worker(node: NodeId, state: WorkerState): void {
		this.#entry(node).worker = { state, at: this.#clock.monotonic() };
	}

	/** Whether new addresses of it are to be published now; counts as one change when they are. */
	mayMove(node: NodeId): boolean {
		const entry = this.#entry(node);
		const now = this.#clock.monotonic();
		if (now - entry.movedAt < movesMsMin) return false;
		entry.movedAt = now;
		return true;
	}

	/** Its connection came up or went down. */
	changed(node: NodeId): void {
		this.#entry(node).since = this.#clock.now();
	}

	wordOf(node: NodeId): MemberWord | null {
		return this.#entries.get(node)?.word ?? null;
	}

	/** Null where its worker has said nothing for `maxAgeMs`. */
	workerOf(node: NodeId, maxAgeMs = Number.POSITIVE_INFINITY): WorkerState | null {
		const worker = this.#entries.get(node)?.worker ?? null;
		return worker !== null && this.#clock.monotonic() - worker.at <= maxAgeMs ? worker.state : null;
	}

	/** When it was connected, or was last seen; null: never in this process's life. */
	sinceOf(node: NodeId): number | null {
		return this.#entries.get(node)?.since ?? null;
	}

	/** Keeps only these. */
	keep(nodes: ReadonlySet<string>): void {
		for (const node of this.#entries.keys()) if (!nodes.has(node)) this.#entries.delete(node);
	}

	#entry(node: NodeId): Entry {
		const known = this.#entries.get(node);
		if (known) return known;
		const entry: Entry = { word: null, worker: null, since: this.#clock.now(), movedAt: Number.NEGATIVE_INFINITY };
		this.#entries.set(node, entry);
		return entry;
	}
}

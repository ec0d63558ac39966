/**
 * How much of the facts is durable elsewhere. Each replica says which state of the index is on its disk, by its hash;
 * the home remembers what its last states covered. From that follows which entries of the logs nobody needs any more
 * (the stable revision) and which authors are settled everywhere. In memory: replicas say it again at each connection.
 */
import type { ProjectFacts } from '../../shared/pipeline/index.ts';
import type { NodeId } from '../../shared/ports/index.ts';

type UpTo = ProjectFacts['acceptedUpTo'];

interface Told {
	readonly stateHash: string;
	readonly current: string;
	readonly keeps: readonly string[];
}

/** A replica that lags further behind says what it has when it has caught up. */
const statesMax = 256;

export class Coverage {
	/** By hash, in the order of publication. */
	readonly #states = new Map<string, UpTo>();
	readonly #covered = new Map<NodeId, UpTo>();
	readonly #current = new Map<NodeId, string>();
	readonly #keeps = new Map<NodeId, ReadonlySet<string>>();

	/** The index has this state now. */
	note(stateHash: string, acceptedUpTo: UpTo): void {
		this.#states.delete(stateHash);
		this.#states.set(stateHash, acceptedUpTo);
		const [oldest] = this.#states.keys();
		if (this.#states.size > statesMax && oldest !== undefined) this.#states.delete(oldest);
	}

	/** A replica has a state on disk, speaks as `current` now, and has entries of the authors it `keeps`. */
	told(node: NodeId, { stateHash, current, keeps }: Told): void {
		this.#current.set(node, current);
		this.#keeps.set(node, new Set(keeps));
		const upTo = this.#states.get(stateHash);
		if (upTo) this.#covered.set(node, upTo);
	}

	/** Entries up to here are needed by nobody: some other replica has the facts, or there is no other. Null: not known. */
	stableUpTo(others: readonly NodeId[] | null, acceptedUpTo: UpTo): UpTo {
		if (others === null) return {};
		if (others.length === 0) return acceptedUpTo;
		const stable = new Map<string, number>();
		for (const other of others) {
			for (const [author, n] of Object.entries(this.#covered.get(other) ?? {})) {
				stable.set(author, Math.max(n, stable.get(author) ?? 0));
			}
		}
		return Object.fromEntries(stable);
	}

	/** Whether every other replica has the facts up to the author's last entry on its disk, and no entry of it. */
	isCoveredBy(others: readonly NodeId[], author: string, upTo: number): boolean {
		return others.every((other) => {
			const covered = this.#covered.get(other);
			if (this.#keeps.get(other)?.has(author)) return false;
			return covered !== undefined && Object.hasOwn(covered, author) && (covered[author] ?? 0) >= upTo;
		});
	}

	/** Under which author a node speaks now; undefined where it has not said. */
	currentAuthor(node: NodeId): string | undefined {
		return this.#current.get(node);
	}
}

/**
 * One run while it lives: who belongs to it and how it is brought to its end. Members are found from four sides (the
 * cgroup, the tree below the leader, sessions and groups, the marker), because each alone can be got away from.
 * Invariant: a signal goes only to a process whose start time was read in the same pass, and `empty` is said only
 * after two looks in a row at the kernel have found nothing; that a cgroup says it is empty is one.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity, StopReport } from '../../../shared/ports/index.ts';
import { cgroupMembers, endCgroup, isPopulated, killCgroup } from './cgroup.ts';
import {
	descendants,
	markerOf,
	type ProcEntry,
	type ProcTable,
	readProcess,
	readProcTable,
	unlessBlind,
} from './proc-table.ts';

/** After KILL: a process that does not go away in this time hangs in the kernel and is reported. */
const killMsMax = 15_000;
/** On a machine that hardly lets anyone run, that time passes between two looks: so many show that nobody goes away. */
const looksMin = 20;

export interface RunTraits {
	readonly marker: string;
	readonly cgroup: string | null;
	readonly leader: ProcessIdentity | undefined;
	/** The leader only holds the tree together and must be the last to go. */
	readonly wrapped: boolean;
}

/** The members of one run, remembered from look to look so that an orphan is not lost with its parent. */
export class RunTree {
	readonly traits: RunTraits;
	readonly #known = new Map<number, number>();
	readonly #signalled = new Set<string>();
	#killAt = Number.POSITIVE_INFINITY;
	#stopping: Promise<StopReport> | undefined;

	constructor(traits: RunTraits) {
		this.traits = traits;
		if (traits.leader) this.#known.set(traits.leader.pid, traits.leader.startTicks);
	}

	/** Who lives now. `deep` also reads every environment for the marker. */
	look(deep: boolean): readonly ProcEntry[] {
		const table = readProcTable();
		const members = descendants(table, this.#roots(table, deep), new Set([process.pid]));
		const earliest = this.traits.leader?.startTicks ?? 0;
		const living: ProcEntry[] = [];
		for (const pid of members) {
			const entry = table.get(pid);
			if (!entry || entry.startTicks < earliest) continue;
			this.#known.set(pid, entry.startTicks);
			if (entry.alive) living.push(entry);
		}
		return living;
	}

	/** Called in the moment in which the leader was reaped: its session still names those that it left. */
	rememberOrphans(): void {
		const { leader, wrapped } = this.traits;
		if (!leader || wrapped || this.traits.cgroup) return;
		// Where nothing can be seen now, the marker finds them later.
		for (const entry of unlessBlind(readProcTable)?.values() ?? []) {
			if (entry.session === leader.pid || entry.group === leader.pid) this.#known.set(entry.pid, entry.startTicks);
		}
	}

	/** TERM, grace, KILL, two empty looks. A later call may shorten the grace, never lengthen it. */
	stop(graceMs: number): Promise<StopReport> {
		this.#killAt = Math.min(this.#killAt, performance.now() + graceMs);
		this.#stopping ??= this.#stop();
		return this.#stopping;
	}

	async #stop(): Promise<StopReport> {
		if (performance.now() < this.#killAt) await this.#askToEnd();
		return await this.#kill();
	}

	/** Those too that begin only now: a run that is stopped while it starts has its program still before it. */
	async #askToEnd(): Promise<void> {
		const asked = new Set<string>();
		for (let wait = 5; performance.now() < this.#killAt; wait = Math.min(wait * 2, 100)) {
			const living = unlessBlind(() => this.look(asked.size === 0));
			if (living?.length === 0) return;
			for (const entry of living ?? []) {
				const name = `${entry.pid}:${entry.startTicks}`;
				if (this.#isWrapper(entry) || asked.has(name)) continue;
				asked.add(name);
				this.#signal(entry, 'SIGTERM');
				// A stopped process takes its TERM only when it runs again.
				this.#signal(entry, 'SIGCONT');
			}
			await delay(Math.min(wait, Math.max(1, this.#killAt - performance.now())));
		}
	}

	async #kill(): Promise<StopReport> {
		const { cgroup } = this.traits;
		const giveUpAt = performance.now() + killMsMax;
		let emptyLooks = cgroup && (await this.#emptyCgroup(cgroup, giveUpAt)) ? 1 : 0;
		let looks = 0;
		let leaderAloneSince: number | null = null;
		for (;;) {
			if (cgroup) killCgroup(cgroup);
			const seen = unlessBlind(() => ({
				living: this.look(true),
				isPopulated: cgroup !== null && isPopulated(cgroup),
			}));
			const living = seen?.living ?? [];
			const others = living.filter((entry) => !this.#isWrapper(entry));
			for (const entry of others) this.#signal(entry, 'SIGKILL');
			if (living.length > others.length && others.length === 0) {
				// The wrapper ends by itself when all others have; the namespace's own first process is among the others.
				leaderAloneSince ??= performance.now();
				if (performance.now() - leaderAloneSince > 200) for (const entry of living) this.#signal(entry, 'SIGKILL');
			} else leaderAloneSince = null;
			const empty = seen !== null && living.length === 0 && !seen.isPopulated;
			emptyLooks = empty ? emptyLooks + 1 : 0;
			looks += 1;
			if (emptyLooks === 2) break;
			if (!empty && looks >= looksMin && performance.now() > giveUpAt) return this.#survivors(living, cgroup);
			if (!empty) await delay(3);
		}
		if (cgroup) endCgroup(cgroup);
		return { kind: 'empty', killed: this.#signalled.size };
	}

	/**
	 * The kernel ends all members at once and says when they are gone; to read of each that is dying takes far longer.
	 * Who has left the cgroup is remembered beforehand, while its parents can still be seen. False: it is not empty yet.
	 */
	async #emptyCgroup(cgroup: string, giveUpAt: number): Promise<boolean> {
		const mayLive = (): boolean => unlessBlind(() => isPopulated(cgroup)) ?? true;
		for (const { pid, startTicks } of unlessBlind(() => this.look(false)) ?? [])
			this.#signalled.add(`${pid}:${startTicks}`);
		for (killCgroup(cgroup); mayLive(); killCgroup(cgroup)) {
			if (performance.now() > giveUpAt) return false;
			await delay(1);
		}
		return true;
	}

	#survivors(living: readonly ProcEntry[], cgroup: string | null): StopReport {
		// Asked again, it looks again: what hung in the kernel may have gone.
		this.#stopping = undefined;
		const members = cgroup === null ? [] : (unlessBlind(() => cgroupMembers(cgroup)) ?? []);
		const pids = new Set([...living.map((entry) => entry.pid), ...members]);
		return { kind: 'survivors', pids: [...pids] };
	}

	#isWrapper(entry: ProcEntry): boolean {
		return this.traits.wrapped && entry.pid === this.traits.leader?.pid;
	}

	*#roots(table: ProcTable, deep: boolean): Iterable<number> {
		for (const [pid, startTicks] of this.#known) {
			if (table.get(pid)?.startTicks === startTicks) yield pid;
			else this.#known.delete(pid);
		}
		if (this.traits.cgroup) yield* cgroupMembers(this.traits.cgroup);
		if (!deep) return;
		for (const entry of table.values()) if (entry.alive && markerOf(entry.pid) === this.traits.marker) yield entry.pid;
	}

	#signal(entry: ProcEntry, signal: 'SIGTERM' | 'SIGCONT' | 'SIGKILL'): void {
		// The number may have been given to someone else since the table was read.
		if (unlessBlind(() => readProcess(entry.pid))?.startTicks !== entry.startTicks) return;
		try {
			process.kill(entry.pid, signal);
			this.#signalled.add(`${entry.pid}:${entry.startTicks}`);
		} catch {
			// It has gone, or was never ours to end; the next look tells.
		}
	}
}

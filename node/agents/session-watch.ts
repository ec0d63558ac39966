/**
 * The limits of a session that are the node's and not the program's: its time, how many processes it is, and whether it
 * still lives. Nobody is called stuck by one sign: it must say nothing for the silence limit and compute nothing over a
 * grace time after it, while nothing is waited for that others must do. What was seen is kept as evidence.
 */
import type { Clock, TreeActivity } from '../../shared/ports/index.ts';
import type { SessionOutcome } from './agent-event.ts';
import type { AgentSettings } from './runtime.ts';

export interface SessionWatchOptions {
	readonly clock: Clock;
	readonly limits: Pick<AgentSettings, 'timeout_seconds' | 'silence_seconds'>;
	/** What the kernel shows of the session's tree now; null where it cannot be asked, which is no sign of anything. */
	readonly activity: () => TreeActivity | null;
	readonly onLog: (text: string) => void;
	readonly onPassed: (outcome: Extract<SessionOutcome, { kind: 'overBudget' | 'inactive' }>) => void;
}

/** After the silence limit: so long the tree is looked at before it is called stuck, or as long as the limit itself. */
const graceMsMax = 30_000;
/** Part of that grace in processor time that shows life: a compiler takes more, an event loop that waits less. */
const computingMin = 1 / 30;
/** More is a fork bomb: a machine has some 32,000 in all. */
const processesMax = 1_000;
const countEveryMs = 5_000;

export class SessionWatch {
	readonly #options: SessionWatchOptions;
	readonly #timers = new Map<'time' | 'silence' | 'count', () => void>();
	#silentUntil: number;
	/** Set while a silent tree is looked at. */
	#suspect: { readonly since: number; readonly cpuMs: number } | null = null;
	readonly #questions = new Set<string>();

	constructor(options: SessionWatchOptions) {
		this.#options = options;
		const { clock, limits, onPassed } = options;
		this.#silentUntil = clock.monotonic() + this.#silenceMs;
		const end = (): void => onPassed({ kind: 'overBudget', which: 'time' });
		this.#timers.set('time', clock.after(limits.timeout_seconds * 1000, end));
		this.#listen();
		this.#count();
	}

	/** Any output is life. */
	heard(): void {
		this.#suspect = null;
		this.#silentUntil = Math.max(this.#silentUntil, this.#options.clock.monotonic() + this.#silenceMs);
	}

	/** It waits for a person, until `answered`. */
	asked(id: string): void {
		this.#questions.add(id);
	}

	/** Also what was withdrawn. */
	answered(id: string): void {
		this.#questions.delete(id);
		this.heard();
	}

	/** It waits for its account. Wall ms. */
	pauseUntil(until: number): void {
		const { clock } = this.#options;
		const waitMs = Math.max(0, until - clock.now());
		this.#silentUntil = Math.max(this.#silentUntil, clock.monotonic() + waitMs + this.#silenceMs);
	}

	stop(): void {
		for (const cancel of this.#timers.values()) cancel();
		this.#timers.clear();
	}

	get #silenceMs(): number {
		return this.#options.limits.silence_seconds * 1000;
	}

	get #graceMs(): number {
		return Math.min(graceMsMax, this.#silenceMs);
	}

	#listen(): void {
		const { clock } = this.#options;
		if (this.#questions.size > 0) this.heard();
		const now = clock.monotonic();
		if (now < this.#silentUntil) {
			this.#again('silence', this.#silentUntil - now, () => this.#listen());
			return;
		}
		this.#look(now);
	}

	#look(now: number): void {
		const { activity, onLog, onPassed, limits } = this.#options;
		const seen = activity();
		if (seen === null) {
			this.#suspect = null;
			this.#again('silence', this.#graceMs, () => this.#listen());
			return;
		}
		const { since, cpuMs } = this.#suspect ?? { since: now, cpuMs: seen.cpuMs };
		const computedMs = seen.cpuMs - cpuMs;
		if (this.#suspect !== null && computedMs >= this.#graceMs * computingMin) {
			this.#suspect = null;
			this.#silentUntil = now + this.#silenceMs;
			onLog(`silent for ${limits.silence_seconds} s, but it computes: waited for longer\n`);
			this.#listen();
			return;
		}
		if (this.#suspect !== null && now - since >= this.#graceMs) {
			const evidence = `no output for ${limits.silence_seconds} s, then ${computedMs} ms of processor time in ${Math.round((now - since) / 1000)} s; its processes: ${seen.names.join(', ') || 'none'}`;
			onLog(`stuck: ${evidence}\n`);
			onPassed({ kind: 'inactive', evidence });
			return;
		}
		this.#suspect = { since, cpuMs };
		this.#again('silence', Math.max(1, this.#graceMs - (now - since)), () => this.#listen());
	}

	#count(): void {
		const { activity, onLog, onPassed } = this.#options;
		this.#again('count', countEveryMs, () => {
			const { processes = 0 } = activity() ?? {};
			if (processes <= processesMax) return this.#count();
			onLog(`it is ${processes} processes, at most ${processesMax} are let be\n`);
			onPassed({ kind: 'overBudget', which: 'processes' });
		});
	}

	#again(name: 'silence' | 'count', ms: number, then: () => void): void {
		this.#timers.set(name, this.#options.clock.after(ms, then));
	}
}

/**
 * Whether set-up and gates have been seen to work here on main as it is. Nothing is begun or landed before: an agent
 * would be judged by a red main, or by a machine that lacks a tool. Judged once per tree and gate set, in the
 * background; a landing's own verdict counts too, because it is kept under the same name.
 */
import type { Clock, CommitId, Log } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { GateVerdict, TestCount, TreeVerdict } from '../../shared/protocol/work.ts';
import { testsOf } from './review.ts';

export interface Qualified {
	readonly ready: boolean;
	/** Why not, in a sentence. */
	readonly reason: string | null;
	/** What was seen, such as `212 tests, 14 s`. */
	readonly saw: string | null;
	readonly at: number | null;
}

export interface QualificationOptions {
	readonly clock: Clock;
	readonly log: Log;
	/** Runs main's gates on main's own tree; answers at once where that verdict is kept. */
	readonly verdict: (main: CommitId, config: ProjectConfig) => Promise<TreeVerdict>;
	/** Called when the answer changed. */
	readonly onChange: () => void;
}

/** How long a red or failing main is left before it is judged again by itself: the machine may have been mended. */
const retryMs = 5 * 60_000;

export class Qualification {
	readonly #options: QualificationOptions;
	#state: Qualified = { ready: false, reason: 'set-up and gates run once on main first', saw: null, at: null };
	#judged: string | null = null;
	#running = false;
	/** When a red main is judged again by itself, monotonic ms: the machine's clock may be set meanwhile. */
	#dueAt = Number.NEGATIVE_INFINITY;
	/** Asked for while gates ran that may not have seen what was mended. */
	#isAgain = false;

	constructor(options: QualificationOptions) {
		this.#options = options;
	}

	get state(): Qualified {
		return this.#state;
	}

	/** Answers for main as it is and begins to judge it where that was not done; never waits for gates. */
	ask(main: CommitId, config: ProjectConfig): Qualified {
		const { clock } = this.#options;
		const due = this.#state.ready || clock.monotonic() >= this.#dueAt;
		if ((this.#judged !== main || !this.#state.ready) && !this.#running && (this.#judged !== main || due)) {
			void this.#judge(main, config);
		}
		return this.#state;
	}

	/** Something on the machine has changed that may have mended a red main: it need not wait for its time. */
	again(): void {
		this.#state = { ...this.#state, at: null };
		this.#dueAt = Number.NEGATIVE_INFINITY;
		this.#isAgain = this.#running;
	}

	async #judge(main: CommitId, config: ProjectConfig): Promise<void> {
		const { verdict, clock, log, onChange } = this.#options;
		this.#running = true;
		try {
			const seen = await verdict(main, config);
			this.#state = {
				ready: seen.passed,
				reason: seen.passed ? null : redMain(seen.gates),
				saw: sawWords(seen),
				at: clock.now(),
			};
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			this.#state = { ready: false, reason: `main could not be judged: ${reason}`, saw: null, at: clock.now() };
		}
		this.#judged = main;
		this.#running = false;
		this.#dueAt = this.#isAgain ? Number.NEGATIVE_INFINITY : clock.monotonic() + retryMs;
		this.#isAgain = false;
		log.info('main.judged', { main, ...this.#state });
		onChange();
	}
}

/** Which gate of main fails, in a sentence. */
export function redMain(gates: readonly GateVerdict[]): string {
	const failing = gates.find(({ outcome }) => outcome !== 'passed');
	return failing ? `main is red: gate ${failing.gate}: ${failing.why}` : 'main is red';
}

/** `212 tests, 14 s`. */
export function sawWords(verdict: TreeVerdict): string {
	const seconds = verdict.gates.reduce((sum, gate) => sum + gate.seconds, 0);
	const tests: TestCount | null = testsOf(verdict);
	const ran = tests ? tests.passed + tests.failed : 0;
	const counted = tests ? `${ran} ${ran === 1 ? 'test' : 'tests'}, ` : '';
	if (verdict.gates.length === 0) return 'no gates';
	const gates = verdict.gates.length === 1 ? '1 gate' : `${verdict.gates.length} gates`;
	return `${counted === '' ? `${gates}, ` : counted}${Math.max(1, Math.round(seconds))} s`;
}

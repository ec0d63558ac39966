/**
 * The twin of Processes: programs are async functions, time is the given clock's. A SimMachine outlives the node on it,
 * so a node that crashed finds its runs still there and must sweep them, as on a real machine. A killed program does
 * nothing any more: what it waits for never comes, what it says is not heard.
 */
import { type Clock, pause } from '../clock.ts';
import { ganglineError } from '../errors.ts';
import type {
	ExitStatus,
	Processes,
	ProcessIdentity,
	ProcessSpec,
	RunningProcess,
	StopReport,
	TreeActivity,
} from '../processes.ts';

/** What a program sees of its world. */
export interface SimRun {
	readonly spec: ProcessSpec;
	/** Aborted by TERM; a program that does not look at it is deaf to TERM. */
	readonly term: AbortSignal;
	say(stream: 'stdout' | 'stderr', text: string): void;
	pause(ms: number): Promise<void>;
	/** The next piece of what is written to its stdin, null after its end. */
	hear(): Promise<string | null>;
	/** Takes so much processor time. */
	compute(ms: number): void;
	/** Starts `count` processes that stay until the run is stopped. */
	leaveBehind(count: number): void;
}

/** Answers its exit code. */
export type SimProgram = (run: SimRun) => Promise<number>;

interface Life {
	readonly identity: ProcessIdentity;
	readonly owner: SimProcesses;
	readonly term: AbortController;
	end: (status: ExitStatus) => void;
	ended: Promise<ExitStatus>;
	main: boolean;
	others: number;
	cpuMs: number;
	/** Written to stdin and not read; null: its end. */
	readonly input: (string | null)[];
	hears: () => void;
}

export class SimMachine {
	readonly clock: Clock;
	readonly programs: ReadonlyMap<string, SimProgram>;
	readonly lives = new Map<string, Life>();
	/** Runs that KILL does not end, by id: they hang in the kernel. */
	readonly stuck = new Set<string>();
	pid = 100;

	/** `programs` by the first word of argv. */
	constructor(clock: Clock, programs: Readonly<Record<string, SimProgram>>) {
		this.clock = clock;
		this.programs = new Map(Object.entries(programs));
	}
}

export class SimProcesses implements Processes {
	readonly anchor = 'cgroup';
	readonly confines = { enforced: false, reason: 'simulated programs see no files' } as const;
	readonly #machine: SimMachine;

	constructor(machine: SimMachine) {
		this.#machine = machine;
	}

	start(spec: ProcessSpec): RunningProcess {
		if (!/^[a-z0-9-]{1,100}$/.test(spec.id)) {
			throw ganglineError('INVALID_ID', `${JSON.stringify(spec.id)} is no run id: expected up to 100 of [a-z0-9-]`);
		}
		if (this.#machine.lives.has(spec.id)) throw ganglineError('INVALID_ID', `a run ${spec.id} is there already`);
		const program = this.#machine.programs.get(spec.argv[0]);
		if (!program) {
			const reason = `${spec.argv[0]}: not found`;
			return {
				id: spec.id,
				identity: undefined,
				exited: Promise.resolve({ kind: 'notStarted', reason }),
				write: () => false,
				endInput: () => undefined,
				stop: async () => ({ kind: 'empty', killed: 0 }),
			};
		}
		const life = this.#beget(spec.id);
		void this.#perform(spec, program, life);
		return {
			id: spec.id,
			identity: life.identity,
			exited: life.ended,
			write: (text) => spec.keepsStdin === true && tell(life, text),
			endInput: () => void tell(life, null),
			stop: (graceMs) => this.#stop(spec.id, life, graceMs),
		};
	}

	async sweep(): Promise<StopReport> {
		let killed = 0;
		const survivors: number[] = [];
		for (const [id, life] of this.#machine.lives) {
			if (life.owner === this) continue;
			const report = await this.#stop(id, life, 0);
			if (report.kind === 'empty') killed += report.killed;
			else survivors.push(...report.pids);
		}
		return survivors.length > 0 ? { kind: 'survivors', pids: survivors } : { kind: 'empty', killed };
	}

	async census(id: string): Promise<number> {
		const life = this.#machine.lives.get(id);
		return life ? size(life) : 0;
	}

	activity(id: string): TreeActivity {
		const life = this.#machine.lives.get(id);
		return { processes: life ? size(life) : 0, cpuMs: life?.cpuMs ?? 0, names: [] };
	}

	async living(): Promise<readonly string[]> {
		return [...this.#machine.lives].flatMap(([id, life]) => (size(life) > 0 ? [id] : []));
	}

	#beget(id: string): Life {
		let end: (status: ExitStatus) => void = () => {};
		const ended = new Promise<ExitStatus>((resolve) => {
			end = resolve;
		});
		const pid = this.#machine.pid++;
		const identity = { bootId: 'sim', pid, startTicks: Math.floor(this.#machine.clock.monotonic() / 10) };
		const life: Life = {
			...{ identity, owner: this, term: new AbortController(), end, ended, main: true, others: 0 },
			cpuMs: 0,
			input: [],
			hears: () => undefined,
		};
		this.#machine.lives.set(id, life);
		return life;
	}

	async #perform(spec: ProcessSpec, program: SimProgram, life: Life): Promise<void> {
		const { clock } = this.#machine;
		if (spec.stdin !== undefined) tell(life, spec.stdin);
		if (!spec.keepsStdin) tell(life, null);
		// Nothing is heard of a program before whoever started it has it in hand.
		await Promise.resolve();
		const code = await program({
			spec,
			term: life.term.signal,
			say: (stream, text) => {
				if (life.main) spec.onOutput?.(stream, new TextEncoder().encode(text));
			},
			pause: async (ms) => {
				await pause(clock, ms, life.term.signal).catch(() => {});
				if (!life.main) await new Promise(() => {});
			},
			hear: async () => {
				while (life.input.length === 0) {
					await new Promise<void>((resolve) => {
						life.hears = resolve;
					});
				}
				return life.input[0] === null ? null : (life.input.shift() ?? null);
			},
			compute: (ms) => {
				life.cpuMs += ms;
			},
			leaveBehind: (count) => {
				if (life.main) life.others += count;
			},
		});
		if (!life.main) return;
		life.main = false;
		life.end({ kind: 'code', code });
	}

	async #stop(id: string, life: Life, graceMs: number): Promise<StopReport> {
		const before = size(life);
		if (life.main && graceMs > 0) {
			life.term.abort();
			const deadline = new Promise<void>((resolve) => {
				const cancel = this.#machine.clock.after(graceMs, resolve);
				void life.ended.then(cancel);
			});
			await Promise.race([life.ended, deadline]);
		}
		if (this.#machine.stuck.has(id)) return { kind: 'survivors', pids: [life.identity.pid] };
		if (life.main) {
			life.main = false;
			life.end({ kind: 'signal', signal: 'SIGKILL' });
		}
		life.others = 0;
		if (this.#machine.lives.get(id) === life) this.#machine.lives.delete(id);
		return { kind: 'empty', killed: before };
	}
}

/** False when stdin is closed. */
function tell(life: Life, text: string | null): boolean {
	if (!life.main || life.input.at(-1) === null) return false;
	life.input.push(text);
	life.hears();
	return true;
}

function size(life: Life): number {
	return (life.main ? 1 : 0) + life.others;
}

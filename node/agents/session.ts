/**
 * A session of any runtime: starts the program, reads its lines, watches its limits, ends its tree and decides its
 * outcome. The limits are ours and hard: a program that overlooks its own is ended. The tree is always ended and
 * verified before the session counts as over, also when the program ended well [I5].
 */
import { parseJson } from '../../shared/log/index.ts';
import type { Clock } from '../../shared/ports/index.ts';
import type { AgentEvent, SessionEnd, SessionOutcome, SessionResult } from './agent-event.ts';
import { describeEvent } from './agent-event.ts';
import { type LineSplitter, splitLines } from './line-splitter.ts';
import { decideOutcome } from './outcome.ts';
import type { AgentRuntime, AgentSession, AgentTask, RuntimePorts, RuntimeProgram } from './runtime.ts';

const lineBytesMax = 1024 * 1024;
const graceMs = 5_000;
/** Names of files that were read, for the recovery; more would be no better a sign. */
const filesReadMax = 10_000;

type EndedByUs = Extract<SessionOutcome, { kind: 'stopped' | 'overBudget' | 'inactive' }>;

export function createRuntime(program: RuntimeProgram, ports: RuntimePorts & { readonly clock: Clock }): AgentRuntime {
	return {
		name: program.name,
		credentials: program.credentials,
		login: program.login,
		start: (task) => new Session(program, ports, task),
	};
}

class Session implements AgentSession {
	readonly ended: Promise<SessionEnd>;
	readonly pid: number | null;
	readonly #task: AgentTask;
	readonly #clock: Clock;
	readonly #startedAt: number;
	readonly #stop: () => void;
	#endedByUs: EndedByUs | null = null;
	#sessionId: string | null = null;
	#result: SessionResult | null = null;
	#rejected: { readonly until: number | null } | null = null;
	#usage = { costUsd: 0, inputTokens: 0, outputTokens: 0 };
	#turns = 0;
	#garbageLines = 0;
	#lastText = '';
	#lastError = '';
	#silentUntil: number;
	#cancelTimers: (() => void)[] = [];
	readonly #filesRead = new Set<string>();

	constructor(program: RuntimeProgram, ports: RuntimePorts & { readonly clock: Clock }, task: AgentTask) {
		this.#task = task;
		this.#clock = ports.clock;
		this.#startedAt = ports.clock.monotonic();
		this.#silentUntil = this.#startedAt + this.#silenceMs;
		const command = program.command({ ...task, isRoot: ports.isRoot, shellPath: ports.shellPath });
		if (command.notice) this.#see({ kind: 'notice', message: command.notice });
		const parse = program.parser();
		const stdout = program.reports ? this.#reader(parse) : this.#plainReader('stdout');
		const stderr = this.#plainReader('stderr', (line) => {
			this.#lastError = line;
		});
		const env = { ...task.env, ...command.env };
		const [name, ...args] = command.argv;
		const run = ports.processes.start({
			id: task.runId,
			argv: [ports.programFor(name, env.PATH ?? ''), ...args],
			cwd: task.cwd,
			env,
			...(command.stdin === undefined ? {} : { stdin: command.stdin }),
			confinement: task.confinement,
			onOutput: (stream, bytes) => {
				this.#heard();
				(stream === 'stdout' ? stdout : stderr).push(bytes);
			},
		});
		this.pid = run.identity?.pid ?? null;
		this.#stop = () => void run.stop(graceMs);
		this.#watchLimits();
		this.ended = run.exited.then(async (exit) => {
			this.#endTimers();
			stdout.end();
			stderr.end();
			const tree = await run.stop(graceMs);
			this.#see({ kind: 'exited', status: exit });
			await this.#askForCause(program, env);
			const outcome = decideOutcome({
				endedByUs: this.#endedByUs,
				exit,
				reports: program.reports,
				hasStarted: this.#sessionId !== null,
				result: this.#result,
				rejected: this.#rejected,
				now: this.#clock.now(),
				lastError: this.#lastError,
			});
			return {
				outcome,
				usage: { ...this.#usage, seconds: Math.round((this.#clock.monotonic() - this.#startedAt) / 1000) },
				sessionId: this.#sessionId,
				filesRead: [...this.#filesRead],
				lastText: this.#lastText || this.#lastError,
				garbageLines: this.#garbageLines,
				tree,
			};
		});
	}

	stop(reason: string): Promise<SessionEnd> {
		this.#endFor({ kind: 'stopped', reason });
		return this.ended;
	}

	get #silenceMs(): number {
		return this.#task.agent.silence_seconds * 1000;
	}

	#endFor(outcome: EndedByUs): void {
		this.#endedByUs ??= outcome;
		this.#stop();
	}

	#watchLimits(): void {
		const { timeout_seconds: seconds } = this.#task.agent;
		this.#cancelTimers.push(
			this.#clock.after(seconds * 1000, () => this.#endFor({ kind: 'overBudget', which: 'time' })),
		);
		const listen = (): void => {
			const left = this.#silentUntil - this.#clock.monotonic();
			if (left <= 0) this.#endFor({ kind: 'inactive' });
			else this.#cancelTimers[1] = this.#clock.after(left, listen);
		};
		this.#cancelTimers.push(() => {});
		listen();
	}

	#endTimers(): void {
		for (const cancel of this.#cancelTimers) cancel();
	}

	async #askForCause({ causeOf }: RuntimeProgram, env: Readonly<Record<string, string>>): Promise<void> {
		if (!causeOf || this.#sessionId === null || this.#result === null || this.#result.isOk) return;
		const cause = await causeOf(this.#sessionId, env);
		if (cause === null) return;
		this.#result = { ...this.#result, failure: cause.failure };
		if (cause.failure === 'rateLimit') this.#rejected = { until: cause.until };
	}

	#heard(): void {
		this.#silentUntil = Math.max(this.#silentUntil, this.#clock.monotonic() + this.#silenceMs);
	}

	#reader(parse: (json: unknown) => readonly AgentEvent[] | null): LineSplitter {
		const drop = (): void => {
			this.#garbageLines += 1;
		};
		const read = (line: string): void => {
			const events = parse(jsonOf(line));
			if (!events) {
				drop();
				this.#task.onLog?.('stdout', `${line.slice(0, 2000)}\n`);
			}
			for (const event of events ?? []) this.#see(event);
		};
		return splitLines(lineBytesMax, read, drop);
	}

	/** Passes output on as it is; its last line is what a person is told first. */
	#plainReader(stream: 'stdout' | 'stderr', onLine: (line: string) => void = () => {}): LineSplitter {
		const decoder = new TextDecoder();
		const lines = splitLines(
			lineBytesMax,
			(line) => {
				const text = line.trim().slice(0, 2000);
				if (!text) return;
				this.#lastText = text;
				onLine(text);
			},
			() => {},
		);
		return {
			push: (bytes) => {
				this.#task.onLog?.(stream, decoder.decode(bytes, { stream: true }));
				lines.push(bytes);
			},
			end: () => lines.end(),
		};
	}

	#see(event: AgentEvent): void {
		this.#take(event);
		const line = describeEvent(event);
		if (line !== null)
			this.#task.onLog?.(event.kind === 'text' || event.kind === 'tool' ? 'stdout' : 'note', `${line}\n`);
		this.#task.onEvent?.(event);
	}

	#take(event: AgentEvent): void {
		const { max_turns: maxTurns, max_cost_usd: maxCost } = this.#task.agent;
		switch (event.kind) {
			case 'started':
				this.#sessionId = event.sessionId;
				break;
			case 'turn':
				this.#turns += 1;
				if (this.#turns > maxTurns) this.#endFor({ kind: 'overBudget', which: 'turns' });
				break;
			case 'text':
				this.#lastText = event.text.slice(0, 2000);
				break;
			case 'tool':
				if (event.read !== undefined && this.#filesRead.size < filesReadMax) this.#filesRead.add(event.read);
				break;
			case 'usage':
				this.#usage = {
					costUsd: costOf(event, this.#task.agent),
					inputTokens: event.inputTokens,
					outputTokens: event.outputTokens,
				};
				if (maxCost !== undefined && this.#usage.costUsd > maxCost) this.#endFor({ kind: 'overBudget', which: 'cost' });
				break;
			case 'rateLimit':
				this.#takeRateLimit(event.status, event.until);
				break;
			case 'result':
				this.#result = event;
				break;
			default:
		}
	}

	/** A client may wait for its account's limit by itself; that silence is no sign of death. */
	#takeRateLimit(status: 'allowed' | 'warning' | 'rejected', until: number | null): void {
		this.#rejected = status === 'rejected' ? { until } : null;
		if (status !== 'rejected' || until === null) return;
		const waitMs = Math.max(0, until - this.#clock.now());
		this.#silentUntil = Math.max(this.#silentUntil, this.#clock.monotonic() + waitMs + this.#silenceMs);
	}
}

/** What the program says, or what its tokens cost by the project's prices where it says nothing. */
function costOf(event: Extract<AgentEvent, { kind: 'usage' }>, agent: AgentTask['agent']): number {
	if (event.costUsd > 0) return event.costUsd;
	const { usd_per_million_input_tokens: input = 0, usd_per_million_output_tokens: output = 0 } = agent;
	return (event.inputTokens * input + event.outputTokens * output) / 1_000_000;
}

function jsonOf(line: string): unknown {
	try {
		return parseJson(line);
	} catch {
		return undefined;
	}
}

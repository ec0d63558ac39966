/**
 * A session of any runtime: starts the program, reads its lines, watches its limits, ends its tree and decides its
 * outcome. The limits are ours and hard: a program that overlooks its own is ended. The tree is always ended and
 * verified before the session counts as over, also when the program ended well [I5].
 */
import { parseJson } from '../../shared/log/index.ts';
import type { Clock, ExitStatus, RunningProcess } from '../../shared/ports/index.ts';
import type { AgentEvent, PermissionAsk, PermissionDecision, SessionEnd, SessionOutcome } from './agent-event.ts';
import { describeEvent } from './agent-event.ts';
import { type LineSplitter, splitLines } from './line-splitter.ts';
import { decideOutcome } from './outcome.ts';
import type { AgentRuntime, AgentSession, AgentTask, Conversation, RuntimePorts, RuntimeProgram } from './runtime.ts';
import { SessionRecord } from './session-record.ts';
import { SessionWatch } from './session-watch.ts';

const lineBytesMax = 1024 * 1024;
const graceMs = 5_000;
/** A turn that is broken off tells what it used within some 40 ms; who does not answer is ended without it. */
const interruptMsMax = 1_500;
/** So long a program may take to end by itself after its last word, before it is ended as well. */
const lingerMsMax = 3_000;
/** So long its input stays open after a turn, where it was told more than it has answered and may begin another one. */
const restMsMax = 3_000;

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
	readonly #run: RunningProcess;
	readonly #talk: Conversation;
	readonly #watch: SessionWatch;
	readonly #record: SessionRecord;
	#endedByUs: EndedByUs | null = null;
	#isLetGo = false;
	#isOver = false;
	#cancelLinger: () => void = () => undefined;
	#cancelRest: (() => void) | null = null;

	constructor(program: RuntimeProgram, ports: RuntimePorts & { readonly clock: Clock }, task: AgentTask) {
		const { clock, processes, programFor } = ports;
		this.#task = task;
		this.#clock = clock;
		this.#record = new SessionRecord(task.agent, task.cwd);
		const input = { ...task, isRoot: ports.isRoot, shellPath: ports.shellPath };
		const command = program.command(input);
		if (command.notice) this.#see({ kind: 'notice', message: command.notice });
		this.#talk = program.converse(
			{
				emit: (event) => this.#see(event),
				write: (line) => this.#run.write(line),
				endInput: () => this.#letGo(),
				rest: () => this.#rest(),
				established: (id) => task.onSession?.(id) ?? Promise.resolve(),
			},
			input,
		);
		const stdout = program.reports ? this.#reader() : this.#plainReader('stdout');
		const stderr = this.#plainReader('stderr');
		const env = { ...task.env, ...command.env };
		const [name, ...args] = command.argv;
		this.#run = processes.start({
			id: task.runId,
			argv: [programFor(name, env.PATH ?? ''), ...args],
			cwd: task.cwd,
			env,
			...(command.stdin === undefined ? {} : { stdin: command.stdin }),
			...(command.keepsStdin ? { keepsStdin: true } : {}),
			confinement: task.confinement,
			onOutput: (stream, bytes) => {
				this.#watch.heard();
				(stream === 'stdout' ? stdout : stderr).push(bytes);
			},
		});
		this.pid = this.#run.identity?.pid ?? null;
		this.#watch = new SessionWatch({
			clock,
			limits: task.agent,
			activity: () => processes.activity(task.runId),
			onLog: (text) => task.onLog?.('note', text),
			onPassed: (outcome) => this.#endFor(outcome),
		});
		this.#talk.begin?.();
		const startedAt = clock.monotonic();
		this.ended = this.#run.exited.then(async (exit) => {
			this.#watch.stop();
			this.#cancelLinger();
			this.#cancelRest?.();
			stdout.end();
			stderr.end();
			this.#talk.end?.();
			const tree = await this.#run.stop(graceMs);
			this.#isOver = true;
			await this.#askForUsage(program, env);
			this.#see({ kind: 'exited', status: exit });
			await this.#askForCause(program, env);
			this.#tellGarbage();
			const { usage, sessionId, filesRead, edits, lastText, garbageLines, isUnseen } = this.#record;
			const seconds = Math.round((clock.monotonic() - startedAt) / 1000);
			return {
				outcome: this.#outcome(program, exit),
				usage: { ...usage, seconds },
				...{ sessionId, filesRead, lastText, garbageLines, tree },
				...edits,
				...(isUnseen ? { isUnseen: true } : {}),
			};
		});
	}

	say(text: string): boolean {
		const isTold = this.#endedByUs === null && !this.#isLetGo && (this.#talk.say?.(text) ?? false);
		if (isTold) this.#task.onLog?.('note', `told: ${text}\n`);
		if (isTold && this.#cancelRest !== null) this.#rest();
		return isTold;
	}

	answer(permissionId: string, decision: PermissionDecision): boolean {
		const isTaken = this.#talk.answer?.(permissionId, decision) ?? false;
		if (isTaken) this.#watch.answered(permissionId);
		return isTaken;
	}

	stop(reason: string): Promise<SessionEnd> {
		this.#endFor({ kind: 'stopped', reason });
		return this.ended;
	}

	#endFor(outcome: EndedByUs): void {
		if (this.#endedByUs !== null) return;
		this.#endedByUs = outcome;
		const { interrupt } = this.#talk;
		// Before its session there is no turn to break off, and who is stuck does not hear it.
		if (interrupt === undefined || this.#record.sessionId === null || outcome.kind === 'inactive' || this.#isLetGo) {
			void this.#run.stop(graceMs);
			return;
		}
		interrupt.call(this.#talk);
		const cancel = this.#clock.after(interruptMsMax, () => void this.#run.stop(graceMs));
		void this.#run.exited.then(cancel);
	}

	/** Its work is done: it ends by the end of its input, or is ended. */
	#letGo(): void {
		this.#cancelRest?.();
		this.#cancelLinger();
		this.#cancelLinger = this.#clock.after(lingerMsMax, () => void this.#run.stop(graceMs));
		if (this.#isLetGo) return;
		this.#isLetGo = true;
		this.#run.endInput();
	}

	/** Its work is done, unless it begins another turn on what it was told meanwhile. */
	#rest(): void {
		this.#cancelRest?.();
		this.#cancelRest = this.#clock.after(restMsMax, () => this.#letGo());
	}

	/** It works, whatever it has said before: its next last word counts. */
	#goesOn(): void {
		this.#cancelRest?.();
		this.#cancelRest = null;
		this.#cancelLinger();
	}

	#outcome(program: RuntimeProgram, exit: ExitStatus): SessionOutcome {
		const { sessionId, result, rejected, lastError } = this.#record;
		return decideOutcome({
			endedByUs: this.#endedByUs,
			exit,
			reports: program.reports,
			wasLetGo: this.#isLetGo,
			hasStarted: sessionId !== null,
			now: this.#clock.now(),
			...{ result, rejected, lastError },
		});
	}

	async #askForCause({ causeOf }: RuntimeProgram, env: Readonly<Record<string, string>>): Promise<void> {
		const { sessionId, result } = this.#record;
		if (!causeOf || sessionId === null || result === null || result.isOk) return;
		const cause = await causeOf(sessionId, env);
		if (cause !== null) this.#record.explain(cause.failure, cause.until);
	}

	/** Who was ended in a turn, or failed in it, told nothing of what it had used; its record of the session may. */
	async #askForUsage({ usageOf }: RuntimeProgram, env: Readonly<Record<string, string>>): Promise<void> {
		const { sessionId, result } = this.#record;
		if (!usageOf || sessionId === null || result?.isOk) return;
		const used = await usageOf(sessionId, env);
		if (used !== null) this.#talk.used?.(used);
	}

	#reader(): LineSplitter {
		const drop = (): void => {
			this.#record.garbageLines += 1;
		};
		const read = (line: string): void => {
			if (this.#talk.read(jsonOf(line))) return;
			drop();
			this.#task.onLog?.('stdout', `${line.slice(0, 2000)}\n`);
		};
		return splitLines(lineBytesMax, read, drop);
	}

	/** It decides nothing, but whoever looks for what went wrong is to know of it. */
	#tellGarbage(): void {
		const { garbageLines: count } = this.#record;
		if (count === 0) return;
		const what =
			count === 1
				? '1 line of its output could not be read and was'
				: `${count} lines of its output could not be read and were`;
		this.#task.onLog?.('note', `${what} passed over\n`);
	}

	/** Passes output on as it is; its last line is what a person is told first. */
	#plainReader(stream: 'stdout' | 'stderr'): LineSplitter {
		const decoder = new TextDecoder();
		const lines = splitLines(
			lineBytesMax,
			(line) => {
				if (line.trim()) this.#record.heard(stream, line.trim());
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

	/** What nobody need be asked for: all of it, or what the task's own judge says; null where somebody else decides. */
	#decision(ask: PermissionAsk): PermissionDecision | null {
		const { judge, agent, onLog } = this.#task;
		if (judge === undefined) return agent.permissions === 'all' ? { kind: 'allow' } : null;
		const decision = judge(ask);
		if (decision.kind === 'deny') onLog?.('note', `refused by the rules: ${ask.tool} ${ask.summary}\n`);
		return decision;
	}

	#see(seen: AgentEvent): void {
		const event = seen.kind === 'usage' ? { ...seen, costUsd: costOf(seen, this.#task.agent) } : seen;
		if (isWork(event)) this.#goesOn();
		const passed = this.#record.take(event);
		if (passed !== null && !this.#isOver) this.#endFor({ kind: 'overBudget', which: passed });
		if (event.kind === 'rateLimit' && event.status === 'rejected' && event.until !== null) {
			// A client may wait for its account's limit by itself; that silence is no sign of death.
			this.#watch.pauseUntil(event.until);
		}
		if (event.kind === 'permission') {
			this.#watch.asked(event.id);
			const decision = this.#decision(event.ask);
			// Not before the program's own line has been read to its end.
			if (decision !== null) queueMicrotask(() => this.answer(event.id, decision));
		}
		if (event.kind === 'withdrawn') this.#watch.answered(event.id);
		const line = describeEvent(event);
		if (line !== null)
			this.#task.onLog?.(event.kind === 'text' || event.kind === 'tool' ? 'stdout' : 'note', `${line}\n`);
		if (event.kind === 'started') void this.#task.onSession?.(event.sessionId);
		this.#task.onEvent?.(event);
	}
}

/** What a program tells only in a turn, not while it ends. */
function isWork({ kind }: AgentEvent): boolean {
	return kind === 'started' || kind === 'turn' || kind === 'text' || kind === 'tool' || kind === 'permission';
}

/** What the program says, or what its tokens cost by the project's prices where it says nothing. */
function costOf(event: Extract<AgentEvent, { kind: 'usage' }>, agent: AgentTask['agent']): number {
	if (event.costUsd > 0) return event.costUsd;
	const { usd_per_million_input_tokens: input = 0, usd_per_million_output_tokens: output = 0 } = agent;
	return (event.inputTokens * input + event.outputTokens * output) / 1_000_000;
}

function jsonOf(line: string): unknown {
	// Every event is an object; making an error for each line of a flood of others costs more than reading it.
	if (!line.startsWith('{')) return undefined;
	try {
		return parseJson(line);
	} catch {
		return undefined;
	}
}

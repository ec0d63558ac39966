/**
 * The sessions of one attempt: begun, or gone on with where an earlier process or a pause broke one off; told what a
 * person says, by stopping and resuming where the program cannot hear; begun afresh when going on fails at once.
 * Invariant: no session starts while anything of another one for the same item lives [I5].
 */
import type { Confinement, Secrets } from '../../shared/ports/index.ts';
import { addEdits } from '../../shared/protocol/file-edits.ts';
import type { FileEdits, Task } from '../../shared/protocol/work.ts';
import type { Asks } from '../../shared/protocol/worker-state.ts';
import {
	type AgentRuntime,
	type AgentSession,
	type AgentSettings,
	type AgentTask,
	decideUnasked,
	type Guard,
	type SessionEnd,
	type SessionPlan,
} from '../agents/index.ts';
import { addUsage, noUsage, reasonOf, withinAllowance, withLeft } from './attempt-words.ts';
import type { CommandPorts } from './command-run.ts';
import { nobodyElse } from './nobody-else.ts';
import type { RunLog } from './run-log.ts';
import { noteOf, type Said, type SaidWords, toldAs, toldNames } from './said-words.ts';
import { SessionAsks } from './session-asks.ts';
import type { SessionBook } from './session-book.ts';
import { countedIn, goesOn, SessionKeeper } from './session-keeper.ts';
import type { SpentBook } from './spent-book.ts';
import { freshWords, resumedWords } from './told.ts';
import type { OpenTools, ToolDesk } from './tool-desk.ts';

/** What a person may do with a session that runs. */
export interface Steering {
	/** The words are told at the agent's next turn, or by resuming it with them. False where nothing can be told. */
	say(said: Said): boolean;
	/** False where the question is not open any more. */
	answer(id: string, decision: { readonly allow: boolean; readonly who: string }): boolean;
	/** What it waits for a person with; null while it works. */
	asks(): Asks | null;
}

export interface SessionsParts {
	readonly book: SessionBook;
	readonly spent: SpentBook;
	readonly ports: CommandPorts;
	readonly runtime: (name: AgentSettings['runtime']) => AgentRuntime;
	/** What no agent is told, whoever wrote it. */
	readonly secrets: Pick<Secrets, 'redact'>;
	/** A fresh id of a session. */
	readonly newSessionId: () => string;
	/** Gives agents their tools; without it they have none. */
	readonly tools?: ToolDesk;
}

export interface SessionsInput {
	readonly task: Task;
	readonly cwd: string;
	readonly tmp: string;
	readonly env: (agent: AgentRuntime, settings: AgentSettings) => Readonly<Record<string, string>>;
	readonly confinement: Confinement;
	/** Whose login the sessions have: a program finds no session of another one. Null: its own. */
	readonly account: string | null;
	/** `work-<item>-<token>`; each session gets a number behind it. */
	readonly runId: string;
	/** A clone that was made just now holds nothing of an earlier session. */
	readonly isNewClone: boolean;
	readonly signal: AbortSignal;
	readonly runLog: RunLog;
	readonly onPid: (pid: number | null) => void;
	readonly onSteering: (steering: Steering | null) => void;
	/** A question was opened or closed. */
	readonly onAsk: () => void;
	/** Commands of the project, which are asked for by nobody. */
	readonly commands: readonly string[];
	/** Runs the project's gates in the clone, because the agent asks for it. */
	readonly gates: (signal: AbortSignal) => Promise<string>;
	/** What people say to this attempt, also before its first session. */
	readonly said: SaidWords;
}

export class AttemptSessions {
	readonly #parts: SessionsParts;
	readonly #input: SessionsInput;
	readonly #keeper: SessionKeeper;
	#count = 0;
	#isFirst = true;
	#parked: Asks | null = null;
	/** What the session that runs, or is about to, was told of all that was said. */
	#told: string[] = [];

	constructor(parts: SessionsParts, input: SessionsInput) {
		this.#parts = parts;
		this.#input = input;
		const { book, spent, ports } = parts;
		const { task, account } = input;
		this.#keeper = new SessionKeeper({
			...{ book, spent, clock: ports.clock, task, role: task.role, agent: task.agent, account },
			note: (text) => this.#note(text),
		});
	}

	/** How many programs were started. */
	get count(): number {
		return this.#count;
	}

	/** With what the last session was parked; null where it was not. */
	get parked(): Asks | null {
		return this.#parked;
	}

	/** One session from the prompt to its end, with all that was said meanwhile. `spent`: by its attempt before. */
	async run(settings: AgentSettings, prompt: string, spent = noUsage): Promise<SessionEnd> {
		const { task, signal } = this.#input;
		const keeper = this.#keeper;
		let plan = await this.#plan(settings);
		let text = plan.kind === 'resume' ? this.#whatIsNew(task) : this.#fresh(prompt);
		let usage = noUsage;
		const filesRead = new Set<string>();
		let edits: readonly FileEdits[] = [];
		let last: SessionEnd | null = null;
		for (;;) {
			// Neither a restart nor words of a person begin a new allowance [I11].
			const left = withLeft(settings, keeper.used);
			const allowed = typeof left === 'string' ? left : (withinAllowance(left, task, addUsage(spent, usage)) ?? 'cost');
			if (typeof allowed === 'string') {
				await keeper.over();
				const outcome = { kind: 'overBudget', which: allowed } as const;
				return { ...(last ?? notStarted(plan)), outcome, usage, filesRead: [...filesRead], edits };
			}
			const end = await this.#one(allowed, plan, text);
			last = end;
			usage = addUsage(usage, end.usage);
			for (const path of end.filesRead) filesRead.add(path);
			edits = addEdits(edits, end.edits ?? []);
			const isLast = signal.aborted || end.tree.kind === 'survivors';
			const next = isLast ? null : this.#next(plan, end, prompt);
			if (next === null) {
				if (!goesOn(end)) await keeper.over();
				return { ...end, usage, filesRead: [...filesRead], edits };
			}
			plan = next.plan;
			text = next.text;
		}
	}

	/** What follows a session by itself: words that it could not hear, or another one where it could not be resumed. */
	#next(
		plan: SessionPlan,
		{ outcome, sessionId }: SessionEnd,
		prompt: string,
	): { readonly plan: SessionPlan; readonly text: string } | null {
		const fresh: SessionPlan = { kind: 'new', id: this.#parts.newSessionId() };
		if (plan.kind === 'resume' && outcome.kind === 'crashed') {
			this.#note('the session could not be resumed: begins afresh');
			return { plan: fresh, text: this.#fresh(prompt) };
		}
		const isTold = this.#input.said.isWaiting && (outcome.kind === 'stopped' || outcome.kind === 'finished');
		if (!isTold) return null;
		if (sessionId === null) return { plan: fresh, text: this.#fresh(prompt) };
		const said = this.#input.said.take();
		this.#told = toldNames(this.#told, said.map(noteOf));
		return {
			plan: { kind: 'resume', id: sessionId, ...countedIn(this.#keeper.entry) },
			text: said.map(toldAs).join('\n'),
		};
	}

	/** A session that knows nothing is told everything that was said. */
	#fresh(prompt: string): string {
		const { task, said } = this.#input;
		said.take();
		const { text, told } = freshWords(task, prompt, said.notes);
		this.#told = told;
		return text;
	}

	/** One that goes on, what it was not told yet. */
	#whatIsNew(task: Task): string {
		const { text, told } = resumedWords(task, this.#keeper.entry, this.#input.said.take().map(noteOf));
		this.#told = told;
		return text;
	}

	/** Goes on with what was broken off by whoever worked on the item as the same agent, in the same clone. */
	async #plan(settings: AgentSettings): Promise<SessionPlan> {
		const isPossible = this.#isFirst && !this.#input.isNewClone && settings.runtime !== 'shell';
		this.#isFirst = false;
		const known = isPossible ? await this.#keeper.takeUp(settings.runtime) : null;
		if (known !== null) return { kind: 'resume', id: known.id, ...countedIn(known) };
		this.#keeper.beginAnew();
		return { kind: 'new', id: this.#parts.newSessionId() };
	}

	async #one(settings: AgentSettings, plan: SessionPlan, prompt: string): Promise<SessionEnd> {
		const { runtime } = this.#parts;
		const { task, signal, runLog, runId, onPid, onSteering, env, cwd, tmp, confinement } = this.#input;
		await nobodyElse(this.#parts.ports.processes, task.item.key);
		const keeper = settings.runtime === 'shell' ? null : this.#keeper;
		await keeper?.begin(settings, plan, { words: task.item.words.length, told: this.#told });
		const agent = runtime(settings.runtime);
		this.#count += 1;
		const asks = this.#asksOf(settings, () => void session.stop('nobody answered'));
		const tools = await this.#openTools(settings, asks);
		let isStarted = false;
		let isKilled = false;
		const session = agent.start({
			runId: `${runId}-${this.#count}`,
			agent: settings,
			session: plan,
			prompt: this.#parts.secrets.redact(prompt),
			description: task.item.description,
			...{ cwd, tmp, confinement },
			...(tools === null ? {} : { tools: tools.offer }),
			...judgeOf(settings, { clone: cwd, tmp }),
			env: env(agent, settings),
			onSession: async (id) => await keeper?.established(id),
			onEvent: (event) => {
				keeper?.take(event);
				if (event.kind === 'exited') isKilled = event.status.kind === 'signal' && event.status.signal === 'SIGKILL';
				if (event.kind === 'permission' && settings.permissions !== 'all') {
					queueMicrotask(() => asks.asked(session, event.id, event.ask));
				}
				// After the question, which may have come in the same breath.
				if (event.kind === 'withdrawn') queueMicrotask(() => asks.withdrawn(event.id));
				if (event.kind !== 'started') return;
				isStarted = true;
				this.#tell([]);
				// The session is made by the constructor that this may be called from.
				queueMicrotask(() => this.#sayTo(session));
			},
			onLog: (stream, text) => runLog.write('agent', stream, text),
		});
		onPid(session.pid);
		const onAbort = (): void => void session.stop(reasonOf(signal));
		signal.addEventListener('abort', onAbort, { once: true });
		if (signal.aborted) onAbort();
		onSteering({
			say: (said) => {
				if (asks.heard(toldAs(said))) {
					this.#input.said.keep(said);
					this.#tell([said]);
					return true;
				}
				if (settings.runtime === 'shell' || !this.#input.said.add(said)) return false;
				if (isStarted) this.#sayTo(session);
				return true;
			},
			answer: (id, decision) => asks.answer(session, id, decision),
			asks: () => asks.question,
		});
		const end = await session.ended;
		onSteering(null);
		asks.close();
		await tools?.close();
		this.#parked = asks.parked;
		signal.removeEventListener('abort', onAbort);
		onPid(null);
		await keeper?.ended(isKilled);
		return end;
	}

	/** A script has no model that could ask for any. */
	async #openTools({ runtime }: AgentSettings, asks: SessionAsks): Promise<OpenTools | null> {
		const { task, tmp, runLog, gates } = this.#input;
		if (runtime === 'shell' || this.#parts.tools === undefined) return null;
		return await this.#parts.tools.open({
			...{ task, tmp, gates, agent: task.agent, writes: true },
			progress: (words) => runLog.write('agent', 'note', `${words}\n`),
			ask: (question, signal) => asks.askPerson(question, signal),
		});
	}

	#asksOf({ allow, paths }: AgentSettings, onParked: () => void): SessionAsks {
		const { task, cwd, tmp, commands, onAsk } = this.#input;
		return new SessionAsks({
			clock: this.#parts.ports.clock,
			place: { clone: cwd, tmp, commands, allow, ...(paths && { paths }) },
			answered: task.answered ?? [],
			redact: (text) => this.#parts.secrets.redact(text),
			note: (text) => this.#input.runLog.write('agent', 'note', text),
			onChange: onAsk,
			onParked,
		});
	}

	/** At its next turn, or, where it cannot hear, after it was stopped. */
	#sayTo(session: AgentSession): void {
		const said = this.#input.said.take();
		if (said.length === 0) return;
		if (session.say(this.#parts.secrets.redact(said.map(toldAs).join('\n')))) {
			this.#tell(said);
			return;
		}
		this.#input.said.giveBack(said);
		void session.stop('a person says something');
	}

	/** It knows this from now on, and is not told it again where it goes on. */
	#tell(said: readonly Said[]): void {
		this.#told = toldNames(this.#told, said.map(noteOf));
		this.#keeper.tell(this.#input.task.item.words.length, this.#told);
	}

	#note(text: string): void {
		this.#input.runLog.write('agent', 'note', `${text}\n`);
	}
}

/** Where nothing is asked, what it may not change is refused all the same. */
function judgeOf({ permissions, paths }: AgentSettings, place: Pick<Guard, 'clone' | 'tmp'>): Pick<AgentTask, 'judge'> {
	if (permissions !== 'all' || paths === undefined) return {};
	return { judge: (ask) => decideUnasked(ask, { ...place, paths }) };
}

/** Nothing was left of a limit, so nothing was begun. */
function notStarted(plan: SessionPlan): Omit<SessionEnd, 'outcome'> {
	const sessionId = plan.kind === 'resume' ? plan.id : null;
	const tree = { kind: 'empty', killed: 0 } as const;
	return { usage: noUsage, sessionId, filesRead: [], lastText: '', garbageLines: 0, tree };
}

/**
 * The questions of one session: answered by the rules, by what a person has answered before, or by a person now. Who
 * gets no answer in time is parked: the session ends resumable, and the question goes to the item. Every decision
 * stands in the run's log with who made it [I13].
 */
import type { Clock } from '../../shared/ports/index.ts';
import { asOwnQuestion } from '../../shared/protocol/asks.ts';
import type { Answered, Task } from '../../shared/protocol/work.ts';
import type { Asks } from '../../shared/protocol/worker-state.ts';
import {
	type AgentSession,
	forbidden,
	judgeAsk,
	type PermissionAsk,
	type PermissionDecision,
	type PolicyPlace,
} from '../agents/index.ts';

/** So long a session waits for a person before it is parked. */
export const answerMsMax = 120_000;

/** Questions of its own that an agent may have open at once. */
const personalMax = 4;

export interface SessionAsksOptions {
	readonly clock: Clock;
	readonly place: PolicyPlace;
	readonly answered: NonNullable<Task['answered']>;
	/** Every question passes it, once, before anybody sees it: the same one asked again has the same name then. */
	readonly redact: (text: string) => string;
	readonly note: (text: string) => void;
	/** A question was opened or closed. */
	readonly onChange: () => void;
	readonly onParked: () => void;
}

export class SessionAsks {
	readonly #options: SessionAsksOptions;
	readonly #open = new Map<string, Asks>();
	readonly #timers = new Map<string, () => void>();
	/** Questions that the agent asked a person by itself: how to answer each. */
	readonly #waiting = new Map<string, (words: string) => void>();
	#asked = 0;
	#parked: Asks | null = null;

	constructor(options: SessionAsksOptions) {
		this.#options = options;
	}

	/** The oldest that waits for a person; null where none does. */
	get question(): Asks | null {
		return this.#open.values().next().value ?? null;
	}

	/** With what the session was parked; null where it was not. */
	get parked(): Asks | null {
		return this.#parked;
	}

	/** The agent asks. */
	asked(session: AgentSession, id: string, ask: PermissionAsk): void {
		const { place, answered, note } = this.#options;
		const question = nameOf({ ...ask, summary: this.#options.redact(ask.summary) });
		const refusal = forbidden(ask, place);
		const judged = refusal === null ? judgeAsk(ask, place) : { kind: 'deny' as const, message: refusal };
		const before = answered.find((one) => one.question === question);
		if (before !== undefined) {
			this.#decide(session, id, question, { allow: before.allow, who: `${before.who}, asked before` });
		} else if (judged.kind === 'ask') this.#wait(id, question);
		else {
			const by = judged.kind === 'allow' ? `allowed by ${judged.by}` : 'refused by the rules';
			if (session.answer(id, judged.kind === 'allow' ? { kind: 'allow' } : judged)) note(`${by}: ${question}\n`);
		}
	}

	/**
	 * The agent asks a person by itself: answered with yes or no, or with what a person says meanwhile. Who gets no answer
	 * is parked as with any other question, and is told it when it asks the same again.
	 */
	askPerson(words: string, signal: AbortSignal): Promise<string> {
		const question = asOwnQuestion(this.#options.redact(words));
		const before = this.#options.answered.find((one) => one.question === question);
		if (before !== undefined) return Promise.resolve(answerOf(before));
		if (this.#waiting.size >= personalMax) return Promise.resolve('too many questions are open: wait for an answer');
		this.#asked += 1;
		const id = `person-${this.#asked}`;
		return new Promise((resolve) => {
			const end = (answer: string): void => {
				signal.removeEventListener('abort', leave);
				this.#drop(id);
				resolve(answer);
			};
			const leave = (): void => end('nobody has answered');
			this.#waiting.set(id, end);
			signal.addEventListener('abort', leave, { once: true });
			this.#wait(id, question);
			if (signal.aborted) leave();
		});
	}

	/** What a person says answers what the agent asked by itself; false where it waits for nothing. */
	heard(words: string): boolean {
		const waiting = [...this.#waiting.values()];
		for (const answer of waiting) answer(words);
		return waiting.length > 0;
	}

	/** The agent waits for it no more: nobody is asked, and its session is not parked for it. */
	withdrawn(id: string): void {
		const asks = this.#open.get(id);
		if (asks === undefined) return;
		this.#drop(id);
		this.#options.note(`asks no more: ${asks.question}\n`);
	}

	#wait(id: string, question: string): void {
		const { clock, onChange, onParked } = this.#options;
		this.#timers.get(id)?.();
		this.#open.set(id, { id: id.slice(0, 200), question, at: Math.floor(clock.now()) });
		const cancel = clock.after(answerMsMax, () => {
			this.#parked = this.#open.get(id) ?? null;
			this.#options.note(`nobody has answered for ${answerMsMax / 1000} s: parked\n`);
			onParked();
		});
		this.#timers.set(id, cancel);
		onChange();
	}

	#drop(id: string): void {
		this.#timers.get(id)?.();
		this.#timers.delete(id);
		this.#open.delete(id);
		this.#waiting.delete(id);
		this.#options.onChange();
	}

	/** A person decides; false where the question is not open any more. */
	answer(session: AgentSession, id: string, decision: { readonly allow: boolean; readonly who: string }): boolean {
		const asks = this.#open.get(id);
		if (asks === undefined) return false;
		const answer = this.#waiting.get(id);
		if (answer !== undefined) {
			this.#options.note(`${decision.who} answered ${decision.allow ? 'yes' : 'no'}: ${asks.question}\n`);
			answer(answerOf(decision));
			return true;
		}
		return this.#decide(session, id, asks.question, decision);
	}

	/** The session has ended. */
	close(): void {
		for (const cancel of this.#timers.values()) cancel();
		this.#timers.clear();
		for (const answer of [...this.#waiting.values()]) answer('nobody has answered');
		this.#open.clear();
	}

	#decide(
		session: AgentSession,
		id: string,
		question: string,
		{ allow, who }: { allow: boolean; who: string },
	): boolean {
		this.#timers.get(id)?.();
		this.#timers.delete(id);
		this.#open.delete(id);
		const decision: PermissionDecision = allow
			? { kind: 'allow' }
			: { kind: 'deny', message: 'A person has refused this. Go on without it.' };
		const isTaken = session.answer(id, decision);
		if (isTaken) this.#options.note(`${allow ? 'allowed' : 'refused'} by ${who}: ${question}\n`);
		this.#options.onChange();
		return isTaken;
	}
}

const answerOf = ({ allow, who, words }: Pick<Answered, 'allow' | 'who' | 'words'>): string =>
	words === undefined ? `${who} says ${allow ? 'yes' : 'no'}` : `${who}: ${words}`;

/** The same question asked again has the same name. */
function nameOf({ tool, summary }: PermissionAsk): string {
	return `${tool} ${summary}`.replaceAll(/\s+/g, ' ').trim().slice(0, 600);
}

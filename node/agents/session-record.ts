/**
 * What was seen of a session while it ran: its id, result, limits, sums and last words. It takes events in and decides
 * nothing but whether one of the agent's own limits is passed; every list in it has a bound [I15].
 */
import type { AgentEvent, SessionEnd, SessionResult, SessionTotals } from './agent-event.ts';
import { EditCount } from './file-edits.ts';
import type { AgentSettings } from './runtime.ts';
import { nothingCounted } from './session-usage.ts';

/** Names of files that were read, for the recovery; more would be no better a sign. */
const filesReadMax = 10_000;
const lastTextCharsMax = 2_000;

export class SessionRecord {
	readonly #limits: Pick<AgentSettings, 'max_turns' | 'max_cost_usd'>;
	readonly #filesRead = new Set<string>();
	readonly #edits: EditCount;
	#sessionId: string | null = null;
	#result: SessionResult | null = null;
	#rejected: { readonly until: number | null } | null = null;
	#usage: SessionTotals = nothingCounted;
	#turns = 0;
	#isCostKnown = false;
	#lastText = '';
	#lastError = '';
	garbageLines = 0;

	/** `cwd`: where it works. */
	constructor(limits: Pick<AgentSettings, 'max_turns' | 'max_cost_usd'>, cwd: string) {
		this.#edits = new EditCount(cwd);
		this.#limits = limits;
	}

	get sessionId(): string | null {
		return this.#sessionId;
	}

	/** Its last word. */
	get result(): SessionResult | null {
		return this.#result;
	}

	get rejected(): { readonly until: number | null } | null {
		return this.#rejected;
	}

	get usage(): SessionTotals {
		return this.#usage;
	}

	/** Its model was asked, and nothing was told by which the cost could be known. */
	get isUnseen(): boolean {
		return this.#turns > 0 && !this.#isCostKnown;
	}

	get lastText(): string {
		return this.#lastText || this.#lastError;
	}

	get lastError(): string {
		return this.#lastError;
	}

	get filesRead(): readonly string[] {
		return [...this.#filesRead];
	}

	get edits(): Pick<SessionEnd, 'edits'> {
		const edits = this.#edits.all;
		return edits.length === 0 ? {} : { edits };
	}

	/** A line that is no event: plain output, or an error of the program. */
	heard(stream: 'stdout' | 'stderr', line: string): void {
		this.#lastText = line.slice(0, lastTextCharsMax);
		if (stream === 'stderr') this.#lastError = this.#lastText;
	}

	/** Answers the agent's own limit that it has passed now, null while it keeps them. */
	take(event: AgentEvent): 'turns' | 'cost' | null {
		const { max_turns: maxTurns, max_cost_usd: maxCost } = this.#limits;
		switch (event.kind) {
			case 'started':
				this.#sessionId = event.sessionId;
				return null;
			case 'turn':
				this.#turns += 1;
				return this.#turns > maxTurns ? 'turns' : null;
			case 'text':
				this.#lastText = event.text.slice(0, lastTextCharsMax);
				return null;
			case 'tool':
				this.#edits.add(event.edits ?? []);
				if (event.read !== undefined && this.#filesRead.size < filesReadMax) this.#filesRead.add(event.read);
				return null;
			case 'usage':
				this.#usage = {
					costUsd: this.#usage.costUsd + event.costUsd,
					inputTokens: this.#usage.inputTokens + event.inputTokens,
					outputTokens: this.#usage.outputTokens + event.outputTokens,
				};
				if (event.isCostTold || event.costUsd > 0) this.#isCostKnown = true;
				return maxCost !== undefined && this.#usage.costUsd > maxCost ? 'cost' : null;
			case 'rateLimit':
				this.#rejected = event.status === 'rejected' ? { until: event.until } : null;
				return null;
			case 'result':
				this.#result = event;
				return null;
			default:
				return null;
		}
	}

	/** The program's own record says more of a failure than it did. */
	explain(failure: NonNullable<SessionResult['failure']>, until: number | null): void {
		if (this.#result !== null) this.#result = { ...this.#result, failure };
		if (failure === 'rateLimit') this.#rejected = { until };
	}
}

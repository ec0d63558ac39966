/**
 * What a page knows of one log while it reads it again and again: the lines it keeps, which kind of log it is as the home
 * says, and when to ask next and for how much. Pure.
 */
import type { Result } from '../../../shared/operations/index.ts';
import type { GanglineError } from '../../../shared/ports/errors.ts';
import { emptyLog, type LogBuffer, linesToAsk, withLines } from './log-buffer.ts';
import { firstPace, type Pace, paceAfter } from './log-pace.ts';

type Answer = Pick<Result<'item.logs'>, 'run' | 'state' | 'words' | 'lines' | 'dropped'>;

export interface LogReading {
	readonly buffer: LogBuffer;
	/** As the home says; before it has said anything `asking`, and `failed` where it could not be asked at all. */
	readonly state: 'asking' | 'failed' | Answer['state'];
	/** Of a log that is away or missing: where it is, or was, and why it is not here. */
	readonly words: string | null;
	readonly outcome: string | null;
	readonly error: GanglineError | null;
	readonly pace: Pace;
	/** Lines to ask for next. */
	readonly wanted: number;
}

export const firstReading: LogReading = {
	...{ buffer: emptyLog, state: 'asking', words: null, outcome: null, error: null },
	...{ pace: firstPace, wanted: 5_000 },
};

/** Kinds of which nothing more comes by itself; another run is told by the item. */
const isOver: ReadonlySet<LogReading['state']> = new Set(['none', 'final', 'missing']);

export function afterAnswer({ buffer: before, pace }: LogReading, answer: Answer): LogReading {
	const { run, state, words, lines, dropped } = answer;
	const buffer = run === null ? before : withLines(before, { run: run.id, lines, dropped });
	const known = before.run === buffer.run ? lastOf(before) : 0;
	const newLines = lastOf(buffer) - known;
	return {
		...{ buffer, state, words, outcome: run?.outcome ?? null, error: null },
		pace: paceAfter(pace, { newLines, ended: isOver.has(state) }),
		wanted: linesToAsk(newLines),
	};
}

/** What was read stays in sight: the page says elsewhere that the gateway is away. */
export function afterFailure(before: LogReading, error: GanglineError): LogReading {
	const pace = paceAfter(before.pace, { newLines: 0, ended: false });
	if (before.buffer.lines.length > 0) return { ...before, pace };
	const state = error.code === 'NOTHING_TO_SHOW' ? 'none' : 'failed';
	return { ...firstReading, state, error, pace };
}

function lastOf({ lines }: LogBuffer): number {
	return lines.at(-1)?.seq ?? 0;
}

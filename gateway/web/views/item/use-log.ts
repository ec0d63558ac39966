/** Reads a log again and again at its pace, and says which of four states it is in: asked for, live, final, missing. */
import { useEffect, useRef, useState } from 'react';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import type { GanglineError } from '../../../../shared/ports/errors.ts';
import { emptyLog, type LogBuffer, linesToAsk, withLines } from '../../model/log-buffer.ts';
import { firstPace, nextLookMs, type Pace, paceAfter } from '../../model/log-pace.ts';
import { asError, useApp } from '../../ui/app.ts';

export interface ReadLog {
	readonly buffer: LogBuffer;
	readonly state: 'asking' | 'live' | 'final' | 'missing' | 'failed';
	readonly outcome: string | null;
	readonly error: GanglineError | null;
	readonly lookNow: () => void;
}

type Known = Omit<ReadLog, 'lookNow'>;

const nothing: Known = { buffer: emptyLog, state: 'asking', outcome: null, error: null };
const firstLines = 5_000;

export function useLog(item: ItemAnswer, run: string | null): ReadLog {
	const { ask, clock } = useApp();
	const [known, setKnown] = useState<Known>(nothing);
	const look = useRef<() => void>(() => {});
	const { project, key, stage } = item;
	const holder = item.holder?.since ?? null;
	// biome-ignore lint/correctness/useExhaustiveDependencies: another stage or holder means another run
	useEffect(() => {
		const leaving = new AbortController();
		let cancel = (): void => {};
		let pace: Pace = firstPace;
		let buffer = emptyLog;
		let lines = firstLines;
		const plan = (): void => {
			cancel();
			const ms = nextLookMs(pace, document.visibilityState === 'hidden');
			if (ms !== null && !leaving.signal.aborted) cancel = clock.after(ms, () => void read());
		};
		const read = async (): Promise<void> => {
			cancel();
			try {
				const answer = await ask(
					'item.logs',
					{ project, item: key, lines, ...(run !== null && { run }) },
					leaving.signal,
				);
				const before = buffer;
				if (answer.run)
					buffer = withLines(buffer, { run: answer.run.id, lines: answer.lines, dropped: answer.dropped });
				const newLines =
					(buffer.lines.at(-1)?.seq ?? 0) - (before.run === buffer.run ? (before.lines.at(-1)?.seq ?? 0) : 0);
				const ended = answer.run === null || answer.run.endedAt !== null;
				pace = paceAfter(pace, { newLines, ended });
				lines = linesToAsk(newLines);
				const state = answer.run === null ? 'missing' : ended ? 'final' : 'live';
				setKnown({ buffer, state, outcome: answer.run?.outcome ?? null, error: null });
			} catch (thrown) {
				if (leaving.signal.aborted) return;
				const error = asError(thrown);
				pace = paceAfter(pace, { newLines: 0, ended: false });
				const state = error.code === 'NOTHING_TO_SHOW' ? 'missing' : 'failed';
				// What was read stays in sight; the page says elsewhere that the gateway is away.
				setKnown((last) => (last.buffer.lines.length > 0 ? last : { ...nothing, state, error }));
			}
			plan();
		};
		const onVisible = (): void => {
			if (document.visibilityState === 'visible' && !pace.drained) void read();
			else cancel();
		};
		look.current = () => void read();
		setKnown(nothing);
		void read();
		document.addEventListener('visibilitychange', onVisible);
		return () => {
			document.removeEventListener('visibilitychange', onVisible);
			leaving.abort();
			cancel();
		};
	}, [ask, clock, project, key, run, stage, holder]);
	return { ...known, lookNow: () => look.current() };
}

/** Reads a log again and again at its pace, not at all while the page is hidden, and anew where another run begins. */
import { useEffect, useRef, useState } from 'react';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import { nextLookMs } from '../../model/log-pace.ts';
import { afterAnswer, afterFailure, firstReading, type LogReading } from '../../model/log-reading.ts';
import { asError, useApp } from '../../ui/app.ts';

export interface ReadLog extends LogReading {
	readonly lookNow: () => void;
}

export function useLog(item: ItemAnswer, run: string | null): ReadLog {
	const { ask, clock } = useApp();
	const [shown, setShown] = useState(firstReading);
	const look = useRef<() => void>(() => {});
	const { project, key, stage } = item;
	const holder = item.holder?.since ?? null;
	// biome-ignore lint/correctness/useExhaustiveDependencies: another stage or holder means another run
	useEffect(() => {
		const leaving = new AbortController();
		const { signal } = leaving;
		let cancel = (): void => {};
		let reading = firstReading;
		const isHidden = (): boolean => document.visibilityState === 'hidden';
		const read = async (): Promise<void> => {
			cancel();
			try {
				const asked = { project, item: key, lines: reading.wanted, ...(run !== null && { run }) };
				reading = afterAnswer(reading, await ask('item.logs', asked, signal));
			} catch (thrown) {
				if (signal.aborted) return;
				reading = afterFailure(reading, asError(thrown));
			}
			setShown(reading);
			cancel();
			const ms = nextLookMs(reading.pace, isHidden());
			if (ms !== null && !signal.aborted) cancel = clock.after(ms, () => void read());
		};
		const onVisible = (): void => {
			if (!isHidden() && !reading.pace.drained) void read();
			else cancel();
		};
		look.current = () => void read();
		setShown(firstReading);
		void read();
		document.addEventListener('visibilitychange', onVisible);
		return () => {
			document.removeEventListener('visibilitychange', onVisible);
			leaving.abort();
			cancel();
		};
	}, [ask, clock, project, key, run, stage, holder]);
	return { ...shown, lookNow: () => look.current() };
}

import { describe, expect, it } from 'vitest';
import { emptyLog, findInLog, linesToAsk, withLines } from '../../../gateway/web/model/log-buffer.ts';
import { firstPace, nextLookMs, paceAfter } from '../../../gateway/web/model/log-pace.ts';
import { afterAnswer, afterFailure, firstReading } from '../../../gateway/web/model/log-reading.ts';
import type { LogLine } from '../../../shared/operations/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';

const line = (seq: number, text = `line ${seq}`, run = 'r1'): LogLine => ({
	...{ seq, run, text, at: seq, source: 'agent', stream: 'stdout' },
});
const lines = (from: number, to: number): LogLine[] => Array.from({ length: to - from + 1 }, (_, i) => line(from + i));

describe('the log that a page keeps', () => {
	it('takes each line once, in order, however often it is answered', () => {
		const once = withLines(emptyLog, { run: 'r1', lines: lines(1, 3), dropped: 0 });
		const twice = withLines(once, { run: 'r1', lines: [line(4), ...lines(2, 3)], dropped: 1 });
		expect(twice.lines.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
		expect(twice.dropped).toBe(0);
		expect(withLines(twice, { run: 'r1', lines: lines(2, 4), dropped: 1 })).toBe(twice);
	});

	it('counts lines that were missed between two answers', () => {
		const first = withLines(emptyLog, { run: 'r1', lines: lines(11, 12), dropped: 10 });
		expect(first.dropped).toBe(10);
		expect(withLines(first, { run: 'r1', lines: lines(20, 21), dropped: 19 }).dropped).toBe(17);
	});

	it('begins anew with another run', () => {
		const first = withLines(emptyLog, { run: 'r1', lines: lines(1, 3), dropped: 0 });
		const other = withLines(first, { run: 'r2', lines: [line(1, 'x', 'r2')], dropped: 0 });
		expect(other).toMatchObject({ run: 'r2', dropped: 0 });
		expect(other.lines).toHaveLength(1);
	});

	it('stays within its bound and says how much had to go', () => {
		const long = Array.from({ length: 100 }, (_, i) => line(i + 1, 'x'.repeat(99)));
		const kept = withLines(emptyLog, { run: 'r1', lines: long, dropped: 5 }, 2_000);
		expect(kept.characters).toBeLessThanOrEqual(2_000);
		expect(kept.lines.at(-1)?.seq).toBe(100);
		expect(kept.dropped + kept.lines.length).toBe(105);
	});

	it('finds words whatever their case', () => {
		expect(findInLog([line(1, 'An Error here'), line(2, 'fine'), line(3, 'error')], 'ERROR')).toEqual([0, 2]);
		expect(findInLog([line(1)], '  ')).toEqual([]);
	});

	it('asks for as many lines as may have come meanwhile', () => {
		expect([0, 100, 2000].map(linesToAsk)).toEqual([200, 400, 5000]);
	});
});

describe('the pace of reading a log', () => {
	it('falls off while nothing comes: 1.2, 2, 5, 15, 30 s', () => {
		let pace = firstPace;
		const waits = [nextLookMs(pace, false)];
		for (let i = 0; i < 6; i += 1) {
			pace = paceAfter(pace, { newLines: 0, ended: false });
			waits.push(nextLookMs(pace, false));
		}
		expect(waits).toEqual([1200, 2000, 5000, 15_000, 30_000, 30_000, 30_000]);
	});

	it('is quick again with the first new line', () => {
		const slow = paceAfter(paceAfter(firstPace, { newLines: 0, ended: false }), { newLines: 0, ended: false });
		expect(nextLookMs(paceAfter(slow, { newLines: 3, ended: false }), false)).toBe(1200);
	});

	it('reads once more after the end, then never again', () => {
		const last = paceAfter(firstPace, { newLines: 2, ended: true });
		expect(nextLookMs(last, false)).toBe(1200);
		expect(nextLookMs(paceAfter(last, { newLines: 0, ended: true }), false)).toBeNull();
	});

	it('reads nothing while the page is hidden', () => {
		expect(nextLookMs(firstPace, true)).toBeNull();
	});
});

describe('the reading of a log', () => {
	const run = { id: 'r1', startedAt: 1, endedAt: null, outcome: null };
	const live = { run, state: 'live', words: null, lines: lines(1, 3), dropped: 0 } as const;

	it('asks for fewer lines once it has the first ones, and goes on as long as more may come', () => {
		const first = afterAnswer(firstReading, live);
		expect(first).toMatchObject({ state: 'live', wanted: 200, pace: { drained: false } });
		expect(afterAnswer(first, live).pace.drained).toBe(false);
	});

	it('is over when its run is, one look after the last line', () => {
		const ended = { ...run, endedAt: 9, outcome: 'finished' };
		const last = afterAnswer(firstReading, { ...live, run: ended, state: 'final' });
		expect(last).toMatchObject({ state: 'final', outcome: 'finished', pace: { drained: false } });
		expect(afterAnswer(last, { ...live, run: ended, state: 'final' }).pace.drained).toBe(true);
	});

	it('tells what is away from what is gone, and keeps asking for the one alone', () => {
		const nothing = { run, lines: [], dropped: 0 };
		const away = afterAnswer(firstReading, { ...nothing, state: 'away', words: 'it is on big' });
		expect(away).toMatchObject({ state: 'away', words: 'it is on big', pace: { drained: false } });
		const gone = afterAnswer(firstReading, { ...nothing, state: 'missing', words: 'it went with big' });
		expect(gone).toMatchObject({ state: 'missing', words: 'it went with big', pace: { drained: true } });
	});

	it('keeps what it has when nobody answers, and is no failure where nothing ever ran', () => {
		const noAnswer = ganglineError('NOT_RUNNING', 'the gateway did not answer');
		expect(afterFailure(firstReading, noAnswer)).toMatchObject({ state: 'failed', error: noAnswer });
		expect(afterFailure(afterAnswer(firstReading, live), noAnswer)).toMatchObject({ state: 'live', error: null });
		const none = ganglineError('NOTHING_TO_SHOW', 'no log yet');
		expect(afterFailure(firstReading, none)).toMatchObject({ state: 'none' });
	});
});

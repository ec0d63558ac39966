/**
 * The lines of a log that the page keeps: at most a megabyte, whatever an agent writes. What had to go is counted and
 * said. Lines may come twice and out of order: they are known by their run and number.
 */
import type { LogLine } from '../../../shared/operations/index.ts';

export interface LogBuffer {
	readonly run: string | null;
	/** Ascending by `seq`. */
	readonly lines: readonly LogLine[];
	readonly characters: number;
	/** Earlier lines of this run that are not here. */
	readonly dropped: number;
}

export const charactersMax = 1024 * 1024;
export const emptyLog: LogBuffer = { run: null, lines: [], characters: 0, dropped: 0 };

export interface Arrived {
	readonly run: string;
	readonly lines: readonly LogLine[];
	/** Earlier lines that the answer left out. */
	readonly dropped: number;
}

/** The buffer with what arrived; the very same when nothing is new. */
export function withLines(buffer: LogBuffer, arrived: Arrived, max = charactersMax): LogBuffer {
	const base = buffer.run === arrived.run ? buffer : { ...emptyLog, run: arrived.run, dropped: arrived.dropped };
	const last = base.lines.at(-1)?.seq ?? 0;
	const fresh = arrived.lines.filter(({ run, seq }) => run === arrived.run && seq > last).sort((a, b) => a.seq - b.seq);
	if (fresh.length === 0 && base === buffer) return buffer;
	return bounded(
		{
			run: arrived.run,
			lines: [...base.lines, ...fresh],
			characters: base.characters + fresh.reduce((sum, line) => sum + sizeOf(line), 0),
			dropped: base.dropped + missingBetween(last, fresh[0]?.seq ?? last + 1, base.lines.length > 0),
		},
		max,
	);
}

/** How many lines must be asked for next time, so that nothing is missed between two questions. */
export function linesToAsk(newLines: number): number {
	return Math.min(5000, Math.max(200, newLines * 4));
}

/** Indices of lines that have the words, whatever their case. */
export function findInLog(lines: readonly LogLine[], words: string): readonly number[] {
	const wanted = words.trim().toLowerCase();
	if (wanted === '') return [];
	return lines.flatMap(({ text }, index) => (text.toLowerCase().includes(wanted) ? [index] : []));
}

function sizeOf({ text }: LogLine): number {
	return text.length + 1;
}

function missingBetween(last: number, next: number, knew: boolean): number {
	return knew ? Math.max(0, next - last - 1) : 0;
}

function bounded(buffer: LogBuffer, max: number): LogBuffer {
	if (buffer.characters <= max) return buffer;
	// Down to nine tenths, so that not every line moves all the others.
	let { characters } = buffer;
	let first = 0;
	while (characters > max * 0.9 && first < buffer.lines.length - 1) {
		const line = buffer.lines[first];
		if (line) characters -= sizeOf(line);
		first += 1;
	}
	return { ...buffer, lines: buffer.lines.slice(first), characters, dropped: buffer.dropped + first };
}

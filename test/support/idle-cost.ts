/**
 * What processes cost while nothing is asked of them, read from /proc: processor time over windows, and memory. Other
 * processes of a busy machine do not count, so figures may be compared between machines.
 */
import { readFileSync } from 'node:fs';

/** Of /proc/<pid>/stat; Linux has had a hundred a second everywhere for decades. */
const msPerTick = 10;
const kibPerMib = 1024;

/** User and system time of a process so far, with all its threads, ms. */
export function processorMsOf(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

/** What of a process is in memory, MiB. */
export function residentMibOf(pid: number): number {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / kibPerMib);
}

/** By process: the median share of one core over so many windows, in percent. */
export async function idleShares(
	pids: readonly number[],
	{ windows, windowMs }: { readonly windows: number; readonly windowMs: number },
): Promise<ReadonlyMap<number, number>> {
	const shares = new Map<number, number[]>(pids.map((pid) => [pid, []]));
	for (let window = 0; window < windows; window++) {
		const [begin, before] = [performance.now(), pids.map(processorMsOf)];
		await new Promise((resolve) => setTimeout(resolve, windowMs));
		const passed = performance.now() - begin;
		for (const [at, pid] of pids.entries()) {
			shares.get(pid)?.push(((processorMsOf(pid) - (before[at] ?? 0)) / passed) * 100);
		}
	}
	return new Map([...shares].map(([pid, each]) => [pid, median(each)]));
}

export function median(values: readonly number[]): number {
	return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

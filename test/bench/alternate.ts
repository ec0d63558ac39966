/**
 * Runs what is compared in turns within one process: a block of ours, a block of the peer's, then the other way round, so
 * that a machine that is slow for a while is slow for both. Wall time is taken of each operation, processor time of each
 * block, with all children that have ended.
 */
import { readFileSync } from 'node:fs';
import { type Figures, figuresOf, median, ratioOf } from './result.ts';

export interface Side {
	/** One operation. A number that it answers is its figure, in place of the wall time of the call in ms. */
	readonly once: (round: number) => unknown;
	/** Processor time so far of the processes at work, ms. Default: this one and its children that have ended. */
	readonly cpuMs?: () => number;
}

export interface Rounds {
	readonly rounds: number;
	/** Operations of each side in each round. */
	readonly perRound: number;
	/** Operations of each side that are not counted, at the beginning. */
	readonly warmUp?: number;
}

export interface Alternated {
	readonly ours: Figures;
	readonly peer: Figures;
	readonly ratio: number | null;
}

export async function alternate(ours: Side, peer: Side, options: Rounds): Promise<Alternated> {
	const [a, b] = [new Tally(ours), new Tally(peer)];
	for (const tally of [a, b]) await tally.run(options.warmUp ?? 1, 0, false);
	for (let round = 0; round < options.rounds; round += 1) {
		for (const tally of round % 2 === 0 ? [a, b] : [b, a]) await tally.run(options.perRound, round, true);
	}
	return { ours: a.figures(), peer: b.figures(), ratio: ratioOf(a.medians, b.medians) };
}

/** One side alone, where the goal is a number and not a peer. */
export async function repeat(side: Side, options: Rounds): Promise<Figures> {
	const tally = new Tally(side);
	await tally.run(options.warmUp ?? 1, 0, false);
	for (let round = 0; round < options.rounds; round += 1) await tally.run(options.perRound, round, true);
	return tally.figures();
}

class Tally {
	/** By round. */
	readonly medians: number[] = [];
	readonly #side: Side;
	readonly #samples: number[] = [];
	#cpuMs = 0;

	constructor(side: Side) {
		this.#side = side;
	}

	async run(times: number, round: number, isCounted: boolean): Promise<void> {
		const { once, cpuMs = ownCpuMs } = this.#side;
		const samples: number[] = [];
		const cpuBefore = cpuMs();
		for (let at = 0; at < times; at += 1) {
			const begin = performance.now();
			const own = await once(round);
			samples.push(typeof own === 'number' ? own : performance.now() - begin);
		}
		if (!isCounted) return;
		this.#cpuMs += cpuMs() - cpuBefore;
		this.#samples.push(...samples);
		this.medians.push(median(samples));
	}

	figures(): Figures {
		return figuresOf(this.#samples, this.#cpuMs / this.#samples.length);
	}
}

/** Linux has had a hundred ticks a second everywhere for decades. */
const msPerTick = 10;

/** Of this process, and of its children that have ended and their children. */
export function ownCpuMs(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000 + ticks('self', [13, 14]) * msPerTick;
}

/** Of a running process and its children that have ended. */
export function cpuMsOf(pid: number | undefined): number {
	return pid === undefined ? 0 : ticks(pid, [11, 12, 13, 14]) * msPerTick;
}

/** Fields of /proc/<pid>/stat, counted behind the name, which may hold anything. */
function ticks(pid: number | 'self', fields: readonly number[]): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
	const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return fields.reduce((sum, field) => sum + Number(values[field]), 0);
}

/** What share of a core a loop that wants one gets now. */
export function shareOfACore(): number {
	const [begin, before] = [performance.now(), process.cpuUsage()];
	while (performance.now() - begin < 50);
	const { user, system } = process.cpuUsage(before);
	return Math.min(1, Number(((user + system) / 1000 / (performance.now() - begin)).toFixed(2)));
}

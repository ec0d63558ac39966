/** What is printed of seeds: counts, medians, and a failure as somebody needs it who wants to find the reason. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SeedCounts, SeedResult, SimEvent } from './types.ts';
import { type AgentBehaviour, agentBehaviours, type FaultKind, faultKinds } from './types.ts';

/** What a seed must go through at the median, or the suite means little. */
export const mediansMin: Readonly<Partial<SeedCounts>> = {
	landings: 12,
	conflicts: 3,
	refusals: 2,
	salvages: 1,
	crashes: 2,
	longPartitions: 1,
};

const lastLines = 60;

export function countsText({ seed, counts, fired }: SeedResult): string {
	const words = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
	return `seed ${seed}: ${words.join(', ')}; ${fired.length} kinds of faults`;
}

/** One event in a line. */
export function lineOf(event: SimEvent): string {
	const { at, step, kind, ...rest } = event;
	const parts = Object.entries(rest).map(([name, value]) => `${name}=${short(name, value)}`);
	return `${String(at).padStart(8)} ${String(step).padStart(5)} ${kind} ${parts.join(' ')}`;
}

function short(name: string, value: unknown): string {
	if (name === 'intents') return `${(value as readonly unknown[]).length}`;
	if (name !== 'history') return typeof value === 'string' ? value : JSON.stringify(value);
	const entries = value as readonly { readonly event: string; readonly item: string; readonly outcome: string }[];
	return `[${entries.map(({ event, item, outcome }) => `${event} ${item.slice(-4)} ${outcome}`).join('; ')}]`;
}

/** The whole trace, in a file. */
export function writeTrace(result: SeedResult): string {
	const path = join(tmpdir(), `gangline-seed-${result.seed}.txt`);
	writeFileSync(path, `${result.trace.map(lineOf).join('\n')}\n`);
	return path;
}

/** `said`: what the command was given besides the seed. */
export function failureText(result: SeedResult, path: string, said: readonly string[]): string {
	const { seed, violations, trace } = result;
	const broken = violations.map(
		({ invariant, checker, what, at }) => `  [I${invariant}] at ${at} ms, ${checker}: ${what}`,
	);
	const rest = said.filter(
		(_, at) => !['--seeds', '--from', '--shrink'].some((word) => said[at] === word || said[at - 1] === word),
	);
	return [
		...trace.slice(-lastLines).map(lineOf),
		`seed ${seed} breaks ${new Set(violations.map(({ invariant }) => invariant)).size} rules:`,
		...new Set(broken.slice(0, 20)),
		`the whole trace: ${path}`,
		`again: ./scripts/simulate --seeds 1 --from ${seed} ${rest.join(' ')}`.trimEnd(),
		`smaller: ./scripts/simulate --shrink ${seed} ${rest.join(' ')}`.trimEnd(),
	].join('\n');
}

/** Sums and medians over seeds. */
export class Totals {
	readonly #results: Pick<SeedResult, 'counts' | 'seed'>[] = [];
	readonly #fired = new Set<FaultKind>();
	readonly #behaviours = new Set<AgentBehaviour>();
	readonly #broken: number[] = [];
	readonly #began = process.cpuUsage();

	add({ counts, fired, behaviours, violations, seed }: SeedResult): void {
		this.#results.push({ counts, seed });
		for (const kind of fired) this.#fired.add(kind);
		for (const behaviour of behaviours) this.#behaviours.add(behaviour);
		if (violations.length > 0) this.#broken.push(seed);
	}

	get isClean(): boolean {
		return this.#broken.length === 0;
	}

	get medians(): SeedCounts {
		const names = Object.keys(this.#results[0]?.counts ?? {}) as (keyof SeedCounts)[];
		return Object.fromEntries(
			names.map((name) => [name, median(this.#results.map(({ counts }) => counts[name]))]),
		) as unknown as SeedCounts;
	}

	/** Kinds of faults and behaviours of agents that no seed had. */
	get missing(): readonly string[] {
		return [
			...faultKinds.filter((kind) => !this.#fired.has(kind)),
			...agentBehaviours.filter((behaviour) => !this.#behaviours.has(behaviour)),
		];
	}

	/** Which medians are below what a seed must go through. */
	get poor(): readonly string[] {
		const { medians } = this;
		return Object.entries(mediansMin).flatMap(([name, least]) => {
			const is = medians[name as keyof SeedCounts];
			return is < least ? [`${name}: ${is}, expected at least ${least}`] : [];
		});
	}

	text(): string {
		const { user, system } = process.cpuUsage(this.#began);
		const perMinute = Math.round((this.#results.length * 60_000_000) / Math.max(1, user + system));
		const words = Object.entries(this.medians).map(([name, count]) => `${name} ${count}`);
		return [
			`${this.#results.length} seeds, ${perMinute} a minute of one core's time, broken: ${this.#broken.join(', ') || 'none'}`,
			`medians: ${words.join(', ')}`,
			...(this.missing.length > 0 ? [`never happened: ${this.missing.join(', ')}`] : []),
		].join('\n');
	}
}

function median(counts: readonly number[]): number {
	const sorted = [...counts].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Makes a failing seed smaller: leaves out faults and actions, many at once and then one by one, while it still fails. */
import { runSeed } from './run-seed.ts';
import type { SeedOptions, SeedResult } from './types.ts';

type Without = NonNullable<SeedOptions['without']>;

export interface Shrunk {
	readonly result: SeedResult;
	readonly without: Without;
}

/** Null where the seed breaks no rule. The rule that is broken stays the same. */
export async function shrink(seed: number, options: SeedOptions, say: (line: string) => void): Promise<Shrunk | null> {
	const first = await runSeed(seed, options);
	const invariant = first.violations[0]?.invariant;
	if (invariant === undefined) return null;
	let best: Shrunk = { result: first, without: options.without ?? { faults: new Set(), actions: new Set() } };
	for (const what of ['faults', 'actions'] as const) {
		for (let size = first.drawn[what]; size >= 1; size = Math.floor(size / 2)) {
			for (let from = 0; from < first.drawn[what]; from += size) {
				const range = Array.from({ length: size }, (_, n) => from + n).filter((n) => n < first.drawn[what]);
				if (range.every((n) => best.without[what].has(n))) continue;
				const without = { ...best.without, [what]: new Set([...best.without[what], ...range]) };
				const result = await runSeed(seed, { ...options, without });
				if (result.violations.every((one) => one.invariant !== invariant)) continue;
				best = { result, without };
				say(
					`without ${without.faults.size} of ${first.drawn.faults} faults, ${without.actions.size} of ${first.drawn.actions} actions`,
				);
			}
		}
	}
	return best;
}

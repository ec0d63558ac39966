/**
 * One benchmark in a process of its own, so that no benchmark inherits the heap, the compiled code or the children of
 * another: `run.ts NAME [--quick]`. Its results go to stdout as one line of JSON, everything else to stderr.
 */

import { writeSync } from 'node:fs';
import { loadavg } from 'node:os';
import { shareOfACore } from './alternate.ts';
import type { BenchResult } from './result.ts';

export interface BenchOptions {
	/** Few samples: a look, not a verdict. */
	readonly quick: boolean;
}

type Measure = (options: BenchOptions) => Promise<BenchResult | readonly BenchResult[]>;

const [name = '', quick] = process.argv.slice(2);
const module_: Record<string, unknown> = await import(new URL(`./${name}.bench.ts`, import.meta.url).href);
const load = (): number => Number((loadavg()[0] ?? 0).toFixed(2));
const before = { load: load(), share: shareOfACore() };
for (const [exported, measure] of Object.entries(module_)) {
	if (!exported.startsWith('measure') || typeof measure !== 'function') continue;
	const results = [await (measure as Measure)({ quick: quick === '--quick' })].flat();
	const around = { load: [before.load, load()], share: [before.share, shareOfACore()] };
	writeSync(1, `${JSON.stringify(results.map((result) => ({ ...result, ...around })))}\n`);
}
// What a benchmark of a whole node leaves open does not keep the run waiting.
process.exit(0);

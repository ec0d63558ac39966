/**
 * What a landing costs without gates: from an item in the queue to main moved, synced and the facts published; and with
 * the independent check behind it, which the next landing waits for. Beside the git commands that any landing without a
 * work tree needs, run one after another by hand with the same care for the disk.
 */
import { alternate } from './alternate.ts';
import { openLandings } from './landing-ground.ts';
import { type BenchResult, figuresOf, judged } from './result.ts';
import type { BenchOptions } from './run.ts';

export async function measureLanding({ quick }: BenchOptions): Promise<readonly BenchResult[]> {
	const results: BenchResult[] = [];
	for (const files of [5_000, 50_000]) results.push(...(await measureIn(files, quick)));
	return results;
}

async function measureIn(files: number, quick: boolean): Promise<readonly BenchResult[]> {
	const options = { rounds: quick ? 4 : 12, perRound: 5, warmUp: 5 };
	await using landings = await openLandings(files, options.warmUp + options.rounds * options.perRound);
	const checked: number[] = [];
	const measured = await alternate(
		{
			once: async () => {
				const { landedMs, checkedMs } = await landings.land();
				checked.push(checkedMs);
				return landedMs;
			},
			cpuMs: () => landings.cpuMs(),
		},
		{ once: () => landings.landByHand() },
		options,
	);
	const where = `in ${files.toLocaleString('en')} files`;
	return [
		judged({
			...measured,
			name: `landing ${where}`,
			unit: 'ms',
			peer: { ...measured.peer, name: 'git rev-parse, merge-tree, commit-tree, update-ref' },
			goals: [{ of: 'p50', atMost: 10 }],
		}),
		judged({ name: `landing and its check ${where}`, unit: 'ms', ours: figuresOf(checked.slice(options.warmUp)) }),
	];
}

/** What a pull costs beside plain git; the figures of a large repository come from test/bench/pack.bench.ts. */
import { expect, it } from 'vitest';
import { measurePack } from '../bench/pack.bench.ts';

/** The long form: scripts/test --all. */
const all = Boolean(process.env.GANGLINE_TEST_ALL);

it.runIf(all)(
	'a pull costs at most four times the processor time of git fetch, also for a small repository',
	async () => {
		const { cpuRatio } = await measurePack({ files: 8_000, rounds: 3 });
		expect(cpuRatio).toBeGreaterThan(0);
		expect(cpuRatio).toBeLessThan(4);
	},
	180_000,
);

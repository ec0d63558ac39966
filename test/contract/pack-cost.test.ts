/** What a pull costs beside plain git; the figures of a large repository come from test/bench/pack.bench.ts. */
import { expect, it } from 'vitest';
import { measurePack } from '../bench/pack.bench.ts';

it('a pull costs at most four times the processor time of git fetch, also for a small repository', async () => {
	const figures = await measurePack({ files: 8_000, rounds: 3 });
	const processor = figures.find(({ name }) => name.includes('processor time'));
	expect(processor?.ours).toBeGreaterThan(0);
	expect(processor?.ratio).toBeLessThan(4);
}, 180_000);

/**
 * A paused project is handed over to another home: there it is paused too, until somebody lets it go on.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventsOf } from '../support/simulation/checkers/checker.ts';
import { sealedMove } from '../support/simulation/faults-moves.ts';
import { pause } from '../support/simulation/owners.ts';
import { verifyOnce } from '../support/simulation/quick-crypto.ts';
import { failureText, writeTrace } from '../support/simulation/report.ts';
import { runSeed } from '../support/simulation/run-seed.ts';
import type { Fault } from '../support/simulation/types.ts';
import type { World } from '../support/simulation/world.ts';

/** A machine that is busy with other tests takes a minute for what takes two seconds alone. */
const seedMsMax = 300_000;

let undo = (): void => {};
beforeAll(() => {
	undo = verifyOnce();
});
afterAll(() => undo());

/** Every project is paused, in the place of a fault. */
const pauses: Fault<World> = {
	kind: 'draining',
	begin: async (world) => {
		for (const { id } of world.origins.all()) void pause(world, id);
		return 'nobody: all are paused';
	},
	heal: async () => {},
};

test(
	'[I12] a project that is paused is paused at its next home',
	async () => {
		const result = await runSeed(2, {}, (random) => [
			{ fault: pauses, atMs: 8_000, forMs: 1_000, random, state: 'coming' },
			{
				...{ fault: { kind: 'sealedMove', ...sealedMove() }, atMs: 12_000, forMs: 10_000 },
				...{ random: random.fork('move'), state: 'coming' },
			},
		]);
		expect(eventsOf(result.trace, 'homeMoved')).toHaveLength(1);
		expect(result.violations.length === 0 ? '' : failureText(result, writeTrace(result), [])).toBe('');
	},
	seedMsMax,
);

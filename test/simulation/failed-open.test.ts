/**
 * A home comes back while something is in the way of opening its project: a full disk, a lock. It tries again by itself,
 * and when it can, work goes on as if it had been away a little longer.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ganglineError } from '../../shared/ports/index.ts';
import { verifyOnce } from '../support/simulation/quick-crypto.ts';
import { failureText, writeTrace } from '../support/simulation/report.ts';
import { runSeed } from '../support/simulation/run-seed.ts';
import type { Wiring } from '../support/simulation/types.ts';
import type { World } from '../support/simulation/world.ts';

/** A machine that is busy with other tests takes a minute for what takes two seconds alone. */
const seedMsMax = 300_000;
const awayMs = 5_000;

let undo = (): void => {};
beforeAll(() => {
	undo = verifyOnce();
});
afterAll(() => undo());

test(
	'[I12] a project that could not be opened is tried again',
	async () => {
		let opened = 0;
		const start: NonNullable<Wiring['start']> = (steps, { node }) => {
			if (node !== 'desk') return steps;
			opened += 1;
			const isInTheWay = opened === 2 || opened === 3;
			const full = async (): Promise<void> => {
				throw ganglineError('GIT_FAILED', 'no space left on device');
			};
			return isInTheWay ? steps.map((step) => ({ ...step, run: full })) : steps;
		};
		const away = {
			kind: 'crashHome' as const,
			begin: async (world: World) => {
				world.crash('desk', 'process', 'a test');
				return 'desk';
			},
			heal: async (world: World) => world.bootSoon('desk', 1),
		};
		const result = await runSeed(1, { projects: 1, wiring: { start } }, (random) => [
			{ fault: away, atMs: 30_000, forMs: awayMs, random, state: 'coming' },
		]);
		expect(opened).toBe(4);
		expect(result.violations.length === 0 ? '' : failureText(result, writeTrace(result), [])).toBe('');
	},
	seedMsMax,
);

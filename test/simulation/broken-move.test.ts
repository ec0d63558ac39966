/**
 * A home hands a project over, the node that was to take it is cut off, and the old home dies before the gateway can tell
 * it that nothing came of the move: when all are back, it is the home again, and every wish is settled.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokenMove } from '../support/simulation/faults-moves.ts';
import { verifyOnce } from '../support/simulation/quick-crypto.ts';
import { failureText, writeTrace } from '../support/simulation/report.ts';
import { runSeed } from '../support/simulation/run-seed.ts';

/** A machine that is busy with other tests takes a minute for what takes two seconds alone. */
const seedMsMax = 300_000;

let undo = (): void => {};
beforeAll(() => {
	undo = verifyOnce();
});
afterAll(() => undo());

describe('a move that breaks while both homes are away', () => {
	test.each([1, 2])(
		'[I3] [I12] [I14] leaves the old home in charge (seed %i)',
		async (seed) => {
			const result = await runSeed(seed, {}, (random) => [
				{ fault: brokenMove(), atMs: 20_000, forMs: 60_000, random, state: 'coming' },
			]);
			expect(result.fired).toEqual(['sealedMove']);
			expect(result.violations.length === 0 ? '' : failureText(result, writeTrace(result), [])).toBe('');
		},
		seedMsMax,
	);
});

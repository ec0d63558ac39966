/**
 * Whole meshes whose agents, besides all that they do elsewhere, wait for a person, leave work uncommitted again and
 * again, and leave processes that nobody can end; under every fault, with the checkers of all invariants.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyOnce } from '../support/simulation/quick-crypto.ts';
import { failureText, writeTrace } from '../support/simulation/report.ts';
import { runSeed } from '../support/simulation/run-seed.ts';
import { wildBehaviours } from '../support/simulation/types.ts';

const isAll = Boolean(process.env.GANGLINE_TEST_ALL);
const isLong = Boolean(process.env.GANGLINE_TEST_LONG);
const seeds = Array.from({ length: isLong ? 100 : isAll ? 8 : 2 }, (_, n) => 5_001 + n);
const seedMsMax = 300_000;

let undo = (): void => {};
beforeAll(() => {
	undo = verifyOnce();
});
afterAll(() => undo());

describe('a mesh whose agents are wild', () => {
	const had = new Set<string>();

	test.each(seeds)(
		'[I5] [I7] [I11] [I12] [I15] keeps every rule (seed %i)',
		async (seed) => {
			const result = await runSeed(seed, { wild: true });
			for (const event of result.trace) if (event.kind === 'agentStarted') had.add(event.behaviour);
			expect(result.violations.length === 0 ? '' : failureText(result, writeTrace(result), [])).toBe('');
		},
		seedMsMax,
	);

	test('goes through each of them', () => {
		for (const behaviour of wildBehaviours) expect([...had]).toContain(behaviour);
	});
});

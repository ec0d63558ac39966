/**
 * A home dies and a bit of what it published last flips, while others have that on their disks: before it goes on it has
 * it from them again, so nothing is undone that anybody was told of.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventsOf } from '../support/simulation/checkers/checker.ts';
import { homeFlip } from '../support/simulation/faults-disk.ts';
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

test(
	'[I6] a home has again from its replicas what its damaged store has lost',
	async () => {
		const fault = { kind: 'homeFlip', ...homeFlip(false) } as const;
		const result = await runSeed(1, {}, (random) => [{ fault, atMs: 40_000, forMs: 8_000, random, state: 'coming' }]);
		expect(result.violations.length === 0 ? '' : failureText(result, writeTrace(result), [])).toBe('');
		const [lost] = eventsOf(result.trace, 'diskLost');
		const published = eventsOf(result.trace, 'published').filter(({ node }) => node === lost?.node);
		const terms = new Set(published.map(({ term }) => term));
		expect(terms.size).toBe(2);
		const settled = published.flatMap(({ history }) => history.map(({ id }) => id));
		expect(settled.length).toBe(new Set(settled).size);
		const revisions = published.filter(({ project }) => project === published.at(-1)?.project);
		expect(revisions.map(({ revision }) => revision)).toEqual(
			revisions.map(({ revision }) => revision).toSorted((a, b) => a - b),
		);
	},
	seedMsMax,
);

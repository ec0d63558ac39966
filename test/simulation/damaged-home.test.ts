/**
 * A home dies and a bit of what it published last flips, while others have that on their disks: before it goes on it has
 * it from them again, so nothing is undone that anybody was told of. One that reaches nobody counts on for itself, and
 * when it has been given up meanwhile, what it counted is not later than what its successor says.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventsOf } from '../support/simulation/checkers/checker.ts';
import { homeFlip } from '../support/simulation/faults-disk.ts';
import { lostMove } from '../support/simulation/faults-moves.ts';
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

test(
	'[I1] a home that was given up while it was damaged has the facts of its successor',
	async () => {
		const flip = { kind: 'homeFlip', ...homeFlip(true) } as const;
		const move = { kind: 'lostMove', ...lostMove() } as const;
		// Both pick the same project.
		const result = await runSeed(2, {}, (random) => [
			{ fault: flip, atMs: 24_000, forMs: 11_000, random: random.fork('which'), state: 'coming' },
			{ fault: move, atMs: 25_000, forMs: 40_000, random: random.fork('which'), state: 'coming' },
		]);
		expect(result.violations.length === 0 ? '' : failureText(result, writeTrace(result), [])).toBe('');
		const [[lost], [moved]] = [eventsOf(result.trace, 'diskLost'), eventsOf(result.trace, 'homeMoved')];
		expect(moved?.from).toBe(lost?.node);
		const later = eventsOf(result.trace, 'publishedInVain').filter(({ node }) => node === lost?.node);
		expect(Math.max(...later.map(({ term }) => term))).toBeGreaterThan(1_000_000_000);
	},
	seedMsMax,
);

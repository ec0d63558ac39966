/**
 * [I3] [I6] for real: homes that land are killed with SIGKILL before, during and after every call of git and every write
 * of the store, with their git children, without them, and with stopped ones that still hold the lock; alone and with a
 * rival that has an older copy of the store. Afterwards git and the facts are judged by code of its own.
 *
 * The short form steps through the kills in a stride; scripts/test --long takes every step in each of the three ways. The
 * long form, 20,000 landings under 2,000 kills, is `scripts/simulate --real`.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { SimRandom } from '../../shared/ports/sim/index.ts';
import type { Doom } from '../support/doomed-steps.ts';
import { MainWitness, wrongAtTheEnd } from '../support/landing-judge.ts';
import { type LanderEnd, LandingYard, type StoreName } from '../support/landing-yard.ts';

const long = Boolean(process.env.GANGLINE_TEST_LONG);
/** From the start of a home to the end of its first landing, and some way into the second. */
const stepsMax = 60;
/** Coprime to `stepsMax`, so that a few kills are spread over all steps and many reach each. */
const stride = 23;
const ways: readonly Doom['children'][] = ['killed', 'stopped', 'left'];
/** Yards at a time, one for each of two cores. */
const lanes = 2;

interface Plan {
	readonly yards: number;
	readonly killsPerYard: number;
	readonly stores: readonly StoreName[];
}

const alone: readonly StoreName[] = ['store'];
const rivals: readonly StoreName[] = ['store', 'rival'];

interface Tally {
	kills: number;
	cleared: number;
	released: number;
	readonly deaths: Set<string>;
}

const longForm = fileURLToPath(new URL('../support/crashes/main.ts', import.meta.url));
let killsAltogether = 0;

const compiled = mkdtempSync(join(tmpdir(), 'gangline-compiled-'));
afterAll(() => rmSync(compiled, { recursive: true }));

/** The n-th kill: every step once, then every step in the next way. */
function doomOf(number: number): Doom {
	const step = 1 + ((number * stride) % stepsMax);
	const way = ways[(number + Math.floor(number / stepsMax)) % ways.length] ?? 'killed';
	return { step, children: way, afterMs: number % 4 };
}

async function inLanes(count: number, run: (number: number) => Promise<void>): Promise<void> {
	const waiting = Array.from({ length: count }, (_, number) => number);
	const lane = async (): Promise<void> => {
		for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) await run(number);
	};
	await Promise.all(Array.from({ length: lanes }, lane));
}

/** Runs a program to its end; answers its exit code and all that it said. */
function run(program: string, ...args: readonly string[]): Promise<[code: number | null, output: string]> {
	const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
	let output = '';
	for (const stream of [child.stderr, child.stdout]) {
		stream.setEncoding('utf8').on('data', (text: string) => {
			output += text;
		});
	}
	return new Promise((resolve) => child.once('close', (code) => resolve([code, output])));
}

/** Lands what is left on the stores and has all of it judged. */
async function finish(yard: LandingYard, stores: readonly StoreName[], tally: Tally): Promise<void> {
	yard.leaveLocks();
	for (const store of stores) {
		const last = await yard.land(store);
		expect(last).toMatchObject({ died: null, trouble: null });
		tally.cleared += last.cleared;
	}
	for (const store of stores) {
		const facts = await yard.facts(store);
		expect(wrongAtTheEnd(yard.gitDir, yard.files, facts)).toEqual([]);
		if (!long) continue;
		expect((await yard.land(store)).items, 'recovering again changes nothing').toEqual(facts);
	}
	tally.released += yard.released;
	expect(yard.wrong).toEqual([]);
}

function count(tally: Tally, ends: readonly LanderEnd[]): void {
	for (const { died, cleared } of ends) {
		tally.cleared += cleared;
		if (died === null) continue;
		tally.kills += 1;
		killsAltogether += 1;
		tally.deaths.add(died);
	}
}

async function killAll(
	{ yards, killsPerYard, stores }: Plan,
	round: (yard: LandingYard, kill: number) => Promise<LanderEnd[]>,
) {
	const tally: Tally = { kills: 0, cleared: 0, released: 0, deaths: new Set() };
	await inLanes(yards, async (number) => {
		using yard = new LandingYard(killsPerYard, compiled);
		await yard.seed();
		const witness = new MainWitness(yard.gitDir);
		for (let kill = 0; kill < killsPerYard; ) {
			const ends = await round(yard, number * killsPerYard + kill);
			count(tally, ends);
			expect(witness.wrong(yard.acknowledged)).toEqual([]);
			kill += ends.length;
			if (ends.some(({ died }) => died === null)) break;
		}
		await finish(yard, stores, tally);
	});
	return tally;
}

/** The long form: scripts/test --all. */
const all = Boolean(process.env.GANGLINE_TEST_ALL);

describe('a home that is killed while it lands', () => {
	it('[I3] [I6] lands each item once, whatever step of a landing it dies at', { timeout: 300_000 }, async () => {
		const plan = long ? { yards: 6, killsPerYard: 30, stores: alone } : { yards: 2, killsPerYard: 6, stores: alone };
		const tally = await killAll(plan, async (yard, kill) => [await yard.land('store', { doom: doomOf(kill) })]);
		expect(tally.kills).toBeGreaterThanOrEqual(plan.yards * plan.killsPerYard * 0.9);
		expect(tally.released).toBeGreaterThan(0);
		expect(tally.cleared).toBeGreaterThanOrEqual(4 * plan.yards);
		if (long) expect(tally.deaths.size).toBeGreaterThanOrEqual(18);
	});

	it.runIf(all)(
		'[I3] [I6] lands each item once with a rival on an older copy of the store',
		{ timeout: 300_000 },
		async () => {
			const plan = long
				? { yards: 5, killsPerYard: 40, stores: rivals }
				: { yards: 1, killsPerYard: 8, stores: rivals };
			const tally = await killAll(plan, (yard, kill) =>
				Promise.all([
					yard.land('store', { doom: doomOf(kill) }),
					yard.land('rival', { doom: doomOf(kill + Math.floor(stepsMax / 2)) }),
				]),
			);
			expect(tally.kills).toBeGreaterThanOrEqual(plan.yards * plan.killsPerYard * 0.5);
			expect(tally.released).toBeGreaterThan(0);
		},
	);

	it('[I3] [I6] lands each item once when it is shot at any moment', { timeout: 300_000 }, async () => {
		const plan = long ? { yards: 4, killsPerYard: 36, stores: alone } : { yards: 1, killsPerYard: 6, stores: alone };
		const random = new SimRandom('shots');
		const tally = await killAll(plan, async (yard) => {
			const target = random.pick(['home', 'family'] as const);
			return [await yard.land('store', { shots: [{ afterMs: random.below(60), target }] })];
		});
		expect(tally.kills).toBeGreaterThanOrEqual(plan.yards * plan.killsPerYard * 0.5);
		expect(killsAltogether).toBeGreaterThanOrEqual(long ? 500 : 18);
		console.info(`e2e/landing-kills: ${killsAltogether} kills`);
	});

	it.runIf(all)(
		'[I3] [I6] lands each item once in lives of several landings, as scripts/simulate --real does',
		{
			timeout: 300_000,
		},
		async () => {
			const goal = long ? ['--landings', '400', '--kills', '40'] : ['--landings', '20', '--kills', '2'];
			const [code, output] = await run(longForm, ...goal, '--seed', 'lives');
			const last = JSON.parse(output.trim().split('\n').at(-1) ?? '');
			expect({ code, ...last }, output).toMatchObject({ code: 0, wrong: 0, whole: true });
			console.info(`e2e/landing-kills: ${last.landings} landings in lives of several, ${last.kills} kills`);
		},
	);
});

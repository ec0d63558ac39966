/**
 * The long form of the landing kills: homes that live long enough to land a handful of items and are then killed, over
 * and over, until as many landings and kills are reached as were asked for. How each dies is drawn: at a step that was
 * counted in advance, or shot from outside at a random moment, alone, with its git children, or after one of those was
 * shot under it. In every other yard a rival with an older copy of the store waits for the lock. Judged after each death.
 */
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Doom } from '../doomed-steps.ts';
import { MainWitness, wrongAtTheEnd } from '../landing-judge.ts';
import { type LanderEnd, LandingYard, type Shot, type StoreName } from '../landing-yard.ts';

export interface SoakGoal {
	readonly landings: number;
	readonly kills: number;
	/** Items of one repository: a longer main is read longer at each start. */
	readonly itemsPerYard: number;
	/** Yards at a time. */
	readonly lanes: number;
	/** No yard is begun after this. */
	readonly isLate: () => boolean;
}

export interface SoakCount {
	yards: number;
	landings: number;
	/** Homes killed, by themselves at a step or from outside. */
	kills: number;
	/** Git children shot while their home lived on. */
	orphaned: number;
	/** Stopped git children of dead homes that went on, or were killed, before the next home. */
	released: number;
	/** Leftovers of git that were cleared by the next holder. */
	cleared: number;
	/** How many died at each kind of step. */
	readonly deaths: Map<string, number>;
	readonly wrong: string[];
}

/** A landing is about this many steps; only the spread of kills depends on it. */
const stepsPerLanding = 39;
const ways: readonly Doom['children'][] = ['killed', 'stopped', 'left'];
/** Of a home that is neither killed nor needed any more; beyond it something waits for ever. */
const livesPerYardMax = 400;

type Death = { readonly doom: Doom } | { readonly shots: readonly Shot[] };

/** Runs yards until the goal is reached or time is up. `onYard` is called after each. */
export async function soak(
	goal: SoakGoal,
	{ random, compiled, onYard }: { random: SimRandom; compiled: string; onYard: (count: SoakCount) => void },
): Promise<SoakCount> {
	const count: SoakCount = {
		...{ yards: 0, landings: 0, kills: 0, orphaned: 0, released: 0, cleared: 0 },
		deaths: new Map(),
		wrong: [],
	};
	let begun = 0;
	const isDone = (): boolean => begun * goal.itemsPerYard >= goal.landings && count.kills >= goal.kills;
	const lane = async (): Promise<void> => {
		while (!isDone() && !goal.isLate() && count.wrong.length === 0) {
			const number = begun++;
			await new YardRun(goal, random.fork(`yard ${number}`), count).run(number, compiled);
			onYard(count);
		}
	};
	await Promise.all(Array.from({ length: goal.lanes }, lane));
	return count;
}

class YardRun {
	readonly #goal: SoakGoal;
	readonly #random: SimRandom;
	readonly #count: SoakCount;
	/** Measured on the lives so far, for shots. */
	#msPerLanding = 60;

	constructor(goal: SoakGoal, random: SimRandom, count: SoakCount) {
		this.#goal = goal;
		this.#random = random;
		this.#count = count;
	}

	async run(number: number, compiled: string): Promise<void> {
		const stores: readonly StoreName[] = number % 2 === 0 ? ['store'] : ['store', 'rival'];
		using yard = new LandingYard(this.#goal.itemsPerYard, compiled);
		await yard.seed();
		const witness = new MainWitness(yard.gitDir);
		for (let life = 0; life < livesPerYardMax && this.#count.wrong.length === 0; life++) {
			const before = yard.acknowledged.size;
			const began = performance.now();
			const ends = await Promise.all(stores.map((store) => yard.land(store, this.#death())));
			const landed = yard.acknowledged.size - before;
			if (landed > 0) this.#msPerLanding = (performance.now() - began) / landed;
			this.#take(ends);
			this.#count.wrong.push(...witness.wrong(yard.acknowledged));
			if (ends.some(({ died }) => died === null)) break;
		}
		await this.#finish(yard, stores);
	}

	/** Lands what is left, then all of it is judged, and recovering again must change nothing. */
	async #finish(yard: LandingYard, stores: readonly StoreName[]): Promise<void> {
		const { wrong } = this.#count;
		yard.leaveLocks();
		for (const store of stores) {
			const end = await yard.land(store);
			this.#take([end]);
			if (end.trouble !== null) wrong.push(`the queue stopped: ${end.trouble}`);
		}
		for (const store of stores) {
			const facts = await yard.facts(store);
			wrong.push(...wrongAtTheEnd(yard.gitDir, yard.files, facts));
		}
		wrong.push(...yard.wrong);
		this.#count.yards += 1;
		this.#count.landings += yard.files.size;
		this.#count.released += yard.released;
	}

	#take(ends: readonly LanderEnd[]): void {
		const count = this.#count;
		for (const { died, cleared, orphaned } of ends) {
			count.cleared += cleared;
			count.orphaned += orphaned;
			if (died === null) continue;
			count.kills += 1;
			count.deaths.set(died, (count.deaths.get(died) ?? 0) + 1);
		}
	}

	/** A life lands as many as there must be for each kill, give or take all of it. */
	#death(): Death {
		const random = this.#random;
		const { landings, kills } = this.#goal;
		// Not quite: lives that end by themselves have no kill, and the start is killed too.
		const share = 0.38 * (landings / kills);
		if (random.below(10) < 6) {
			const step = 1 + random.below(Math.ceil(2 * share * stepsPerLanding));
			return { doom: { step, children: random.pick(ways), afterMs: random.below(4) } };
		}
		const afterMs = random.below(Math.ceil(2 * share * this.#msPerLanding) + 2);
		const target = random.pick(['home', 'family'] as const);
		const child: Shot = { afterMs: random.below(afterMs + 1), target: 'child' };
		return { shots: [{ afterMs, target }, ...(random.below(2) === 0 ? [child] : [])] };
	}
}

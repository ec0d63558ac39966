/** Faults of the network: what is slow, lost, said twice, cut in one or both directions, for short or for long. */
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Makers } from './faults.ts';
import type { Machine } from './machine.ts';
import type { World } from './world.ts';

function pair(world: World, random: SimRandom): readonly [Machine, Machine] {
	const machines = [...world.machines.values()];
	const one = random.pick(machines);
	return [one, random.pick(machines.filter((machine) => machine !== one))];
}

/** Somebody who works for a home, mostly: that is where a cut says most. */
function workPair(world: World, random: SimRandom): readonly [Machine, Machine] {
	const of = (kind: string) => [...world.machines.values()].filter((machine) => machine.kind === kind);
	return random.below(4) === 0 ? pair(world, random) : [random.pick(of('home')), random.pick(of('worker'))];
}

const names = ([one, two]: readonly [Machine, Machine]): string => `${one.name} and ${two.name}`;

export const networkFaults: Makers = {
	latency: {
		forMs: [10_000, 60_000],
		make: () => {
			let slow: readonly [Machine, Machine] | undefined;
			return {
				begin: async (world, random) => {
					slow = pair(world, random);
					const ms = 200 + random.below(4_000);
					for (const [a, b] of [slow, [slow[1], slow[0]] as const]) world.net.setLatency(a.id, b.id, [ms / 4, ms]);
					return `${names(slow)}: up to ${ms} ms`;
				},
				heal: async (world) => {
					if (!slow) return;
					for (const [a, b] of [slow, [slow[1], slow[0]] as const]) world.net.setLatency(a.id, b.id, [1, 5]);
				},
			};
		},
	},
	lostConnections: {
		forMs: [10_000, 50_000],
		make: () => {
			let isOn = true;
			return {
				begin: async (world, random) => {
					const breakOne = (): void => {
						if (!isOn) return;
						const [one, two] = pair(world, random);
						world.net.breakLinks(one.id, two.id);
						world.clock.after(300 + random.below(1_500), breakOne);
					};
					breakOne();
					return 'connections break all the time';
				},
				heal: async () => {
					isOn = false;
				},
			};
		},
	},
	repeatedRequests: {
		forMs: [20_000, 100_000],
		make: () => ({
			begin: async (world) => {
				world.repeatPercent = 40;
				return 'questions are asked twice';
			},
			heal: async (world) => {
				world.repeatPercent = 0;
			},
		}),
	},
	oneWay: {
		forMs: [5_000, 60_000],
		make: () => {
			let cut: readonly [Machine, Machine] | undefined;
			return {
				begin: async (world, random) => {
					const [one, two] = workPair(world, random);
					cut = random.below(2) === 0 ? [one, two] : [two, one];
					world.net.block(cut[0].id, cut[1].id);
					return `${cut[0].name} is not heard by ${cut[1].name}`;
				},
				heal: async (world) => {
					if (cut) world.net.heal(cut[0].id, cut[1].id);
				},
			};
		},
	},
	partition: { forMs: [3_000, 40_000], make: () => isolation(false) },
	/** Longer than two leases of 40 s. */
	longPartition: { forMs: [85_000, 120_000], make: () => isolation(true) },
	flapping: {
		forMs: [20_000, 60_000],
		make: () => {
			let stop = (): void => {};
			return {
				begin: async (world, random) => {
					const [one, two] = workPair(world, random);
					stop = world.net.flap(one.id, two.id, { upMs: 1_500, downMs: 2_500 });
					return names([one, two]);
				},
				heal: async () => stop(),
			};
		},
	},
};

/** Of workers the busiest: whoever has nothing to lose is not missed. */
function atWork(picked: Machine, likely: readonly Machine[]): Machine {
	if (picked.kind !== 'worker') return picked;
	const workers = likely.filter(({ kind }) => kind === 'worker');
	return workers.reduce((most, one) => (one.attempts.size > most.attempts.size ? one : most), picked);
}

/** One machine is cut off from some of the others, or from all. */
function isolation(isLong: boolean) {
	let cut: (readonly [Machine, Machine])[] = [];
	return {
		begin: async (world: World, random: SimRandom): Promise<string> => {
			const machines = [...world.machines.values()];
			const likely = machines.filter(
				({ kind }) => !isLong || kind === 'worker' || kind === 'home' || kind === 'laptop',
			);
			const one = atWork(random.pick(likely), likely);
			const isWhole = random.below(2) === 0;
			const others = machines.filter((machine) => machine !== one && (isWhole || random.below(2) === 0));
			cut = others.map((other) => [one, other] as const);
			for (const [a, b] of cut) world.net.partition(a.id, b.id);
			return `${one.name} from ${others.map(({ name }) => name).join(', ') || 'nobody'}`;
		},
		heal: async (world: World): Promise<void> => {
			for (const [a, b] of cut) world.net.heal(a.id, b.id);
		},
	};
}

/**
 * Faults of disks: syncs that fail, no room, writes that a power cut tears, flipped bits, and a copy of last week put
 * back in place of what was there. A store that refused a write needs its process begun again, as its operator does.
 */
import type { SimBackup, SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Makers } from './faults.ts';
import type { Machine } from './machine.ts';
import type { Fault } from './types.ts';
import { write } from './workload.ts';
import type { World } from './world.ts';

function pickUp(world: World, random: SimRandom, kinds: readonly Machine['kind'][]): Machine | null {
	const likely = [...world.machines.values()].filter(({ kind, process }) => kinds.includes(kind) && process !== null);
	return likely.length === 0 ? null : random.pick(likely);
}

/** Ends what runs there and begins it anew on a disk that works. */
function restart(world: World, machine: Machine): void {
	machine.disk.mend();
	if (machine.process) world.crash(machine.name, 'process', 'its store had failed');
	world.bootSoon(machine.name, 500);
}

/** A person goes on writing, before and after the same text of theirs was put back. */
function writeAt(world: World, { name, person }: Machine, afterMs: number): void {
	if (person === null) return;
	world.clock.after(afterMs, () => {
		const [seat] = world.machine(name).process?.seats() ?? [];
		const [key] = Object.keys(seat?.replica.facts.items ?? {});
		if (seat && key) write(world, { who: person, project: seat.replica.id, key, n: world.nextLine++ });
	});
}

/** Hears nobody for a while: what others have of its own changes cannot tell it what it lost. */
function alone(world: World, one: Machine, forMs: number): void {
	const others = [...world.machines.values()].filter((machine) => machine !== one);
	for (const other of others) world.net.partition(one.id, other.id);
	world.clock.after(forMs, () => {
		for (const other of others) world.net.heal(one.id, other.id);
	});
}

/**
 * What of a project a home has lost cannot be told from what its workers never had; so homes keep theirs, but for what
 * they published last.
 */
const replaceable = ['worker', 'laptop'] as const;

/** Longer than a home that has lost facts waits for somebody who may have them. */
const unheardMs = 12_000;
/** Within this others have what a home has published. */
const heardMs = 30;

/**
 * Of what a home published last a bit flips, when others have it already; `isAlone`: and reaches none of them when it
 * starts again (default: drawn).
 */
export function homeFlip(isAlone?: boolean): Omit<Fault<World>, 'kind'> {
	let machine: Machine | null = null;
	let startsAlone = false;
	let isHealed = false;
	const flip = (world: World, { machine, id, random }: Flipping): void => {
		world.crash(machine.name, 'process', 'a bit of its facts will flip');
		const { disk } = machine;
		const last = [...disk.backup().pairs.keys()]
			.filter((key) => key.startsWith(`s!doc/${id}/index/`))
			.sort()
			.at(-1);
		if (disk.flipBit(random, (key) => key === last)) {
			world.emit({ kind: 'diskLost', node: machine.name, how: 'flip' });
		}
	};
	return {
		begin: async (world, random) => {
			const { id, name } = random.pick(world.origins.all());
			machine = world.homeOf(id);
			const { process } = machine;
			if (!process) return null;
			startsAlone = isAlone ?? random.below(2) === 0;
			const flipping = { machine, id, random: random.fork('flip') };
			const { revision } = world.projectAtHome(id)?.home.facts ?? {};
			// What was published last says something new, if there is anything new in time.
			const look = (): void => {
				if (isHealed || process.isDead) return;
				if (world.projectAtHome(id)?.home.facts.revision === revision) world.clock.after(50, look);
				else world.clock.after(heardMs, () => !isHealed && !process.isDead && flip(world, flipping));
			};
			look();
			return `of ${name} at ${machine.name}${startsAlone ? ', which then reaches nobody' : ''}`;
		},
		heal: async (world) => {
			isHealed = true;
			if (!machine) return;
			if (startsAlone && !machine.process) alone(world, machine, unheardMs);
			world.bootSoon(machine.name, 1);
		},
	};
}

interface Flipping {
	readonly machine: Machine;
	readonly id: string;
	readonly random: SimRandom;
}

export const diskFaults: Makers = {
	failingSync: {
		forMs: [500, 15_000],
		make: () => {
			let machine: Machine | null = null;
			return {
				begin: async (world, random) => {
					machine = pickUp(world, random, ['worker', 'laptop', 'home', 'gateway']);
					machine?.disk.failNextSync();
					return machine?.name ?? null;
				},
				heal: async (world) => {
					if (machine) restart(world, machine);
				},
			};
		},
	},
	fullDisk: {
		forMs: [2_000, 30_000],
		make: () => {
			let machine: Machine | null = null;
			return {
				begin: async (world, random) => {
					machine = pickUp(world, random, ['worker', 'laptop', 'home']);
					machine?.disk.fill(random.below(4_000));
					return machine?.name ?? null;
				},
				heal: async (world) => {
					if (machine) restart(world, machine);
				},
			};
		},
	},
	tornWrite: {
		forMs: [500, 20_000],
		make: () => {
			let machine: Machine | null = null;
			return {
				begin: async (world, random) => {
					machine = pickUp(world, random, ['worker', 'laptop', 'home']);
					if (!machine) return null;
					machine.disk.holdSyncs();
					const { name } = machine;
					world.clock.after(200 + random.below(2_000), () => world.crash(name, 'machine', 'power was cut in a write'));
					return name;
				},
				heal: async (world) => {
					if (!machine) return;
					machine.disk.releaseSyncs();
					world.bootSoon(machine.name, 1);
				},
			};
		},
	},
	bitFlip: {
		forMs: [500, 5_000],
		make: () => {
			let machine: Machine | null = null;
			return {
				begin: async (world, random) => {
					machine = pickUp(world, random, replaceable);
					if (!machine) return null;
					world.crash(machine.name, 'process', 'a bit will flip');
					const isFlipped = machine.disk.flipBit(random);
					if (isFlipped) world.emit({ kind: 'diskLost', node: machine.name, how: 'flip' });
					return machine.name;
				},
				heal: async (world) => {
					if (machine) world.bootSoon(machine.name, 1);
				},
			};
		},
	},
	homeFlip: { forMs: [2_000, 12_000], make: () => homeFlip() },
	oldBackup: {
		forMs: [10_000, 60_000],
		make: () => {
			let kept: { machine: Machine; backup: SimBackup } | null = null;
			return {
				begin: async (world, random) => {
					const machine = pickUp(world, random, random.below(2) === 0 ? replaceable : ['laptop']);
					if (!machine) return null;
					writeAt(world, machine, 1);
					world.clock.after(1_500, () => {
						kept = { machine, backup: machine.disk.backup() };
					});
					writeAt(world, machine, 3_000);
					return `of ${machine.name}`;
				},
				heal: async (world) => {
					if (!kept) return;
					const { machine, backup } = kept;
					if (machine.process) world.crash(machine.name, 'process', 'an old copy is put back');
					machine.disk.restore(backup);
					world.emit({ kind: 'diskLost', node: machine.name, how: 'backup' });
					alone(world, machine, 4_000);
					world.bootSoon(machine.name, 500);
					writeAt(world, machine, 3_000);
				},
			};
		},
	},
};

/** Faults of processes, machines and their clocks: they die at any step, sleep for hours, run fast or slow. */
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Makers } from './faults.ts';
import type { Machine } from './machine.ts';
import { interruptLanding } from './mischief.ts';
import { speak } from './people.ts';
import type { World } from './world.ts';

const isUp = ({ process }: Machine): boolean => process !== null;

function pick(world: World, random: SimRandom, kinds: readonly Machine['kind'][]): Machine | null {
	const likely = [...world.machines.values()].filter((machine) => kinds.includes(machine.kind) && isUp(machine));
	return likely.length === 0 ? null : random.pick(likely);
}

/** Down for a while, then a supervisor or a person starts it again. */
function crash(how: 'process' | 'machine', kinds: readonly Machine['kind'][]) {
	let downed: string | null = null;
	return {
		begin: async (world: World, random: SimRandom): Promise<string | null> => {
			const machine = pick(world, random, kinds);
			if (!machine) return null;
			downed = machine.name;
			world.crash(machine.name, how, 'a fault');
			return machine.name;
		},
		heal: async (world: World): Promise<void> => {
			if (downed !== null) world.bootSoon(downed, 1);
		},
	};
}

/** Steps of which most runs see few, and between which a promise is kept or broken. */
const delicate: Readonly<Record<Machine['kind'], readonly string[]>> = {
	gateway: ['disk.commit', 'disk.commit:done'],
	laptop: ['disk.commit', 'disk.commit:done'],
	home: ['git.moveMain', 'git.moveMain:done', 'git.keep', 'git.keep:done'],
	worker: ['agent.ended', 'report.sent', 'git.keep'],
};

interface Fuse {
	readonly machine: Machine;
	readonly kind: Machine['fuseKind'];
	/** Null: at any step. */
	readonly at: string | null;
	readonly steps: number;
}

/** A machine dies when it has taken so many steps. */
function fused(lay: (world: World, random: SimRandom) => Fuse | null) {
	let lit: Machine | null = null;
	return {
		begin: async (world: World, random: SimRandom): Promise<string | null> => {
			const fuse = lay(world, random);
			if (!fuse) return null;
			const { machine, kind, at, steps } = fuse;
			lit = machine;
			machine.fuseKind = kind;
			machine.fuseAt = at;
			machine.fuse = steps;
			machine.lastMoment = at === 'git.moveMain:done' ? () => interruptLanding(world, machine, random) : null;
			return `${machine.name}, ${steps} steps from now${at === null ? '' : ` of ${at}`}`;
		},
		heal: async (world: World): Promise<void> => {
			if (!lit) return;
			lit.fuse = 0;
			lit.lastMoment = null;
			if (!lit.process) world.bootSoon(lit.name, 1);
		},
	};
}

/** A person wants what nobody grants, so that refusals come while their laptop dies. */
function wantInVain(world: World, { name: who }: Machine): void {
	const [project] = world.origins.all();
	const draft = { by: 'user', who, item: '01K0G0NE000000000000000000', event: 'delete', args: {} } as const;
	for (const ms of [300, 600, 900, 1_200]) {
		world.clock.after(ms, () => project && speak(world, { who, project: project.id, draft }));
	}
}

const anyone = ['gateway', 'home', 'worker', 'laptop'] as const;

export const processFaults: Makers = {
	crashProcess: { forMs: [200, 20_000], make: () => crash('process', ['worker', 'home', 'laptop']) },
	crashMachine: { forMs: [1_000, 60_000], make: () => crash('machine', ['worker', 'home', 'laptop']) },
	crashHome: { forMs: [200, 30_000], make: () => crash('process', ['home']) },
	gatewayAway: { forMs: [5_000, 150_000], make: () => crash('machine', ['gateway']) },
	crashAtStep: {
		forMs: [20_000, 60_000],
		make: () =>
			fused((world, random) => {
				const machine = pick(world, random, random.below(3) === 0 ? anyone : ['home', 'worker']);
				if (!machine) return null;
				const kind = random.below(2) === 0 ? 'process' : 'machine';
				const at = random.below(2) === 0 ? null : random.pick(delicate[machine.kind]);
				return { machine, kind, at, steps: 1 + random.below(at === null ? 400 : 4) };
			}),
	},
	/** Again and again a home (or somebody's laptop) dies between one commit of its disk and the next, so what it writes in two is seen apart. */
	crashInCommit: {
		forMs: [10_000, 25_000],
		make: () => {
			let dying: Machine | null = null;
			return {
				begin: async (world, random) => {
					const laptop = random.below(2) === 0 ? pick(world, random, ['laptop']) : null;
					const home = laptop ?? world.homeOf(random.pick(world.origins.all()).id);
					dying = home;
					const again = (): void => {
						if (dying === null) return;
						if (!home.process) world.bootSoon(home.name, 1);
						if (laptop) wantInVain(world, laptop);
						home.fuseKind = 'process';
						home.fuseAt = random.pick(['disk.commit', 'disk.commit:done'] as const);
						home.fuse = 1 + random.below(20);
						home.lastMoment = null;
						world.clock.after(2_000, again);
					};
					again();
					return home.name;
				},
				heal: async (world) => {
					if (!dying) return;
					dying.fuse = 0;
					if (!dying.process) world.bootSoon(dying.name, 1);
					dying = null;
				},
			};
		},
	},
	/** A home dies right after main has moved, and people want otherwise what has just landed. */
	crashInLanding: {
		forMs: [20_000, 60_000],
		make: () =>
			fused((world, random) => {
				const home = world.homeOf(random.pick(world.origins.all()).id);
				if (!home.process) return null;
				const kind = random.below(2) === 0 ? 'process' : 'machine';
				return { machine: home, kind, at: 'git.moveMain:done', steps: 1 + random.below(2) };
			}),
	},
	clockJump: {
		forMs: [1_000, 60_000],
		make: () => {
			let jumped: { machine: Machine; ms: number } | null = null;
			return {
				begin: async (world, random) => {
					// A home measures everybody's silence.
					const homes = [...world.machines.values()].filter(({ kind }) => kind === 'home');
					const machine = random.pick(random.below(4) > 0 ? homes : [...world.machines.values()]);
					const ms = (random.below(2) === 0 ? -1 : 1) * (1_000 + random.below(3_600_000));
					jumped = { machine, ms };
					machine.clock.jump(ms);
					return `${machine.name} by ${Math.round(ms / 1_000)} s`;
				},
				heal: async () => jumped?.machine.clock.jump(-jumped.ms),
			};
		},
	},
	clockRate: {
		forMs: [20_000, 120_000],
		make: () => {
			let machine: Machine | null = null;
			return {
				begin: async (world, random) => {
					machine = random.pick([...world.machines.values()]);
					const rate = 0.5 + random.below(1_501) / 1_000;
					machine.clock.setRate(rate);
					return `${machine.name} at ${rate}`;
				},
				heal: async () => machine?.clock.setRate(1),
			};
		},
	},
	/** A machine that is closed like a laptop: it sees nothing pass, and hours later it goes on. */
	sleeper: {
		forMs: [20_000, 110_000],
		make: () => {
			let asleep: Machine | null = null;
			let boots = 0;
			return {
				begin: async (world, random) => {
					asleep = pick(world, random, ['worker', 'laptop', 'home']);
					if (!asleep) return null;
					boots = asleep.boots;
					asleep.clock.setRate(0);
					for (const other of world.machines.values()) if (other !== asleep) world.net.partition(asleep.id, other.id);
					return asleep.name;
				},
				heal: async (world) => {
					if (!asleep) return;
					for (const other of world.machines.values()) if (other !== asleep) world.net.heal(asleep.id, other.id);
					asleep.clock.setRate(1);
					if (asleep.boots === boots) asleep.clock.jump(3 * 3_600_000);
				},
			};
		},
	},
};

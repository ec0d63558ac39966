/** What owners of the mesh do in the middle of everything: cut a worker off for good, or let one finish and take no more. */

import { rehomeHandlers } from '../../../gateway/http/rehome-handler.ts';
import { encodeMessage } from '../../../shared/mesh/sync/wire.ts';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import { drain, type RegistryFacts, revoke, undrain } from '../../../shared/registry/index.ts';
import type { Makers } from './faults.ts';
import type { Machine } from './machine.ts';
import { speak } from './people.ts';
import { push } from './pushes.ts';
import type { Fault } from './types.ts';
import type { World } from './world.ts';

function workers(world: World): readonly Machine[] {
	const { nodes } = world.registry;
	return [...world.machines.values()].filter(({ kind, id }) => kind === 'worker' && nodes[id]?.status === 'member');
}

function change(world: World, what: string, edit: (facts: RegistryFacts, now: number) => RegistryFacts): boolean {
	const { process } = world.machine('gate');
	if (!process?.core) return false;
	process.core.registry.change(edit).then(
		({ revision }) => process.emit({ kind: 'registry', revision, what }),
		(error: unknown) => process.emit({ kind: 'refused', node: 'gate', code: codeOf(error), what }),
	);
	return true;
}

const newerHello = encodeMessage({ message: { k: 'hello', schema: 1_000 } });

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown');

/** A project and the two homes between which it may move. */
function sides(world: World, random: SimRandom) {
	const project = random.pick(world.origins.all());
	const from = world.homeOf(project.id);
	return { project, from, to: world.machine(from.name === 'desk' ? 'loft' : 'desk') };
}

/** Asks the gateway to move a project, as an owner does. */
async function move(world: World, { project, from, to }: ReturnType<typeof sides>, lost: boolean) {
	const { process } = world.machine('gate');
	if (!process?.core) return null;
	if (lost) {
		world.emit({ kind: 'homeGivenUp', project: project.id, from: from.name });
	}
	const what = `${project.name} from ${from.name} to ${to.name}`;
	const handlers = rehomeHandlers(process.core);
	const caller = { person: 'ann', access: 'owner' } as const;
	handlers['project.rehome']({ project: { kind: 'id', id: project.id }, to: to.name, lost }, caller).then(
		() => {
			const { term = 0 } = world.registry.projects[project.id] ?? {};
			const how = lost ? 'lost' : 'sealed';
			process.emit({ kind: 'homeMoved', project: project.id, from: from.name, to: to.name, how, term });
		},
		(error: unknown) => process.emit({ kind: 'refused', node: 'gate', code: codeOf(error), what: `move ${what}` }),
	);
	return what;
}

/** How long a home that is about to be lost is heard by one person alone. */
const apartMs = 8_000;

/**
 * From now on what the home decides reaches one person and nobody else, while people on both sides want new things.
 * Answers what lets that person be heard by the others.
 */
function keepToItself(world: World, { project: { id }, from }: ReturnType<typeof sides>): () => void {
	const near = world.machine('ann');
	const inside = [from, near];
	const outside = [...world.machines.values()].filter((machine) => !inside.includes(machine));
	for (const one of inside) for (const other of outside) world.net.partition(one.id, other.id);
	wantMore(world, { project: id, speakers: ['ann', 'bob', 'ann', 'ann', 'ann', 'ann'], everyMs: 1_500 });
	return () => {
		for (const other of outside) world.net.heal(near.id, other.id);
	};
}

/** So long nobody hears of the new home what it begins with. */
const unheardMs = 6_000;

/**
 * The home that is given up lives, and answers one person, who is heard by it late: also what was wanted before she knew
 * that another is the home, whose facts come to her later still.
 */
function answersLate(world: World, { project, from, to }: ReturnType<typeof sides>): void {
	const [near, gate] = [world.machine('ann'), world.machine('gate')];
	const others = [...world.machines.values()].filter((machine) => machine !== to);
	world.net.setLatency(near.id, from.id, [2_000, 3_000]);
	const until = world.clock.monotonic() + apartMs + apartMs;
	const look = (): void => {
		if (world.clock.monotonic() > until) return;
		if (world.homeOf(project.id) !== to) {
			world.clock.after(1, look);
			return;
		}
		for (const other of others) world.net.partition(to.id, other.id);
		world.net.heal(near.id, gate.id);
		world.clock.after(unheardMs, () => {
			for (const other of others) if (other !== from) world.net.heal(to.id, other.id);
		});
	};
	world.clock.after(apartMs, look);
}

interface Wanting {
	readonly project: string;
	/** One after another, as often as they are named. */
	readonly speakers: readonly string[];
	readonly everyMs: number;
}

/** People want new things, which wait. */
function wantMore(world: World, { project, speakers, everyMs }: Wanting): void {
	for (const [at, who] of speakers.entries()) {
		const item = `01K0GANE${String(world.step).padStart(16, '0')}${String(at).padStart(2, '0')}`;
		const args = { title: `Wanted by ${who}`, type: 'story', description: 'Later.', labels: ['hold'] };
		const draft = { by: 'user', who, item, event: 'add', args } as const;
		world.clock.after(everyMs * (at + 1), () => speak(world, { who, project, draft }));
	}
}

/** So long people have been talking when a home is to hand over. */
const leadMs = 1_500;

/** What one of the two homes hears is late, whoever says it, or nothing is: what one is told others pass on. */
function slowWay(world: World, { from, to }: ReturnType<typeof sides>, random: SimRandom): () => void {
	const late = random.pick([null, from, to]);
	const ms = 1_000 + random.below(3_000);
	const hears = (latency: readonly [number, number]): void => {
		for (const { id } of world.machines.values())
			if (late && id !== late.id) world.net.setLatency(id, late.id, latency);
	};
	hears([ms / 4, ms]);
	return () => hears([1, 5]);
}

/** A home hands over while people go on talking, and what is said of it may be late. */
export function sealedMove(): Omit<Fault<World>, 'kind'> {
	let soonAgain = (): void => {};
	return {
		begin: async (world, random) => {
			const moving = sides(world, random);
			const { project, from, to } = moving;
			soonAgain = slowWay(world, moving, random);
			const speakers = Array.from({ length: 12 }, (_, n) => ['ann', 'bob'][n % 2] ?? 'ann');
			wantMore(world, { project: project.id, speakers, everyMs: 500 });
			world.clock.after(leadMs, () => {
				if (world.homeOf(project.id) === from) void move(world, moving, false);
			});
			return `${project.name} from ${from.name} to ${to.name}`;
		},
		heal: async () => soonAgain(),
	};
}

/** The old home is gone, or lives and is given up, and comes back long after. */
export function lostMove(): Omit<Fault<World>, 'kind'> {
	let over: ReturnType<typeof sides> | null = null;
	return {
		begin: async (world, random) => {
			if (!world.machine('gate').process?.core) return null;
			const moving = sides(world, random);
			over = moving;
			const rejoin = keepToItself(world, moving);
			const isGone = random.below(2) === 0;
			if (!isGone) answersLate(world, moving);
			world.clock.after(apartMs, () => {
				if (world.homeOf(moving.project.id) !== moving.from) return;
				if (isGone) world.crash(moving.from.name, 'machine', 'it is lost');
				void move(world, moving, true);
			});
			world.clock.after(apartMs + apartMs, rejoin);
			return `${moving.project.name} from ${moving.from.name} to ${moving.to.name}`;
		},
		heal: async (world) => {
			if (!over) return;
			for (const other of world.machines.values()) world.net.heal(over.from.id, other.id);
			world.net.setLatency(world.machine('ann').id, over.from.id, [1, 5]);
			if (!over.from.process) world.bootSoon(over.from.name, 1);
		},
	};
}

export const meshFaults: Makers = {
	sealedMove: { forMs: [10_000, 25_000], make: sealedMove },
	lostMove: { forMs: [30_000, 80_000], make: lostMove },
	/** A member that was upgraded before the others: it says a schema and sends what nobody here knows. */
	newerPeer: {
		forMs: [5_000, 20_000],
		make: () => {
			let isOn = true;
			let upgraded: Machine | undefined;
			return {
				begin: async (world, random) => {
					const one = random.pick([...world.machines.values()].filter(({ process }) => process?.parts));
					upgraded = one;
					const { network } = one?.process?.mesh?.mesh ?? {};
					if (!network) return null;
					const say = async (): Promise<void> => {
						for (const { node } of network.links()) {
							const channel = await network.open(node, '/gangline/sync/1');
							await channel.send(newerHello);
						}
					};
					const again = (): void => {
						if (!isOn || one.process?.isDead !== false) return;
						say().catch(() => {});
						world.clock.after(1_000 + random.below(2_000), again);
					};
					again();
					return one.name;
				},
				/** It is put back to the old version, so its connections begin anew. */
				heal: async (world) => {
					isOn = false;
					for (const { id } of world.machines.values()) if (upgraded) world.net.breakLinks(upgraded.id, id);
				},
			};
		},
	},
	/** Somebody pushes again and again while things land. */
	personPushes: {
		forMs: [5_000, 20_000],
		make: () => {
			let isOn = true;
			return {
				begin: async (world, random) => {
					const { id, name } = random.pick(world.origins.all());
					const again = (n: number): void => {
						if (!isOn || n > 12) return;
						void push(world, id, { n: 100 + n, touchesShared: n % 4 === 0, forges: n % 5 === 0 });
						world.clock.after(200 + random.below(1_500), () => again(n + 1));
					};
					again(0);
					return `to ${name}`;
				},
				heal: async () => {
					isOn = false;
				},
			};
		},
	},
	revocation: {
		forMs: [1_000, 1_000],
		make: () => ({
			begin: async (world, random) => {
				const all = workers(world);
				// Somebody has to be left who works.
				if (all.length < 2) return null;
				const { id, name } = random.pick(all);
				return change(world, `revoke ${name}`, (facts, now) => revoke(facts, id, now)) ? name : null;
			},
			heal: async () => {},
		}),
	},
	draining: {
		forMs: [10_000, 80_000],
		make: () => {
			let drained: Machine | null = null;
			return {
				begin: async (world, random) => {
					const all = workers(world);
					if (all.length < 2) return null;
					const machine = random.pick(all);
					drained = machine;
					const isAsked = change(world, `drain ${machine.name}`, (facts, now) => drain(facts, machine.id, now));
					return isAsked ? machine.name : null;
				},
				heal: async (world) => {
					const id = drained?.id;
					const isThere = id && world.registry.nodes[id]?.status === 'draining';
					if (isThere) change(world, 'undrain', (facts, now) => undrain(facts, id, now));
				},
			};
		},
	},
};

/** A sealed move that breaks: the new home is cut off when the old one has handed over, and then that one dies. */
export function brokenMove(): Fault<World> {
	let over: ReturnType<typeof sides> | null = null;
	return {
		kind: 'sealedMove',
		begin: async (world, random) => {
			const moving = sides(world, random);
			if (!moving.from.process || !moving.to.process) return null;
			over = moving;
			const what = await move(world, moving, false);
			world.net.partition(world.machine('gate').id, moving.to.id);
			world.clock.after(4_000 + random.below(12_000), () =>
				world.crash(moving.from.name, 'process', 'in the middle of a move'),
			);
			return what;
		},
		heal: async (world) => {
			if (!over) return;
			world.net.heal(world.machine('gate').id, over.to.id);
			world.bootSoon(over.from.name, 1);
		},
	};
}

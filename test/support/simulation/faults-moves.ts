/** The homes of projects change: one hands over, or is lost, while people go on talking. */

import { rehomeHandlers } from '../../../gateway/http/rehome-handler.ts';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import { codeOf, speak } from './people.ts';
import type { Fault } from './types.ts';
import type { World } from './world.ts';

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
 * From now on what the home decides reaches one person and nobody else, while people on both sides want new things, and
 * not the same of `disputed`. Answers what lets that person be heard by the others.
 */
function keepToItself(world: World, { project: { id }, from }: ReturnType<typeof sides>, disputed: string): () => void {
	const near = world.machine('ann');
	const inside = [from, near];
	const outside = [...world.machines.values()].filter((machine) => !inside.includes(machine));
	for (const one of inside) for (const other of outside) world.net.partition(one.id, other.id);
	wantMore(world, { project: id, speakers: ['ann', 'bob', 'ann', 'ann', 'ann', 'ann'], everyMs: 1_500 });
	const edit = { by: 'user', item: disputed, event: 'edit', args: { title: 'Wanted still' } } as const;
	world.clock.after(1_000, () => speak(world, { who: 'ann', project: id, draft: { ...edit, who: 'ann' } }));
	const remove = { by: 'user', item: disputed, event: 'delete', args: {} } as const;
	world.clock.after(1_000, () => speak(world, { who: 'bob', project: id, draft: { ...remove, who: 'bob' } }));
	return () => {
		for (const other of outside) world.net.heal(near.id, other.id);
	};
}

/** Within this whoever was apart has dialled all others again. */
const metMs = 12_000;

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
		const item = wantedKey(world, at);
		world.clock.after(everyMs * (at + 1), () => want(world, { who, project, item }));
	}
}

const wantedKey = (world: World, n: number): string =>
	`01K0GANE${String(world.step).padStart(16, '0')}${String(n).padStart(2, '0')}`;

function want(
	world: World,
	{ who, project, item }: { readonly who: string; readonly project: string; readonly item: string },
) {
	const args = { title: `Wanted by ${who}`, type: 'story', description: 'Later.', labels: ['hold'] };
	speak(world, { who, project, draft: { by: 'user', who, item, event: 'add', args } });
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

/** When the home has been alone with one person for a while, it is given up. */
function lose(world: World, { moving, disputed, isGone }: Loss): void {
	const rejoin = keepToItself(world, moving, disputed);
	if (!isGone) answersLate(world, moving);
	world.clock.after(apartMs, () => {
		if (world.homeOf(moving.project.id) !== moving.from) return;
		if (isGone) world.crash(moving.from.name, 'machine', 'it is lost');
		void move(world, moving, true);
	});
	world.clock.after(apartMs + apartMs, () => {
		rejoin();
		if (isGone) meetsLast(world, moving);
	});
}

/** What the person was told by the lost home reaches the new one when she has long heard of that. */
function meetsLast(world: World, { from, to }: ReturnType<typeof sides>): void {
	const others = [...world.machines.values()].filter((machine) => machine !== to);
	for (const other of others) world.net.partition(to.id, other.id);
	world.clock.after(metMs, () => {
		for (const other of others) if (other !== from) world.net.heal(to.id, other.id);
	});
}

interface Loss {
	readonly moving: ReturnType<typeof sides>;
	readonly disputed: string;
	readonly isGone: boolean;
}

/** The old home is gone, or lives and is given up, and comes back long after. */
export function lostMove(): Omit<Fault<World>, 'kind'> {
	let over: ReturnType<typeof sides> | null = null;
	return {
		begin: async (world, random) => {
			if (!world.machine('gate').process?.core) return null;
			const moving = sides(world, random);
			const disputed = wantedKey(world, 99);
			want(world, { who: 'bob', project: moving.project.id, item: disputed });
			const isGone = random.below(2) === 0;
			world.clock.after(leadMs, () => {
				if (world.homeOf(moving.project.id) === moving.from) lose(world, { moving, disputed, isGone });
			});
			over = moving;
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

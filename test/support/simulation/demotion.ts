/**
 * A person may only look for a while, and what they said before comes late: it is with a home that it is not for when
 * the access is taken away, and that one brings it when the home that it is for has heard of it.
 */
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import { setPerson } from '../../../shared/registry/index.ts';
import { speak } from './people.ts';
import { write } from './workload.ts';
import type { World } from './world.ts';

interface Demotion {
	readonly atMs: number;
	readonly what: string;
	readonly run: (world: World) => void;
}

export interface DemotionDrawing {
	readonly random: SimRandom;
	readonly person: string;
	readonly projects: readonly string[];
	readonly busyMs: number;
}

/** So long before the access is taken away, and after it, what was said is on its way. */
const lateMs = 8_000;

/** One person loses the access to change anything for a while. */
export function drawDemotion({ random, person, projects, busyMs }: DemotionDrawing): Demotion[] {
	if (random.below(3) > 0) return [];
	const atMs = 20_000 + random.below(busyMs / 2);
	const project = random.pick(projects);
	return [
		{ atMs: atMs - lateMs, what: `${person} is heard late`, run: (world) => speakLate(world, person, project) },
		{ atMs, what: `${person} may only look`, run: (world) => void set(world, person, 'viewer') },
		...[1, 2, 3].map((n) => ({
			...{ atMs: atMs + n * lateMs, what: `${person} writes all the same ${n}` },
			run: (world: World) => writeAllTheSame(world, { who: person, project, n: 700 + n }),
		})),
		{
			atMs: Math.min(atMs + 70_000, busyMs - 1),
			what: `${person} may speak again`,
			run: (world) => giveBack(world, person),
		},
	];
}

async function set(world: World, person: string, access: 'viewer' | 'member'): Promise<boolean> {
	const { process } = world.machine('gate');
	if (!process?.core) return false;
	return process.core.registry
		.change((facts) => setPerson(facts, { id: person, access }))
		.then(
			({ revision }) => process.emit({ kind: 'registry', revision, what: `${person} is ${access}` }),
			() => process.emit({ kind: 'refused', node: 'gate', code: 'REFUSED', what: `${person} as ${access}` }),
		)
		.then(() => world.registry.people[person]?.access === access);
}

/** What somebody said who may only look waits where they said it; so an owner does not forget to give it back. */
function giveBack(world: World, person: string): void {
	void set(world, person, 'member').then((isSet) => {
		if (!isSet) world.clock.after(1_000, () => giveBack(world, person));
	});
}

/** Who may only look writes on their own machine, where nothing keeps them from it. */
function writeAllTheSame(world: World, { who, project, n }: { who: string; project: string; n: number }): void {
	const seats = world.machine(who).process?.seats() ?? [];
	const facts = seats.find(({ replica }) => replica.id === project)?.replica.facts;
	const key = Object.keys(facts?.items ?? {})[n % 5];
	if (key) write(world, { who, project, key, n });
}

/** The person and a home of something else are apart from everybody, with each other, and the person speaks. */
function speakLate(world: World, who: string, project: string): void {
	const bearer = world.machine(world.homeOf(project).name === 'desk' ? 'loft' : 'desk');
	const inside = [world.machine(who), bearer];
	const outside = [...world.machines.values()].filter((machine) => !inside.includes(machine));
	const each = (change: 'partition' | 'heal'): void => {
		for (const one of inside) for (const other of outside) world.net[change](one.id, other.id);
	};
	each('partition');
	world.clock.after(2 * lateMs, () => each('heal'));
	for (const n of [1, 2]) {
		world.clock.after(2_000 * n, () => {
			const seats = world.machine(who).process?.seats() ?? [];
			const facts = seats.find(({ replica }) => replica.id === project)?.replica.facts;
			const item = Object.keys(facts?.items ?? {})[n];
			if (!item) return;
			speak(world, { who, project, draft: { by: 'user', who, item, event: 'edit', args: { title: `Late ${n}` } } });
		});
	}
}

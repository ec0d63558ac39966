/**
 * What nobody may ask for: people who say themselves what only gates and landings may, items that wait for themselves
 * or for nothing that is there, a home that gives out the work of another.
 */
import type { ItemDraft } from '../../../shared/operations/index.ts';
import type { Item } from '../../../shared/pipeline/index.ts';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';
import { workBegin } from '../../../shared/protocol/work-methods.ts';
import { speak } from './people.ts';
import type { World } from './world.ts';

interface Intrusion {
	readonly atMs: number;
	readonly what: string;
	readonly run: (world: World) => void;
}

export interface IntrusionDrawing {
	readonly random: SimRandom;
	readonly project: string;
	readonly speakers: readonly string[];
	readonly busyMs: number;
	/** Keys of items that people have. */
	readonly keys: readonly string[];
}

export function drawIntrusions(drawing: IntrusionDrawing): Intrusion[] {
	return [...usurpations(drawing), ...entanglements(drawing), ...strangeWork(drawing), ...removals(drawing)];
}

/** By the stage of the item: what somebody else says there. */
const usurped: Readonly<Record<string, (main: string) => Pick<ItemDraft, 'event' | 'args'>>> = {
	coding: (main) => ({ event: 'submit', args: { commit: main, base: main } }),
	merge: (main) => ({ event: 'landed', args: { commit: main } }),
	mergeFailure: () => ({ event: 'fixup', args: { detail: 'mine' } }),
};

function usurpations({ random, project, speakers, busyMs }: IntrusionDrawing): Intrusion[] {
	return Array.from({ length: 6 }, (_, n) => {
		const who = random.pick(speakers);
		return {
			atMs: 6_000 + random.below(busyMs - 6_000),
			what: `usurp ${n}`,
			run: (world: World) => {
				const { main } = world.origins.project(project);
				for (const item of itemsSeen(world, who, project)) {
					const draft = usurped[item.stage.kind]?.(main);
					if (!draft || item.number % 3 !== n % 3) continue;
					speak(world, { who, project, draft: { by: 'user', who, item: item.key, ...draft } });
				}
			},
		};
	});
}

/** Two that are to wait for each other, and one for what never was. */
function entanglements({ random, project, speakers, busyMs, keys }: IntrusionDrawing): Intrusion[] {
	const edit = (n: number, item: string, dependsOn: readonly string[]): Intrusion => {
		const who = random.pick(speakers);
		return {
			atMs: 3_000 + random.below(busyMs / 2),
			what: `entangle ${n}`,
			run: (world) =>
				speak(world, { who, project, draft: { by: 'user', who, item, event: 'edit', args: { dependsOn } } }),
		};
	};
	return Array.from({ length: 2 }, (_, n) => {
		const one = random.pick(keys);
		const other = random.pick(keys.filter((key) => key !== one));
		return [edit(3 * n, one, [other]), edit(3 * n + 1, other, [one]), edit(3 * n + 2, one, [`${one.slice(0, -2)}ZZ`])];
	}).flat();
}

/** Somebody deletes what others wait for. */
function removals({ random, project, speakers, busyMs }: IntrusionDrawing): Intrusion[] {
	return Array.from({ length: 3 }, (_, n) => {
		const who = random.pick(speakers);
		return {
			atMs: 6_000 + random.below(busyMs - 6_000),
			what: `remove what is needed ${n}`,
			run: (world: World) => {
				const items = itemsSeen(world, who, project);
				const waiting = items.filter(({ stage }) => stage.kind !== 'done' && stage.kind !== 'archived');
				const needed = new Set(waiting.flatMap(({ dependsOn, parent }) => [...dependsOn, ...(parent ? [parent] : [])]));
				const item = items.find(({ key }) => needed.has(key))?.key;
				if (item) speak(world, { who, project, draft: { by: 'user', who, item, event: 'delete', args: {} } });
			},
		};
	});
}

/** Faults that give a project another home, and one that says once more long after what was said before. */
const mayComeLate: ReadonlySet<string> = new Set(['sealedMove', 'lostMove', 'repeatedRequests']);

/** The home of another project begins an attempt at a worker that works for both. */
function strangeWork({ random, project, busyMs }: IntrusionDrawing): Intrusion[] {
	return Array.from({ length: 3 }, (_, n) => ({
		atMs: 10_000 + random.below(busyMs - 10_000),
		what: `give others' work ${n}`,
		run: (world: World) => {
			const home = world.homeOf(project);
			const poser = [...world.machines.values()].find(({ kind, name }) => kind === 'home' && name !== home.name);
			const item = Object.values(world.projectAtHome(project)?.home.facts.items ?? {}).find(
				({ stage, role }) => stage.kind === 'coding' && role !== null,
			);
			// Who was its home once is believed by whoever has not heard of the move, and who becomes it by whoever hears late.
			const mayCome = world.events.some((event) => event.kind === 'faultBegun' && mayComeLate.has(event.fault));
			if (!poser || !item || mayCome) return;
			for (const worker of world.machines.values()) {
				if (worker.kind !== 'worker' || !world.meets(poser, worker)) continue;
				const task = madeUp(item, project, world.origins.project(project).main);
				poser.process?.mesh?.mesh?.rpc.ask(worker.id, workBegin, { task }).catch(() => {});
			}
		},
	}));
}

/** Under a token that nobody has given. */
function madeUp({ key, number, title, type, words, token }: Item, project: string, main: string): Task {
	return {
		...{
			project: project as Task['project'],
			role: 'coder',
			agent: 'coder',
			main: main as Task['main'],
			startFrom: null,
		},
		token: [token?.[0] ?? 1, (token?.[1] ?? 1) + 500],
		item: { key, number, title, type, description: '', words, lastFailure: null },
	};
}

function itemsSeen(world: World, who: string, project: string): readonly Item[] {
	const seats = world.machine(who).process?.seats() ?? [];
	return Object.values(seats.find(({ replica }) => replica.id === project)?.replica.facts.items ?? {});
}

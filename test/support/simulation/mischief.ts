/**
 * What people do that they may not, or not any more: they write as somebody else, as an agent or as the system, approve
 * what they were shown long ago. And epics, whose end is nobody's word.
 */
import type { ItemDraft } from '../../../shared/operations/index.ts';
import type { Item, Token } from '../../../shared/pipeline/index.ts';
import { nodeOf, parseAuthorId } from '../../../shared/ports/index.ts';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';
import { workReport } from '../../../shared/protocol/work-methods.ts';
import type { Machine } from './machine.ts';
import { speak } from './people.ts';
import type { World } from './world.ts';

interface Mischief {
	readonly atMs: number;
	readonly what: string;
	readonly run: (world: World) => void;
}

export interface MischiefDrawing {
	readonly random: SimRandom;
	readonly project: string;
	readonly speakers: readonly string[];
	readonly busyMs: number;
	/** Keys of items that people have. */
	readonly keys: readonly string[];
	/** Makes a key of its own for an epic and its children. */
	readonly keyOf: (n: number) => string;
}

/** All of it for one project. */
export function drawMischief(drawing: MischiefDrawing): Mischief[] {
	return [
		...impostures(drawing),
		...otherReports(drawing),
		...spentReports(drawing),
		...oldApprovals(drawing),
		...secondThoughts(drawing),
		...interruptions(drawing),
		...epic(drawing),
	];
}

type Forged = Omit<Partial<ItemDraft>, 'by'> & { readonly by: string; readonly event: string };

function impostures({ random, project, speakers, busyMs, keys }: MischiefDrawing): Mischief[] {
	return Array.from({ length: 4 }, (_, n) => {
		const who = random.pick(speakers);
		const other = speakers.find((one) => one !== who) ?? who;
		const kind = random.below(7);
		const key = random.pick(keys);
		return {
			atMs: 6_000 + random.below(busyMs - 6_000),
			what: `pose ${kind} ${n}`,
			run: (world: World) => {
				const item = world
					.machine(who)
					.process?.seats()
					.find(({ replica }) => replica.id === project)?.replica.facts.items[key];
				if (!item) return;
				const forged = forge(kind, { item, who, other, main: world.origins.project(project).main });
				speak(world, { who, project, draft: { item: key, args: {}, ...forged } as unknown as ItemDraft });
			},
		};
	});
}

interface Around {
	readonly item: Item;
	readonly who: string;
	readonly other: string;
	readonly main: string;
}

/** An entry that says of itself what it is not. */
function forge(kind: number, { item, who, other, main }: Around): Forged {
	const token = item.token ? { token: item.token } : {};
	const result = { commit: main, base: main };
	const holder = item.holder ? { onBehalfOf: item.holder } : {};
	switch (kind) {
		case 0:
			return { by: 'system', who: 'system', event: 'block', args: { reason: 'because' } } as Forged;
		case 1:
			return { by: 'scheduler', who: 'scheduler', event: 'start' } as Forged;
		case 2:
			return { by: 'landing', who: 'landing', event: 'landed', args: { commit: main }, ...token } as Forged;
		case 3:
			return { by: 'gates', who: 'shell', event: 'submit', args: result, ...token, ...holder } as Forged;
		case 4:
			return { by: 'agent', who: 'agent', event: 'block', args: { reason: 'no' }, ...token, ...holder } as Forged;
		case 5:
			return { by: 'user', who: other, event: 'edit', args: { title: `By ${who} for ${other}` } } as Forged;
		default:
			return { by: 'system', who: 'system', event: 'release', args: { reason: 'mine' } } as Forged;
	}
}

/** A worker says how another's attempt ended. */
function otherReports({ random, project, busyMs }: MischiefDrawing): Mischief[] {
	return Array.from({ length: 3 }, (_, n) => {
		const at = random.below(1_000);
		return {
			atMs: 8_000 + random.below(busyMs - 8_000),
			what: `pose as holder ${n}`,
			run: (world) => poseAsHolder(world, project, at),
		};
	});
}

function poseAsHolder(world: World, project: string, at: number): void {
	const facts = world.projectAtHome(project)?.home.facts;
	const held = Object.values(facts?.items ?? {}).filter(({ role, token }) => role !== null && token !== null);
	const item = held[at % Math.max(1, held.length)];
	const posers = [...world.machines.values()].filter(
		({ kind, id, process }) => kind === 'worker' && process?.mesh?.mesh && !item?.holder?.startsWith(`${id}.`),
	);
	const poser = posers[at % Math.max(1, posers.length)];
	if (item?.token && poser) reportFailed(world, { project, item, token: item.token, from: poser });
}

/**
 * Who lost an item to the home's own worker says once more how it went, under the token that is spent: the home writes
 * down what workers elsewhere say under the name of its own, so there the token alone stands between the two.
 */
function spentReports({ random, project, busyMs }: MischiefDrawing): Mischief[] {
	return Array.from({ length: 10 }, (_, n) => ({
		atMs: 10_000 + random.below(busyMs - 10_000),
		what: `say it again ${n}`,
		run: (world) => {
			const { id } = world.homeOf(project);
			for (const item of Object.values(world.projectAtHome(project)?.home.facts.items ?? {})) {
				const isOwn = item.role !== null && item.holder?.startsWith(`${id}.`);
				const given = isOwn ? grantBefore(world, project, item) : undefined;
				const from = given && world.machineOf(nodeOf(parseAuthorId(given.holder)));
				// What it has still to say of it would be taken for a repeat of the lie.
				const reporting = from?.process?.parts?.station.state().reporting ?? [];
				if (reporting.some((report) => report.project === project && report.key === item.key)) continue;
				if (given && from) reportFailed(world, { project, item, token: given.token, from });
			}
		},
	}));
}

/** The last grant of an item that is not the one of now. */
function grantBefore(world: World, project: string, { key, token }: Item) {
	const grants = world.events.filter((event) => event.kind === 'grant' && event.project === project);
	return grants.findLast(
		(event) => event.kind === 'grant' && event.item === key && String(event.token) !== String(token),
	) as Extract<(typeof grants)[number], { kind: 'grant' }> | undefined;
}

interface FalseReport {
	readonly project: string;
	readonly item: Item;
	readonly token: Token;
	readonly from: Machine;
}

function reportFailed(world: World, { project, item, token, from }: FalseReport): void {
	const { key, number, title, type, words, role } = item;
	if (role === null) return;
	const { main } = world.origins.project(project);
	const task: Task = {
		...{ project: project as Task['project'], role, agent: 'shell', token, main, startFrom: null },
		item: { key, number, title, type, description: '', words, lastFailure: null },
	};
	// Of what it has cost it tells the truth: a budget is kept by workers that do.
	const costUsd = from.spent.get(`${project}/${key}/${token.join('.')}`) ?? 0;
	const usage = { costUsd, inputTokens: 0, outputTokens: 0, seconds: 0 };
	const failed = { reason: 'I say so', gate: null, gateKind: null, detail: '', commit: null, usage };
	from.process?.mesh?.mesh?.rpc
		.ask(world.homeOf(project).id, workReport, { task, report: { kind: 'failed', ...failed } })
		.catch(() => {});
}

/** People who look at what is about to land, and want it otherwise at that moment. */
function secondThoughts({ random, project, speakers, busyMs }: MischiefDrawing): Mischief[] {
	return Array.from({ length: 6 }, (_, n) => {
		const who = random.pick(speakers);
		const event = random.pick(['freeze', 'defer', 'requestChanges', 'abandon'] as const);
		return {
			atMs: 8_000 + random.below(busyMs - 8_000),
			what: `second thought ${n}`,
			run: (world: World) => {
				const seats = world.machine(who).process?.seats() ?? [];
				const facts = seats.find(({ replica }) => replica.id === project)?.replica.facts;
				const item = Object.values(facts?.items ?? {}).find(({ stage }) => stage.kind === 'merge')?.key;
				if (item) wantOtherwise(world, { who, project, item, event });
			},
		};
	});
}

/** Somebody puts off what is just being worked on, and wants it again when others may have it. */
function interruptions({ random, project, speakers, busyMs }: MischiefDrawing): Mischief[] {
	return Array.from({ length: 3 }, (_, n) => {
		const who = random.pick(speakers);
		const at = random.below(1_000);
		const againMs = 10_000 + random.below(20_000);
		return {
			atMs: 8_000 + random.below(busyMs - 8_000),
			what: `interrupt ${n}`,
			run: (world: World) => {
				const seats = world.machine(who).process?.seats() ?? [];
				const facts = seats.find(({ replica }) => replica.id === project)?.replica.facts;
				const busy = Object.values(facts?.items ?? {}).filter(
					({ stage, role }) => stage.kind === 'coding' && role !== null,
				);
				const item = busy[at % Math.max(1, busy.length)]?.key;
				if (!item) return;
				const say = (event: string): void =>
					speak(world, { who, project, draft: { by: 'user', who, item, event, args: {} } });
				say('defer');
				world.clock.after(againMs, () => say('start'));
			},
		};
	});
}

const otherwise = { requestChanges: { words: 'wait' }, abandon: { reason: 'no' }, freeze: {}, defer: {} } as const;

interface SecondThought {
	readonly who: string;
	readonly project: string;
	readonly item: string;
	readonly event: keyof typeof otherwise;
}

function wantOtherwise(world: World, { who, project, item, event }: SecondThought): void {
	speak(world, { who, project, draft: { by: 'user', who, item, event, args: otherwise[event] } });
	if (event !== 'freeze') return;
	world.clock.after(15_000, () =>
		speak(world, { who, project, draft: { by: 'user', who, item, event: 'unfreeze', args: {} } }),
	);
}

const untilHeardMs = 1_000;

/** People want otherwise what is landing at that machine, and are heard there before it has landed. */
export async function interruptLanding(world: World, home: Machine, random: SimRandom): Promise<void> {
	const event = random.pick(['abandon', 'requestChanges'] as const);
	for (const { id: project, home: facts } of home.process?.projects() ?? []) {
		for (const { key, stage } of Object.values(facts.facts.items)) {
			if (stage.kind !== 'merge') continue;
			for (const [who, { kind }] of world.machines) {
				if (kind === 'laptop') wantOtherwise(world, { who, project, item: key, event });
			}
		}
	}
	await new Promise<void>((resolve) => home.process?.clock.after(untilHeardMs, resolve));
}

/** Somebody looked once, and answers when the change is another one. */
function oldApprovals({ random, project, speakers, busyMs }: MischiefDrawing): Mischief[] {
	const shown = new Map<string, { readonly commit: string; readonly base: string }>();
	const hard = random.below(2) === 0;
	return Array.from({ length: 25 }, (_, n) => ({
		atMs: 10_000 + random.below(busyMs - 10_000),
		what: `look ${n}`,
		run: (world: World) => {
			const who = speakers[n % speakers.length] ?? '';
			const seat = world
				.machine(who)
				.process?.seats()
				.find(({ replica }) => replica.id === project);
			const main = world.origins.project(project).main;
			for (const { key, stage, result } of Object.values(seat?.replica.facts.items ?? {})) {
				const before = shown.get(key);
				if (!result) continue;
				shown.set(key, before ?? result);
				if (!before && hard && stage.kind === 'reviewHold') {
					const words = 'another way, please';
					speak(world, {
						who,
						project,
						draft: { by: 'user', who, item: key, event: 'requestChanges', args: { words } },
					});
				}
				if (!before || before.commit === result.commit || stage.kind !== 'reviewHold') continue;
				const args = { branch: before.commit, main, mergeBase: before.base };
				speak(world, { who, project, draft: { by: 'user', who, item: key, event: 'approve', args } });
			}
		},
	}));
}

function epic({ random, project, speakers, busyMs, keyOf }: MischiefDrawing): Mischief[] {
	const who = random.pick(speakers);
	const say = (n: number, atMs: number, args: object): Mischief => ({
		...{ atMs, what: `epic ${n}` },
		run: (world) =>
			speak(world, { who, project, draft: { by: 'user', who, item: keyOf(n), event: 'add', args: { ...args } } }),
	});
	const child = (n: number): Mischief =>
		say(n, 4_000 + random.below(busyMs / 3), {
			title: `Part ${n}`,
			type: 'story',
			description: 'Do it.',
			parent: keyOf(0),
		});
	return [say(0, 600, { title: 'All of it', type: 'epic', description: '' }), child(1), child(2)];
}

/**
 * A piece of work split into items that may run at once: what owns overlapping paths waits for each other, the rest does
 * not. Pure: `planWaves` says the order, and this turns it into dependencies, because items know no other order.
 */
import { z } from 'zod';
import { patternsOverlap, planWaves, type Subtask } from '../plan/index.ts';
import { GanglineError, ganglineError } from '../ports/errors.ts';
import type { Caller } from './define.ts';
import { defineOperation } from './define.ts';
import type { SeenItems } from './find-item.ts';
import { changeErrors, fields, project, title } from './item-arguments.ts';
import { addIntent, type ItemDraft } from './item-intents.ts';
import { itemAnswerSchema } from './item-views.ts';
import type { Args } from './registry.ts';

const subtasksMax = 20;
const subtaskId = z
	.string()
	.regex(/^[a-z0-9][a-z0-9._-]{0,31}$/, 'expected a short name of lower-case letters, digits and . _ -')
	.describe('Your own short name for it in this plan');

const subtask = z.strictObject({
	id: subtaskId,
	title,
	description: fields.description.default(''),
	type: fields.type.exclude(['epic']).default('story'),
	dependsOn: z.array(subtaskId).max(subtasksMax).default([]).describe('Subtasks of this plan that must be done first'),
	files: z
		.array(z.string().min(1).max(300))
		.max(50)
		.default([])
		.describe('Paths that it will change, with * and **; none: it may touch anything, so nothing runs beside it'),
	kind: z
		.enum(['foundation', 'feature'])
		.optional()
		.describe('Features wait for every foundation; foundations wait for foundations alone'),
});

export const itemPlanning = {
	'item.plan': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Split work into items: says which may run at once, and adds them with their dependencies',
		args: z.strictObject({
			project,
			subtasks: z.array(subtask).min(1).max(subtasksMax),
			parent: fields.parent.nullable().default(null),
			labels: fields.labels.default([]),
			hold: fields.hold.default(false),
			create: z.boolean().default(false).describe('Add the items; otherwise the plan is only shown'),
		}),
		result: z.object({
			waves: z
				.array(z.array(z.array(z.string())))
				.describe('Waves, one after the other, of groups whose members may run at once'),
			items: z.array(z.object({ id: z.string(), item: itemAnswerSchema })).describe('What was added'),
			answer: z.string(),
		}),
		examples: [
			{
				cli: 'gangline plan plan.json --create',
				args: {
					subtasks: [
						{ id: 'parser', title: 'Write the parser', files: ['src/parser/**'] },
						{ id: 'docs', title: 'Describe the format', files: ['docs/**'], dependsOn: ['parser'] },
					],
					create: true,
				},
			},
		],
		errors: [...changeErrors, 'INVALID_PLAN'],
	}),
};

type PlanArgs = Args<'item.plan'>;

export interface Plan {
	readonly waves: string[][][];
	/** Of each subtask, in an order in which everything comes after what it waits for. */
	readonly waitsFor: ReadonlyMap<string, readonly string[]>;
}

/** @throws GanglineError INVALID_PLAN naming the subtasks at fault and what is wrong with them */
export function planOf(subtasks: PlanArgs['subtasks']): Plan {
	const plain: Subtask[] = subtasks.map(({ id, dependsOn, files, kind }) => ({
		...{ id, dependsOn, files },
		...(kind === undefined ? {} : { kind }),
	}));
	const waves = wavesOf(plain);
	const byId = new Map(plain.map((one) => [one.id, one]));
	const foundations = plain.filter(({ kind }) => kind === 'foundation').map(({ id }) => id);
	const waitsFor = new Map<string, readonly string[]>();
	// Over all waves: an item begins when what it waits for is done, whatever else of the waves before still runs.
	const before: Subtask[] = [];
	for (const group of waves.flat()) {
		const members = group.flatMap((id) => byId.get(id) ?? []);
		for (const one of members) {
			const asked = new Set([...one.dependsOn, ...(one.kind === 'foundation' ? [] : foundations)]);
			const done = reachable(asked, waitsFor);
			const beside = before.filter((other) => !done.has(other.id) && overlaps(one, other)).map(({ id }) => id);
			waitsFor.set(one.id, [...asked, ...beside]);
		}
		before.push(...members);
	}
	return { waves, waitsFor };
}

/** `newKey`: a ULID each. @throws GanglineError INVALID_PLAN, UNKNOWN_ITEM */
export function planIntents(
	args: PlanArgs,
	wanted: { readonly project: SeenItems; readonly caller: Caller; readonly newKey: () => string },
): readonly { readonly id: string; readonly draft: ItemDraft }[] {
	const { waitsFor } = planOf(args.subtasks);
	const keys = new Map([...waitsFor.keys()].map((id) => [id, wanted.newKey()]));
	return [...waitsFor].flatMap(([id, others]) => {
		const subtask = args.subtasks.find((one) => one.id === id);
		const key = keys.get(id);
		if (subtask === undefined || key === undefined) return [];
		const { title, description, type } = subtask;
		const { parent, labels, hold } = args;
		const rest = { parent, labels, hold, upcoming: false, agent: null, review: null, dependsOn: [] };
		const draft = addIntent({ project: args.project, title, description, type, ...rest }, { ...wanted, key });
		// Items of the same plan: nobody has seen them yet.
		return [
			{ id, draft: { ...draft, args: { ...draft.args, dependsOn: others.flatMap((one) => keys.get(one) ?? []) } } },
		];
	});
}

/** One line for people. */
export function planWords({ waves }: Pick<Plan, 'waves'>, added: number): string {
	const widest = Math.max(...waves.flat().map((group) => group.length));
	const shape = `${waves.length} ${waves.length === 1 ? 'wave' : 'waves'}, at most ${widest} at once`;
	return added === 0 ? `${shape}; nothing was added yet` : `${added} items added: ${shape}`;
}

const faults: Readonly<Record<string, string>> = {
	duplicate: 'are named twice',
	unknown: 'are depended on and not in the plan',
	foundation: 'are foundations and wait for features',
	cycle: 'wait for each other in a circle',
};

function wavesOf(subtasks: readonly Subtask[]): string[][][] {
	try {
		return planWaves(subtasks);
	} catch (error) {
		if (!(error instanceof GanglineError) || error.code !== 'INVALID_PLAN') throw error;
		const { what = '', subtasks: named } = error.data;
		const ids = Array.isArray(named) ? named.join(', ') : '';
		throw ganglineError('INVALID_PLAN', `in this plan ${ids} ${faults[String(what)] ?? error.message}`, {
			hint: 'dependsOn names other subtasks of the same plan, and no two wait for each other',
			data: error.data,
		});
	}
}

/** These, and all that they wait for themselves. */
function reachable(ids: Iterable<string>, waitsFor: Plan['waitsFor']): ReadonlySet<string> {
	const found = new Set(ids);
	// A set goes on to what is added while it is gone through.
	for (const id of found) for (const other of waitsFor.get(id) ?? []) found.add(other);
	return found;
}

/** Without paths it may touch anything. */
function overlaps({ files: a }: Subtask, { files: b }: Subtask): boolean {
	if (a.length === 0 || b.length === 0) return true;
	return a.some((one) => b.some((other) => patternsOverlap(one, other)));
}

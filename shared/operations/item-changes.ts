/** What changes items: adding, editing, moving, reviewing, deleting, keeping their work. */
import { z } from 'zod';
import { defineOperation } from './define.ts';
import { changeErrors, fields, item, itemErrors, project, reason, title, words } from './item-arguments.ts';
import { atSchema, bindingSchema, changeResultSchema, commitSchema, itemAnswerSchema } from './item-views.ts';
import { moveWords } from './move-words.ts';

export const itemChanges = {
	'item.preview': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary:
			"Run the project's program with an item's result, or with its work so far, on a port of its own at the project's home",
		args: z.strictObject({
			project,
			item,
			action: z.enum(['start', 'show', 'stop']).default('start').describe('start: also where it runs already'),
		}),
		result: z.object({
			item: itemAnswerSchema,
			state: z.enum(['starting', 'running', 'failed', 'stopped']),
			url: z.string().nullable().describe('On the machine of the home; null unless it runs'),
			commit: z.string().nullable(),
			why: z.string().nullable().describe('Why it failed or ended'),
			lines: z.array(z.string()).describe('Its last output'),
			answer: z.string(),
		}),
		examples: [
			{ cli: 'gangline preview 12', args: { item: 12 } },
			{ cli: 'gangline preview 12 --stop', args: { item: 12, action: 'stop' } },
		],
		errors: [...itemErrors, 'NOTHING_TO_SHOW', 'INVALID_CONFIG', 'REFUSED'],
	}),
	'item.add': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Add an item; it starts by itself when its dependencies are done and a node has room',
		args: z.strictObject({
			project,
			title,
			type: fields.type.default('story'),
			description: fields.description.default(''),
			dependsOn: fields.dependsOn.default([]),
			parent: fields.parent.nullable().default(null),
			labels: fields.labels.default([]),
			hold: fields.hold.default(false),
			upcoming: z.boolean().default(false).describe('An idea: not ready to be worked on'),
			agent: fields.agent.nullable().default(null),
			review: fields.review.nullable().default(null),
		}),
		result: changeResultSchema,
		examples: [
			{ cli: 'gangline add "Fix the login redirect"', args: { title: 'Fix the login redirect' } },
			{
				cli: 'gangline add "Format everything" --type refactor --run "npm run format"',
				args: { title: 'Format everything', type: 'refactor', description: '```sh\nnpm run format\n```\n' },
			},
			{
				cli: 'gangline add "Use the new client" --depends-on 12 --hold',
				args: { title: 'Use the new client', dependsOn: [12], hold: true },
			},
		],
		errors: changeErrors,
	}),
	'item.edit': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Change fields of an item; what is not named stays',
		args: z
			.strictObject({
				project,
				item,
				title: title.optional(),
				type: fields.type.optional(),
				description: fields.description.optional(),
				dependsOn: fields.dependsOn.optional(),
				parent: fields.parent.nullable().optional(),
				labels: fields.labels.optional(),
				hold: fields.hold.optional(),
				agent: fields.agent.nullable().optional(),
				review: fields.review.nullable().optional(),
			})
			.refine((args) => Object.keys(args).length > 2, 'expected at least one field to change'),
		result: changeResultSchema,
		examples: [
			{ cli: 'gangline edit 12 --title "Fix both redirects"', args: { item: 12, title: 'Fix both redirects' } },
			{ cli: 'gangline edit 12 --no-hold', args: { item: 12, hold: false } },
		],
		errors: changeErrors,
	}),
	'item.move': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Move an item by an event (start, freeze, block, …) or to a column or stage',
		args: z.strictObject({
			project,
			item,
			to: z.enum(moveWords).describe('An event, a column or a stage'),
			reason: reason.optional(),
			by: item.optional().describe('Of supersede: the item that replaces it'),
			force: z.boolean().default(false).describe('Start although a dependency is not done'),
		}),
		result: changeResultSchema,
		examples: [
			{ cli: 'gangline move 12 start', args: { item: 12, to: 'start' } },
			{
				cli: 'gangline move 12 block --reason "waits for the vendor"',
				args: { item: 12, to: 'block', reason: 'waits for the vendor' },
			},
		],
		errors: changeErrors,
	}),
	'item.approve': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Approve the change that was shown; it lands when the gates pass on main as it is then',
		args: z.strictObject({ project, item, binding: bindingSchema }),
		result: changeResultSchema,
		examples: [
			{
				cli: 'gangline approve 12',
				args: {
					item: 12,
					binding: {
						branch: '5d41402abc4b2a76b9719d911017c592a1b2c3d4',
						main: '7d793037a0760186574b0282f2f435e7a1b2c3d4',
						mergeBase: '7d793037a0760186574b0282f2f435e7a1b2c3d4',
					},
				},
			},
		],
		errors: changeErrors,
	}),
	'item.reject': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Ask for changes: the words go into the next prompt and the item back to a coder',
		args: z.strictObject({ project, item, words }),
		result: changeResultSchema,
		examples: [
			{ cli: 'gangline reject 12 "keep the old flag working"', args: { item: 12, words: 'keep the old flag working' } },
		],
		errors: changeErrors,
	}),
	'item.delete': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Delete an item for good; its agent is stopped and its work kept on a salvage ref',
		args: z.strictObject({ project, item }),
		result: z.object({
			key: z.string(),
			name: z.string(),
			answer: z.string(),
			kept: z.array(z.object({ ref: z.string(), commit: commitSchema })),
		}),
		examples: [{ cli: 'gangline delete 12 --yes', args: { item: 12 } }],
		errors: changeErrors,
	}),
	'item.salvage': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'List the work that is kept on refs, or keep what an item has now',
		args: z
			.strictObject({
				project,
				item: item.optional().describe('Only of this item'),
				keep: z.boolean().default(false).describe('Keep what the item has now'),
			})
			.refine((args) => !args.keep || args.item !== undefined, 'expected an item to keep'),
		result: z.object({
			kept: z.array(
				z.object({
					ref: z.string(),
					commit: commitSchema,
					item: z.string().nullable().describe("The item's name; null where it was deleted"),
					at: atSchema.nullable(),
					subject: z.string(),
					command: z.string().describe('Brings it into the checkout'),
				}),
			),
			made: z.string().nullable().describe('The ref that was made now'),
		}),
		examples: [
			{ cli: 'gangline salvage', args: {} },
			{ cli: 'gangline salvage 12 --keep', args: { item: 12, keep: true } },
		],
		errors: [...itemErrors, 'NOTHING_TO_SHOW'],
	}),
};

/** Everything that can be asked about items. */
import { z } from 'zod';
import { defineOperation } from './define.ts';
import {
	atSchema,
	bindingSchema,
	changeResultSchema,
	columnNames,
	commitSchema,
	historyEntrySchema,
	itemDetailSchema,
	itemTypes,
	itemViewSchema,
	logLineSchema,
	reviewModes,
	stageKinds,
	statSchema,
} from './item-views.ts';
import {
	dependenciesMax,
	descriptionBytesMax,
	historyEntriesDefault,
	historyEntriesMax,
	labelsMax,
	logLinesDefault,
	logLinesMax,
	patchBytesDefault,
	patchBytesMax,
	titleCharactersMax,
} from './limits.ts';
import { moveWords } from './move-words.ts';
import { itemRefSchema, projectRefSchema } from './references.ts';

const project = projectRefSchema;
const item = itemRefSchema;
const oneLine = /^[^\p{Cc}\p{Cf}]*$/u;

/** Text of at most 16 KiB; the error names its size and where longer text belongs. */
function boundedText(what: string, elsewhere: string) {
	return z.string().superRefine((text, context) => {
		const bytes = Buffer.byteLength(text);
		if (bytes <= descriptionBytesMax) return;
		const message = `${what} has ${bytes} bytes, at most ${descriptionBytesMax} (16 KiB) fit: ${elsewhere}`;
		context.addIssue({ code: 'custom', message, input: '' });
	});
}

const title = z
	.string()
	.trim()
	.min(1)
	.max(titleCharactersMax)
	.regex(oneLine, 'expected one line without control characters')
	.describe('One line');
const description = boundedText(
	'the description',
	'put the rest into a file of the repository and name it here',
).describe('What is wanted, at most 16 KiB. With a fenced sh block and no other agent, the block is what is run.');
const words = boundedText('the text', 'put the rest into a file of the repository and name it here')
	.refine((text) => text.trim() !== '', 'expected words that say what should be different')
	.describe('What should be different; goes into the next prompt');
const reason = z.string().trim().min(1).max(1000).regex(oneLine, 'expected one line').describe('Why, one line');
const label = z
	.string()
	.regex(/^[\p{L}\p{N}][\p{L}\p{N}:._/-]{0,49}$/u, 'expected a label of letters, digits and : . _ / -');
const agentName = z
	.string()
	.regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'expected the name of an agent in .gangline/project.toml, or shell')
	.describe('The configured agent that does it; `shell` runs the fenced sh block');

const fields = {
	type: z.enum(itemTypes),
	description,
	dependsOn: z.array(item).max(dependenciesMax).describe('Items that must be done first'),
	parent: item.describe('The epic it belongs to'),
	labels: z.array(label).max(labelsMax),
	hold: z.boolean().describe('Do not start it by itself'),
	agent: agentName,
	review: z.enum(reviewModes).describe("Overrides the project's review mode"),
};

const projectErrors = ['UNKNOWN_PROJECT'] as const;
const itemErrors = ['UNKNOWN_PROJECT', 'UNKNOWN_ITEM'] as const;
const changeErrors = [...itemErrors, 'REFUSED'] as const;

export const itemOperations = {
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
	'item.list': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'Items of a project, by number',
		args: z.strictObject({
			project,
			columns: z
				.array(z.enum(columnNames))
				.optional()
				.describe('Only these columns; default: all but closed and archived'),
			stages: z.array(z.enum(stageKinds)).optional(),
			labels: z.array(label).optional().describe('With all of these labels'),
			needsYou: z.boolean().optional().describe('Only what waits for a person'),
		}),
		result: z.object({ items: z.array(itemViewSchema) }),
		examples: [
			{ cli: 'gangline list', args: {} },
			{ cli: 'gangline list --needs-you', args: { needsYou: true } },
		],
		errors: projectErrors,
	}),
	'item.show': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'Everything about one item',
		args: z.strictObject({ project, item }),
		result: z.object({ item: itemDetailSchema }),
		examples: [{ cli: 'gangline show 12', args: { item: 12 } }],
		errors: itemErrors,
	}),
	'item.diff': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: "What an item's result changes on main as it is now",
		args: z.strictObject({
			project,
			item,
			bytes: z.int().min(1024).max(patchBytesMax).default(patchBytesDefault).describe('At most this much of the patch'),
		}),
		result: z.object({
			item: itemViewSchema,
			binding: bindingSchema,
			stat: statSchema,
			patch: z.string(),
			cut: z
				.object({ bytes: z.int(), files: z.array(z.string()), words: z.string() })
				.nullable()
				.describe('What of the patch is not here'),
			takenAt: atSchema,
			command: z.string().describe('Shows the whole in a shell'),
		}),
		examples: [{ cli: 'gangline diff 12', args: { item: 12 } }],
		errors: [...itemErrors, 'NOTHING_TO_SHOW'],
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
	'item.history': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'What happened, to one item or in the whole project; newest last',
		args: z.strictObject({
			project,
			item: item.optional(),
			limit: z.int().min(1).max(historyEntriesMax).default(historyEntriesDefault),
			before: z.int().min(0).optional().describe('Only what is older than this revision'),
		}),
		result: z.object({ entries: z.array(historyEntrySchema), more: z.boolean().describe('There are older ones') }),
		examples: [
			{ cli: 'gangline log', args: {} },
			{ cli: 'gangline log 12', args: { item: 12 } },
		],
		errors: itemErrors,
	}),
	'item.logs': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'The last output of what worked on an item; follow it with the event stream',
		args: z.strictObject({
			project,
			item,
			run: z.string().max(100).optional().describe('Default: the newest run'),
			lines: z.int().min(1).max(logLinesMax).default(logLinesDefault),
		}),
		result: z.object({
			item: itemViewSchema,
			run: z
				.object({ id: z.string(), startedAt: atSchema, endedAt: atSchema.nullable(), outcome: z.string().nullable() })
				.nullable()
				.describe('Null where nothing ever ran'),
			lines: z.array(logLineSchema),
			dropped: z.int().describe('Earlier lines that are not here'),
		}),
		examples: [{ cli: 'gangline logs 12', args: { item: 12 } }],
		errors: [...itemErrors, 'NOTHING_TO_SHOW'],
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

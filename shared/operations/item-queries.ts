/** What can be asked about items without changing any. */
import { z } from 'zod';
import { columns } from '../pipeline/table.ts';
import { defineOperation } from './define.ts';
import { item, itemErrors, label, project, projectErrors } from './item-arguments.ts';
import {
	atSchema,
	bindingSchema,
	historyAnswerSchema,
	itemAnswerSchema,
	itemDetailSchema,
	logLineSchema,
	searchHitSchema,
	stageKinds,
	statSchema,
} from './item-views.ts';
import {
	archivePageDefault,
	archivePageSizes,
	historyEntriesDefault,
	historyEntriesMax,
	logLinesDefault,
	logLinesMax,
	logSearchCharactersMax,
	patchBytesDefault,
	patchBytesMax,
	searchHitsDefault,
	searchHitsMax,
} from './limits.ts';
import { toldRoles } from './told-roles.ts';

export const itemQueries = {
	'item.list': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'Items of a project, by number',
		args: z.strictObject({
			project,
			columns: z.array(z.enum(columns)).optional().describe('Only these columns; default: all but closed and archived'),
			stages: z.array(z.enum(stageKinds)).optional(),
			labels: z.array(label).optional().describe('With all of these labels'),
			needsYou: z.boolean().optional().describe('Only what waits for a person'),
		}),
		result: z.object({ items: z.array(itemAnswerSchema) }),
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
	'item.search': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'Find items by words in title, description, labels and what people said; archived ones too',
		args: z.strictObject({
			project,
			words: z.string().trim().min(1).max(200),
			limit: z.int().min(1).max(searchHitsMax).default(searchHitsDefault),
		}),
		result: z.object({ hits: z.array(searchHitSchema).describe('Best first'), more: z.boolean() }),
		examples: [{ cli: 'gangline search login redirect', args: { words: 'login redirect' } }],
		errors: projectErrors,
	}),
	'item.archive': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'What is done, closed or archived, by pages: newest first, also what left the board long ago',
		args: z.strictObject({
			project,
			page: z.int().min(1).max(1_000_000).default(1),
			size: z.literal(archivePageSizes).default(archivePageDefault).describe('Items on a page'),
		}),
		result: z.object({
			items: z.array(searchHitSchema).describe('Empty where there is no such page'),
			page: z.int(),
			size: z.int(),
			pages: z.int().describe('At least 1'),
			total: z.int(),
			partial: z
				.string()
				.nullable()
				.describe('Why something is not in it, such as that the home is away; null: all is'),
		}),
		examples: [
			{ cli: 'gangline archive', args: {} },
			{ cli: 'gangline archive --page 3 --size 50', args: { page: 3, size: 50 } },
		],
		errors: projectErrors,
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
			item: itemAnswerSchema,
			binding: bindingSchema,
			stat: statSchema,
			patch: z.string(),
			hunks: z.int().nullable().default(null).describe('In the whole of it; null where its home does not count them'),
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
	'item.why': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'Why an item runs where it runs, or why nobody takes it',
		args: z.strictObject({ project, item }),
		result: z.object({
			item: itemAnswerSchema,
			answer: z.string().describe('One sentence'),
			placement: z
				.object({
					by: z.enum(['gateway', 'home']).describe('Who decided: the home alone where the gateway was away'),
					at: atSchema,
					node: z.string().nullable().describe('The name of the node that was chosen; null: none'),
					reasons: z.array(z.string()).describe('Why this node, or why none; most important first'),
					nodes: z
						.array(z.object({ name: z.string(), takes: z.boolean(), reasons: z.array(z.string()) }))
						.describe('Every node that was considered'),
				})
				.nullable()
				.describe('The last decision; null where none was taken yet'),
		}),
		examples: [{ cli: 'gangline why 12', args: { item: 12 } }],
		errors: itemErrors,
	}),
	'item.prompt': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'What an agent would be told about an item if it began now',
		args: z.strictObject({
			project,
			item,
			role: z.enum(toldRoles).optional().describe('Default: the role that is due, or coder'),
		}),
		result: z.object({
			item: itemAnswerSchema,
			role: z.enum(toldRoles),
			agent: z.string().nullable().describe('Null: no agent is configured for it'),
			runtime: z.string(),
			form: z
				.enum(['first', 'resumed', 'commitOnly', 'script'])
				.default('first')
				.describe('To a new session, to one that goes on, to one that commits what is left; or a script that is run'),
			prompt: z.string().describe('The whole text; of a script the commands that are run'),
			note: z.string().nullable().default(null).describe('Why this may not be the whole truth; null: it is'),
		}),
		examples: [{ cli: 'gangline prompt show 12', args: { item: 12 } }],
		errors: [...itemErrors, 'NOTHING_TO_SHOW'],
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
		result: z.object({ entries: z.array(historyAnswerSchema), more: z.boolean().describe('There are older ones') }),
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
			contains: z
				.string()
				.min(1)
				.max(logSearchCharactersMax)
				.optional()
				.describe('Only lines with this text, in small or capital letters'),
		}),
		result: z.object({
			item: itemAnswerSchema,
			run: z
				.object({ id: z.string(), startedAt: atSchema, endedAt: atSchema.nullable(), outcome: z.string().nullable() })
				.nullable()
				.describe('Null where nothing ever ran'),
			state: z
				.enum(['none', 'live', 'final', 'away', 'missing'])
				.default('final')
				.describe('Nothing ran; more may come; this is all; its worker cannot be asked now; it is nowhere any more'),
			words: z.string().nullable().default(null).describe('Of away and missing: where it is, or was, and why not here'),
			lines: z.array(logLineSchema),
			dropped: z.int().describe('Earlier lines that are not here; of a search, earlier ones that were found'),
		}),
		examples: [
			{ cli: 'gangline logs 12', args: { item: 12 } },
			{ cli: 'gangline logs 12 --grep error', args: { item: 12, contains: 'error' } },
		],
		errors: [...itemErrors, 'NOTHING_TO_SHOW'],
	}),
};

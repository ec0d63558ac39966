/** Everything that can be asked about projects: which there are, how one stands, pausing. */
import { z } from 'zod';
import { columns } from '../pipeline/table.ts';
import { projectConfigSchema } from '../project/config.ts';
import { defineOperation } from './define.ts';
import { atSchema, commitSchema, itemAnswerSchema } from './item-views.ts';
import { meshProjectViewSchema } from './mesh-views.ts';
import { nodeRefSchema, projectNameSchema, projectRefSchema } from './references.ts';
import { refusedWishSchema } from './refused-wishes.ts';

export const projectViewSchema = z.object({
	id: z.string(),
	name: z.string(),
	path: z.string().describe("The person's checkout"),
	branch: z.string(),
	review: z.enum(['human', 'server', 'agent']).nullable().describe('Null: not known here yet, the home tells it'),
	landing: z.enum(['local', 'push', 'pull-request']).nullable().describe('Null: not known here yet'),
	paused: z.boolean(),
	trouble: z.string().nullable().describe('Why it cannot go on and what to do; null while it can'),
});
export type ProjectView = z.output<typeof projectViewSchema>;

const sideSchema = z.object({
	commit: commitSchema.nullable(),
	ahead: z.int().describe('Commits it has that the canonical branch has not'),
	behind: z.int().describe('Commits of the canonical branch that it lacks'),
	inTheWay: z.array(z.string()).describe('What keeps it from being brought along'),
	words: z.string().describe('The same in a sentence'),
});

/** How far the canonical branch, origin and the person's checkout are apart. */
const distanceSchema = z.object({
	branch: z.string(),
	canonical: commitSchema.nullable(),
	origin: sideSchema.extend({ remote: z.string(), fetchedAt: atSchema.nullable() }).nullable(),
	checkout: sideSchema.extend({ path: z.string() }).nullable(),
});

const boardSchema = z.object({
	project: projectViewSchema,
	distance: distanceSchema,
	qualification: z
		.object({ ready: z.boolean(), reason: z.string().nullable(), saw: z.string().nullable(), at: atSchema.nullable() })
		.describe('Whether this node has shown that set-up and gates work on main; `saw` is such as `212 tests, 14 s`'),
	counts: z.partialRecord(z.enum(columns), z.int()),
	items: z.array(itemAnswerSchema).describe('All that is not closed or archived, and what was closed last'),
	queue: z.array(z.string()).describe('Names in landing order'),
	costUsd: z.number(),
	home: z
		.object({
			node: z.string().describe("The node's name"),
			here: z.boolean().describe('It is the node that answers'),
			connected: z.boolean(),
			since: atSchema.nullable().describe('Since when it is so; null where that is not known'),
			changesWaiting: z.int().describe('Wishes of people that the home has not answered, as far as known here'),
			resultsWaiting: z.int().describe('Results of agents here that the home has not settled'),
			words: z
				.string()
				.nullable()
				.describe('Such as `home laptop away since 23:10, 7 results wait`; null while all is well'),
		})
		.describe('Who decides in this project, and whether it can be reached'),
	people: z
		.array(z.object({ person: z.string(), item: z.string().nullable().describe("The item's name; null: the board") }))
		.default([])
		.describe('Who has the board or an item open now, as far as is known where it is asked'),
	refused: z.array(refusedWishSchema).describe('What the home refused later and nobody here has seen'),
	takenAt: atSchema,
});
export type Board = z.output<typeof boardSchema>;

const project = projectRefSchema;
/** A few KiB are usual; it travels in one request. */
const settingsBytesMax = 64 * 1024;

const costLine = z.object({
	name: z.string(),
	costUsd: z.number(),
	inputTokens: z.number(),
	outputTokens: z.number(),
	runs: z.int(),
});
const costSchema = z.object({
	total: costLine.omit({ name: true }),
	items: z.array(costLine.extend({ key: z.string(), title: z.string() })).describe('Dearest first'),
	agents: z.array(costLine),
	nodes: z.array(costLine),
	days: z.array(costLine).describe('UTC, newest first'),
	agentDays: z
		.array(z.object({ day: z.string(), agent: z.string(), costUsd: z.number() }))
		.default([])
		.describe('What each agent cost on each day, UTC, oldest first'),
	budgets: z.array(
		z.object({
			budget: z.string().describe('A key of [budget] in .gangline/project.toml'),
			limitUsd: z.number(),
			spentUsd: z.number(),
			promisedUsd: z.number().describe('May still be spent by what runs, or was cut off while it ran'),
		}),
	),
	promised: z
		.array(z.object({ item: z.string(), agent: z.string(), node: z.string(), usd: z.number(), at: z.number() }))
		.describe('Runs that have not reported what they cost'),
});

export const projectOperations = {
	'project.add': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'node',
		summary: 'Take on the project whose checkout this is; does nothing when it is known already',
		args: z.strictObject({
			path: z
				.string()
				.min(1)
				.max(4096)
				.regex(/^\/[^\0]*$/, 'expected an absolute path')
				.describe("The checkout's absolute path"),
		}),
		result: z.object({ project: projectViewSchema, added: z.boolean(), answer: z.string() }),
		examples: [{ cli: 'gangline start', args: { path: '/home/you/project' } }],
		errors: ['UNSUITABLE_REPOSITORY', 'INVALID_CONFIG', 'MAIN_IS_RED', 'REFUSED'],
	}),
	'project.list': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'node',
		summary: 'The projects that this node knows',
		args: z.strictObject({}),
		result: z.object({ projects: z.array(projectViewSchema) }),
		examples: [{ cli: 'gangline projects', args: {} }],
		errors: [],
	}),
	'project.rename': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Call a project something else in the mesh; its id stays',
		args: z.strictObject({ project, name: projectNameSchema }),
		result: z.object({ project: meshProjectViewSchema, answer: z.string() }),
		examples: [{ cli: 'gangline project rename shop store', args: { project: 'shop', name: 'store' } }],
		errors: ['UNKNOWN_PROJECT', 'REFUSED'],
	}),
	'project.remove': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Take a project out of the mesh; its repository and everything that its home has stay as they are',
		args: z.strictObject({ project }),
		result: z.object({ project: meshProjectViewSchema, answer: z.string() }),
		examples: [{ cli: 'gangline project remove shop', args: { project: 'shop' } }],
		errors: ['UNKNOWN_PROJECT', 'REFUSED'],
	}),
	'project.rehome': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Move a project to another node: sealed by its home, or without it where that is gone for good',
		args: z.strictObject({
			project,
			to: nodeRefSchema,
			lost: z
				.boolean()
				.default(false)
				.describe('The home will never come back: begin anew with what the others have of it'),
		}),
		result: z.object({
			project: meshProjectViewSchema,
			answer: z.string(),
			next: z.array(z.string()).describe('What to do now, a sentence or command each'),
		}),
		examples: [
			{ cli: 'gangline project rehome shop server', args: { project: 'shop', to: 'server' } },
			{ cli: 'gangline project rehome shop server --lost', args: { project: 'shop', to: 'server', lost: true } },
		],
		errors: ['UNKNOWN_PROJECT', 'UNKNOWN_NODE', 'HOME_AWAY', 'PEER_UNREACHABLE', 'REFUSED'],
	}),
	'project.pause': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Start nothing more and land nothing; what runs is finished unless it is killed',
		args: z.strictObject({
			project,
			kill: z.boolean().default(false).describe('Stop running agents; their work is kept'),
		}),
		result: z.object({
			project: projectViewSchema,
			answer: z.string(),
			running: z.array(z.string()).describe('Names of items that are still worked on'),
			stopped: z.array(z.string()).describe('Names of items whose agents were stopped'),
		}),
		examples: [
			{ cli: 'gangline pause', args: {} },
			{ cli: 'gangline pause --kill', args: { kill: true } },
		],
		errors: ['UNKNOWN_PROJECT', 'PROCESS_NOT_STOPPED'],
	}),
	'project.cost': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'What agents have cost: by item, agent, node and day, and what is left of each budget',
		args: z.strictObject({ project }),
		result: costSchema,
		examples: [{ cli: 'gangline cost', args: {} }],
		errors: ['UNKNOWN_PROJECT'],
	}),
	'project.settings': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'How a project is set up, judged and worked on: its file as main has it, with what is left out filled in',
		args: z.strictObject({ project }),
		result: z.object({
			file: z
				.string()
				.describe('Where it stands in the repository; changed there and committed, it counts once it is on main'),
			settings: projectConfigSchema,
			text: z.string().describe('The file itself, comments and all'),
			version: z.string().describe('Names this very text, for a change to it'),
		}),
		examples: [{ cli: 'gangline settings', args: {} }],
		errors: ['UNKNOWN_PROJECT', 'INVALID_CONFIG'],
	}),
	'project.configure': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'project',
		summary: 'Change settings: an item that changes the file, passes the gates and waits for a person like any change',
		args: z.strictObject({
			project,
			text: z.string().min(1).max(settingsBytesMax).describe('The whole file as it is to be'),
			version: z.string().max(100).describe('Of the text that was changed, as project.settings said it'),
			check: z.boolean().default(false).describe('Only say whether it can be read and what would change'),
		}),
		result: z.object({
			patch: z.string().describe('What differs, as git writes it'),
			title: z.string(),
			item: itemAnswerSchema.nullable().describe('Null where it was only checked'),
			answer: z.string(),
		}),
		examples: [
			{
				cli: 'gangline settings --from settings.toml',
				args: { text: 'id = "01JZ…"\n…', version: '5f2c…' },
			},
		],
		errors: ['UNKNOWN_PROJECT', 'INVALID_CONFIG', 'REFUSED', 'TOO_LARGE'],
	}),
	'project.resume': defineOperation({
		kind: 'command',
		access: 'member',
		runsAt: 'project',
		summary: 'Go on after a pause',
		args: z.strictObject({ project }),
		result: z.object({ project: projectViewSchema, answer: z.string() }),
		examples: [{ cli: 'gangline resume', args: {} }],
		errors: ['UNKNOWN_PROJECT'],
	}),
	'project.status': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'project',
		summary: 'The board: items, who works on what, the landing queue, and how far origin and the checkout are apart',
		args: z.strictObject({ project }),
		result: boardSchema,
		examples: [{ cli: 'gangline status', args: {} }],
		errors: ['UNKNOWN_PROJECT'],
	}),
};

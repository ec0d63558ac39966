/** What can be asked of one process: how it is, that it stops, and the stream of what changes. */
import { z } from 'zod';
import { containerViewSchema } from './container-operations.ts';
import { defineOperation } from './define.ts';
import { atSchema, itemAnswerSchema, logLineSchema } from './item-views.ts';
import { projectViewSchema } from './project-operations.ts';
import { itemRefSchema, projectRefSchema } from './references.ts';

const runViewSchema = z.object({
	run: z.string(),
	project: z.string().describe("The project's name"),
	item: z.string().describe("The item's name"),
	title: z.string(),
	what: z.string().describe('coder, qa, mergemaster, setup, gate:<name> or landing'),
	agent: z.string().nullable(),
	pids: z.array(z.int()),
	since: atSchema,
	lastLine: z.string().nullable(),
	costUsd: z.number(),
});

const nodeStatusSchema = z.object({
	version: z.string(),
	runtime: z.string().describe('The Node.js version'),
	node: z.string().describe("The node's id"),
	pid: z.int(),
	startedAt: atSchema,
	addresses: z.array(z.string()),
	state: z.string().describe('The state folder'),
	log: z.string().describe('The log file'),
	anchor: z.string().describe('How runs are held together here: cgroup, pidNamespace or marker'),
	confines: z.string().nullable().describe('Why runs are not confined on this machine; null where they are'),
	damage: z
		.array(z.string())
		.describe('What the store has lost, now or earlier, and where it lies; empty for a whole one'),
	slots: z.object({ used: z.int(), total: z.int() }),
	projects: z.array(projectViewSchema),
	runs: z.array(runViewSchema),
});
export type NodeStatus = z.output<typeof nodeStatusSchema>;

/** Where a backup is written. */
export const newFileSchema = z
	.string()
	.min(2)
	.max(4096)
	.regex(/^\/[^\0]*$/, 'expected an absolute path')
	.describe('The new file');

/** What was kept, or put back. */
export const backupSchema = z.object({
	file: z.string(),
	bytes: z.int(),
	at: atSchema.describe('When it was made'),
	node: z.string(),
	projects: z.array(z.object({ name: z.string(), path: z.string() })),
});

/**
 * Discriminated by `kind`. `hello` comes first on every stream; `dropped` says that this reader was too slow and must read
 * again; `alive` is said every 15 s, so that whoever hears nothing for longer knows that the line is dead.
 */
export const changeEventSchema = z.discriminatedUnion('kind', [
	z.object({ kind: z.literal('hello'), at: atSchema, version: z.string() }),
	z.object({ kind: z.literal('item'), at: atSchema, project: z.string(), item: itemAnswerSchema, why: z.string() }),
	z.object({ kind: z.literal('itemGone'), at: atSchema, project: z.string(), key: z.string(), name: z.string() }),
	z.object({
		kind: z.literal('log'),
		at: atSchema,
		project: z.string(),
		key: z.string(),
		name: z.string(),
		alias: z.string().nullable(),
		line: logLineSchema,
	}),
	z.object({ kind: z.literal('progress'), at: atSchema, project: z.string().nullable(), words: z.string() }),
	z.object({ kind: z.literal('project'), at: atSchema, project: projectViewSchema }),
	z.object({
		kind: z.literal('container'),
		at: atSchema,
		project: z.string().nullable(),
		container: containerViewSchema,
	}),
	z.object({ kind: z.literal('dropped'), at: atSchema, events: z.int() }),
	z.object({ kind: z.literal('alive'), at: atSchema }),
	z.object({ kind: z.literal('stopping'), at: atSchema }),
]);
/** `project` is the project's id. */
export type ChangeEvent = z.output<typeof changeEventSchema>;

const changeEventKinds = ['item', 'itemGone', 'log', 'progress', 'project', 'container'] as const;

export const nodeOperations = {
	'node.status': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'node',
		summary: 'What runs on this node now',
		args: z.strictObject({}),
		result: nodeStatusSchema,
		examples: [{ cli: 'gangline ps', args: {} }],
		errors: [],
	}),
	'node.stop': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'node',
		summary: 'Stop the node: every process tree is ended and verified, resumable work is kept',
		args: z.strictObject({}),
		result: z.object({ pid: z.int(), answer: z.string(), stopping: z.array(runViewSchema) }),
		examples: [{ cli: 'gangline stop', args: {} }],
		errors: [],
	}),
	'node.backup': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'node',
		summary: 'Write key, store and canonical repositories of this node into one new file; the node goes on meanwhile',
		args: z.strictObject({
			path: newFileSchema,
		}),
		result: backupSchema,
		examples: [{ cli: 'gangline backup /home/you/gangline.tar', args: { path: '/home/you/gangline.tar' } }],
		errors: ['STORE_FAILED', 'GIT_FAILED'],
	}),
	events: defineOperation({
		kind: 'stream',
		access: 'viewer',
		runsAt: 'node',
		summary: 'Changes as they happen, as server-sent events',
		args: z.strictObject({
			project: projectRefSchema.optional(),
			item: itemRefSchema.optional(),
			kinds: z.array(z.enum(changeEventKinds)).optional().describe('Only these; default: all'),
		}),
		result: changeEventSchema,
		examples: [{ cli: 'gangline logs 12 --follow', args: { item: 12, kinds: ['log', 'item', 'itemGone'] } }],
		errors: ['UNKNOWN_PROJECT'],
	}),
};

/**
 * Items as answers show them: derived from facts and pending intents on read, never stored. `name` is what people call
 * the item (`#12`, or `~laptop-3` until the home has numbered it). Times are wall ms since 1970.
 */
import { z } from 'zod';
import type { ItemType, ReviewMode } from '../pipeline/item.ts';
import type { StageKind } from '../pipeline/stage.ts';
import { badges, columns } from '../pipeline/table.ts';
import { gateKinds } from '../protocol/gates.ts';
import { noWork, workSummarySchema } from './work-summary.ts';

export const stageKinds = [
	'upcoming',
	'backlog',
	'coding',
	'blocked',
	'qa',
	'reviewHold',
	'merge',
	'mergeFailure',
	'mergeFailureFinal',
	'done',
	'archived',
	'frozen',
	'abandoned',
	'superseded',
	'rejected',
] as const satisfies readonly StageKind[];
const itemTypes = ['story', 'bug', 'refactor', 'spike', 'epic'] as const satisfies readonly ItemType[];
const reviewModes = ['human', 'server', 'agent'] as const satisfies readonly ReviewMode[];
export const itemTypeSchema = z.enum(itemTypes);
export const reviewModeSchema = z.enum(reviewModes);

export const commitSchema = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'expected a full commit id');
export const atSchema = z.number().describe('Wall ms since 1970');

/** What was shown when someone approves: the approval is refused when the change is another one by then. */
export const bindingSchema = z
	.strictObject({
		branch: commitSchema.describe("The item's result"),
		main: commitSchema.describe('Main at that time'),
		mergeBase: commitSchema.describe('Their merge base'),
	})
	.describe('The commits that were shown');
export type Binding = z.output<typeof bindingSchema>;

export const statSchema = z.object({
	files: z.int(),
	insertions: z.int(),
	deletions: z.int(),
	/** The first 200 paths; null counts are binary files. */
	paths: z.array(z.object({ path: z.string(), insertions: z.int().nullable(), deletions: z.int().nullable() })),
});
export type Stat = z.output<typeof statSchema>;

const holderSchema = z.object({
	node: z.string(),
	role: z.enum(['coder', 'qa', 'mergemaster']),
	agent: z.string().nullable(),
	since: atSchema,
});

const failureSchema = z.object({
	reason: z.string().describe('One line'),
	gate: z.string().nullable(),
	detail: z.string().nullable().describe('The last part of the output, bounded'),
	at: atSchema,
});

const dependencyViewSchema = z.object({
	key: z.string(),
	name: z.string(),
	title: z.string(),
	stage: z.enum(stageKinds),
	satisfied: z.boolean(),
});

export const itemAnswerSchema = z.object({
	project: z.string().describe("The project's id"),
	key: z.string(),
	number: z.int().nullable().describe('Null until the home has given one'),
	name: z.string().describe('#12, or ~laptop-3 while it has no number'),
	alias: z.string().nullable().describe('The provisional name, kept for ever'),
	title: z.string(),
	type: itemTypeSchema,
	stage: z.enum(stageKinds),
	stageReason: z.string().nullable().describe('Why it is blocked, held, rejected, failed; one line'),
	resumeTo: z.enum(stageKinds).nullable().describe('Of blocked and frozen'),
	column: z.enum(columns),
	badge: z.enum(badges),
	tentative: z.boolean().describe('Some of this has not been accepted by the home yet'),
	labels: z.array(z.string()),
	held: z.boolean(),
	agent: z.string().nullable(),
	parent: z.string().nullable().describe("Its epic's name"),
	dependsOn: z.array(dependencyViewSchema),
	waitsBecause: z.string().nullable().describe('Why nothing happens with it now, in words; null while something does'),
	needsYou: z.string().nullable().describe('What a person has to do, in words'),
	asks: z.string().nullable().default(null).describe('What its agent asks a person to allow; null: nothing'),
	holder: holderSchema.nullable(),
	queuePosition: z.int().nullable().describe('In the landing queue, 1 is next'),
	costUsd: z.number(),
	attempts: z.int().describe('Grants so far, counted or free'),
	lastFailure: failureSchema.nullable(),
	landed: z.object({ commit: commitSchema.nullable(), at: atSchema }).nullable(),
	createdAt: atSchema,
	changedAt: atSchema,
});
export type ItemAnswer = z.output<typeof itemAnswerSchema>;

const gateViewSchema = z.object({
	gate: z.string(),
	kind: z.enum(gateKinds),
	outcome: z.enum(['passed', 'failed', 'error']),
	why: z.string(),
	tail: z.string(),
	seconds: z.number(),
	tests: z.object({ passed: z.int(), failed: z.int(), skipped: z.int() }).nullable(),
	runs: z.int(),
});

export const historyAnswerSchema = z.object({
	project: z.string(),
	key: z.string(),
	item: z.string().describe("The item's name"),
	revision: z.int().nullable().describe('Null while tentative'),
	at: atSchema,
	by: z.string().describe('user, agent, gates, landing, scheduler or system'),
	who: z.string(),
	event: z.string(),
	from: z.enum(stageKinds).nullable(),
	to: z.enum(stageKinds).nullable(),
	reason: z.string().nullable(),
	outcome: z.string().describe('applied, or refused:<why>'),
});
export type HistoryAnswer = z.output<typeof historyAnswerSchema>;

const tryViewSchema = z.object({
	run: z.string(),
	role: z.enum(['coder', 'qa', 'mergemaster']),
	agent: z.string().nullable(),
	node: z.string(),
	startedAt: atSchema,
	endedAt: atSchema.nullable(),
	outcome: z.string().nullable().describe('How it ended, in words; null while it runs'),
	costUsd: z.number(),
	inputTokens: z.int(),
	outputTokens: z.int(),
});

export const itemDetailSchema = itemAnswerSchema.extend({
	description: z.string(),
	words: z.array(z.string()).describe('What people asked for after seeing results, newest last'),
	review: reviewModeSchema.nullable().describe("The item's own mode or the project's; null: not known here yet"),
	origin: z.object({ by: z.string(), who: z.string() }),
	result: z.object({ commit: commitSchema, base: commitSchema, ref: z.string() }).nullable(),
	/** What an approval of now would be bound to, with what it changes; null where there is no result. */
	change: z.object({ binding: bindingSchema, stat: statSchema }).nullable(),
	approval: bindingSchema.extend({ who: z.string() }).nullable(),
	tries: z.object({
		reworks: z.int(),
		mergeFailures: z.object({ kind: z.string(), count: z.int() }).nullable(),
		freeFixups: z.int(),
		totalAttempts: z.int(),
	}),
	gates: z.array(gateViewSchema).describe('The verdict on the current result, or of the last try'),
	runs: z.array(tryViewSchema).describe('Newest last'),
	work: workSummarySchema.default(noWork).describe('What the runs did, in sum'),
	history: z.array(historyAnswerSchema).describe('The last 50, newest last'),
	dependents: z.array(z.string()).describe('Names of items that wait for this one'),
	keptRefs: z.array(z.string()),
	people: z.array(z.string()).default([]).describe('Who has it open now, as far as is known where it is asked'),
});
export type ItemDetail = z.output<typeof itemDetailSchema>;

export const logLineSchema = z.object({
	seq: z.int().describe('Counts per run from 1; a follower drops what it has seen'),
	run: z.string(),
	at: atSchema,
	source: z.string().describe('agent, setup, gate:<name> or landing'),
	stream: z.enum(['stdout', 'stderr', 'note']),
	text: z.string(),
});
export type LogLine = z.output<typeof logLineSchema>;

/** The answer to whatever changes an item: the item after it, one sentence for people, and perhaps what to try next. */
export const changeResultSchema = z.object({
	item: itemAnswerSchema,
	answer: z.string().describe('`starts on X`, `waits because …`, `lands when …`'),
	hint: z.string().nullable().describe('An offer for the next time; one line'),
});

/** An item that was found, open or long archived. */
export const searchHitSchema = z.object({
	project: z.string(),
	key: z.string(),
	number: z.int(),
	name: z.string(),
	title: z.string(),
	type: itemTypeSchema,
	stage: z.enum(stageKinds),
	archived: z.boolean().describe('It has left the board for good'),
	changedAt: atSchema,
	snippet: z.string().nullable().describe('Where the words are, unless it is the title'),
});
export type SearchHit = z.output<typeof searchHitSchema>;

/**
 * What a home and a worker say to each other of one piece of work. They may live in one process; they talk as if they
 * did not, so every message is plain data, parsed where it enters, and every answer may be lost. Commits travel apart
 * (shared/git, packs). The types are what the schemas say; the bounds keep a message within one frame.
 */
import { z } from 'zod';
import { commitSchema, keySchema, roleSchema, tokenSchema } from '../pipeline/item-schema.ts';
import { asksSchema } from './asks.ts';
import { editsMax, fileEditsSchema } from './file-edits.ts';
import { gateKinds, gateTailCharactersMax, treeVerdictSchema } from './gates.ts';

export type { FileEdits } from './file-edits.ts';
export * from './gates.ts';

export const projectIdSchema = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'expected the ULID of a project');
export const agentNameSchema = z.string().min(1).max(100);

/** Why, in words for people: a line, or a few. */
export const sayingCharactersMax = 16 * 1024;
const saying = z.string().max(sayingCharactersMax);

/** An agent reads no longer text; what is behind it belongs into a file of the repository. */
export const taskDescriptionCharactersMax = 64 * 1024;

const textLine = z.string().max(500);

/** A project's own words for a role may be so long. */
export const rolePromptCharactersMax = 16 * 1024;

/** What an agent is told besides the item itself; as main and the home's books have it when the grant is given. */
export const briefSchema = z.object({
	/** The project's own words for the role; null: the built-in ones. */
	role: z.string().max(rolePromptCharactersMax).nullable(),
	/** Those for the agent that looks first, where one does. */
	research: z.string().max(rolePromptCharactersMax).nullable().exactOptional(),
	/** Files of the repository that tell agents how to work in it. */
	guides: z.array(textLine).max(10).readonly(),
	/** What happened to the item, newest last. */
	history: z.array(textLine).max(30).readonly(),
	/** Commits of the last try, newest first. */
	commits: z.array(textLine).max(30).readonly(),
});
export type Brief = Readonly<z.output<typeof briefSchema>>;

/** What a person has decided about something that an agent asked for. */
export const answeredSchema = z.object({
	question: z.string().max(1_000),
	allow: z.boolean(),
	who: z.string().max(100),
	/** In place of yes or no, where the agent asked a question of its own. */
	words: z
		.string()
		.max(8 * 1024)
		.exactOptional(),
	at: z.number().min(0),
});
export type Answered = Readonly<z.output<typeof answeredSchema>>;

/** One piece of work, complete: the worker asks nothing back before it begins. */
export const taskSchema = z.object({
	project: projectIdSchema,
	item: z.object({
		key: keySchema,
		number: z.int().min(0),
		title: z.string().max(1_000),
		type: z.string().max(20),
		description: z.string().max(taskDescriptionCharactersMax),
		/** The state of the item's text that this is; absent where nobody has written at it since it was added. */
		textState: z.string().max(100).exactOptional(),
		words: z
			.array(z.string().max(8 * 1024))
			.max(50)
			.readonly(),
		/** The last failure's text, for the next prompt. */
		lastFailure: saying.nullable(),
	}),
	role: roleSchema,
	/** Name of the configured agent, or `shell`. */
	agent: agentNameSchema,
	/** Which login of that agent, where its settings name some. */
	account: z.string().max(40).exactOptional(),
	token: tokenSchema,
	/** Main when the grant was given: the clone's base. */
	main: commitSchema,
	/** A result that this work starts from (a rework, a merge conflict), null for a fresh start. */
	startFrom: commitSchema.nullable(),
	/** Where a worker on another machine gets that from the home, and what it grew on. */
	startAt: z.object({ ref: z.string().max(300), base: commitSchema }).exactOptional(),
	/** Decided before: the same question is not asked again. */
	answered: z.array(answeredSchema).max(50).exactOptional(),
	/** What people said to whoever works on it, newest last, heard by an earlier session or not. */
	notes: z
		.array(z.string().max(8 * 1024))
		.max(20)
		.exactOptional(),
	brief: briefSchema.exactOptional(),
	/** What all sessions of it together may cost, USD; absent: no budget binds it. Promised by the home, kept here. */
	allowanceUsd: z.number().positive().exactOptional(),
	/** The agent that looks first, because the item has failed so often; it changes nothing. */
	research: agentNameSchema.exactOptional(),
});
export type Task = Readonly<z.output<typeof taskSchema>>;

/** A worker owns its slots: it may say no, and that costs the item nothing. */
export const offerAnswerSchema = z.discriminatedUnion('kind', [
	z.object({ kind: z.literal('accepted') }),
	z.object({ kind: z.literal('declined'), reason: z.string().max(1_000) }),
]);
export type OfferAnswer = Readonly<z.output<typeof offerAnswerSchema>>;

const amount = z.number().min(0);
const usageSchema = z.object({ costUsd: amount, inputTokens: amount, outputTokens: amount, seconds: amount });
export type Usage = Readonly<z.output<typeof usageSchema>>;

const commit = commitSchema.nullable();

/** Wall ms that have a date. */
const wallMs = amount.max(8.64e15);

/** What a report says besides its end: of another agent, which looked first, of limits met on the way, and of files edited. */
const besides = {
	/** Parts of `usage` that another agent has used. */
	shares: z
		.array(z.object({ agent: agentNameSchema, usage: usageSchema }))
		.max(4)
		.exactOptional(),
	/** Accounts that are limited until then, wall ms, whatever became of the work; `account`: the login by name. */
	limits: z
		.array(z.object({ agent: agentNameSchema, account: z.string().max(40).exactOptional(), until: wallMs }))
		.max(4)
		.exactOptional(),
	/** Files that the agent edited, in the clone of its item; absent where nothing is known of it. */
	edits: z.array(fileEditsSchema).max(editsMax).exactOptional(),
};
export type Besides = Readonly<Pick<WorkReport, keyof typeof besides>>;

/** How a task ended. Commits named here are at the worker until the home has fetched them. */
export const workReportSchema = z.discriminatedUnion('kind', [
	/** The session ended with commits and every gate passed on them. */
	z.object({
		kind: z.literal('result'),
		commit: commitSchema,
		base: commitSchema,
		verdict: treeVerdictSchema,
		usage: usageSchema,
		...besides,
	}),
	/** The session or a gate after it failed; counts a rework (or a free fix-up). `commit`: what there is of it, to keep. */
	z.object({
		kind: z.literal('failed'),
		reason: saying,
		gate: z.string().max(100).nullable(),
		gateKind: z.enum(gateKinds).nullable(),
		detail: saying,
		commit,
		usage: usageSchema,
		...besides,
	}),
	/** What a QA agent found; `person`: it asks for one. */
	z.object({
		kind: z.literal('verdict'),
		verdict: z.enum(['pass', 'fail', 'person']),
		reason: saying,
		detail: saying,
		usage: usageSchema,
		...besides,
	}),
	/** Needs a person: the machine or the set-up is not fit, the recovery gave up. */
	z.object({
		kind: z.literal('blocked'),
		reason: saying,
		commit,
		usage: usageSchema,
		/** Its session is parked with this question. */
		asks: asksSchema.exactOptional(),
		...besides,
	}),
	/** The account's limit; costs no try. Wall ms that have a date. */
	z.object({ kind: z.literal('rateLimited'), until: wallMs, usage: usageSchema, ...besides }),
	/** Stopped by us; what was there is kept at `commit`. */
	z.object({ kind: z.literal('stopped'), reason: saying, commit, usage: usageSchema, ...besides }),
]);
export type WorkReport = Readonly<z.output<typeof workReportSchema>>;

/** The output of a gate that passed is worth little; a hundred of them must fit into one message. */
const passedTailCharactersMax = 1_000;
const gatesSaidMax = 100;

/** The report within the schema's bounds, the ends of its texts kept. Called before a report is stored or sent. */
export function withinBounds(report: WorkReport): WorkReport {
	switch (report.kind) {
		case 'result': {
			const gates = report.verdict.gates.slice(0, gatesSaidMax).map((gate) => ({
				...gate,
				gate: gate.gate.slice(0, 100),
				why: gate.why.slice(0, gateTailCharactersMax),
				tail: gate.tail.slice(-passedTailCharactersMax),
			}));
			return { ...report, verdict: { ...report.verdict, gates } };
		}
		case 'failed':
		case 'verdict':
			return {
				...report,
				reason: report.reason.slice(0, sayingCharactersMax),
				detail: report.detail.slice(-sayingCharactersMax),
			};
		case 'rateLimited':
			return report;
		default:
			return { ...report, reason: report.reason.slice(0, sayingCharactersMax) };
	}
}

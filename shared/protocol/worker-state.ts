/**
 * What a worker says of itself to the homes it works for and to the gateway: every few seconds and at each change. It
 * is presence: never stored, believed only while it is fresh, and it grants nothing; what a node may is in the registry.
 */
import { z } from 'zod';
import { commitSchema, keySchema, roleSchema, tokenSchema } from '../pipeline/item-schema.ts';
import { asksSchema } from './asks.ts';
import { projectIdSchema } from './work.ts';

export { type Asks, asksSchema } from './asks.ts';

/** A worker says how it is that often. */
export const renewMs = 5_000;
/** So long without an answer of the home a worker takes itself for detached: it goes on, and delivers later. */
export const detachedMs = 20_000;
/** So long without a word of its worker the home shows a holder as unknown. */
export const unknownMs = 30_000;
/** So long without a word the home gives the item to another worker, where the project says nothing else. */
export const lostAfterMsDefault = 10 * 60_000;

export const workAuthorSchema = z
	.string()
	.regex(/^n[0-9a-f]{16}\.[0-9a-f]{8}\.work$/, 'expected `<node>.<nonce>.work`');

const count = z.int().min(0);
const line = z.string().max(1_000);
const resources = z.object({ memoryMb: z.number(), diskMb: z.number() });

/** One item that is being worked on. */
const busySchema = z.object({
	project: projectIdSchema,
	key: keySchema,
	role: roleSchema,
	token: tokenSchema,
	/** The name of the run: its grant. */
	run: z.string().max(64),
	agent: z.string().max(100),
	/** `clone`, `set-up`, `agent NAME`, `gates`, … */
	what: z.string().max(200),
	/** Wall ms of the worker. */
	since: count,
	lastLine: line.nullable(),
	pids: z.array(count).max(16).readonly(),
	/** It waits for a person's answer. */
	asks: asksSchema.nullable().exactOptional(),
});

/** How one project stands there. */
const standingSchema = z.object({
	project: projectIdSchema,
	/** Set-up and gates were seen to work there on main. */
	qualified: z.boolean(),
	/** Why not, in a sentence. */
	reason: line.nullable(),
	/** What was seen, such as `212 tests, 14 s`. */
	saw: line.nullable(),
	/** The main that it has; null before the first. */
	main: commitSchema.nullable(),
	/** Agents of the project's settings that can run there. */
	agents: z.array(z.string().max(100)).max(64).readonly(),
	/** Accounts of its agents that are limited there, whoever met the limit: until when, wall ms. Absent: none. */
	limits: z
		.record(z.string().max(200), z.number().min(0).max(8.64e15))
		.refine((limits) => Object.keys(limits).length <= 256, 'at most 256 accounts')
		.readonly()
		.exactOptional(),
	/** Items whose clone is there. */
	clones: z.array(keySchema).max(1_000).readonly(),
});

export const workerStateSchema = z.object({
	/** Under which the worker holds what it is granted; new at each start of its process. */
	author: workAuthorSchema,
	slots: z.object({ free: count, total: count }),
	/** Why nothing is begun there now, such as a full disk; null while it may. */
	shortage: line.nullable(),
	/** Run queue per core: 1 is busy. */
	load: z.number().min(0),
	free: resources,
	floor: resources,
	runtimes: z.array(z.string().max(40)).max(16).readonly(),
	/** Logins by name that are there, such as `codex:work`; absent: none. */
	logins: z.array(z.string().max(100)).max(64).readonly().exactOptional(),
	busy: z.array(busySchema).max(256).readonly(),
	/** Grants whose report is not settled yet. */
	reporting: z
		.array(z.object({ project: projectIdSchema, key: keySchema, token: tokenSchema }))
		.max(5_000)
		.readonly(),
	projects: z.array(standingSchema).max(500).readonly(),
});

export type WorkerState = Readonly<z.output<typeof workerStateSchema>>;
export type WorkerBusy = WorkerState['busy'][number];
export type WorkerStanding = WorkerState['projects'][number];

/** What of a state concerns one project, or several: nobody else's items are told. */
export function stateFor(state: WorkerState, projects: ReadonlySet<string>): WorkerState {
	return {
		...state,
		busy: state.busy.filter(({ project }) => projects.has(project)),
		reporting: state.reporting.filter(({ project }) => projects.has(project)),
		projects: state.projects.filter(({ project }) => projects.has(project)),
	};
}

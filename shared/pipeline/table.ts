/**
 * The pipeline as data: columns, badges, roles, types and the fifteen stages. The rows that move an item are in
 * transitions.ts, the caps in tries.ts. A test holds all of it equal to the rules the project was given, both ways, so a
 * change here is a change of the rules and shows up as one.
 */
import type { StageKind } from './stage.ts';

/** What is true of an item in a stage, whatever the item. */
export interface StageRow {
	/** `of resumeTo`: the column of the stage that was frozen. */
	readonly column: Column | 'of resumeTo';
	readonly badge: Badge;
	/** The role of the one agent that may work on the item now; every other is stopped. */
	readonly mayRun: string | null;
	/** Whether the system starts that agent by itself. */
	readonly autoStart: boolean;
	readonly terminal: boolean;
	/** A workspace is removed only where this is false, and never before its last commit is kept by a ref. */
	readonly keepsWorkspace: boolean;
	readonly payload: Readonly<Record<string, string>>;
	readonly meaning: string;
}

export type Column = (typeof columns)[number];
export type Badge = (typeof badges)[number];

export const columns = ['backlog', 'coding', 'qa', 'merge', 'done', 'closed', 'archived'] as const;

export const badges = [
	'active',
	'frozen',
	'review-hold',
	'blocked',
	'merge-failure',
	'merge-failure-final',
	'abandoned',
	'superseded',
	'rejected',
	'done',
] as const;

/** Item roles work on the item itself, one at a time; helper roles only look. */
export const roles = { item: ['coder', 'qa', 'mergemaster'], helper: ['planner', 'pilot', 'research'] } as const;

/** What kinds of items there are, and what each is for. */
export const itemTypes = {
	story: 'a change that people will notice',
	bug: 'a change with a failing case',
	refactor: 'a change that behaves the same',
	spike: 'a question; ends with a report, no change on main',
	epic: 'a parent; never worked on itself, its progress is that of its children',
} as const;

export const stages = {
	upcoming: {
		column: 'backlog',
		badge: 'active',
		mayRun: null,
		autoStart: false,
		terminal: false,
		keepsWorkspace: true,
		payload: {},
		meaning: 'an idea, not yet ready to be worked on',
	},
	backlog: {
		column: 'backlog',
		badge: 'active',
		mayRun: null,
		autoStart: false,
		terminal: false,
		keepsWorkspace: true,
		payload: {},
		meaning: 'ready; starts when its dependencies are satisfied and a node has room, or when someone starts it',
	},
	coding: {
		column: 'coding',
		badge: 'active',
		mayRun: 'coder',
		autoStart: true,
		terminal: false,
		keepsWorkspace: true,
		payload: {},
		meaning: "an agent (or a person who took it) writes the change on the item's own branch",
	},
	blocked: {
		column: 'coding',
		badge: 'blocked',
		mayRun: null,
		autoStart: false,
		terminal: false,
		keepsWorkspace: true,
		payload: { reason: 'string', resumeTo: 'the whole stage it left' },
		meaning: 'needs a person; no agent may run',
	},
	qa: {
		column: 'qa',
		badge: 'active',
		mayRun: 'qa',
		autoStart: true,
		terminal: false,
		keepsWorkspace: true,
		payload: {},
		meaning: 'the change is being checked by a QA agent',
	},
	reviewHold: {
		column: 'qa',
		badge: 'review-hold',
		mayRun: null,
		autoStart: false,
		terminal: false,
		keepsWorkspace: true,
		payload: { reason: 'string' },
		meaning: "waits for a person's approval",
	},
	merge: {
		column: 'merge',
		badge: 'active',
		mayRun: null,
		autoStart: false,
		terminal: false,
		keepsWorkspace: true,
		payload: {},
		meaning: 'in the landing queue; no agent, the system lands it',
	},
	mergeFailure: {
		column: 'merge',
		badge: 'merge-failure',
		mayRun: 'mergemaster if kind is conflict',
		autoStart: true,
		terminal: false,
		keepsWorkspace: true,
		payload: { kind: 'conflict|gates|emptyDiff|noCommits|other', detail: 'string' },
		meaning: 'landing failed; what follows depends on the kind',
	},
	mergeFailureFinal: {
		column: 'merge',
		badge: 'merge-failure-final',
		mayRun: 'mergemaster',
		autoStart: false,
		terminal: false,
		keepsWorkspace: true,
		payload: { kind: 'as mergeFailure', detail: 'string' },
		meaning: 'recovery was tried and gave up; a person decides, and may start a mergemaster again',
	},
	done: {
		column: 'done',
		badge: 'done',
		mayRun: null,
		autoStart: false,
		terminal: true,
		keepsWorkspace: false,
		payload: { at: 'time', commit: 'sha, or null for an epic or a spike', token: '[term, revision] it landed under' },
		meaning: 'landed on the main branch; or an epic whose children are done, or a spike with its report',
	},
	archived: {
		column: 'archived',
		badge: 'active',
		mayRun: null,
		autoStart: false,
		terminal: true,
		keepsWorkspace: false,
		payload: { reason: 'completed|abandoned|superseded|rejected|blocked|mergeFailed|reviewHeld', at: 'time' },
		meaning: 'out of the live document',
	},
	frozen: {
		column: 'of resumeTo',
		badge: 'frozen',
		mayRun: null,
		autoStart: false,
		terminal: false,
		keepsWorkspace: true,
		payload: { resumeTo: 'the whole stage it left' },
		meaning: 'paused in place: stays in its column, no agent may run, unfreeze returns to exactly resumeTo',
	},
	abandoned: {
		column: 'closed',
		badge: 'abandoned',
		mayRun: null,
		autoStart: false,
		terminal: true,
		keepsWorkspace: false,
		payload: {},
		meaning: 'given up',
	},
	superseded: {
		column: 'closed',
		badge: 'superseded',
		mayRun: null,
		autoStart: false,
		terminal: true,
		keepsWorkspace: false,
		payload: { by: 'item key' },
		meaning: 'replaced by another item',
	},
	rejected: {
		column: 'closed',
		badge: 'rejected',
		mayRun: null,
		autoStart: false,
		terminal: true,
		keepsWorkspace: true,
		payload: { reason: 'string' },
		meaning: 'turned down; its work is kept for people to look at',
	},
} as const satisfies Readonly<Record<StageKind, StageRow>>;

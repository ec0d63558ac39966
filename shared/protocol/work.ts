/**
 * What a home and a worker say to each other. They may live in one process; they talk as if they did not, so every
 * message is plain data and every answer may be lost. Commits travel apart (shared/git), results as intents.
 */
import type { ItemRole, Token } from '../pipeline/index.ts';

/** One piece of work, complete: the worker asks nothing back before it begins. */
export interface Task {
	readonly project: string;
	readonly item: {
		readonly key: string;
		readonly number: number;
		readonly title: string;
		readonly type: string;
		readonly description: string;
		readonly words: readonly string[];
		/** The last failure's text, for the next prompt. */
		readonly lastFailure: string | null;
	};
	readonly role: ItemRole;
	/** Name of the configured agent, or `shell`. */
	readonly agent: string;
	readonly token: Token;
	/** Main when the grant was given: the clone's base. */
	readonly main: string;
	/** A result that this work starts from (a rework, a merge conflict), null for a fresh start. */
	readonly startFrom: string | null;
}

export type OfferAnswer = { readonly kind: 'accepted' } | { readonly kind: 'declined'; readonly reason: string };

/** How one gate went on one tree. `error` is never a pass: it could not run, timed out, ran no test, or changed the tree. */
export interface GateVerdict {
	readonly gate: string;
	readonly kind: GateKind;
	readonly outcome: 'passed' | 'failed' | 'error';
	/** One line that names what went wrong; empty when it passed. */
	readonly why: string;
	/** The last part of its output, at most 16 KiB. */
	readonly tail: string;
	readonly seconds: number;
	/** What the runner said it ran, where we can read it. */
	readonly tests: TestCount | null;
	/** Runs it took (flaky gates are repeated). */
	readonly runs: number;
}

export interface TestCount {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
}

export const gateKinds = ['setup', 'format', 'lint', 'docs', 'types', 'test', 'build', 'other'] as const;
export type GateKind = (typeof gateKinds)[number];

/** The verdict on a tree: what landing needs to know, and what is cached by (tree, gate set). */
export interface TreeVerdict {
	readonly tree: string;
	/** Hash of set-up, gates and their limits as main has them. */
	readonly gateSet: string;
	readonly passed: boolean;
	readonly gates: readonly GateVerdict[];
}

/** How a task ended, from the worker to the home. Commits named here are in the item's clone until the home has fetched them. */
export type WorkReport =
	/** The session ended with commits and every gate passed on them. */
	| {
			readonly kind: 'result';
			readonly commit: string;
			readonly base: string;
			readonly verdict: TreeVerdict;
			readonly usage: Usage;
	  }
	/** The session or a gate after it failed; counts a rework (or a free fix-up). `commit`: what there is of it, to keep. */
	| {
			readonly kind: 'failed';
			readonly reason: string;
			readonly gate: string | null;
			readonly gateKind: GateKind | null;
			readonly detail: string;
			readonly commit: string | null;
			readonly usage: Usage;
	  }
	/** Needs a person: the machine or the set-up is not fit, the recovery gave up. */
	| { readonly kind: 'blocked'; readonly reason: string; readonly commit: string | null; readonly usage: Usage }
	/** The account's limit; costs no try. Wall ms. */
	| { readonly kind: 'rateLimited'; readonly until: number; readonly usage: Usage }
	/** Stopped by us; what was there is kept at `commit`. */
	| { readonly kind: 'stopped'; readonly reason: string; readonly commit: string | null; readonly usage: Usage };

export interface Usage {
	readonly costUsd: number;
	readonly inputTokens: number;
	readonly outputTokens: number;
	readonly seconds: number;
}

/**
 * What the home does next with its items, as data: starting, granting, taking back, stopping, recovering, giving up.
 * Pure: facts and what is true of the workers in, actions out; running it twice on the same input gives the same list.
 * Every waiting state has someone here who ends it: a worker, a timer, or a person it names [I12].
 */

import type { Item, ItemRole, ProjectFacts, Token } from '../../shared/pipeline/index.ts';
import { capReached, mayRun, readyItems, sameToken } from '../../shared/pipeline/index.ts';

export type WorkAction =
	| { readonly kind: 'start'; readonly item: Item }
	| { readonly kind: 'grant'; readonly item: Item; readonly role: ItemRole }
	/** The holder is this node's worker but nothing runs: after a freeze, a rate limit or a restart of its attempt. */
	| { readonly kind: 'resume'; readonly item: Item; readonly role: ItemRole }
	/** The holder is gone for good: its token is given up, the stage stays. */
	| { readonly kind: 'release'; readonly item: Item; readonly reason: string }
	/** What runs is not meant any more: killed, verified, its work kept. */
	| { readonly kind: 'cancel'; readonly key: string; readonly reason: string }
	| { readonly kind: 'block'; readonly item: Item; readonly reason: string }
	| { readonly kind: 'fixup'; readonly item: Item }
	| { readonly kind: 'complete'; readonly item: Item };

export interface WorkerState {
	/** The author under which this node's worker works now. */
	readonly author: string;
	/** Whether `author` can still come back: it is the worker's, or a node's that is not known to be dead. */
	readonly mayReturn: (author: string) => boolean;
	readonly busy: readonly { readonly key: string; readonly role: ItemRole; readonly token: Token }[];
	/** Items whose report is stored and not settled yet; nothing may be begun for them. */
	readonly reporting: ReadonlySet<string>;
	readonly freeSlots: number;
	/** Items that must not be begun before a time (rate limits): waiting costs no try. */
	readonly notBefore: ReadonlyMap<string, number>;
}

export interface WorkConditions {
	/** The project is paused, main is red, the machine is not fit: nothing new is begun. */
	readonly mayBegin: boolean;
	readonly autoStart: boolean;
	/** Which agent would do the item's role; null when none is configured for it. */
	readonly agentFor: (item: Item, role: ItemRole) => string | null;
	readonly now: number;
}

/** All that is due now, in the order in which it should be done. */
export function planWork(facts: ProjectFacts, worker: WorkerState, conditions: WorkConditions): readonly WorkAction[] {
	const items = Object.values(facts.items).sort((a, b) => a.number - b.number);
	const actions: WorkAction[] = [...staleRuns(facts, worker)];
	const ended = new Set(actions.flatMap((action) => (action.kind === 'cancel' ? [action.key] : [])));
	let room = worker.freeSlots + ended.size;
	const begin: WorkAction[] = [];
	for (const item of items) {
		const recovery = recover(item, facts, worker, conditions);
		if (recovery) {
			actions.push(recovery);
			continue;
		}
		if (!conditions.mayBegin || room === 0) continue;
		const next = beginWork(item, worker, conditions);
		if (!next) continue;
		begin.push(next);
		room -= 1;
	}
	actions.push(...begin);
	if (conditions.mayBegin && conditions.autoStart) {
		for (const item of readyItems(facts).slice(0, Math.max(0, room))) actions.push({ kind: 'start', item });
	}
	return actions;
}

/** Runs of a role that the item's stage does not want any more, or under a token that was spent. */
function staleRuns(facts: ProjectFacts, worker: WorkerState): WorkAction[] {
	return worker.busy.flatMap((run): WorkAction[] => {
		const item = facts.items[run.key];
		if (item && mayRun(item.stage) === run.role && sameToken(item.token, run.token)) return [];
		const reason = item ? `the item is in ${item.stage.kind} now` : 'the item was deleted';
		return [{ kind: 'cancel', key: run.key, reason }];
	});
}

/** What is done with an item whatever the slots: caps, failed landings, holders that are gone, epics. */
function recover(
	item: Item,
	facts: ProjectFacts,
	worker: WorkerState,
	conditions: WorkConditions,
): WorkAction | undefined {
	if (worker.reporting.has(item.key)) return undefined;
	if (item.holder !== null && item.holder !== worker.author && !worker.mayReturn(item.holder)) {
		if (item.role !== null && mayRun(item.stage) !== null) return { kind: 'release', item, reason: 'its worker ended' };
	}
	if (item.type === 'epic') return finishedEpic(item, facts) ? { kind: 'complete', item } : undefined;
	const running = item.stage.kind === 'coding' || item.stage.kind === 'mergeFailure';
	if (!running || item.role !== null) return undefined;
	const cap = capReached(item.tries);
	if (cap !== null) return { kind: 'block', item, reason: cap };
	if (item.stage.kind === 'mergeFailure') return recoverMerge(item, conditions);
	if (conditions.agentFor(item, 'coder') !== null) return undefined;
	return { kind: 'block', item, reason: noAgent(item) };
}

function recoverMerge(item: Item, conditions: WorkConditions): WorkAction | undefined {
	if (item.stage.kind !== 'mergeFailure') return undefined;
	const { failure, detail } = item.stage;
	switch (failure) {
		case 'gates':
			return { kind: 'fixup', item };
		case 'conflict':
			if (conditions.agentFor(item, 'mergemaster') !== null) return undefined;
			return {
				kind: 'block',
				item,
				reason: `${detail ?? 'conflicts with main'}; no agent is configured that could resolve it`,
			};
		default:
			return { kind: 'block', item, reason: detail ?? `landing failed: ${failure ?? 'unknown'}` };
	}
}

function beginWork(item: Item, worker: WorkerState, conditions: WorkConditions): WorkAction | undefined {
	const role = mayRun(item.stage);
	if (role === null || item.stage.kind === 'mergeFailureFinal' || item.type === 'epic') return undefined;
	if (worker.reporting.has(item.key) || worker.busy.some(({ key }) => key === item.key)) return undefined;
	if ((worker.notBefore.get(item.key) ?? 0) > conditions.now) return undefined;
	if (conditions.agentFor(item, role) === null) return undefined;
	if (item.role === null) return { kind: 'grant', item, role };
	return item.holder === worker.author && item.role === role ? { kind: 'resume', item, role } : undefined;
}

function finishedEpic(epic: Item, facts: ProjectFacts): boolean {
	if (!['upcoming', 'backlog', 'coding'].includes(epic.stage.kind)) return false;
	const children = Object.values(facts.items).filter(({ parent }) => parent === epic.key);
	return children.length > 0 && children.every(({ stage }) => stage.kind === 'done');
}

/** Why no agent can work on the item, with what mends it. */
export function noAgent(item: Pick<Item, 'agent'>): string {
	if (item.agent !== null) return `no agent named ${item.agent} is in .gangline/project.toml`;
	return 'no agent is configured: add an [[agent]] to .gangline/project.toml, or give it a script (gangline edit --run)';
}

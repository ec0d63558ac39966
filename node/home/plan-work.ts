/**
 * What the home does next with its items, as data: starting, granting, taking back, stopping, recovering, giving up.
 * Pure: facts and what is true of the workers in, actions out; running it twice on the same input gives the same list.
 * Every waiting state has someone here who ends it: a worker, a timer, or a person it names [I12].
 */

import type { Item, ItemRole, ProjectFacts, Token } from '../../shared/pipeline/index.ts';
import { capReached, mayRun, readyItems, sameToken } from '../../shared/pipeline/index.ts';
import { type NodeId, nodeOf, parseAuthorId } from '../../shared/ports/ids.ts';
import { unknownMs } from '../../shared/protocol/worker-state.ts';

export type WorkAction =
	| { readonly kind: 'start'; readonly item: Item }
	/** Some worker is to be given the right to work on it; which one is placement's question. */
	| { readonly kind: 'grant'; readonly item: Item; readonly role: ItemRole }
	/** The holder is there but nothing runs: after a freeze, a rate limit or a lost `begin`. */
	| { readonly kind: 'resume'; readonly node: NodeId; readonly item: Item; readonly role: ItemRole }
	/** The holder is gone for good: its token is given up, the stage stays. */
	| { readonly kind: 'release'; readonly item: Item; readonly reason: string }
	/** What runs there is not meant any more: killed, verified, its work kept. */
	| { readonly kind: 'cancel'; readonly node: NodeId; readonly key: string; readonly reason: string }
	/** The commits of an accepted result are not here; who made it still has them. */
	| { readonly kind: 'fetch'; readonly node: NodeId; readonly item: Item }
	/** They are nowhere any more. */
	| { readonly kind: 'resultLost'; readonly item: Item }
	| { readonly kind: 'block'; readonly item: Item; readonly reason: string }
	| { readonly kind: 'fixup'; readonly item: Item }
	| { readonly kind: 'complete'; readonly item: Item };

/** One worker, as far as this project is concerned. */
export interface WorkerSeen {
	readonly node: NodeId;
	/** Under which it works now; null while it has not said a word to this process. */
	readonly author: string | null;
	/** Since its last word, on this machine's monotonic clock; counted from our start where there was none. */
	readonly silentMs: number;
	/** Revoked: it does not come back. */
	readonly isGone: boolean;
	readonly busy: readonly { readonly key: string; readonly role: ItemRole; readonly token: Token }[];
	/** Grants whose report is stored there and not settled yet; nothing may be begun for these items. */
	readonly reporting: readonly { readonly key: string; readonly token: Token }[];
	/** How many more tasks of this project it would take now. */
	readonly room: number;
}

export interface WorkConditions {
	/** The project is paused, main is red, the machine is not fit: nothing new is begun. */
	readonly mayBegin: boolean;
	readonly autoStart: boolean;
	/** Which agent would do the item's role; null when none is configured for it. */
	readonly agentFor: (item: Item, role: ItemRole) => string | null;
	/** Items that must not be begun before a time (rate limits), wall ms: waiting costs no try. */
	readonly notBefore: ReadonlyMap<string, number>;
	/** How long a holder may be silent before its item is given to another. */
	readonly lostAfterMs: (item: Item) => number;
	/** Whether the books of this home say that the node once had this grant of the item. */
	readonly wasGranted: (node: NodeId, grant: { readonly key: string; readonly token: Token }) => boolean;
	/** Items whose accepted result has commits that are not in the canonical repository. */
	readonly missing: ReadonlySet<string>;
	readonly now: number;
}

/** All that is due now, in the order in which it should be done. */
export function planWork(
	facts: ProjectFacts,
	workers: readonly WorkerSeen[],
	conditions: WorkConditions,
): readonly WorkAction[] {
	const items = Object.values(facts.items).sort((a, b) => a.number - b.number);
	const actions: WorkAction[] = workers.filter(isHeard).flatMap((worker) => staleRuns(facts, worker));
	const believed = workers.map((worker) => withGranted(worker, facts, conditions));
	const heard = believed.filter(isHeard);
	let room = actions.length + heard.reduce((sum, worker) => sum + worker.room, 0);
	const begin: WorkAction[] = [];
	for (const item of items) {
		const recovery = recover(item, facts, { workers: believed, conditions });
		if (recovery) {
			actions.push(recovery);
			continue;
		}
		if (!conditions.mayBegin || room === 0) continue;
		const next = beginWork(item, heard, conditions);
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

/** Whether the worker has spoken lately: what it said is believed, and it can be asked. */
export function isHeard(worker: Pick<WorkerSeen, 'author' | 'silentMs' | 'isGone'>): boolean {
	return worker.author !== null && !worker.isGone && worker.silentMs < unknownMs;
}

/** What it says of grants that it never had keeps nobody else from the items [I12] [I13]. */
function withGranted(worker: WorkerSeen, { items }: ProjectFacts, { wasGranted }: WorkConditions): WorkerSeen {
	const { node, busy, reporting } = worker;
	const isGranted = (grant: { readonly key: string; readonly token: Token }): boolean => {
		const holder = items[grant.key]?.holder ?? null;
		return (holder !== null && nodeOf(parseAuthorId(holder)) === node) || wasGranted(node, grant);
	};
	return { ...worker, busy: busy.filter(isGranted), reporting: reporting.filter(isGranted) };
}

/** Runs of a role that the item's stage does not want any more, or under a token that was spent. */
function staleRuns(facts: ProjectFacts, { node, busy }: WorkerSeen): WorkAction[] {
	return busy.flatMap((run): WorkAction[] => {
		const item = facts.items[run.key];
		if (item && mayRun(item.stage) === run.role && sameToken(item.token, run.token)) return [];
		const reason = whyStale(item, run.role);
		return [{ kind: 'cancel', node, key: run.key, reason }];
	});
}

function whyStale(item: Item | undefined, role: ItemRole): string {
	if (!item) return 'the item was deleted';
	return mayRun(item.stage) === role ? 'its grant is spent' : `the item is in ${item.stage.kind} now`;
}

interface Surroundings {
	readonly workers: readonly WorkerSeen[];
	readonly conditions: WorkConditions;
}

/** What is done with an item whatever the slots: lost holders and results, caps, failed landings, epics. */
function recover(item: Item, facts: ProjectFacts, around: Surroundings): WorkAction | undefined {
	const { workers, conditions } = around;
	if (workers.some((worker) => isHeard(worker) && isReporting(worker, item.key))) return undefined;
	const gone = holderGone(item, around);
	if (gone !== null) return { kind: 'release', item, reason: gone };
	if (conditions.missing.has(item.key)) return recoverResult(item, around);
	if (item.type === 'epic') return finishedEpic(item, facts) ? { kind: 'complete', item } : undefined;
	const { kind } = item.stage;
	const running = kind === 'coding' || kind === 'qa' || kind === 'mergeFailure';
	if (!running || item.role !== null) return undefined;
	const cap = capReached(item.tries);
	if (cap !== null) return { kind: 'block', item, reason: cap };
	if (item.stage.kind === 'mergeFailure') return recoverMerge(item, conditions);
	if (!lacksAgent(item, conditions.agentFor)) return undefined;
	return { kind: 'block', item, reason: kind === 'qa' ? noQa : noAgent(item) };
}

/** Whether the item is to be worked on and no agent of the project could do it. */
export function lacksAgent(item: Item, agentFor: WorkConditions['agentFor']): boolean {
	const { kind } = item.stage;
	if ((kind !== 'coding' && kind !== 'qa') || item.role !== null || item.type === 'epic') return false;
	return agentFor(item, kind === 'qa' ? 'qa' : 'coder') === null;
}

/** Why the item's holder will not bring anything any more; null while it works, or may come back. */
function holderGone(item: Item, { workers, conditions }: Surroundings): string | null {
	if (item.holder === null || item.role === null || mayRun(item.stage) === null) return null;
	const worker = holderOf(item, workers);
	if (worker === undefined) return null;
	if (isLost(item, worker, conditions)) return lostWords(worker);
	const isBusy = worker.busy.some(({ key, token }) => key === item.key && sameToken(token, item.token));
	return isHeard(worker) && worker.author !== item.holder && !isBusy ? 'its worker began anew' : null;
}

function recoverResult(item: Item, { workers, conditions }: Surroundings): WorkAction | undefined {
	const worker = holderOf(item, workers);
	if (worker === undefined || isLost(item, worker, conditions)) return { kind: 'resultLost', item };
	return isHeard(worker) ? { kind: 'fetch', node: worker.node, item } : undefined;
}

function holderOf({ holder }: Item, workers: readonly WorkerSeen[]): WorkerSeen | undefined {
	if (holder === null) return undefined;
	const node = nodeOf(parseAuthorId(holder));
	return workers.find((worker) => worker.node === node);
}

/** Not before it is shown as unknown, however impatient the item is. */
function isLost(item: Item, { isGone, silentMs }: WorkerSeen, { lostAfterMs }: WorkConditions): boolean {
	return isGone || silentMs >= Math.max(unknownMs, lostAfterMs(item));
}

function lostWords({ isGone, silentMs }: WorkerSeen): string {
	if (isGone) return 'its worker was revoked';
	const minutes = Math.floor(silentMs / 60_000);
	return `its worker was not heard of for ${minutes > 0 ? `${minutes} min` : `${Math.floor(silentMs / 1000)} s`}`;
}

function isReporting({ reporting }: WorkerSeen, key: string): boolean {
	return reporting.some((report) => report.key === key);
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

function beginWork(
	item: Item,
	heard: readonly WorkerSeen[],
	{ notBefore, now, agentFor }: WorkConditions,
): WorkAction | undefined {
	const role = mayRun(item.stage);
	if (role === null || item.stage.kind === 'mergeFailureFinal' || item.type === 'epic') return undefined;
	const isBusy = ({ busy }: WorkerSeen): boolean => busy.some(({ key }) => key === item.key);
	if (heard.some((worker) => isReporting(worker, item.key) || isBusy(worker))) return undefined;
	if ((notBefore.get(item.key) ?? 0) > now || agentFor(item, role) === null) return undefined;
	if (item.role === null) return { kind: 'grant', item, role };
	const holder = heard.find(({ author }) => author === item.holder);
	return holder && item.role === role ? { kind: 'resume', node: holder.node, item, role } : undefined;
}

function finishedEpic(epic: Item, facts: ProjectFacts): boolean {
	if (!['upcoming', 'backlog', 'coding'].includes(epic.stage.kind)) return false;
	const children = Object.values(facts.items).filter(({ parent }) => parent === epic.key);
	return children.length > 0 && children.every(({ stage }) => stage.kind === 'done');
}

const noQa =
	'no agent of the role qa is configured: add an [[agent]] with role = "qa", or say who reviews it: gangline edit --review human';

/** Why no agent can work on the item, with what mends it. */
export function noAgent(item: Pick<Item, 'agent'>): string {
	if (item.agent !== null) return `no agent named ${item.agent} is in .gangline/project.toml`;
	return 'no agent is configured: add an [[agent]] to .gangline/project.toml, or give it a script (gangline edit --run)';
}

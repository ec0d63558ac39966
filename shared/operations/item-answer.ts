/**
 * Items as the operations' answers show them: from the pipeline's view, what is known of their runs, and their
 * situation. The home knows all of that; a replica elsewhere has no runs and says what it waits for.
 */
import type { ItemView, Stage } from '../pipeline/index.ts';
import { nodeOf, parseAuthorId } from '../ports/ids.ts';
import { asksOf, needsYou, type Situation, waitsBecause } from './explain-item.ts';
import type { HistoryAnswer, ItemAnswer, ItemDetail, Stat } from './item-views.ts';
import { type SummedRun, workSummary } from './work-summary.ts';

/** What was tried for an item, as far as it is known here. */
export type KnownRun = Omit<ItemDetail['runs'][number], 'node' | 'agent'> & {
	readonly agent: string | null;
	/** Its id; null where it was not written down. */
	readonly node: string | null;
	readonly gates: readonly ItemDetail['gates'][number][];
} & Pick<SummedRun, 'runtime' | 'edits'>;

export interface KnownRuns {
	/** Oldest first. */
	runs(key: string): readonly KnownRun[];
	costUsd(key?: string): number;
}

/** Of who has run nothing: every replica but the home's. */
export const noRuns: KnownRuns = { runs: () => [], costUsd: () => 0 };

export interface ItemSurroundings {
	readonly project: string;
	readonly runs: KnownRuns;
	/** All items by key, for the names of others. */
	readonly views: ReadonlyMap<string, ItemView>;
	readonly situation: (item: ItemView) => Situation;
	/** What people call a node. */
	readonly nodeName: (id: string) => string;
}

export function itemAnswer(
	item: ItemView,
	{ project, runs, views, situation, nodeName }: ItemSurroundings,
): ItemAnswer {
	const now = situation(item);
	return {
		project,
		key: item.key,
		number: item.number,
		name: item.name,
		alias: item.alias,
		title: item.title,
		type: item.type,
		stage: item.stage.kind,
		stageReason: reasonOf(item.stage),
		resumeTo: 'resumeTo' in item.stage ? item.stage.resumeTo.kind : null,
		column: item.column,
		badge: item.badge,
		tentative: item.tentative,
		labels: [...item.labels],
		held: item.held,
		agent: item.agent,
		parent: item.parent === null ? null : (views.get(item.parent)?.name ?? item.parent),
		dependsOn: item.dependsOn.map((key) => dependency(key, item, views)),
		waitsBecause: waitsBecause(item, now),
		needsYou: needsYou(item, now.question ?? null),
		asks: asksOf(item, now.question ?? null),
		holder: holderOf(item, runs.runs(item.key).at(-1), nodeName),
		queuePosition: now.queuePosition,
		costUsd: runs.costUsd(item.key),
		attempts: item.tries.totalAttempts === 0 ? runs.runs(item.key).length : item.tries.totalAttempts,
		lastFailure: item.lastFailure && {
			reason: item.lastFailure.reason,
			gate: item.lastFailure.gate ?? null,
			detail: item.lastFailure.detail ?? null,
			at: item.lastFailure.at,
		},
		landed: landedOf(item.stage),
		createdAt: item.createdAt,
		changedAt: item.changedAt,
	};
}

export interface DetailSurroundings extends ItemSurroundings {
	readonly review: ItemDetail['review'];
	readonly node: string;
	readonly change: { readonly binding: NonNullable<ItemDetail['change']>['binding']; readonly stat: Stat } | null;
	readonly history: readonly HistoryAnswer[];
	readonly keptRefs: readonly string[];
	/** Who has it open now. */
	readonly people: readonly string[];
}

export function itemDetail(item: ItemView, around: DetailSurroundings): ItemDetail {
	const { runs, views } = around;
	const known = runs.runs(item.key);
	return {
		...itemAnswer(item, around),
		description: item.description,
		words: [...item.words],
		review: item.review ?? around.review,
		origin: { ...item.origin },
		result: item.result && { ...item.result, ref: attemptRef(item) },
		change: around.change,
		approval: item.approval && { ...item.approval },
		tries: { ...item.tries, mergeFailures: item.tries.mergeFailures && { ...item.tries.mergeFailures } },
		gates: [...(known.findLast(({ gates }) => gates.length > 0)?.gates ?? [])],
		runs: known.map(({ run, role, agent, node, startedAt, endedAt, outcome, costUsd, inputTokens, outputTokens }) => ({
			run,
			role,
			agent,
			node: around.nodeName(node ?? around.node),
			startedAt,
			endedAt,
			outcome,
			costUsd,
			inputTokens,
			outputTokens,
		})),
		work: workSummary(known),
		history: [...around.history],
		dependents: [...views.values()].filter(({ dependsOn }) => dependsOn.includes(item.key)).map(({ name }) => name),
		keptRefs: [...around.keptRefs],
		people: [...around.people],
	};
}

function attemptRef(item: ItemView): string {
	return `refs/gangline/attempts/${item.key}/${item.token?.join('.') ?? '*'}`;
}

function reasonOf(stage: Stage): string | null {
	if ('reason' in stage && stage.reason) return stage.reason;
	if ('failure' in stage && stage.failure) return `${stage.failure}: ${(stage.detail ?? '').split('\n', 1)[0]}`;
	if (stage.kind === 'superseded') return stage.by ?? null;
	return null;
}

function landedOf(stage: Stage): ItemAnswer['landed'] {
	if (stage.kind !== 'done') return null;
	return { commit: stage.commit ?? null, at: stage.at ?? 0 };
}

function holderOf(item: ItemView, run: KnownRun | undefined, nodeName: (id: string) => string): ItemAnswer['holder'] {
	if (item.role === null || item.holder === null) return null;
	return {
		node: nodeName(nodeOf(parseAuthorId(item.holder))),
		role: item.role,
		agent: run?.agent ?? item.agent,
		since: run?.startedAt ?? item.changedAt,
	};
}

function dependency(
	key: string,
	item: ItemView,
	views: ReadonlyMap<string, ItemView>,
): ItemAnswer['dependsOn'][number] {
	const other = views.get(key);
	const unmet = item.unmet.find((one) => one.key === key);
	return {
		key,
		name: other?.name ?? unmet?.name ?? key,
		title: other?.title ?? '',
		stage: other?.stage.kind ?? unmet?.stage ?? 'archived',
		satisfied: unmet === undefined,
	};
}

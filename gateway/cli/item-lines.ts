/** An item in words, for tables and answers. */
import type { ItemAnswer, Result, SearchHit } from '../../shared/operations/index.ts';
import { type Output, plainLine, type Style } from './output.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import { age, cost, count } from './words.ts';

/** Prints what changing an item was answered: one sentence, and an offer beside it. */
export function printChange(session: Session, changed: Result<'item.add'>): void {
	const { item, answer, hint } = changed;
	session.out.result(
		changed,
		() => `${item.name} ${plainLine(item.title)}: ${plainLine(answer)}${item.tentative ? ' (tentative)' : ''}`,
	);
	if (hint !== null && !session.out.json) session.out.message(`→ ${plainLine(hint)}`);
}

const stageWords: Readonly<Record<ItemAnswer['stage'], string>> = {
	upcoming: 'upcoming',
	backlog: 'backlog',
	coding: 'coding',
	blocked: 'blocked',
	qa: 'qa',
	reviewHold: 'review',
	merge: 'landing',
	mergeFailure: 'merge failed',
	mergeFailureFinal: 'merge failed',
	done: 'done',
	archived: 'archived',
	frozen: 'frozen',
	abandoned: 'abandoned',
	superseded: 'superseded',
	rejected: 'rejected',
};

const stageStyles: Partial<Record<ItemAnswer['stage'], Style>> = {
	coding: 'cyan',
	qa: 'cyan',
	merge: 'cyan',
	reviewHold: 'yellow',
	blocked: 'red',
	mergeFailure: 'red',
	mergeFailureFinal: 'red',
	done: 'green',
};

export function stageText(out: Output, item: ItemAnswer): string {
	const words = `${stageWords[item.stage]}${item.held && item.stage === 'backlog' ? ', held' : ''}${item.tentative ? '?' : ''}`;
	const style = stageStyles[item.stage];
	return style === undefined ? words : out.paint(style, words);
}

/** Who works on it and since when, or where it stands in the queue. What is frozen or blocked keeps its place, idle. */
export function whoText(item: ItemAnswer, nowMs: number): string {
	if (item.holder !== null && item.stage !== 'frozen' && item.stage !== 'blocked')
		return `${item.holder.agent ?? item.holder.role} on ${item.holder.node}, ${age(nowMs - item.holder.since)}`;
	return item.queuePosition === null ? '' : `queue ${item.queuePosition}`;
}

/** The one thing worth knowing: why it waits for you, what else it waits for, or what went wrong last. */
export function noteText(item: ItemAnswer): string {
	const unmet = item.dependsOn.filter(({ satisfied }) => !satisfied).map(({ name }) => name);
	if (item.needsYou !== null) return plainLine(whyYou(item));
	if (unmet.length > 0 && item.stage === 'backlog') return `waits for ${unmet.join(', ')}`;
	if (item.lastFailure !== null) return plainLine(item.lastFailure.reason);
	return plainLine(item.waitsBecause ?? item.stageReason ?? '');
}

/** Why a person is asked; what went wrong last belongs to it where the reason does not say it. */
function whyYou({ stage, stageReason, needsYou, lastFailure }: ItemAnswer): string {
	const reason = stageReason ?? needsYou ?? '';
	const isTold = lastFailure === null || stage === 'reviewHold' || reason.includes(lastFailure.reason);
	return isTold ? reason : `${reason}; last: ${lastFailure.reason}`;
}

const itemHead = ['item', 'title', 'stage', 'who', 'cost', 'note'] as const;

/** One row of a table of items. */
function itemRow(out: Output, item: ItemAnswer, nowMs: number): readonly string[] {
	return [
		item.name,
		plainLine(item.title),
		stageText(out, item),
		whoText(item, nowMs),
		cost(item.costUsd),
		noteText(item),
	];
}

const needsYouMax = 10;

/** A table of items, and below it what a person has to do for which. */
export function itemsText({ context, out }: Session, items: readonly ItemAnswer[]): string {
	const rows = items.map((item) => itemRow(out, item, context.clock.now()));
	return [renderTable(context, out, { head: itemHead, rows, elastic: [5, 1, 3] }), ...needsYouLines(items)].join('\n');
}

function needsYouLines(items: readonly ItemAnswer[]): readonly string[] {
	const waiting = items.flatMap(({ name, needsYou }) => (needsYou === null ? [] : [{ name, needsYou }]));
	if (waiting.length === 0) return [];
	const shown = waiting.slice(0, needsYouMax);
	const width = Math.max(...shown.map(({ name }) => name.length));
	const more = waiting.length - shown.length;
	return [
		'',
		`${count(waiting.length, 'item')} need${waiting.length === 1 ? 's' : ''} you:`,
		...shown.map(({ name, needsYou }) => `  ${name.padEnd(width)}  ${plainLine(needsYou)}`),
		...(more === 0 ? [] : [`  and ${more} more: gangline list --needs-you`]),
	];
}

/** One page of the archive, and how to reach the others. */
export function archiveText(session: Session, { items, page, pages, total }: Result<'item.archive'>): string {
	if (total === 0) return 'nothing is done or closed yet';
	if (items.length === 0)
		return `there is no page ${page} of ${pages}: gangline archive --page ${pages} is the last one`;
	const more = page < pages ? `; older: gangline archive --page ${page + 1}` : '';
	return `${hitsText(session, items)}\n\npage ${page} of ${pages}, ${count(total, 'item')}${more}`;
}

/** What a search found, with where the words are. */
export function hitsText({ context, out }: Session, hits: readonly SearchHit[]): string {
	const rows = hits.map(({ name, title, stage, archived, changedAt, snippet }) => [
		name,
		plainLine(title),
		archived ? out.paint('dim', 'archived') : stageWords[stage],
		`${age(context.clock.now() - changedAt)} ago`,
		plainLine(snippet ?? ''),
	]);
	const head = ['item', 'title', 'stage', 'changed', 'where'];
	return renderTable(context, out, { head, rows, elastic: [4, 1] });
}

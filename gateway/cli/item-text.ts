/** `gangline show` and `gangline log` for people. */
import type { HistoryAnswer, ItemDetail } from '../../shared/operations/index.ts';
import { noteText, stageText, whoText } from './item-lines.ts';
import { indent, type Output, plain, plainLine } from './output.ts';
import { statText } from './review.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import { age, cost, count, moment, orUnknown, shortCommit } from './words.ts';

export function itemText(session: Session, item: ItemDetail): string {
	const { out, context } = session;
	const parts = [
		`${out.paint('bold', `${item.name} ${plainLine(item.title)}`)}  ${item.type}, ${stageText(out, item)}`,
		factLines(item, context.clock.now()).join('\n'),
		section(out, 'Description', plain(item.description).trim()),
		section(out, 'Asked for', item.words.map((words) => `- ${plainLine(words)}`).join('\n')),
		section(out, 'Gates', gateLines(out, item).join('\n')),
		section(out, 'Last failure', failureText(item)),
		section(out, 'Runs', runLines(item, context.clock.now()).join('\n')),
		section(out, 'Work', workLines(item.work).join('\n')),
		item.change === null ? '' : `${out.paint('bold', 'Change')}\n${statText(out, item.change.stat)}`,
		item.history.length === 0 ? '' : `${out.paint('bold', 'History')}\n${historyText(session, item.history)}`,
	];
	return parts.filter((part) => part !== '').join('\n\n');
}

function section(out: Output, title: string, text: string): string {
	return text === '' ? '' : `${out.paint('bold', title)}\n${indent(text)}`;
}

function factLines(item: ItemDetail, nowMs: number): readonly string[] {
	const facts: readonly (readonly [string, string])[] = [
		['now', item.needsYou ?? noteText(item)],
		['why', item.needsYou === null ? '' : noteText(item)],
		['who', whoText(item, nowMs)],
		['open with', item.people.join(', ')],
		['waits for', item.dependsOn.map(({ name, satisfied }) => `${name}${satisfied ? ' (done)' : ''}`).join(', ')],
		['needed by', item.dependents.join(', ')],
		['epic', item.parent ?? ''],
		['labels', item.labels.join(', ')],
		['agent', item.agent ?? ''],
		['review', orUnknown(item.review)],
		['cost', cost(item.costUsd)],
		[
			'tries',
			item.attempts === 0
				? ''
				: `${item.attempts}${item.tries.reworks === 0 ? '' : `, sent back ${item.tries.reworks} times`}`,
		],
		['result', item.result === null ? '' : `${shortCommit(item.result.commit)} at ${item.result.ref}`],
		['approved', item.approval === null ? '' : `${shortCommit(item.approval.branch)} by ${item.approval.who}`],
		[
			'landed',
			item.landed === null
				? ''
				: `${item.landed.commit === null ? '' : `${shortCommit(item.landed.commit)}, `}${moment(item.landed.at)}`,
		],
		['kept', keptText(item)],
		['made', `${moment(item.createdAt)} by ${item.origin.who}`],
		['names', [item.alias, item.key].filter((name) => name !== null).join(', ')],
	];
	return facts.filter(([, text]) => text !== '').map(([name, text]) => `  ${name.padEnd(10)}${plainLine(text)}`);
}

/** Earlier tries are kept too; where the result itself is all there is, it was named above. */
function keptText({ keptRefs, result, name }: ItemDetail): string {
	const others = keptRefs.filter((ref) => ref !== result?.ref).length;
	return others === 0 ? '' : `${count(others, 'earlier state')}: gangline salvage ${name.replace('#', '')}`;
}

function gateLines(out: Output, item: ItemDetail): readonly string[] {
	return item.gates.map(({ gate, outcome, why, tests, seconds }) => {
		const words = out.paint(outcome === 'passed' ? 'green' : 'red', outcome);
		const ran = tests === null ? '' : `, ${count(tests.passed + tests.failed, 'test')}`;
		return `${gate}: ${words} (${age(seconds * 1000)}${ran})${why === '' ? '' : ` ${plainLine(why)}`}`;
	});
}

function failureText(item: ItemDetail): string {
	if (item.lastFailure === null) return '';
	const { reason, gate, detail } = item.lastFailure;
	const named = gate === null || reason.includes(gate) ? '' : `${gate}: `;
	return plain(`${named}${reason}${detail === null ? '' : `\n${detail}`}`).trim();
}

function runLines(item: ItemDetail, nowMs: number): readonly string[] {
	return item.runs.map((run) => {
		const lasted = age((run.endedAt ?? nowMs) - run.startedAt);
		const spent = cost(run.costUsd);
		return `${run.run}  ${run.agent ?? run.role} on ${run.node}, ${lasted}${spent === '' ? '' : `, ${spent}`}: ${plainLine(run.outcome ?? 'running')}`;
	});
}

/** Nothing where a line of a run says it all already. */
function workLines({ runs, by, files, filesTotal, thrash }: ItemDetail['work']): readonly string[] {
	if (runs < 2 && filesTotal === 0) return [];
	const who = by.map((one) => {
		const spent = [cost(one.costUsd), tokensText(one)].filter((text) => text !== '').join(', ');
		const how = one.runtime === null ? one.role : `${one.role}, ${one.runtime}`;
		return `${one.agent ?? 'an agent'} (${how}): ${count(one.runs, 'run')}${spent === '' ? '' : `, ${spent}`}`;
	});
	const named = files.slice(0, filesShownMax).map(({ path, edits }) => (edits === 1 ? path : `${path} ${edits} times`));
	const more = filesTotal - named.length;
	return [
		...who,
		...(filesTotal === 0 ? [] : [`edited ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]),
		...(thrash.length === 0
			? []
			: [`again and again: ${thrash.map(({ path, runs: times }) => `${path} in ${times} runs`).join(', ')}`]),
	].map(plainLine);
}

function tokensText({ inputTokens, outputTokens }: ItemDetail['work']['by'][number]): string {
	return inputTokens + outputTokens === 0 ? '' : `${inputTokens} + ${outputTokens} tokens`;
}

/** More is in the answer with --json. */
const filesShownMax = 8;

export function historyText({ context, out }: Session, entries: readonly HistoryAnswer[]): string {
	if (entries.length === 0) return 'nothing has happened yet';
	const rows = entries.map((entry) => [
		moment(entry.at),
		entry.item,
		entry.outcome === 'applied' ? entry.event : out.paint('red', `${entry.event} refused`),
		entry.from === entry.to || entry.to === null ? '' : `${entry.from ?? ''}→${entry.to}`,
		plainLine(entry.who),
		plainLine(entry.reason ?? ''),
	]);
	return renderTable(context, out, { head: ['when', 'item', 'event', 'stage', 'who', 'why'], rows, elastic: [5, 2] });
}

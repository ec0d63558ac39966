/** A node and what runs on it, for people. */
import type { NodeStatus } from '../../shared/operations/index.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import { age, cost, count } from './words.ts';

export function nodeText(session: Session, status: NodeStatus): string {
	const { context, out } = session;
	const now = context.clock.now();
	const rows = status.runs.map((run) => [
		plainLine(run.project),
		run.item,
		plainLine(run.agent === null ? run.what : `${run.what} (${run.agent})`),
		run.pids.join(' '),
		age(now - run.since),
		cost(run.costUsd),
		plainLine(run.lastLine ?? ''),
	]);
	const table =
		rows.length === 0
			? 'nothing runs'
			: renderTable(context, out, {
					head: ['project', 'item', 'what', 'pids', 'since', 'cost', 'last line'],
					rows,
					elastic: [6, 2],
				});
	return `${nodeLines(session, status)}\n\n${table}`;
}

/** Where it answers, how much it does at once, where it writes. */
export function nodeLines({ context, out }: Session, status: NodeStatus): string {
	const { used, total } = status.slots;
	const lines = [
		`${out.paint('bold', status.addresses.join(' '))}  pid ${status.pid}, up ${age(context.clock.now() - status.startedAt)}, gangline ${status.version}`,
		`  ${used} of ${count(total, 'slot')} used, ${count(status.projects.length, 'project')}, runs held by ${status.anchor}`,
		`  log ${status.log}`,
	];
	if (status.confines !== null)
		lines.push(out.paint('yellow', `  runs are not confined here: ${plainLine(status.confines)}`));
	for (const words of status.damage) lines.push(out.paint('yellow', `  ${plainLine(words)}`));
	return lines.join('\n');
}

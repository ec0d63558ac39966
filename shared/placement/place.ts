/**
 * Which node takes which task. Pure: the same tasks, nodes and time give the same answer wherever it is asked, by the
 * gateway or by a home on its own, in whatever order they are listed; and every answer says why. No node is given more
 * than its slots. Costs at most one step of integer arithmetic per pair of task and node.
 */
import { conditionsFor } from './conditions.ts';
import { NodeTable } from './node-table.ts';
import type { Assignment, Placement, PlacementNode, PlacementTask } from './shapes.ts';

/** Places tasks by rank; who finds no node waits with the reason. `now` is wall ms, for the limits of accounts. */
export function place(tasks: readonly PlacementTask[], nodes: readonly PlacementNode[], now: number): Placement {
	const sortedNodes = [...nodes].sort((a, b) => byCodeUnit(a.id, b.id));
	const sortedTasks = [...tasks].sort((a, b) => a.rank - b.rank || byCodeUnit(a.id, b.id));
	const table = new NodeTable(sortedNodes);
	const conditionsOf = conditionsFor(sortedNodes, now);
	const assignments: Assignment[] = [];
	const waiting: { task: string; reason: string }[] = [];
	for (const task of sortedTasks) {
		const conditions = conditionsOf(task);
		const found = table.best(task, conditions);
		if (found === null) {
			waiting.push({ task: task.id, reason: table.whyNone(conditions) });
			continue;
		}
		assignments.push({ task: task.id, node: found.node.id, reasons: table.whyThis(task, found) });
		table.take(found.at);
	}
	return { assignments, waiting, considered: table.considered };
}

function byCodeUnit(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

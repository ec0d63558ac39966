/**
 * Where workers of other nodes speak to the homes of this one: how they are, and what their tasks came to. Who may is
 * read from the registry; a report is taken at once and acknowledged when it was settled, however long that takes, so
 * that a slow judgement is no lost answer [I13].
 */
import type { Rpc } from '../../shared/mesh/rpc.ts';
import { type CommitId, ganglineError, type Log, type NodeId } from '../../shared/ports/index.ts';
import type { Task, WorkReport } from '../../shared/protocol/work.ts';
import { workReport, workState } from '../../shared/protocol/work-methods.ts';
import type { WorkerState } from '../../shared/protocol/worker-state.ts';

/** One project whose home is here, as workers of other nodes meet it. */
export interface WorkerDesk {
	/** Whether the registry lets the node bring something; it may be draining. */
	mayWork(node: NodeId): boolean;
	/** What a worker's mirror should have. */
	main(): Promise<CommitId | null>;
	/** Answers which of the worker's clones no item needs any more. */
	heard(node: NodeId, state: WorkerState): readonly string[];
	/** Resolves when the report was settled. */
	report(node: NodeId, task: Task, report: WorkReport): Promise<void>;
}

export interface WorkerDesksOptions {
	readonly rpc: Pick<Rpc, 'serve'>;
	readonly log: Log;
	/** The projects whose home is here, by id. */
	readonly desks: () => ReadonlyMap<string, WorkerDesk>;
}

/** Begins to answer `work.state` and `work.report`. */
export function serveWorkers({ rpc, log, desks }: WorkerDesksOptions): void {
	rpc.serve(workState, async (state, { node }) => {
		if (!state.author.startsWith(`${node}.`)) {
			throw ganglineError('FORBIDDEN', `${node} says that it works as ${state.author}`);
		}
		const allowed = [...desks()].filter(([, desk]) => desk.mayWork(node));
		const forget = allowed.flatMap(([project, desk]) => desk.heard(node, state).map((key) => ({ project, key })));
		// One whose repository is away says so itself; the worker's life sign, and what it does for the others, stand.
		const mainOf = (desk: WorkerDesk): Promise<CommitId | null> => desk.main().catch(() => null);
		const mains = await Promise.all(allowed.map(async ([project, desk]) => ({ project, main: await mainOf(desk) })));
		return { forget: forget.slice(0, forgetMax), mains };
	});
	rpc.serve(workReport, async ({ task, report }, { node }) => {
		const desk = desks().get(task.project);
		if (!desk?.mayWork(node)) {
			throw ganglineError('FORBIDDEN', `${node} may not report about project ${task.project} here`, {
				hint: 'an owner says which node works for what: gangline nodes',
			});
		}
		desk.report(node, task, report).catch((error: unknown) => {
			log.warn('report.notSettled', { node, item: task.item.key, error: String(error) });
		});
		return { taken: true as const };
	});
}

/** As many as an answer holds; the others at the next word. */
const forgetMax = 1_000;

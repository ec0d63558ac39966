/**
 * Promises each grant what it may cost before it begins, and takes the promise back with the report. The one place where
 * budgets are asked; whoever is promised nothing begins nothing, and the sentence says which budget it was.
 */
import type { Item } from '../../shared/pipeline/index.ts';
import { type Clock, type NodeId, parseNodeId } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { Task, WorkReport } from '../../shared/protocol/work.ts';
import { type Allowance, allowanceFor, hasBudget } from './budget.ts';
import { type RunBook, runName } from './run-book.ts';

export class Allowances {
	readonly #runs: RunBook;
	readonly #clock: Clock;

	constructor({ runs, clock }: { readonly runs: RunBook; readonly clock: Clock }) {
		this.#runs = runs;
		this.#clock = clock;
	}

	/** What an agent could be promised for the item now; null where no budget binds it. */
	possible({ key }: Pick<Item, 'key'>, agent: string, config: ProjectConfig): Allowance | null {
		const settings = config.agent.find(({ name }) => name === agent);
		if (settings === undefined || settings.runtime === 'shell' || !hasBudget(config.budget)) return null;
		const wanted = settings.max_cost_usd ?? config.budget.grant_usd;
		return allowanceFor(config.budget, this.#runs.costs.gone(key), wanted);
	}

	/**
	 * The task with what it may cost, promised durably; the promise of a run that goes on is the one that it has. Null,
	 * and nothing promised, where a budget is used up.
	 */
	async promise(task: Task, node: NodeId, config: ProjectConfig): Promise<Task | null> {
		const { costs } = this.#runs;
		const { key, number } = task.item;
		const run = runName(task);
		const before = costs.promised(key, run);
		const allowance = before ? null : this.possible(task.item, task.agent, config);
		if (allowance?.kind === 'usedUp') return null;
		const usd = before?.usd ?? allowance?.usd ?? 0;
		if (before === null) {
			await costs.promise({ key, number, run, agent: task.agent, node, usd, at: this.#clock.now() });
		}
		return usd > 0 ? { ...task, allowanceUsd: usd } : task;
	}

	/** A report has come, perhaps once more, perhaps of an item that is gone. */
	async settle(task: Task, report: WorkReport, from: NodeId): Promise<void> {
		const { key, number } = task.item;
		const run = { key, number, run: runName(task), agent: task.agent, node: from };
		await this.#runs.costs.settle(run, report.usage, report.shares);
	}

	/**
	 * Who does not come back, or may not work for the project any more, reports nothing that is heard: what it was promised
	 * is booked as spent, whole, so that it counts against the budget of one day and not of every day to come.
	 */
	async giveUp(isBarred: (node: NodeId) => boolean): Promise<void> {
		const { costs } = this.#runs;
		for (const { usd, at: _at, ...run } of costs.promises()) {
			if (!isBarred(parseNodeId(run.node))) continue;
			await costs.settle(run, { costUsd: usd, inputTokens: 0, outputTokens: 0, seconds: 0 });
		}
	}

	/** Whether the node owes a report of this run, though nothing else is known of it any more. */
	owes(task: Task, from: NodeId): boolean {
		return this.#runs.costs.promised(task.item.key, runName(task))?.node === from;
	}
}

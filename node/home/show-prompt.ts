/**
 * What an agent would be told about an item if it were granted now. The task is the one that it would be given; the words
 * are those of the worker that has the item's clone, because what it finds there (a session to go on with, commits of a
 * person) belongs to them.
 */
import type { CanonicalRepository } from '../../shared/git/index.ts';
import type { Result } from '../../shared/operations/index.ts';
import { type ItemRole, type ItemView, mayRun } from '../../shared/pipeline/index.ts';
import { GanglineError, ganglineError, type NodeId } from '../../shared/ports/index.ts';
import type { Task } from '../../shared/protocol/work.ts';
import type { ToldShown } from '../../shared/protocol/work-methods.ts';
import { agentFor, ofRole, runtimeOf } from './agent-for.ts';
import type { ConfigAtMain } from './config-at-main.ts';
import type { HomeExchange } from './exchange.ts';
import type { Home } from './home.ts';
import type { ProjectWorker } from './project-worker.ts';
import type { WorkLoop } from './work-loop.ts';

export type ShownPrompt = Omit<Result<'item.prompt'>, 'item'>;

export interface PromptSources {
	readonly home: Pick<Home, 'item'>;
	readonly repository: Pick<CanonicalRepository, 'main'>;
	readonly exchange: Pick<HomeExchange, 'openTexts'>;
	readonly config: Pick<ConfigAtMain, 'lastGood'>;
	readonly work: Pick<WorkLoop, 'task'>;
	readonly worker: Pick<ProjectWorker, 'linkFor' | 'ownLink'>;
	readonly nameOf: (node: NodeId) => string;
}

/** `wanted`: for which role; left out, the one that is due. @throws GanglineError NOTHING_TO_SHOW */
export async function showPrompt(
	sources: PromptSources,
	view: Pick<ItemView, 'key' | 'name'>,
	wanted: ItemRole | 'research' | undefined,
): Promise<ShownPrompt> {
	const { home, repository, exchange, config: settings, work } = sources;
	const item = home.item(view.key);
	const main = await repository.main();
	if (item === undefined || main === null) {
		throw ganglineError('NOTHING_TO_SHOW', `nobody is told anything about ${view.name}: the home has not taken it yet`);
	}
	const config = await settings.lastGood();
	const role = wanted ?? mayRun(item.stage) ?? 'coder';
	const forResearch = role === 'research';
	const task = await work.task(item, role, config, main);
	const agent = forResearch ? ofRole(role, config) : agentFor(exchange.openTexts.described(item), role, config);
	const runtime = runtimeOf((forResearch ? agent : task.agent) ?? 'shell', config);
	return { role, agent, runtime, ...(await told(sources, task, forResearch)) };
}

/** Where the clone cannot be asked, another worker begins anew: that is what is shown then, and said. */
async function told(
	{ worker, nameOf }: PromptSources,
	task: Task,
	forResearch: boolean,
): Promise<ToldShown & Pick<ShownPrompt, 'note'>> {
	const { node, link } = worker.linkFor(task.item.key);
	try {
		return { ...(await link.told(task, forResearch)), note: null };
	} catch (error) {
		if (link === worker.ownLink || !(error instanceof GanglineError)) throw error;
		const note = `${nameOf(node)}, which has its clone, cannot be asked now (${error.message}): another worker would be told this`;
		return { ...(await worker.ownLink.told(task, forResearch)), note };
	}
}

/** What an agent would be told about an item if it were granted now: the task that it would be given, in words. */
import type { CanonicalRepository } from '../../shared/git/index.ts';
import { type ItemRole, type ItemView, mayRun } from '../../shared/pipeline/index.ts';
import { ganglineError } from '../../shared/ports/index.ts';
import { shownPrompt } from '../agents/index.ts';
import { agentFor, runtimeOf } from './agent-for.ts';
import type { ConfigAtMain } from './config-at-main.ts';
import type { HomeExchange } from './exchange.ts';
import type { Home } from './home.ts';
import type { WorkLoop } from './work-loop.ts';

export interface ShownPrompt {
	readonly role: ItemRole;
	/** Null where none is configured for the role. */
	readonly agent: string | null;
	readonly runtime: string;
	readonly prompt: string;
}

export interface PromptSources {
	readonly home: Pick<Home, 'item'>;
	readonly repository: Pick<CanonicalRepository, 'main'>;
	readonly exchange: Pick<HomeExchange, 'openTexts'>;
	readonly config: Pick<ConfigAtMain, 'lastGood'>;
	readonly work: Pick<WorkLoop, 'task'>;
}

/** `wanted`: for which role; left out, the one that is due. @throws GanglineError NOTHING_TO_SHOW */
export async function showPrompt(
	sources: PromptSources,
	view: Pick<ItemView, 'key' | 'name'>,
	wanted: ItemRole | undefined,
): Promise<ShownPrompt> {
	const { home, repository, exchange, config: settings, work } = sources;
	const item = home.item(view.key);
	const main = await repository.main();
	if (item === undefined || main === null) {
		throw ganglineError('NOTHING_TO_SHOW', `nobody is told anything about ${view.name}: the home has not taken it yet`);
	}
	const config = await settings.lastGood();
	const role = wanted ?? mayRun(item.stage) ?? 'coder';
	const agent = agentFor(exchange.openTexts.described(item), role, config);
	const task = await work.task(item, role, config, main);
	return { role, agent, runtime: runtimeOf(task.agent, config), prompt: shownPrompt(task, config) };
}

/** Makes of an item what a worker is given, and what placement has to know of it. */
import { type Item, type ItemRole, type Token, tries } from '../../shared/pipeline/index.ts';
import type { PlacementTask } from '../../shared/placement/index.ts';
import type { CommitId, Git, NodeId } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import {
	type Brief,
	sayingCharactersMax,
	type Task,
	taskDescriptionCharactersMax,
} from '../../shared/protocol/work.ts';
import { agentFor, loginOf, loginsOf, ofRole } from './agent-for.ts';
import type { BriefFor } from './brief.ts';
import { neededLabels } from './needed-labels.ts';
import type { Talks } from './talks.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface TaskMakerOptions {
	readonly project: string;
	readonly git: Pick<Git, 'refs'>;
	readonly pool: WorkerPool;
	readonly talks: Pick<Talks, 'forTask'>;
	readonly texts: Texts;
	/** What an agent is told besides the item. */
	readonly brief: (about: BriefFor) => Promise<Brief>;
}

/** What people and agents have written at items. */
export interface Texts {
	/** The item with its text as it is now. */
	described(item: Item): Item;
	/** The state of that text; null where nobody has written. */
	stateOf(key: string): string | null;
}

export interface Wanted {
	readonly item: Item;
	readonly role: ItemRole;
}

export class TaskMaker {
	readonly #options: TaskMakerOptions;

	constructor(options: TaskMakerOptions) {
		this.#options = options;
	}

	/** What placement has to know of it; `declinedBy`: who has said no in this pass. */
	placement({ item, role }: Wanted, config: ProjectConfig, declinedBy: readonly string[]): PlacementTask {
		const agent = this.agentFor(item, role, config);
		const logins = loginsOf(agent, config);
		const login = this.#options.pool.loginFor(logins) ?? loginOf({ agent }, config);
		return {
			runtime: login.runtime,
			agent: login.agent,
			account: login.runtime === 'shell' ? null : login.account,
			id: `${this.#options.project}/${item.key}`,
			project: this.#options.project,
			workspace: item.key,
			role,
			rank: item.number,
			labels: [...neededLabels(item), ...(config.agent.find(({ name }) => name === agent)?.labels ?? [])],
			pin: null,
			declinedBy,
		};
	}

	/** The task for one worker, with the login that is to be used there. */
	async taskAt(
		node: NodeId,
		wanted: Wanted,
		token: Token,
		{ config, main }: { readonly config: ProjectConfig; readonly main: CommitId },
	): Promise<Task> {
		const task = await this.task(wanted, token, config, main);
		const account = this.#options.pool.loginFor(loginsOf(task.agent, config), node)?.name;
		return account === undefined ? task : { ...task, account };
	}

	/** Everything that whoever does the item's role would be given now. */
	async task(
		{ item: bare, role, withResearch = false }: Wanted & { readonly withResearch?: boolean },
		token: Token,
		config: ProjectConfig,
		main: CommitId,
	): Promise<Task> {
		const { texts } = this.#options;
		const item = texts.described(bare);
		const textState = texts.stateOf(item.key);
		const startAt = await this.#startOf(item);
		const research = researchFor(item, role, config);
		return {
			project: this.#options.project,
			item: {
				key: item.key,
				number: item.number,
				title: item.title,
				type: item.type,
				description: item.description.slice(0, taskDescriptionCharactersMax),
				...(textState === null ? {} : { textState }),
				words: item.words,
				lastFailure: failureText(item),
			},
			role,
			agent: this.agentFor(bare, role, config),
			token,
			main,
			startFrom: item.result?.commit ?? null,
			...this.#options.talks.forTask(item.key),
			...(startAt && { startAt }),
			brief: await this.#options.brief({ item, role, main, withResearch: withResearch || research !== null }),
			...(research !== null && { research }),
		};
	}

	/** Under which ref the result lies that the work starts from. */
	async #startOf({ key, result }: Item): Promise<Task['startAt']> {
		if (result === null) return undefined;
		const kept = await this.#options.git.refs(`refs/gangline/attempts/${key}`);
		const ref = kept.find(({ commit }) => commit === result.commit)?.ref;
		return ref === undefined ? undefined : { ref, base: result.base };
	}

	/** Who does it: another account where the first one's is limited on every node; `shell` where nobody else does. */
	agentFor(item: Item, role: ItemRole, config: ProjectConfig): string {
		const { texts, pool } = this.#options;
		const isLimited = (agent: string): number | null => pool.limitedUntil(loginsOf(agent, config));
		return agentFor(texts.described(item), role, config, isLimited) ?? 'shell';
	}

	/** Whether all logins of who would do it are limited on that node now. */
	isLimitedAt(node: NodeId, { item, role }: Wanted, config: ProjectConfig): boolean {
		const agent = this.agentFor(item, role, config);
		return this.#options.pool.limitedUntil(loginsOf(agent, config), node) !== null;
	}
}

/** From the third failed try on somebody looks first, where the project has an agent for that. */
function researchFor({ tries: counted }: Item, role: ItemRole, config: ProjectConfig): string | null {
	const isDue = role === 'coder' && counted.reworks >= tries.reworks.analysisAt;
	return isDue ? ofRole('research', config) : null;
}

function failureText({ lastFailure }: Item): string | null {
	if (lastFailure === null) return null;
	const { reason, detail } = lastFailure;
	return (detail ? `${reason}\n${detail}` : reason).slice(0, sayingCharactersMax);
}

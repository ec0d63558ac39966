/**
 * What a grant has used so far, by agent, until its report says it: a node that is killed in the middle of it, or in its
 * gates, still tells all of it, once. Invariant: a record goes in the batch that keeps the report (report-box.ts), so
 * what was used is at every moment in exactly one of the two.
 */
import { z } from 'zod';
import type { JsonValue, Store } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import type { Besides, Task, Usage } from '../../shared/protocol/work.ts';
import { addUsage, noUsage } from './attempt-words.ts';
import { type GrantName, spentName } from './report-box.ts';

const amount = z.number().min(0);
const usage = z.object({ costUsd: amount, inputTokens: amount, outputTokens: amount, seconds: amount });
/** The task's own agent, and one that looks before it. */
const agentsMax = 4;
const recordSchema = z.array(z.object({ agent: z.string(), usage })).max(agentsMax);
type Shares = z.output<typeof recordSchema>;

export class SpentBook {
	readonly #store: Store;
	readonly #project: string;
	/** One write after the other, each on what the one before has left. */
	#writing: Promise<unknown> = Promise.resolve();

	constructor(store: Store, project: string) {
		this.#store = store;
		this.#project = project;
	}

	/** Resolves when it is durable. */
	add(grant: GrantName, agent: string, used: Usage): Promise<void> {
		const adding = this.#writing.then(async () => {
			const before = await this.#read(grant);
			const own = before.find((one) => one.agent === agent)?.usage ?? noUsage;
			const others = before.filter((one) => one.agent !== agent).slice(1 - agentsMax);
			const value: JsonValue = [...others, { agent, usage: { ...addUsage(own, used) } }];
			await this.#store.write([{ kind: 'put', key: spentName(this.#project, grant), value }]);
		});
		this.#writing = adding.catch(() => {});
		return adding;
	}

	/** All of it, and the parts that another than the task's own agent has used. */
	async of(task: Pick<Task, 'item' | 'token' | 'agent'>): Promise<{ readonly usage: Usage } & Pick<Besides, 'shares'>> {
		await this.#writing;
		const all = await this.#read(task);
		const shares = all.filter(({ agent }) => agent !== task.agent);
		const sum = all.reduce((before, one) => addUsage(before, one.usage), noUsage);
		return { usage: sum, ...(shares.length > 0 ? { shares } : {}) };
	}

	async #read(grant: GrantName): Promise<Shares> {
		const parsed = readAs(recordSchema, await this.#store.get(spentName(this.#project, grant)));
		return parsed.success ? parsed.data : [];
	}
}

/**
 * Reports that the home has not acknowledged. Each is in the store before it is handed over and goes when it was
 * settled; after a crash it is handed over again, and the home takes a repeat for what it is [I6]. Beside them: which
 * tasks are being worked on, so that one that a crash interrupted gets its report too [I12], and which grants are over,
 * so that a message which was long on its way begins none of them again [I4] [I7].
 */

import { z } from 'zod';
import { sameToken, type Token } from '../../shared/pipeline/index.ts';
import type { JsonValue, Store } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import { type Task, taskSchema, type WorkReport, withinBounds, workReportSchema } from '../../shared/protocol/work.ts';

const entrySchema = z.object({ task: taskSchema, report: workReportSchema });

/** What of a task names its grant. */
export interface GrantName {
	readonly item: Pick<Task['item'], 'key'>;
	readonly token: Token;
}

export interface StoredReport {
	readonly task: Task;
	readonly report: WorkReport;
}

/** Messages are late by minutes, and a connection carries none of an earlier process. */
const overMax = 1_000;

export class ReportBox {
	readonly #store: Store;
	readonly #project: string;
	/** Keys of items with a report that is not acknowledged, each with the token of the one that was put last. */
	readonly #open = new Map<string, Token>();
	/** Reports that waited when the next one of their item was put: of a run that was lost before it could tell anything. */
	readonly #before = new Map<string, GrantName>();
	/** By item and term, so that a late word of one term takes away none of another: the newest grant that is over; oldest first. */
	readonly #over = new Map<string, number>();

	constructor(store: Store, project: string) {
		this.#store = store;
		this.#project = project;
	}

	/** Items whose report is not settled yet. */
	get keys(): ReadonlySet<string> {
		return new Set(this.grants.map(({ key }) => key));
	}

	/** Grants whose report is not settled yet. */
	get grants(): readonly { readonly key: string; readonly token: Token }[] {
		const before = [...this.#before.values()].map(({ item, token }) => ({ key: item.key, token }));
		return [...[...this.#open].map(([key, token]) => ({ key, token })), ...before];
	}

	/** Whether the report of this grant still waits. */
	has(grant: GrantName): boolean {
		return sameToken(this.#open.get(grant.item.key), grant.token) || this.#before.has(this.#name('report', grant));
	}

	/** Whether this grant, or a later one of the same term, is over: nobody waits for it any more. */
	isOver(grant: GrantName): boolean {
		const over = this.#over.get(itemAndTerm(grant));
		return over !== undefined && over >= grant.token[1];
	}

	async begun(task: Task): Promise<void> {
		await this.#store.write([{ kind: 'put', key: this.#name('task', task), value: asJson({ task }) }]);
	}

	/** In one batch: the report is there, the task is over, and what it used is told (spent-book.ts). */
	async put(task: Task, report: WorkReport): Promise<void> {
		this.#waits(task);
		await this.#store.write([
			{ kind: 'put', key: this.#name('report', task), value: asJson({ task, report: withinBounds(report) }) },
			{ kind: 'delete', key: this.#name('task', task) },
			{ kind: 'delete', key: spentName(this.#project, task) },
		]);
	}

	/** The report was settled; `over`: its grant too, where a frozen item keeps it for when it goes on. */
	async acknowledge(task: GrantName, over: boolean): Promise<void> {
		await this.#store.write([{ kind: 'delete', key: this.#name('report', task) }]);
		if (sameToken(this.#open.get(task.item.key), task.token)) this.#open.delete(task.item.key);
		this.#before.delete(this.#name('report', task));
		if (over) this.#end(task);
	}

	/** Reports of this or an earlier process that are not acknowledged. */
	async unsettled(): Promise<readonly StoredReport[]> {
		const entries = await this.#store.list(`report/${this.#project}/`);
		const reports = entries.flatMap(({ value }) => {
			const parsed = readAs(entrySchema, value);
			return parsed.success ? [parsed.data] : [];
		});
		for (const { task } of reports) this.#waits(task);
		return reports;
	}

	/** Tasks that an earlier process had begun and not reported. */
	async interrupted(): Promise<readonly Task[]> {
		const entries = await this.#store.list(`task/${this.#project}/`);
		return entries.flatMap(({ value }) => {
			const parsed = readAs(z.object({ task: taskSchema }), value);
			return parsed.success ? [parsed.data.task] : [];
		});
	}

	/** From now on the report of this grant is the newest of its item. */
	#waits({ item, token }: GrantName): void {
		const last = this.#open.get(item.key);
		const before = last && { item: { key: item.key }, token: last };
		if (before && !sameToken(last, token)) this.#before.set(this.#name('report', before), before);
		this.#before.delete(this.#name('report', { item, token }));
		this.#open.set(item.key, token);
	}

	#end(grant: GrantName): void {
		if (this.isOver(grant)) return;
		const name = itemAndTerm(grant);
		this.#over.delete(name);
		this.#over.set(name, grant.token[1]);
		for (const key of this.#over.keys()) {
			if (this.#over.size <= overMax) break;
			this.#over.delete(key);
		}
	}

	#name(kind: 'report' | 'task', task: GrantName): string {
		return `${kind}/${this.#project}/${task.item.key}/${tokenName(task)}`;
	}
}

function itemAndTerm({ item, token: [term] }: GrantName): string {
	return `${item.key}/${term}`;
}

/** Where what a grant has used is kept until its report says it. */
export function spentName(project: string, grant: GrantName): string {
	return `spent/${project}/${grant.item.key}/${tokenName(grant)}`;
}

/** The name of a run: its grant, such as `1.42`. */
export function tokenName({ token }: Pick<Task, 'token'>): string {
	return token.join('.');
}

function asJson(value: unknown): JsonValue {
	return JSON.parse(JSON.stringify(value));
}

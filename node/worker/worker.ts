/**
 * The worker of one project on this node: takes tasks as far as the machine has room, runs each attempt, and hands over
 * its report until the home has settled it. Invariant: at most one attempt per item, and an item stays busy until its
 * processes are gone and its report is in the store [I5], [I6].
 */

import { type ItemRole, sameToken, type Token } from '../../shared/pipeline/index.ts';
import { type Clock, type CommitId, type Log, pause, redactDeep, type Store } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { OfferAnswer, Task, WorkReport } from '../../shared/protocol/work.ts';
import type { Asks } from '../../shared/protocol/worker-state.ts';
import type { AttemptEnd } from './attempt.ts';
import type { Steering } from './attempt-sessions.ts';
import { attemptRef, noUsage, reasonOf } from './attempt-words.ts';
import type { Attempts } from './attempts.ts';
import type { MachineRoom } from './machine-room.ts';
import { type GrantName, ReportBox, tokenName } from './report-box.ts';
import type { RunLog, RunLogs } from './run-log.ts';
import type { Shown } from './told.ts';
import { notPrepared, reportWords, stopped } from './worker-words.ts';

export interface WorkerOptions {
	readonly project: string;
	readonly store: Store;
	readonly clock: Clock;
	readonly log: Log;
	readonly room: MachineRoom;
	readonly logs: Pick<RunLogs, 'open'>;
	readonly attempts: Attempts;
	/** The settings of the landed main, once what the task stands on is here. */
	readonly prepare: (task: Task, signal: AbortSignal) => Promise<ProjectConfig>;
	/** Hands a report over. Called again (after a pause, or by a later process) until `acknowledge` was called for it. */
	readonly report: (task: Task, report: WorkReport) => Promise<void>;
	/** Every text of a report passes it before it is stored or sent. */
	readonly redact?: (text: string) => string;
	/** What runs or waits to be settled has changed; must not throw. */
	readonly onChange?: () => void;
}

/** One item that is being worked on. */
export interface Busy {
	/** The name of the run: its grant. */
	readonly run: string;
	readonly key: string;
	/** As people know the item. */
	readonly number: number;
	readonly title: string;
	readonly role: ItemRole;
	readonly token: Token;
	readonly agent: string;
	/** `clone`, `set-up`, `agent NAME`, `gates`, … */
	readonly what: string;
	/** Wall ms. */
	readonly since: number;
	readonly lastLine: string | null;
	readonly pids: readonly number[];
	/** What it waits for a person with. */
	readonly asks: Asks | null;
}

interface Running {
	readonly task: Task;
	readonly since: number;
	readonly controller: AbortController;
	/** Resolves when the report is in the store. */
	ended: Promise<void>;
	what: string;
	pid: number | null;
	steering: Steering | null;
	runLog: RunLog | null;
}

/** An accepted offer keeps its slot for this long; the home begins at once or not at all. */
const offerMsMax = 30_000;
/** Main may have to be fetched for what is only shown; a person waits. */
const toldMsMax = 20_000;
/** Whoever grants sees at once that nothing runs, and asks again: so often at most, where that can never be. */
const lostMs = 5_000;
const retryMsMin = 1_000;
const retryMsMax = 30_000;

export class Worker {
	readonly #options: WorkerOptions;
	readonly #box: ReportBox;
	readonly #running = new Map<string, Running>();
	/** Slots of accepted offers, by item: how to give each back. */
	readonly #offers = new Map<string, () => void>();
	/** Reports that wait for their next try: how to try at once. */
	readonly #retries = new Set<() => void>();
	readonly #timers = new Set<() => void>();
	/** Items whose clone is being removed. */
	readonly #removing = new Set<string>();
	#isStopped = false;

	constructor(options: WorkerOptions) {
		this.#options = options;
		this.#box = new ReportBox(options.store, options.project);
	}

	/** Reports what an earlier process left: attempts that it was in, and reports that were not settled. */
	async start(): Promise<void> {
		await this.#options.attempts.keys();
		const unsettled = [...(await this.#box.unsettled())];
		const reported = new Set(unsettled.map(({ task }) => attemptRef(task)));
		for (const task of await this.#box.interrupted()) {
			if (reported.has(attemptRef(task))) continue;
			const report = await this.#interrupted(task);
			unsettled.push({ task, report: await this.#keep(task, report) });
		}
		for (const { task, report } of unsettled) void this.#deliver(task, report, retryMsMin);
	}

	/** Ends every attempt, verified; their reports are kept for the next process. Idempotent. */
	async stop(): Promise<void> {
		this.#isStopped = true;
		for (const cancel of [...this.#timers, ...this.#offers.values()]) cancel();
		const attempts = [...this.#running.values()];
		for (const { controller } of attempts) controller.abort(stopped('the node is stopping'));
		await Promise.all(attempts.map(({ ended }) => ended));
		await this.#options.attempts.stop();
	}

	get freeSlots(): number {
		return this.#isStopped || this.#options.room.shortage() !== null ? 0 : this.#options.room.freeSlots;
	}

	/** Whether this machine takes the task; an accepted one must be begun soon, or its slot is given back. */
	offer(task: Task): OfferAnswer {
		const refusal = this.#refusal(task);
		if (refusal !== null) return { kind: 'declined', reason: refusal };
		const { room, clock } = this.#options;
		const { key } = task.item;
		// A home whose answer got lost asks again: it is one offer, and one slot.
		this.#offers.get(key)?.();
		if (!room.takeSlot()) return { kind: 'declined', reason: 'no slot is free' };
		const giveBack = (): void => {
			if (this.#offers.delete(key)) room.freeSlot();
			cancel();
		};
		const cancel = clock.after(offerMsMax, giveBack);
		this.#offers.set(key, giveBack);
		return { kind: 'accepted' };
	}

	/**
	 * Begins an accepted task, or one that goes on. False, and nothing begun, when there is no room for it now, or when it
	 * was settled already and this was long on its way; said twice it is the same run.
	 */
	begin(task: Task): boolean {
		const before = this.#running.get(task.item.key);
		if (this.#box.has(task) || (before && sameToken(before.task.token, task.token))) return true;
		const { room, clock } = this.#options;
		this.#offers.get(task.item.key)?.();
		if (this.#box.isOver(task) || this.#refusal(task) !== null || !room.takeSlot()) return false;
		const running: Running = {
			task,
			since: clock.now(),
			controller: new AbortController(),
			ended: Promise.resolve(),
			what: 'begins',
			pid: null,
			steering: null,
			runLog: null,
		};
		this.#running.set(task.item.key, running);
		running.ended = this.#attempt(running);
		this.#options.onChange?.();
		return true;
	}

	/** Ends what runs for an item. Resolves when its processes are gone and its work is kept; the report follows. */
	async cancel(key: string, reason: string): Promise<void> {
		this.#offers.get(key)?.();
		const running = this.#running.get(key);
		running?.controller.abort(stopped(reason));
		await running?.ended;
	}

	/** Tells whoever works on the item at its next turn; false where nothing hears it. */
	say(key: string, words: string, person: string): boolean {
		return this.#running.get(key)?.steering?.say({ who: person, words }) ?? false;
	}

	/** A person's decision about an open question; false where it is not open any more. */
	answer(key: string, id: string, decision: { readonly allow: boolean; readonly who: string }): boolean {
		return this.#running.get(key)?.steering?.answer(id, decision) ?? false;
	}

	/** The report of a grant was settled. `over`: so is the grant, and nothing begins it again. */
	async acknowledge(grant: GrantName, over: boolean): Promise<void> {
		await this.#box.acknowledge(grant, over);
		this.#options.onChange?.();
	}

	/** Grants whose report the home has not settled. */
	get reporting(): ReportBox['grants'] {
		return this.#box.grants;
	}

	/** Hands over at once what waits for its next try: the home can be reached again. */
	handOver(): void {
		for (const now of [...this.#retries]) now();
	}

	/** Items whose clone is here. */
	get clones(): readonly string[] {
		return this.#options.attempts.known;
	}

	busy(): readonly Busy[] {
		return [...this.#running.values()].map(({ task, since, what, pid, steering, runLog }) => ({
			run: tokenName(task),
			key: task.item.key,
			number: task.item.number,
			title: task.item.title,
			role: task.role,
			token: task.token,
			agent: task.agent,
			what,
			since,
			lastLine: runLog?.lastLine() ?? null,
			pids: pid === null ? [] : [pid],
			asks: steering?.asks() ?? null,
		}));
	}

	/** What the task's first session would be told if it began here now. @throws what `prepare` throws */
	async told(task: Task, forResearch: boolean): Promise<Shown> {
		const { attempts, prepare } = this.#options;
		const config = await prepare(task, AbortSignal.timeout(toldMsMax));
		return await attempts.told({ task, config, forResearch });
	}

	/** Keeps what an item's clone has now, on a ref; null when there is nothing that is not kept. */
	async salvage(key: string): Promise<string | null> {
		return await this.#options.attempts.salvage(key);
	}

	/** What an item's clone has now, as a commit that is kept; null where it has none here. May be asked while it is worked in. */
	async snapshot(key: string): Promise<CommitId | null> {
		return await this.#options.attempts.snapshot(key);
	}

	/** Removes clones of items that are not in `keep`, their work kept first. */
	async tidy(keep: ReadonlySet<string>): Promise<void> {
		const { attempts } = this.#options;
		for (const key of await attempts.keys()) {
			if (keep.has(key) || this.#running.has(key) || this.#box.keys.has(key) || this.#isStopped) continue;
			// A home says what it does not need with each life sign, also while this goes on.
			if (this.#removing.has(key)) continue;
			this.#removing.add(key);
			try {
				await attempts.remove(key);
				this.#options.log.info('clone.removed', { item: key });
			} catch (error) {
				// It stays, with its work; the others and whatever is tidied after them need not wait for it.
				this.#options.log.warn('clone.notRemoved', { item: key, error });
			} finally {
				this.#removing.delete(key);
			}
		}
	}

	#refusal({ item }: Task): string | null {
		if (this.#isStopped) return 'the node is stopping';
		if (this.#running.has(item.key)) return 'this machine works on the item already';
		if (this.#removing.has(item.key)) return 'its last clone is being removed';
		if (this.#box.keys.has(item.key)) return 'the last report about the item is not settled yet';
		return this.#options.room.shortage();
	}

	async #attempt(running: Running): Promise<void> {
		const { room, logs, log, clock, onChange } = this.#options;
		const { task } = running;
		const { key } = task.item;
		const portBase = room.takePorts();
		let survivors: readonly number[] = [];
		let report: WorkReport | undefined;
		try {
			await this.#box.begun(task);
			log.info('attempt.begun', { item: key, run: tokenName(task), agent: task.agent, role: task.role });
			const runLog = logs.open(key, tokenName(task));
			running.runLog = runLog;
			const end = await this.#run(running, { portBase, runLog });
			survivors = end.survivors;
			runLog.write('agent', 'note', `${reportWords(end.report)}\n`);
			runLog.close();
			report = await this.#keep(task, end.report);
		} catch (error) {
			// The store refused, or main's settings cannot be read: the home sees that nothing runs, and grants again.
			log.error('attempt.lost', { item: key, run: tokenName(task), error });
			running.runLog?.close();
			await pause(clock, lostMs, running.controller.signal).catch(() => undefined);
		} finally {
			if (survivors.length > 0) {
				// Its ports too: what survives may listen there.
				room.quarantineSlot();
				log.error('slot.quarantined', { item: key, pids: survivors });
			} else room.freePorts(portBase);
			room.freeSlot();
			this.#running.delete(key);
			onChange?.();
		}
		// Only now: who hears of it must find the item free.
		if (report) void this.#deliver(task, report, retryMsMin);
	}

	async #run(
		running: Running,
		{ portBase, runLog }: { readonly portBase: number; readonly runLog: RunLog },
	): Promise<AttemptEnd> {
		const { prepare, attempts } = this.#options;
		const { task, controller } = running;
		const { signal } = controller;
		running.what = 'main';
		let config: ProjectConfig;
		try {
			config = await prepare(task, signal);
		} catch (error) {
			if (!signal.aborted) return { report: notPrepared(error), survivors: [] };
			return { report: { kind: 'stopped', reason: reasonOf(signal), commit: null, usage: noUsage }, survivors: [] };
		}
		return await attempts.run({
			task,
			config,
			portBase,
			signal,
			runLog,
			onPid: (pid) => {
				running.pid = pid;
			},
			onSteering: (steering) => {
				running.steering = steering;
			},
			onAsk: () => this.#options.onChange?.(),
			onStep: (what) => {
				running.what = what;
			},
		});
	}

	/** The report is in the store before anybody hears of it. */
	async #keep(task: Task, said: WorkReport): Promise<WorkReport> {
		const { redact } = this.#options;
		const report = redact === undefined ? said : redactDeep(said, redact);
		await this.#box.put(task, report);
		this.#options.log.info('attempt.ended', {
			item: task.item.key,
			run: tokenName(task),
			end: report.kind,
			why: reportWords(report),
		});
		return report;
	}

	async #deliver(task: Task, report: WorkReport, retryMs: number): Promise<void> {
		// A stopping home settles nothing any more: the next process hands it over.
		if (this.#isStopped || !this.#box.has(task)) return;
		try {
			await this.#options.report(task, report);
		} catch (error) {
			this.#options.log.warn('report.notSettled', { item: task.item.key, retryMs, error: String(error) });
			this.#deliverAgain(task, report, retryMs);
		}
	}

	#deliverAgain(task: Task, report: WorkReport, waitMs: number): void {
		const again = (): void => {
			cancel();
			this.#timers.delete(cancel);
			this.#retries.delete(again);
			void this.#deliver(task, report, Math.min(waitMs * 2, retryMsMax));
		};
		const cancel = this.#options.clock.after(waitMs, again);
		this.#timers.add(cancel);
		this.#retries.add(again);
	}

	/** What an attempt that a crash interrupted has left: its commits are kept, its clone stays. */
	async #interrupted(task: Task): Promise<WorkReport> {
		const { attempts } = this.#options;
		const [commit, spent] = [await attempts.rescue(task), await attempts.spent(task)];
		return { kind: 'stopped', reason: 'the node ended in the middle of it', commit, ...spent };
	}
}

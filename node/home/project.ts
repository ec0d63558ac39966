/**
 * One project on this node: its home, its landing queue, its worker and its reconcilers, put together by compose.ts.
 * This file starts and stops them in the right order and answers what others ask about the project as a whole.
 */

import type { CanonicalRepository } from '../../shared/git/index.ts';
import { type Board, isInArchive, type ProjectView } from '../../shared/operations/index.ts';
import {
	type Found,
	type Item,
	type ItemRole,
	type ItemView,
	mayRun,
	searchItems,
	viewItems,
} from '../../shared/pipeline/index.ts';
import { type CommitId, GanglineError, ganglineError, parseCommitId } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import { authorNames } from '../../shared/replica/index.ts';
import { Reconciler } from '../reconcile/reconciler.ts';
import type { PreviewState } from '../worker/index.ts';
import { agentFor } from './agent-for.ts';
import type { HomeExchange } from './exchange.ts';
import { LeftItems } from './forget-left.ts';
import type { Placement } from './grants.ts';
import type { Home } from './home.ts';
import { OpenQuestions } from './open-questions.ts';
import { lacksAgent } from './plan-work.ts';
import type { ProjectParts, ProjectRecord } from './project-parts.ts';
import type { ProjectWorker } from './project-worker.ts';
import type { RunBook } from './run-book.ts';
import { type ShownPrompt, showPrompt } from './show-prompt.ts';
import { situationOf } from './situation-of.ts';
import type { Talks } from './talks.ts';
import { tidy } from './tidy.ts';
import type { WorkerDesk } from './worker-desk.ts';

const reconcilerStopMsMax = 10_000;
/** What a person has just committed is judged before it comes in. */
const agentWaitMsMax = 8_000;
/** A limit that ends later is seen by a pass that comes by itself. */
const limitTimerMsMax = 30_000;

export class Project {
	readonly #parts: ProjectParts;
	readonly #reconcilers: readonly Reconciler[];
	readonly #left: LeftItems;
	readonly #questions = new OpenQuestions();
	#record: ProjectRecord;
	#cancelLimitTimer: (() => void) | undefined;
	#isStopped = false;
	/** Why nothing is begun or landed: settings, the checkout or the canonical repository are not as they must be. */
	#trouble: string | null = null;

	constructor(parts: ProjectParts) {
		this.#parts = parts;
		this.#record = parts.record;
		this.#left = new LeftItems(parts);
		const { clock, log } = parts;
		const reconciler = (name: string, pass: () => Promise<void>): Reconciler =>
			new Reconciler({ name: `${this.name}.${name}`, clock, log, pass });
		this.#reconcilers = [
			reconciler('work', () => this.#workPass()),
			reconciler('landing', () => this.#landingPass()),
			reconciler('branches', () => parts.branches.pass()),
			reconciler('tidy', () => this.#tidyPass()),
		];
	}

	get id(): string {
		return this.#record.id;
	}

	get name(): string {
		return this.#record.name;
	}

	get record(): ProjectRecord {
		return this.#record;
	}

	get nodeName(): string {
		return this.#parts.nodeName;
	}

	nodeNameOf(node: string): string {
		return this.#parts.nameOf(node);
	}

	get home(): Home {
		return this.#parts.home;
	}

	/** The project as the other nodes meet it. */
	get exchange(): HomeExchange {
		return this.#parts.exchange;
	}

	/** Open items and items of segments that have all words, best first. */
	async search(words: string): Promise<readonly Found[]> {
		const { openTexts } = this.exchange;
		const items = Object.values(this.home.facts.items).map((item) => openTexts.described(item));
		const open = searchItems(items, words);
		return [...open, ...(await this.#parts.segments.search(words))].sort((a, b) => b.score - a.score);
	}

	/** What is done or closed: in the index still, and of segments. */
	async archive(): Promise<{ readonly closed: readonly Item[]; readonly left: readonly Item[] }> {
		const { items } = this.home.facts;
		const closed = [...this.views().values()].filter(isInArchive).flatMap(({ key }) => items[key] ?? []);
		return { closed, left: await this.#parts.segments.all() };
	}

	get repository(): CanonicalRepository {
		return this.#parts.repository;
	}

	get runs(): RunBook {
		return this.#parts.runs;
	}

	/** What people and agents said to each other outside of sessions. */
	get talks(): Talks {
		return this.#parts.talks;
	}

	get desk(): WorkerDesk {
		return this.#parts.desk;
	}

	get worker(): ProjectWorker {
		return this.#parts.worker;
	}

	/** Workers have said how they are: who looks at an item sees at once that its agent asks, or asks no more. */
	lookAtQuestions(): void {
		const keys = this.#questions.look(this.worker.running());
		if (keys.length > 0) this.#parts.onChange({ kind: 'items', keys, why: 'what its agent asks has changed' });
	}

	/** Main is read before anything is folded, then what waited is folded, then work goes on. */
	async start(): Promise<void> {
		const { home, exchange, queue, worker, onChange } = this.#parts;
		await queue.recover();
		await home.settlePending();
		home.subscribe(({ history }) => {
			const why = history.map(({ event }) => event).join(', ');
			onChange({ kind: 'items', keys: [...new Set(history.map(({ item }) => item))], why });
			this.poke();
		});
		exchange.openTexts.onWritten((key) => {
			onChange({ kind: 'items', keys: [key], why: 'its text was written' });
			// A script may have come, without which nobody could work on it.
			this.poke();
		});
		// Whoever was away may have wanted much; what began before goes on meanwhile.
		exchange.start();
		await worker.start();
		for (const reconciler of this.#reconcilers) reconciler.start();
	}

	async stop(): Promise<void> {
		const { worker, home, exchange, repository, clock } = this.#parts;
		this.#isStopped = true;
		this.#cancelLimitTimer?.();
		const reconcilers = Promise.all(this.#reconcilers.map((reconciler) => reconciler.stop()));
		// What people want from now on is for the next start, or for another home.
		await Promise.all([exchange.stop(), worker.stop(), this.#parts.previews.stopAll()]);
		// A remote that does not answer is not waited for: what it was asked is asked again at the next start.
		const bound = Promise.withResolvers<void>();
		const cancel = clock.after(reconcilerStopMsMax, bound.resolve);
		await Promise.race([reconcilers, bound.promise]);
		cancel();
		await home.idle();
		await repository[Symbol.asyncDispose]();
	}

	/** Something changed that may let something go on. */
	poke(): void {
		for (const reconciler of this.#reconcilers) reconciler.poke();
	}

	/** Where nobody could work on an item, what a person has just committed may name an agent: it comes in first. */
	async lookForAgent(item: Pick<Item, 'agent' | 'description'>): Promise<void> {
		const { config, branches } = this.#parts;
		if (config.last === null || agentFor(item, 'coder', config.last) === null) await branches.look(agentWaitMsMax);
	}

	/** What main lacked here may be here now. */
	judgeAgain(): void {
		this.#parts.qualification.again();
		this.poke();
	}

	/** Lets work begin that can begin now, so that an answer can say whether it did. */
	async settleWork(): Promise<void> {
		await this.#reconcilers[0]?.now();
	}

	/** Begins nothing more; `kill`: ends what runs, see `endAll`, and gates of main and of landings, and previews. */
	async pause(kill: boolean): Promise<readonly string[]> {
		await this.#save({ ...this.#record, paused: true });
		if (!kill) return [];
		const { worker, previews, endGates } = this.#parts;
		const [ended] = await Promise.all([worker.endAll('the project was paused'), previews.stopAll(), endGates()]);
		return ended;
	}

	async resume(): Promise<void> {
		await this.#save({ ...this.#record, paused: false });
		// Gates of main that were ended with the pause need not wait for their time.
		this.#parts.qualification.again();
		this.poke();
	}

	/** Ends an item's run, verified. */
	async stopWork(key: string, reason: string): Promise<void> {
		await this.#parts.worker.cancel(key, reason);
	}

	/** The settings that main had last. @throws GanglineError INVALID_CONFIG where it never had readable ones. */
	config(): ProjectConfig {
		const { config } = this.#parts;
		if (config.last) return config.last;
		throw ganglineError('INVALID_CONFIG', this.#trouble ?? 'the project file was not read yet');
	}

	views(): ReadonlyMap<string, ItemView> {
		const names = authorNames(this.home.facts, [], this.#parts.nameOf);
		const { openTexts } = this.exchange;
		return new Map(viewItems(this.home.facts, [], names).map((view) => [view.key, openTexts.described(view)]));
	}

	/** What an answer about items needs besides the items. */
	surroundings(views: ReadonlyMap<string, ItemView>) {
		const situation = situationOf(this.#parts, {
			mayNotBegin: this.mayNotBegin(),
			mayNotLand: this.#record.paused ? 'the project is paused' : (this.#trouble ?? this.#parts.queue.trouble),
		});
		return { project: this.id, runs: this.runs, views, situation, nodeName: this.#parts.nameOf };
	}

	/**
	 * Somebody tries the item's result or, while it is worked on or a person has it, what its clone has now.
	 * @throws GanglineError NOTHING_TO_SHOW, INVALID_CONFIG, REFUSED
	 */
	async preview({ key, name, result, stage }: ItemView, action: 'start' | 'show' | 'stop'): Promise<PreviewState> {
		const { previews, config, worker } = this.#parts;
		if (action === 'stop') await previews.stop(key);
		if (action !== 'start') return previews.show(key);
		const isBegun = mayRun(stage) === 'coder' || stage.kind === 'frozen' || stage.kind === 'blocked';
		const begun = isBegun ? await worker.snapshot(key) : null;
		const commit = begun ?? (result && parseCommitId(result.commit));
		if (commit !== null) return await previews.start(key, commit, await config.lastGood());
		throw ganglineError('NOTHING_TO_SHOW', `${name} has no result yet that could be tried, and no clone on this node`, {
			hint: 'try again when somebody works on it here, or when its result is here',
		});
	}

	/** What an agent would be told now, for a role or the one that is due. */
	prompt(view: ItemView, role: ItemRole | 'research' | undefined): Promise<ShownPrompt> {
		return showPrompt({ ...this.#parts, home: this.home }, view, role);
	}

	/** The last decision about where the item should run. */
	placement(key: string): Placement | null {
		return this.#parts.work.placement(key);
	}

	/** Why nothing new is begun now; null while it may. */
	mayNotBegin(): string | null {
		if (this.#record.paused) return 'the project is paused: gangline resume';
		if (this.#trouble !== null) return this.#trouble;
		const { ready, reason } = this.#parts.qualification.state;
		return ready ? this.#parts.worker.shortage() : reason;
	}

	view(): ProjectView {
		const { config, queue } = this.#parts;
		return {
			id: this.id,
			name: this.name,
			path: this.#record.path,
			branch: this.#record.branch,
			review: config.last?.review.mode ?? 'human',
			landing: config.last?.landing.mode ?? 'local',
			paused: this.#record.paused,
			trouble: this.#trouble ?? queue.trouble,
		};
	}

	qualification(): Board['qualification'] {
		return this.#parts.qualification.state;
	}

	distance(): Promise<Board['distance']> {
		return this.#parts.branches.distance();
	}

	queueNames(): readonly string[] {
		return this.#parts.queue.queue().map(({ number }) => `#${number}`);
	}

	/** How many items have landed, ever. */
	landings(): number {
		return Object.values(this.home.facts.items).filter(({ stage }) => stage.kind === 'done').length;
	}

	async keptRefs(key: string): Promise<readonly { readonly ref: string; readonly commit: CommitId }[]> {
		const kinds = ['attempts', 'salvage'].map((kind) => this.repository.refs(`refs/gangline/${kind}/${key}`));
		return (await Promise.all(kinds)).flat();
	}

	/** Adds main as it is to what the qualification judges, and says whether work may begin on it. */
	async mayBegin(): Promise<{ readonly main: CommitId } | string> {
		const { config, branches, qualification } = this.#parts;
		let main: CommitId | null = null;
		try {
			main = await this.repository.main();
			await branches.requireCheckout();
			const settings = await config.read();
			this.#trouble = null;
			if (main !== null) qualification.ask(main, settings);
		} catch (error) {
			if (!(error instanceof GanglineError)) throw error;
			this.#trouble = error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
			if (main !== null) await config.lastGood().catch(() => null);
		}
		const reason = this.mayNotBegin();
		if (reason !== null) return reason;
		return main === null ? 'main has no commit yet' : { main };
	}

	async #workPass(): Promise<void> {
		await this.#lookForAgents();
		const begin = await this.mayBegin();
		const { last } = this.#parts.config;
		if (last !== null) await this.#parts.work.pass(begin, last);
		this.#wakeAtLimitEnd();
	}

	/** The same for what is wanted elsewhere, where nobody looks at this checkout first: none is blocked before. */
	async #lookForAgents(): Promise<void> {
		const { config, branches } = this.#parts;
		const { last } = config;
		if (last === null) return;
		const { openTexts } = this.exchange;
		const isWithout = (item: Item): boolean =>
			lacksAgent(item, (one, role) => agentFor(openTexts.described(one), role, last));
		if (Object.values(this.home.facts.items).some(isWithout)) await branches.look(agentWaitMsMax);
	}

	/** Work that an account's limit held back goes on when the limit ends. */
	#wakeAtLimitEnd(): void {
		const { work, clock } = this.#parts;
		this.#cancelLimitTimer?.();
		const end = work.nextLimitEnd();
		const wait = end === null ? limitTimerMsMax : end - clock.now();
		if (wait < limitTimerMsMax && !this.#isStopped) this.#cancelLimitTimer = clock.after(wait, () => this.poke());
	}

	async #landingPass(): Promise<void> {
		if (this.#record.paused || this.#trouble !== null) return;
		await this.#parts.queue.pass();
	}

	async #tidyPass(): Promise<void> {
		await tidy(this.#parts);
		await this.#left.pass();
	}

	async #save(record: ProjectRecord): Promise<void> {
		await this.#parts.saveRecord(record);
		this.#record = record;
		this.#parts.onChange({ kind: 'project' });
	}
}

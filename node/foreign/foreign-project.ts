/**
 * One project of another node's home as this machine works for it: a mirror of its commits, a worker, and whether
 * set-up and gates were seen to work here on its main. Nothing is taken before they were, for the main that the home
 * has now [I12]. What it finished while the home was away is kept and delivered.
 */
import { type Clock, type CommitId, GanglineError, type Log, pause } from '../../shared/ports/index.ts';
import type { AgentConfig, ProjectConfig } from '../../shared/project/index.ts';
import type { OfferAnswer, Task } from '../../shared/protocol/work.ts';
import type { WorkerStanding } from '../../shared/protocol/worker-state.ts';
import type { Worker } from '../worker/index.ts';
import type { ForeignMirror } from './mirror.ts';
import type { ReportSender } from './report-sender.ts';

/** What of `Qualification` (node/home) a foreign project needs. */
export interface ForeignQualification {
	readonly state: { readonly ready: boolean; readonly reason: string | null; readonly saw: string | null };
	ask(main: CommitId, config: ProjectConfig): unknown;
}

export interface ForeignProjectOptions {
	readonly project: string;
	readonly clock: Clock;
	readonly log: Log;
	readonly mirror: Pick<ForeignMirror, 'bring' | 'bringFor' | 'close'>;
	/** The settings as a commit of the mirror has them. */
	readonly config: (commit: CommitId) => Promise<ProjectConfig>;
	/** Untracked files that set-up needs and that are not on this machine, in words that say where to put them. */
	readonly missingFiles: (config: ProjectConfig) => Promise<string | null>;
	readonly qualification: ForeignQualification;
	readonly worker: Worker;
	readonly sender: ReportSender;
	/** Whether the program of an agent is on this machine. */
	readonly canRun: (agent: AgentConfig) => boolean;
	/** Accounts of such agents that are limited on this machine, wall ms. */
	readonly limits: (agents: readonly AgentConfig[]) => Readonly<Record<string, number>>;
	readonly onChange: () => void;
}

/** Between two tries to get what a task stands on; who has granted it ends the waiting when it is too long. */
const bringRetryMs = 5_000;

export class ForeignProject {
	readonly #options: ForeignProjectOptions;
	#main: CommitId | null = null;
	#config: ProjectConfig | null = null;
	#trouble: string | null = 'its main was not fetched yet';
	#following: Promise<void> | undefined;
	#wanted: CommitId | null = null;

	constructor(options: ForeignProjectOptions) {
		this.#options = options;
	}

	get worker(): Worker {
		return this.#options.worker;
	}

	get sender(): ReportSender {
		return this.#options.sender;
	}

	start(): Promise<void> {
		return this.#options.worker.start();
	}

	async stop(): Promise<void> {
		await this.#options.worker.stop();
		await this.#following;
		await this.#options.mirror.close();
	}

	/** The home says where its main is: brings it here and has it judged. Many words, one effort at a time. */
	follow(main: CommitId): void {
		this.#wanted = main;
		this.#following ??= this.#follow().finally(() => {
			this.#following = undefined;
		});
	}

	/** Whether this machine takes the task; no by itself where it is not qualified. */
	offer(task: Task): OfferAnswer {
		const { qualified, reason } = this.standing();
		if (!qualified) return { kind: 'declined', reason: `not qualified: ${reason ?? 'not judged yet'}`.slice(0, 1_000) };
		return this.#options.worker.offer(task);
	}

	/** The worker's `prepare`: the task's main is here, and what it starts from; answers main's settings. */
	async prepare(task: Task, signal: AbortSignal): Promise<ProjectConfig> {
		const { mirror, config, clock, log } = this.#options;
		for (;;) {
			try {
				return await config(await mirror.bringFor(task, signal));
			} catch (error) {
				signal.throwIfAborted();
				if (!(error instanceof GanglineError) || !isPassing(error)) throw error;
				log.info('main.notFetched', { item: task.item.key, code: error.code, why: error.message });
				await pause(clock, bringRetryMs, signal);
			}
		}
	}

	/** How the project stands here, for homes, the gateway and people. */
	standing(): Omit<WorkerStanding, 'project' | 'clones'> {
		const { qualification, canRun, limits } = this.#options;
		const { ready, reason, saw } = qualification.state;
		const qualified = this.#trouble === null && ready;
		const agents = (this.#config?.agent ?? []).filter(canRun);
		return {
			qualified,
			reason: qualified ? null : (this.#trouble ?? reason),
			saw,
			main: this.#main,
			agents: agents.map(({ name }) => name),
			limits: limits(agents),
		};
	}

	async #follow(): Promise<void> {
		const { mirror, config, missingFiles, qualification, onChange, log } = this.#options;
		for (let main = this.#wanted; main !== null; main = this.#wanted) {
			this.#wanted = null;
			const before = this.#trouble;
			try {
				if (main !== this.#main) {
					await mirror.bring(main);
					this.#config = await config(main);
					this.#main = main;
				}
				this.#trouble = this.#config === null ? null : await missingFiles(this.#config);
				if (this.#trouble === null && this.#config !== null) qualification.ask(main, this.#config);
			} catch (error) {
				const words = error instanceof Error ? error.message : String(error);
				this.#trouble = `its main could not be fetched: ${words}`;
				if (before !== this.#trouble) log.warn('main.notFollowed', { project: this.#options.project, why: words });
			}
			if (before !== this.#trouble) onChange();
		}
	}
}

/** The home or the way to it is away; another try may help. */
function isPassing({ code }: GanglineError): boolean {
	return passing.has(code);
}

const passing: ReadonlySet<string> = new Set(['PEER_GONE', 'PEER_UNREACHABLE', 'HOME_AWAY', 'STOPPING']);

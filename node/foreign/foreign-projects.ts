/**
 * The projects of other homes that this node works for, as the registry says: opened when they are assigned, closed when
 * they are not any more, and nothing of them is lost by it: reports that were not settled wait in the store.
 */
import type { Log } from '../../shared/ports/index.ts';
import { Serial } from '../reconcile/serial.ts';
import type { ForeignProject } from './foreign-project.ts';

export interface ForeignProjectsOptions {
	readonly log: Log;
	/** Ids of the projects that are wanted now. */
	readonly wanted: () => ReadonlySet<string>;
	/** Null while it is too early: nothing is known of its commits. */
	readonly open: (id: string) => Promise<ForeignProject | null>;
	/** Called with each that was opened, when it has started, and with each that is closed, before it stops. */
	readonly onOpened: (id: string, project: ForeignProject) => void;
	readonly onClosing: (id: string) => void;
}

export class ForeignProjects {
	readonly #options: ForeignProjectsOptions;
	readonly #open = new Map<string, ForeignProject>();
	readonly #serial = new Serial();
	#isStopped = false;

	constructor(options: ForeignProjectsOptions) {
		this.#options = options;
	}

	get(id: string): ForeignProject | undefined {
		return this.#open.get(id);
	}

	all(): ReadonlyMap<string, ForeignProject> {
		return this.#open;
	}

	/** The registry has changed. Resolves when what is wanted is open; what cannot be opened is tried at the next call. */
	review(): Promise<void> {
		return this.#serial.run(() => this.#review());
	}

	async stop(): Promise<void> {
		this.#isStopped = true;
		await this.#serial.idle();
		await Promise.all([...this.#open.keys()].map((id) => this.#close(id)));
	}

	async #review(): Promise<void> {
		if (this.#isStopped) return;
		const { wanted, open, onOpened, log } = this.#options;
		const now = wanted();
		for (const id of [...this.#open.keys()]) if (!now.has(id)) await this.#close(id);
		for (const id of now) {
			if (this.#open.has(id)) continue;
			try {
				const project = await open(id);
				if (project === null) continue;
				this.#open.set(id, project);
				await project.start();
				// Only now is anything said of it: a home that hears of no report takes the work for lost.
				onOpened(id, project);
			} catch (error) {
				log.error('foreign.notOpened', { project: id, error });
				await this.#close(id);
			}
		}
	}

	async #close(id: string): Promise<void> {
		const project = this.#open.get(id);
		if (project === undefined) return;
		const { onClosing, log } = this.#options;
		onClosing(id);
		this.#open.delete(id);
		await project.stop().catch((error: unknown) => log.error('foreign.notStopped', { project: id, error }));
	}
}

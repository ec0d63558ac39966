/**
 * Puts containers to sleep in which nothing is to do, and wakes those that sleep when something is. Nothing to do: no
 * item that an agent or the landing queue could go on with, and nobody logged in over ssh. What cannot be known counts
 * as something to do. A container that a person has stopped is not woken.
 */
import { type Clock, GanglineError, type Log } from '../ports/index.ts';
import type { Containers } from './containers.ts';
import type { ContainerRecord } from './records.ts';

/** What a project has to do, as far as its replica at the gateway tells. */
export type Doing =
	/** Its home would go on with something by itself. */
	| 'work'
	/** Somebody wants something that its home has not heard. */
	| 'wished'
	| 'nothing'
	/** There is no replica yet. */
	| 'unknown';

export type IdleRecord = Pick<ContainerRecord, 'name' | 'project' | 'phase' | 'asleep' | 'idleStopMs'>;

export interface IdleOptions {
	readonly containers: Pick<Containers, 'sleep' | 'wake' | 'logins' | 'isBusy'>;
	/** All that are to be looked at, as they are known now. */
	readonly records: { all(): readonly IdleRecord[] };
	readonly doing: (project: string) => Doing;
	readonly clock: Clock;
	readonly log: Log;
}

const lookEveryMs = 30_000;

export class IdleWatch {
	readonly #options: IdleOptions;
	/** Since when nothing was to do, on this process's clock. */
	readonly #since = new Map<string, number>();
	#cancel: () => void = () => undefined;
	#looking: Promise<void> | null = null;
	#isStopped = false;

	constructor(options: IdleOptions) {
		this.#options = options;
	}

	start(): void {
		this.#cancel = this.#options.clock.after(lookEveryMs, () => {
			void this.look().finally(() => {
				if (!this.#isStopped) this.start();
			});
		});
	}

	/** Something has changed: whoever sleeps may have to wake, now rather than at the next look. */
	poke(): void {
		const { records, doing } = this.#options;
		const isWanted = records
			.all()
			.some(({ asleep, project }) => asleep && project !== null && doing(project) === 'wished');
		if (isWanted) void this.look();
	}

	/** One look at all; one at a time. */
	look(): Promise<void> {
		this.#looking ??= this.#lookAtAll().finally(() => {
			this.#looking = null;
		});
		return this.#looking;
	}

	async stop(): Promise<void> {
		this.#isStopped = true;
		this.#cancel();
		await this.#looking;
	}

	async #lookAtAll(): Promise<void> {
		const { records, log } = this.#options;
		for (const { name } of records.all()) {
			if (this.#isStopped) return;
			try {
				await this.#lookAt(name);
			} catch (error) {
				this.#since.delete(name);
				// An engine that is away is said wherever a person looks; here there is only the next look.
				if (error instanceof GanglineError) log.info('container.notLookedAt', { name, why: error.message });
				else log.error('container.notLookedAt', { name, error });
			}
		}
	}

	async #lookAt(name: string): Promise<void> {
		const { containers, records, doing, clock, log } = this.#options;
		const record = records.all().find((one) => one.name === name);
		if (record === undefined || record.project === null || record.phase !== 'ready' || containers.isBusy(name)) return;
		const now = doing(record.project);
		if (record.asleep) {
			if (now !== 'wished') return;
			log.info('container.woken', { name });
			await containers.wake(name);
			return;
		}
		const isIdle = record.idleStopMs !== null && now === 'nothing' && (await containers.logins(name)) === 0;
		if (!isIdle) {
			this.#since.delete(name);
			return;
		}
		const since = this.#since.get(name) ?? clock.monotonic();
		this.#since.set(name, since);
		if (clock.monotonic() - since < (record.idleStopMs ?? Number.POSITIVE_INFINITY)) return;
		this.#since.delete(name);
		log.info('container.slept', { name });
		await containers.sleep(name);
	}
}

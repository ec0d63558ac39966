/**
 * The bound on disk that the node of a project in a container keeps by itself: engines' storage seldom has one, and source
 * and state lie on the machine's own disk. It is looked at when somebody asks whether something may be begun, at most
 * every half minute and in the background, so an answer is that old. What runs is not ended. It holds mistakes and greedy
 * builds, not code that means harm: that may write the file with the bound.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, Log } from '../../shared/ports/index.ts';
import { takenBy } from '../../shared/ports/system/taken-by.ts';

export interface DiskBoundOptions {
	/** The gateway writes the bound there, in bytes. */
	readonly boundFile: string;
	/** What is used is said there. */
	readonly usedFile: string;
	/** Bytes that all of it takes now; null where that cannot be known. */
	readonly measure: () => Promise<number | null>;
	readonly clock: Clock;
	readonly log: Log;
}

const lookEveryMs = 30_000;
/** Looking may not take more than this part of the time. */
const restPerLook = 20;
/** From here on it is worth a word. */
const warnShare = 0.8;
const gibibyte = 1024 ** 3;

export class DiskBound {
	readonly #options: DiskBoundOptions;
	#lookAgainAt = Number.NEGATIVE_INFINITY;
	#looking: Promise<void> | null = null;
	#seen: { readonly used: number; readonly max: number } | null = null;
	#said: 'room' | 'filling' | 'full' = 'room';

	constructor(options: DiskBoundOptions) {
		this.#options = options;
	}

	/** Why nothing may be begun, as it was at the last look; null while there is room, no bound, or no look yet. */
	shortage(): string | null {
		if (this.#options.clock.monotonic() >= this.#lookAgainAt) void this.look();
		if (this.#seen === null || this.#seen.used <= this.#seen.max) return null;
		const { used, max } = this.#seen;
		return `source, state and downloads take ${inGibibytes(used)} of disk, at most ${inGibibytes(max)} are allowed: make room, or allow more with gangline limits --disk`;
	}

	/** One look; one at a time. */
	look(): Promise<void> {
		this.#looking ??= this.#look()
			.catch((error: unknown) => this.#options.log.warn('disk.notMeasured', { why: String(error) }))
			.finally(() => {
				this.#looking = null;
			});
		return this.#looking;
	}

	async #look(): Promise<void> {
		const { boundFile, usedFile, measure, clock } = this.#options;
		const begun = clock.monotonic();
		this.#lookAgainAt = begun + lookEveryMs;
		const max = boundIn(await readFile(boundFile, 'utf8').catch(() => ''));
		const used = max === null ? null : await measure();
		this.#seen = max === null || used === null ? null : { used, max };
		this.#lookAgainAt = begun + Math.max(lookEveryMs, (clock.monotonic() - begun) * restPerLook);
		this.#tell();
		if (used !== null) await writeFile(usedFile, `${used}\n`, { mode: 0o600 });
	}

	#tell(): void {
		const { log } = this.#options;
		const { used, max } = this.#seen ?? { used: 0, max: 1 };
		const now = used > max ? 'full' : used > max * warnShare ? 'filling' : 'room';
		if (now === this.#said) return;
		if (now === 'room') log.info('disk.room', { used, max });
		else log.warn(`disk.${now}`, { used, max });
		this.#said = now;
	}
}

export interface DiskPlaces {
	readonly joinFile: string;
	readonly project: string;
	/** The volume with its downloads; null where it has none. */
	readonly caches: string | null;
}

/** Of a node that a provisioner has made: what is mounted there, and nothing else. */
export function diskBoundOf(
	{ joinFile, project, caches }: DiskPlaces,
	parts: Pick<DiskBoundOptions, 'clock' | 'log'>,
): DiskBound {
	const state = dirname(joinFile);
	return new DiskBound({
		...parts,
		boundFile: join(state, 'disk-bound'),
		usedFile: join(state, 'disk-used'),
		measure: () => takenBy([state, project, ...(caches === null ? [] : [caches])]),
	});
}

/** Null: there is none. */
function boundIn(text: string): number | null {
	return /^[0-9]{1,15}\n?$/.test(text) ? Number(text) : null;
}

function inGibibytes(bytes: number): string {
	return `${(bytes / gibibyte).toFixed(1)} GiB`;
}

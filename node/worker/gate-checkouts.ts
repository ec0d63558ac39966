/**
 * The folders that gates run in: a few per project, reused, each with its set-up, each by one run at a time. A folder
 * whose processes could not be ended is not given away again before the node starts anew.
 */

import { join } from 'node:path';
import { z } from 'zod';
import type { GateCheckout } from '../../shared/git/index.ts';
import { type CommitId, type Confinement, ganglineError, type Store } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { CommandPorts } from './command-run.ts';
import type { LogSink } from './run-log.ts';
import { neededKey, runSetup, type SetupEnd, type SetupRecord } from './setup.ts';
import type { WorkspaceGit } from './workspace-git.ts';

const recordSchema = z.object({ key: z.string(), made: z.array(z.string()) });

export interface GateCheckoutsOptions {
	readonly project: string;
	readonly git: WorkspaceGit;
	readonly store: Store;
	readonly ports: CommandPorts;
	/** Where the folders lie. */
	readonly folder: string;
	/** How many may be in use at once. */
	readonly slots: number;
	/** The person's checkout, for `setup.copy`. */
	readonly copyFrom: string | null;
}

/** A folder with exactly one commit in it, set up; `release` gives it back. */
export interface PreparedCheckout {
	readonly checkout: GateCheckout;
	readonly setup: SetupEnd;
	/** Paths below it that are none of the tree's business. */
	readonly ignored: readonly string[];
}

export interface PrepareInput {
	readonly slot: number;
	readonly commit: CommitId;
	readonly config: ProjectConfig;
	readonly runId: string;
	readonly env: Readonly<Record<string, string>>;
	readonly confinement: (folder: string) => Confinement;
	readonly signal: AbortSignal;
	readonly onLog: LogSink;
}

export class GateCheckouts {
	readonly #options: GateCheckoutsOptions;
	readonly #free: number[];
	readonly #waiting: { give: (slot: number) => void; refuse: (error: Error) => void }[] = [];
	#usable: number;

	constructor(options: GateCheckoutsOptions) {
		this.#options = options;
		this.#free = Array.from({ length: options.slots }, (_, slot) => slot);
		this.#usable = options.slots;
	}

	/** A slot of our own; waits for one. Rejects when none is left to wait for. */
	async take(): Promise<number> {
		const slot = this.#free.shift();
		if (slot !== undefined) return slot;
		if (this.#usable === 0) throw noneLeft();
		return await new Promise<number>((give, refuse) => this.#waiting.push({ give, refuse }));
	}

	release(slot: number): void {
		const next = this.#waiting.shift();
		if (next) next.give(slot);
		else this.#free.unshift(slot);
	}

	/** Processes survived in it: it is not given away again. */
	quarantine(): void {
		this.#usable -= 1;
		if (this.#usable === 0) for (const { refuse } of this.#waiting.splice(0)) refuse(noneLeft());
	}

	/** Makes the slot's folder equal to the commit and sets it up where that is due. */
	async prepare(input: PrepareInput): Promise<PreparedCheckout> {
		const { git, copyFrom } = this.#options;
		const { slot, commit, config } = input;
		const path = join(this.#options.folder, `g${slot}`);
		const { caches } = config.work;
		const record = await this.#record(slot);
		const checkout = await git.checkout({ path, commit, caches: [...caches, ...(record?.made ?? [])] });
		const place = { folder: checkout.path, copyFrom, config: config.setup };
		if (record && record.key === (await neededKey(place))) {
			return { checkout, setup: { kind: 'ready', record }, ignored: [...caches, ...record.made] };
		}
		// Forgotten first: what is half set up must not be taken for ready after a crash.
		await this.#remember(slot, null);
		if (record) await git.checkout({ path, commit, caches });
		const setup = await this.#setUp(checkout, input);
		if (setup.kind !== 'ready') return { checkout, setup, ignored: caches };
		await this.#remember(slot, setup.record);
		return { checkout, setup, ignored: [...caches, ...setup.record.made] };
	}

	async #setUp(checkout: GateCheckout, input: PrepareInput): Promise<SetupEnd> {
		const { git, ports, copyFrom } = this.#options;
		const { config } = input;
		const setup = await runSetup(ports, {
			...input,
			folder: checkout.path,
			copyFrom,
			config: config.setup,
			runId: `${input.runId}-setup`,
			confinement: input.confinement(checkout.path),
		});
		if (setup.kind !== 'ready') return setup;
		const { modified } = await git.gateChanges(checkout, config.work.caches);
		if (modified.length === 0) return setup;
		const why = `set-up changes files of the project: ${modified.slice(0, 3).join(', ')} (commit them, or install without changing them, such as with \`npm ci\`)`;
		return { kind: 'failed', why, tail: '', tree: { kind: 'empty', killed: 0 } };
	}

	async #record(slot: number): Promise<SetupRecord | null> {
		const parsed = readAs(recordSchema, await this.#options.store.get(this.#keyOf(slot)));
		return parsed.success ? parsed.data : null;
	}

	async #remember(slot: number, record: SetupRecord | null): Promise<void> {
		const key = this.#keyOf(slot);
		const value = record && { key: record.key, made: [...record.made] };
		await this.#options.store.write([value ? { kind: 'put', key, value } : { kind: 'delete', key }]);
	}

	#keyOf(slot: number): string {
		return `checkout/${this.#options.project}/${slot}`;
	}
}

function noneLeft(): Error {
	return ganglineError(
		'PROCESS_NOT_STOPPED',
		'no gate checkout is left: processes of earlier gates could not be ended',
		{
			hint: 'end them by hand (gangline ps names them), then restart gangline',
		},
	);
}

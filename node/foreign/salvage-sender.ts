/**
 * Offers to the home what was in clones of this worker that went away with work in them, until the home has it [I7]. It
 * stays in the mirror besides.
 */
import type { SourceRepository } from '../../shared/git/index.ts';
import type { Rpc } from '../../shared/mesh/rpc.ts';
import { type CommitId, GanglineError, type Log, type NodeId, type Store } from '../../shared/ports/index.ts';
import { workSalvaged } from '../../shared/protocol/work-methods.ts';
import { Serial } from '../reconcile/serial.ts';

export interface SalvageSenderOptions {
	readonly project: string;
	readonly repository: Pick<SourceRepository, 'refs' | 'main' | 'mergeBase'>;
	readonly store: Pick<Store, 'get' | 'write'>;
	readonly rpc: Pick<Rpc, 'ask'>;
	readonly home: () => NodeId;
	readonly log: Log;
}

/** The home fetches it before it answers. */
const fetchMsMax = 10 * 60_000;

export class SalvageSender {
	readonly #options: SalvageSenderOptions;
	readonly #serial = new Serial();

	constructor(options: SalvageSenderOptions) {
		this.#options = options;
	}

	/** Offers what the home has not; one effort at a time. What it cannot be asked now waits for the next call. */
	send(): Promise<void> {
		return this.#serial.run(() => this.#send());
	}

	async #send(): Promise<void> {
		const { repository, store, log, project } = this.#options;
		for (const { ref, commit } of await repository.refs('refs/gangline/salvage')) {
			const record = `salvaged/${project}/${ref}`;
			if ((await store.get(record)) !== undefined) continue;
			try {
				if (!(await this.#offer(ref, commit))) continue;
			} catch (error) {
				if (!(error instanceof GanglineError)) throw error;
				log.info('salvage.notHandedOver', { ref, code: error.code, why: error.message });
				// Another time, or another version of the home, may take it.
				if (error.disposition === 'retry' || error.code === 'UNKNOWN_OPERATION') return;
				// Nor does one decide that has the project not open yet, or not any more: this is no word about the work.
				if (error.code === 'FORBIDDEN') continue;
			}
			await store.write([{ kind: 'put', key: record, value: commit }]);
		}
	}

	async #offer(ref: string, commit: CommitId): Promise<boolean> {
		const { project, repository, rpc, home } = this.#options;
		const [, key, at] = /^refs\/gangline\/salvage\/([^/]+)\/(\d+)$/.exec(ref) ?? [];
		const main = await repository.main();
		const base = main && (await repository.mergeBase(main, commit));
		if (key === undefined || !base) return false;
		const args = { project, key, at: Number(at), commit, base };
		await rpc.ask(home(), workSalvaged, args, { timeoutMs: fetchMsMax });
		return true;
	}
}

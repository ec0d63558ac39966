/**
 * Hands a worker's reports to the home of their project. The home takes a report at once and acknowledges it when it was
 * settled; only that ends the repetitions, so a lost word on either side costs a repeat and no result [I6].
 */
import type { Rpc } from '../../shared/mesh/rpc.ts';
import { type Clock, ganglineError, type NodeId } from '../../shared/ports/index.ts';
import type { Task, WorkReport } from '../../shared/protocol/work.ts';
import { workReport } from '../../shared/protocol/work-methods.ts';

export interface ReportSenderOptions {
	readonly rpc: Pick<Rpc, 'ask'>;
	readonly clock: Clock;
	readonly home: () => NodeId;
}

/** A home that is fetching the commits needs time; after this it is asked again, which it takes for what it is. */
const settleMsMax = 60_000;

export class ReportSender {
	readonly #options: ReportSenderOptions;
	readonly #waiting = new Map<string, () => void>();

	constructor(options: ReportSenderOptions) {
		this.#options = options;
	}

	/** Resolves when the home has acknowledged the report; rejects when it is to be sent again. */
	async send(task: Task, report: WorkReport): Promise<void> {
		const { rpc, clock, home } = this.#options;
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		const name = nameOf(task.item.key, task.token);
		this.#waiting.set(name, resolve);
		const cancel = clock.after(settleMsMax, () =>
			reject(ganglineError('PEER_UNREACHABLE', `the report about ${task.item.key} was not settled for a minute`)),
		);
		try {
			await rpc.ask(home(), workReport, { task, report });
			await promise;
		} finally {
			cancel();
			if (this.#waiting.get(name) === resolve) this.#waiting.delete(name);
		}
	}

	/** The home has settled the report of this grant. */
	acknowledged(key: string, token: Task['token']): void {
		this.#waiting.get(nameOf(key, token))?.();
	}
}

function nameOf(key: string, token: Task['token']): string {
	return `${key}/${token.join('.')}`;
}

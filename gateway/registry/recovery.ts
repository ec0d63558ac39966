/**
 * A gateway whose store was put back from a copy has an older registry than its members. What it published now would
 * stand beside what it published then, and members could not tell which of the two counts. So it publishes nothing until
 * a member has had the time to bring what came after (signed by its own key, so it believes it), or until so much time
 * has passed without anyone that waiting helps nobody [I12].
 */
import type { Clock, GanglineError, Log, Network, NodeId, Store } from '../../shared/ports/index.ts';
import { ganglineError } from '../../shared/ports/index.ts';
import { incarnationOf } from '../../shared/store/index.ts';

export interface RecoveryOptions {
	readonly store: Store;
	readonly clock: Clock;
	readonly log: Log;
	readonly network: Pick<Network, 'links' | 'subscribe'>;
	/** Whether the registry knows anybody who could have more. */
	readonly hasMembers: () => boolean;
}

const incarnationKey = 'gateway/incarnation';
/** A member that is connected has told what it has within a fraction of this. */
const tellsMsMax = 10_000;
const nobodyMsMax = 600_000;

export class Recovery {
	readonly #options: RecoveryOptions;
	readonly #incarnation: number;
	readonly #ended = Promise.withResolvers<void>();
	readonly #cancels: (() => void)[] = [];
	#isOver = false;

	static async begin(options: RecoveryOptions): Promise<Recovery> {
		const { store } = options;
		const incarnation = await incarnationOf(store);
		const known = await store.get(incarnationKey);
		const recovery = new Recovery(options, incarnation);
		const isRestored = typeof known === 'number' && known !== incarnation;
		if (isRestored && options.hasMembers()) recovery.#wait();
		else await recovery.#end();
		return recovery;
	}

	private constructor(options: RecoveryOptions, incarnation: number) {
		this.#options = options;
		this.#incarnation = incarnation;
	}

	get isOver(): boolean {
		return this.#isOver;
	}

	/** Resolves when the registry may be changed; never where the gateway stops before. */
	get over(): Promise<void> {
		return this.#ended.promise;
	}

	/** @throws GanglineError REFUSED while it lasts */
	refuseMeanwhile(): void {
		if (!this.#isOver) throw notYet();
	}

	stop(): void {
		for (const cancel of this.#cancels) cancel();
	}

	#wait(): void {
		const { clock, log, network } = this.#options;
		log.warn('registry.restored', { why: 'the store is a copy: members are asked for what came after it' });
		const end = (): void => {
			this.#end().catch((error: unknown) => log.error('registry.notRecovered', { error }));
		};
		/** Of members that are connected; who was cut off again may have told nothing. */
		const telling = new Map<NodeId, () => void>();
		const gone = (node: NodeId): void => telling.get(node)?.();
		const someone = (node: NodeId): void => {
			gone(node);
			telling.set(node, clock.after(tellsMsMax, end));
		};
		this.#cancels.push(
			clock.after(nobodyMsMax, end),
			network.subscribe(({ kind, peer }) => (kind === 'up' ? someone(peer.node) : gone(peer.node))),
			() => {
				for (const node of telling.keys()) gone(node);
			},
		);
		for (const { node } of network.links()) someone(node);
	}

	async #end(): Promise<void> {
		if (this.#isOver) return;
		await this.#options.store.write([{ kind: 'put', key: incarnationKey, value: this.#incarnation }]);
		this.#isOver = true;
		this.stop();
		this.#ended.resolve();
	}
}

function notYet(): GanglineError {
	return ganglineError(
		'REFUSED',
		'the gateway was restored from a copy and waits for a member to bring what came after it',
		{
			hint: 'start a node of this mesh; without any it goes on by itself ten minutes after its start',
		},
	);
}

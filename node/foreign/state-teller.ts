/**
 * Says how this worker is at each change, and else every five seconds to each home that it works for and every twenty
 * to the gateway. That is its life sign; nothing is stored. Who has not answered for twenty seconds, though it was told, is
 * taken for away: work goes on, its results wait. Local monotonic clocks only.
 */
import type { Rpc } from '../../shared/mesh/rpc.ts';
import {
	type Clock,
	type CommitId,
	GanglineError,
	type Log,
	type NodeId,
	parseCommitId,
} from '../../shared/ports/index.ts';
import { workState } from '../../shared/protocol/work-methods.ts';
import { detachedMs, renewMs, stateFor, type WorkerState } from '../../shared/protocol/worker-state.ts';

export interface StateTellerOptions {
	readonly rpc: Pick<Rpc, 'ask'>;
	readonly clock: Clock;
	readonly log: Log;
	/** As it is now, over all projects. */
	readonly state: () => WorkerState;
	/** Who is told, each about which projects; null: about all (the gateway). */
	readonly listeners: () => ReadonlyMap<NodeId, ReadonlySet<string> | null>;
	/** What a home answered about its projects. */
	readonly onMain: (project: string, main: CommitId) => void;
	readonly onForget: (project: string, keys: readonly string[]) => void;
	/** A home that was away answers again: what waits for it may be handed over. */
	readonly onBack: (node: NodeId) => void;
}

interface Listener {
	/** Without an answer for so long it is away. */
	readonly awayAfterMs: number;
	/** When it last answered, monotonic ms; when we began to tell it, before that. */
	answeredAt: number;
	isAway: boolean;
	isAsking: boolean;
	/** Something has changed while it was being told. */
	again: boolean;
}

/**
 * An unchanged state is said to the gateway only so often: it sees our link by itself, places by states of up to half a
 * minute, and spends what it spends while nothing happens on listening to everyone. One of them may get lost.
 */
const overviewMs = 4 * renewMs;
/** Several changes within this make one message. */
const gatherMs = 50;

export class StateTeller {
	readonly #options: StateTellerOptions;
	readonly #told = new Map<NodeId, Listener>();
	#cancel: () => void = () => {};
	#isSoon = false;
	#isStopped = true;

	constructor(options: StateTellerOptions) {
		this.#options = options;
	}

	start(): void {
		if (!this.#isStopped) return;
		this.#isStopped = false;
		this.#tell(true);
	}

	stop(): void {
		this.#isStopped = true;
		this.#cancel();
	}

	/** Something that is said has changed, or a listener may be reached again. */
	changed(): void {
		if (this.#isStopped || this.#isSoon) return;
		this.#isSoon = true;
		this.#cancel();
		this.#cancel = this.#options.clock.after(gatherMs, () => this.#tell(true));
	}

	/** Since when a home has not answered, ms; null while it does. */
	awayMs(node: NodeId): number | null {
		const listener = this.#told.get(node);
		return listener?.isAway ? this.#options.clock.monotonic() - listener.answeredAt : null;
	}

	#tell(isNews: boolean): void {
		this.#isSoon = false;
		const { clock, listeners, state } = this.#options;
		const now = clock.monotonic();
		const current = listeners();
		const whole = state();
		for (const node of this.#told.keys()) if (!current.has(node)) this.#told.delete(node);
		for (const [node, projects] of current) {
			const known = this.#told.get(node);
			const awayAfterMs = projects === null ? overviewMs + detachedMs : detachedMs;
			const listener = known ?? { awayAfterMs, answeredAt: now, isAway: false, isAsking: false, again: false };
			this.#told.set(node, listener);
			this.#note(node, listener);
			const knowsEnough = projects === null && now - listener.answeredAt < overviewMs - renewMs / 2;
			if (!isNews && known && knowsEnough) continue;
			if (listener.isAsking) listener.again = true;
			else void this.#ask(node, listener, { projects, said: projects === null ? whole : stateFor(whole, projects) });
		}
		if (!this.#isStopped) this.#cancel = clock.after(renewMs, () => this.#tell(false));
	}

	async #ask(
		node: NodeId,
		listener: Listener,
		{ projects, said }: { readonly projects: ReadonlySet<string> | null; readonly said: WorkerState },
	): Promise<void> {
		const { rpc, clock, listeners, onMain, onForget, onBack, log } = this.#options;
		listener.isAsking = true;
		try {
			const { mains, forget } = await rpc.ask(node, workState, said, { timeoutMs: renewMs });
			listener.answeredAt = clock.monotonic();
			if (listener.isAway) log.info('home.back', { node });
			const wasAway = listener.isAway;
			listener.isAway = false;
			// Of projects whose home is elsewhere, or is by now, it decides nothing here [I13].
			const now = listeners().get(node);
			const isTheirs = ({ project }: { readonly project: string }): boolean =>
				projects?.has(project) === true && now?.has(project) === true;
			for (const { project, main } of mains.filter(isTheirs)) if (main !== null) onMain(project, parseCommitId(main));
			for (const [project, keys] of byProject(forget.filter(isTheirs))) onForget(project, keys);
			if (wasAway) onBack(node);
		} catch (error) {
			// A life sign that cannot even be said must be seen, and must not end the process.
			if (!(error instanceof GanglineError)) log.error('state.notTold', { node, error });
			this.#note(node, listener);
		} finally {
			listener.isAsking = false;
			if (listener.again) {
				listener.again = false;
				this.changed();
			}
		}
	}

	#note(node: NodeId, listener: Listener): void {
		const silentMs = this.#options.clock.monotonic() - listener.answeredAt;
		if (listener.isAway || silentMs < listener.awayAfterMs) return;
		listener.isAway = true;
		this.#options.log.warn('home.away', { node, silentMs });
	}
}

function byProject(forget: readonly { readonly project: string; readonly key: string }[]): Map<string, string[]> {
	const found = new Map<string, string[]>();
	for (const { project, key } of forget) found.set(project, [...(found.get(project) ?? []), key]);
	return found;
}

/**
 * Packs over the Network port: serves what `mayServe` allows, and pulls what is wanted here. Who sends what no honest
 * peer sends (garbage, another commit, a bomb) is named and cut off; an attempt that is only refused (too many files,
 * grown on something else) may be its agent's doing, so that peer stays.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
	attemptImportLimits,
	attemptLimits,
	type Environment,
	type ImportLimits,
	importBundle,
	inspectAttempt,
	mirrorLimits,
	type SourceRepository,
} from '../../git/index.ts';
import {
	type Channel,
	type Clock,
	type CommitId,
	GanglineError,
	ganglineError,
	type Log,
	type Network,
	type NodeId,
} from '../../ports/index.ts';
import { orAborted } from '../deadline.ts';
import type { MayServe, Packs, PullAttempt, PullMain } from '../pack.ts';
import { ArrivingFile, removeOldArrivals } from './arriving-file.ts';
import { haveMax, servedAtOnceMax, servedInAllMax } from './limits.ts';
import { type PullingOptions, pullBundle, Told } from './pulling.ts';
import { ServedBundles } from './served-bundles.ts';
import { servePull } from './serving.ts';

export interface NetworkPacksOptions {
	readonly network: Network;
	readonly clock: Clock;
	readonly log: Log;
	/** For bundles on their way, both ways; ours alone. */
	readonly folder: string;
	/** Only PATH and TMPDIR are taken from it. */
	readonly environment: Environment;
	readonly mayServe: MayServe;
	/** Of one bundle that is served; default that of a mirror's pull. */
	readonly bundleBytesMax?: number;
}

const protocol = '/gangline/pack/1';

type Pulled = { kind: 'kept' } | { kind: 'exists'; commit: CommitId };

export class NetworkPacks implements Packs, AsyncDisposable {
	readonly #options: NetworkPacksOptions;
	readonly #bundles: ServedBundles;
	readonly #served = new Map<Channel, NodeId>();
	/** The last pull of the same commit into the same repository; the next one waits for it. */
	readonly #pulls = new Map<string, Promise<unknown>>();
	readonly #leaving = new AbortController();

	private constructor(options: NetworkPacksOptions) {
		this.#options = options;
		const bundleBytesMax = options.bundleBytesMax ?? mirrorLimits.packBytesMax;
		this.#bundles = new ServedBundles({ ...options, folder: join(options.folder, 'served'), bundleBytesMax });
	}

	/** Clears what earlier processes left and takes the protocol of the network. */
	static async open(options: NetworkPacksOptions): Promise<NetworkPacks> {
		const packs = new NetworkPacks(options);
		await packs.#bundles.start();
		await removeOldArrivals(packs.#arriving, options.clock.now());
		options.network.handle(protocol, (channel) => void packs.#serve(channel));
		return packs;
	}

	async pullAttempt(input: PullAttempt): Promise<Pulled> {
		const { into, as, base, want } = input;
		const limits = { ...attemptImportLimits, ...input.limits };
		const inspect = (environment: Environment): Promise<void> =>
			inspectAttempt(into, { base, commit: want.commit }, attemptLimits, environment);
		await this.#bring(input, into, limits, inspect);
		const kept = await into.keep(as, want.commit);
		return kept.kind === 'exists' && kept.commit === want.commit ? { kind: 'kept' } : kept;
	}

	async pullMain(input: PullMain): Promise<{ kind: 'moved' | 'same' | 'behind' | 'diverged' }> {
		const limits = { ...mirrorLimits, ...input.limits };
		await this.#bring(input, input.into, limits, async () => undefined);
		return { kind: await input.into.advance(input.want.commit) };
	}

	/** Ends every pull and everything that is served; idempotent. */
	async close(): Promise<void> {
		this.#leaving.abort(ganglineError('STOPPING', 'this node is on its way out'));
		for (const channel of this.#served.keys()) channel.abort('the node stops');
		await Promise.allSettled(this.#pulls.values());
		await this.#bundles.close();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	get #arriving(): string {
		return join(this.#options.folder, 'arriving');
	}

	async #bring(
		input: PullAttempt | PullMain,
		into: SourceRepository,
		limits: ImportLimits,
		inspect: (environment: Environment) => Promise<void>,
	): Promise<void> {
		const key = createHash('sha256').update(`${into.path}\n${input.want.commit}`).digest('hex').slice(0, 32);
		const before = this.#pulls.get(key) ?? Promise.resolve();
		const pull = before.catch(() => undefined).then(() => this.#bringNow(input, { into, limits, inspect, key }));
		this.#pulls.set(key, pull);
		try {
			await pull;
		} finally {
			if (this.#pulls.get(key) === pull) this.#pulls.delete(key);
		}
	}

	async #bringNow(
		input: PullAttempt | PullMain,
		how: {
			into: SourceRepository;
			limits: ImportLimits;
			inspect: (environment: Environment) => Promise<void>;
			key: string;
		},
	): Promise<void> {
		const signal = input.signal ? AbortSignal.any([input.signal, this.#leaving.signal]) : this.#leaving.signal;
		signal.throwIfAborted();
		const { commit } = input.want;
		// What is among our objects came in whole.
		if (await isHere(how.into, commit)) return how.inspect({});
		const have = [...new Set(input.have)].filter((id) => id !== commit).slice(0, haveMax);
		let isInnocent = false;
		const inspect = async (environment: Environment): Promise<void> => {
			isInnocent = true;
			await how.inspect(environment);
			isInnocent = false;
		};
		const want = { project: input.project, ref: input.want.ref, commit, have };
		const taking = await importBundle({ ...how, commit, have, inspect });
		try {
			await this.#transfer(input, { key: how.key, signal, want, taking });
		} catch (error) {
			await taking.abort();
			if (error instanceof Told) throw error.error;
			if (!isInnocent) this.#judge(input.node, error);
			throw error;
		}
	}

	async #transfer(
		{ node, onProgress }: PullAttempt | PullMain,
		what: Pick<PullingOptions, 'want' | 'taking'> & { key: string; signal: AbortSignal },
	): Promise<void> {
		const { network, clock } = this.#options;
		// Its process may run for months, and each pull that nobody comes back for leaves what may be gigabytes.
		await removeOldArrivals(this.#arriving, clock.now());
		const file = await ArrivingFile.open(this.#arriving, what.key);
		try {
			const channel = await orAborted(network.open(node, protocol), what.signal);
			await pullBundle({ ...what, channel, clock, file, onProgress });
			await what.taking.finish();
			await file.remove();
		} catch (error) {
			await (mayGoOn(error) ? file.close() : file.remove());
			throw error;
		}
	}

	async #serve(channel: Channel): Promise<void> {
		const { mayServe, environment, clock, log } = this.#options;
		const { node } = channel.peer;
		const busy = this.#busy(node);
		this.#served.set(channel, node);
		if (this.#leaving.signal.aborted) channel.abort('the node stops');
		const onBug = (error: unknown): void => log.error('pack.serveFailed', { peer: node, error });
		try {
			await servePull({ channel, bundles: this.#bundles, mayServe, environment, clock, onBug, busy });
		} catch (error) {
			channel.abort('the pull ended');
			this.#judge(node, error);
		} finally {
			this.#served.delete(channel);
		}
	}

	#busy(node: NodeId): string | null {
		const own = [...this.#served.values()].filter((other) => other === node).length;
		if (own >= servedAtOnceMax) return `${own} pulls of ${node} are served already`;
		return this.#served.size >= servedInAllMax ? `${this.#served.size} pulls are served already` : null;
	}

	#judge(node: NodeId, error: unknown): void {
		if (!(error instanceof GanglineError) || error.disposition !== 'peer') return;
		this.#options.log.warn('pack.peerCutOff', { peer: node, error });
		this.#options.network.cutOff(node, error.message);
	}
}

/** The bytes that arrived are as good as before; only the way was lost. */
function mayGoOn(error: unknown): boolean {
	if (error instanceof Told) return true;
	if (!(error instanceof GanglineError)) return true;
	return error.disposition === 'retry';
}

function isHere(into: SourceRepository, commit: CommitId): Promise<boolean> {
	return into.treeOf(commit).then(
		() => true,
		() => false,
	);
}

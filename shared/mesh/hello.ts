/**
 * A member's word to the gateway: it is here, at these addresses, in this version, this far away. Said at each connection, every
 * minute and when asked to; a word that got lost is said again after ten seconds. It grants nothing.
 */
import { type Clock, GanglineError, type Log } from '../ports/index.ts';
import { helloMethod, roundTripAgeMsMax } from '../protocol/mesh.ts';
import { addressesMax, addressSchema } from '../registry/index.ts';
import type { Mesh } from './open-mesh.ts';

export interface HelloOptions {
	readonly mesh: Mesh;
	readonly clock: Clock;
	readonly log: Log;
	readonly version: string;
}

/** What came back last. */
export interface GatewayWord {
	readonly version: string;
	/** The gateway's clock against ours, half of the round trip taken off. */
	readonly clockAheadMs: number;
	/** How long that answer took. */
	readonly roundTripMs: number;
	/** When it came, on our monotonic clock. */
	readonly heardAt: number;
}

const everyMs = 60_000;
const retryMs = 10_000;

export class Hello implements Disposable {
	readonly #options: HelloOptions;
	readonly #unsubscribe: () => void;
	#cancel: () => void = () => {};
	#isSaying = false;
	#isStopped = false;
	#word: GatewayWord | null = null;

	constructor(options: HelloOptions) {
		this.#options = options;
		const { mesh } = options;
		const gateway = mesh.membership.gateway.node;
		this.#unsubscribe = mesh.network.subscribe(({ kind, peer }) => {
			if (kind === 'up' && peer.node === gateway) this.now();
		});
		this.now();
	}

	/** What the gateway answered last, null before its first answer. */
	get gateway(): GatewayWord | null {
		return this.#word;
	}

	/** Says it now, and again after a while. */
	now(): void {
		if (this.#isStopped || this.#isSaying) return;
		this.#isSaying = true;
		this.#cancel();
		void this.#say().then((isHeard) => {
			this.#isSaying = false;
			if (this.#isStopped) return;
			this.#cancel = this.#options.clock.after(isHeard ? everyMs : retryMs, () => this.now());
		});
	}

	[Symbol.dispose](): void {
		this.#isStopped = true;
		this.#unsubscribe();
		this.#cancel();
	}

	#measured(now: number): { readonly roundTrip?: { readonly ms: number; readonly agoMs: number } } {
		if (this.#word === null) return {};
		const roundTrip = { ms: this.#word.roundTripMs, agoMs: now - this.#word.heardAt };
		return Math.max(roundTrip.ms, roundTrip.agoMs) > roundTripAgeMsMax ? {} : { roundTrip };
	}

	async #say(): Promise<boolean> {
		const { mesh, clock, log, version } = this.#options;
		const gateway = mesh.membership.gateway.node;
		const links = mesh.network.links().map(({ node }) => node);
		if (!links.includes(gateway)) return false;
		const [at, began] = [clock.now(), clock.monotonic()];
		try {
			const known = mesh.network.addresses().filter((address) => addressSchema.safeParse(address).success);
			const addresses = known.slice(0, addressesMax);
			const answer = await mesh.rpc.ask(gateway, helloMethod, {
				...{ version, addresses, links, at },
				...this.#measured(began),
			});
			const heardAt = clock.monotonic();
			const roundTripMs = heardAt - began;
			const clockAheadMs = Math.round(answer.at - at - roundTripMs / 2);
			this.#word = { version: answer.version, clockAheadMs, roundTripMs, heardAt };
			return true;
		} catch (error) {
			if (!(error instanceof GanglineError)) throw error;
			log.info('hello.unanswered', { code: error.code, why: error.message });
			return false;
		}
	}
}

/**
 * Addresses at which a running node listens besides those it was started with, and may stop to. The library knows no
 * listener that comes or goes while it runs; its TCP transport makes ours in the same way as its own, so whoever comes
 * in here passes the same gates.
 */
import type { Listener, Transport, Upgrader } from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';

export class ExtraListeners {
	readonly #open = new Map<string, Listener>();
	#create: (() => Listener) | null = null;

	/** Hands the transport on as it is, and remembers how it makes listeners. */
	wrap<Components>(
		make: (components: Components) => Transport,
	): (components: Components & { readonly upgrader: Upgrader }) => Transport {
		return (components) => {
			const transport = make(components);
			this.#create = () => transport.createListener({ upgrader: components.upgrader });
			return transport;
		};
	}

	/** Exactly these from now on; rejects with what the system said, and then it is as it was. */
	async set(addresses: readonly string[]): Promise<void> {
		const fresh = new Map<string, Listener>();
		try {
			for (const address of addresses.filter((one) => !this.#open.has(one))) {
				const listener = this.#create?.();
				if (listener === undefined) continue;
				await listener.listen(multiaddr(address));
				fresh.set(address, listener);
			}
		} catch (error) {
			for (const listener of fresh.values()) await listener.close();
			throw error;
		}
		for (const [address, listener] of [...this.#open]) {
			if (addresses.includes(address)) continue;
			this.#open.delete(address);
			await listener.close();
		}
		for (const [address, listener] of fresh) this.#open.set(address, listener);
	}

	addresses(): readonly Multiaddr[] {
		return [...this.#open.values()].flatMap((listener) => listener.getAddrs());
	}

	async close(): Promise<void> {
		await this.set([]);
	}
}

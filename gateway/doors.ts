/**
 * The gateway's two doors for other machines, the mesh and the builds, opened at the same hosts and moved together: both
 * or none. An address that this machine has lost meanwhile (a laptop in another network) keeps nothing else shut. One
 * move at a time: a person's and that of a container's network would close each other's doors.
 */
import type { ListeningNetwork } from '../shared/mesh/index.ts';
import { GanglineError, type Log } from '../shared/ports/index.ts';
import { Turns } from '../shared/ports/turns.ts';
import type { Builds } from './builds/index.ts';
import {
	type ListenHost,
	loopback,
	multiaddrOf,
	portOf,
	readHosts,
	readListening,
	writeListening,
} from './listening.ts';

const move = 'move';

export interface DoorsOptions {
	readonly network: ListeningNetwork;
	readonly builds: Builds;
	readonly buildsPort: number;
	/** The file that keeps it. */
	readonly path: string;
	readonly log: Log;
}

export class Doors {
	readonly #options: DoorsOptions;
	/** Of the mesh on loopback; the others take the same unless they name one. */
	readonly #port: number;
	readonly #turns = new Turns();
	#hosts: readonly ListenHost[] = [];
	/** Addresses of this machine in networks of containers: the mesh alone, and nobody is told of them. */
	readonly #bridges = new Set<string>();

	constructor(options: DoorsOptions) {
		this.#options = options;
		this.#port = portOf(options.network.addresses()[0]);
	}

	/** Opens what was kept, as far as this machine has it. */
	openKept(): Promise<void> {
		return this.#turns.run(move, () => this.#openKept());
	}

	/** From now on exactly there, loopback besides. Throws PORT_IN_USE, INVALID_CONFIG or what the disk says, and nothing has changed. */
	async listen(texts: readonly string[]): Promise<void> {
		const hosts = await readHosts(texts);
		await this.#turns.run(move, () => this.#listen(hosts));
	}

	/** Lets the mesh be reached from the network of a container too. Throws PORT_IN_USE or INVALID_CONFIG. */
	openBridge(host: string): Promise<void> {
		return this.#turns.run(move, () => this.#openBridge(host));
	}

	async #openKept(): Promise<void> {
		const { path, log } = this.#options;
		const { hosts } = await readListening(path);
		const usable: ListenHost[] = [];
		for (const host of hosts) {
			try {
				await this.#open([...usable, host]);
				usable.push(host);
			} catch (error) {
				if (!(error instanceof GanglineError)) throw error;
				log.warn('gateway.doorShut', { host: host.host, why: error.message });
			}
		}
		if (usable.length === 0) await this.#open([]);
		this.#hosts = usable;
		await writeListening(path, { v: 1, hosts, port: this.#port });
	}

	async #listen(hosts: readonly ListenHost[]): Promise<void> {
		const { path } = this.#options;
		try {
			await this.#open(hosts);
			await writeListening(path, { v: 1, hosts: [...hosts], port: this.#port });
		} catch (error) {
			await this.#open(this.#hosts);
			throw error;
		}
		this.#hosts = hosts;
	}

	async #openBridge(host: string): Promise<void> {
		if (this.#bridges.has(host)) return;
		this.#bridges.add(host);
		try {
			await this.#open(this.#hosts);
		} catch (error) {
			this.#bridges.delete(host);
			throw error;
		}
	}

	/** Of the mesh, wherever it is open to containers. */
	ports(): readonly number[] {
		return [this.#port];
	}

	/** Where a container of that network finds the mesh. */
	bridgeAddress(host: string): string {
		return multiaddrOf({ host, port: null }, this.#port);
	}

	async #open(hosts: readonly ListenHost[]): Promise<void> {
		const { network, builds, buildsPort } = this.#options;
		const bridges = [...this.#bridges].filter((bridge) => !hosts.some(({ host }) => host === bridge));
		await network.listenAlso(
			hosts.map((host) => multiaddrOf(host, this.#port)),
			bridges.map((host) => this.bridgeAddress(host)),
		);
		await builds.listen([loopback, ...hosts.map(({ host }) => host)].map((host) => ({ host, port: buildsPort })));
	}
}

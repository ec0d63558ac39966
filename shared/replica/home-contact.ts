/**
 * How the home of a project is reached from a replica: directly where there is a connection, otherwise through the
 * gateway, which has one of its own. And since when it is away, by this machine's clock.
 */
import type { z } from 'zod';
import type { Rpc } from '../mesh/rpc.ts';
import { type Caller, type CallName, operations, type Result } from '../operations/index.ts';
import { type Clock, GanglineError, ganglineError, type Network, type NodeId, whyInvalid } from '../ports/index.ts';
import { readAs } from '../ports/read-as.ts';
import { operationMethod } from '../protocol/mesh.ts';

/** Since when each member is connected or gone; of members never seen, nothing. One per process. */
export class LinkBook {
	readonly #since = new Map<NodeId, number>();
	readonly #network: Pick<Network, 'links' | 'subscribe'>;

	constructor(network: Pick<Network, 'links' | 'subscribe'>, clock: Clock) {
		this.#network = network;
		for (const { node } of network.links()) this.#since.set(node, clock.now());
		network.subscribe(({ peer }) => this.#since.set(peer.node, clock.now()));
	}

	isUp(node: NodeId): boolean {
		return this.#network.links().some((peer) => peer.node === node);
	}

	/** What an earlier process saw last; what this one has seen counts more. */
	restore(node: NodeId, since: number): void {
		if (!this.#since.has(node)) this.#since.set(node, since);
	}

	/** Wall ms of the last change; null where none was seen. */
	since(node: NodeId): number | null {
		return this.#since.get(node) ?? null;
	}
}

export interface HomeContactOptions {
	readonly links: LinkBook;
	readonly rpc: Pick<Rpc, 'ask'>;
	readonly project: () => string;
	/** By the registry. */
	readonly home: () => NodeId;
	/** Who passes questions on; null at the gateway itself, and where there is none. */
	readonly gateway: () => NodeId | null;
	readonly nodeName: (node: NodeId) => string;
}

export interface Question<Name extends CallName> {
	readonly name: Name;
	/** As a client writes them. */
	readonly args: Readonly<Record<string, unknown>>;
	readonly caller: Caller;
	readonly timeoutMs?: number;
}

export class HomeContact {
	readonly #options: HomeContactOptions;

	constructor(options: HomeContactOptions) {
		this.#options = options;
	}

	get name(): string {
		const { home, nodeName } = this.#options;
		return nodeName(home());
	}

	/** Connected directly. */
	get isConnected(): boolean {
		return this.#options.links.isUp(this.#options.home());
	}

	get since(): number | null {
		return this.#options.links.since(this.#options.home());
	}

	/** Whether a question may find the home: somebody can be asked. */
	get mayAnswer(): boolean {
		return this.#via() !== null;
	}

	/**
	 * Asks the home on behalf of a person. Throws what the operation throws there, and HOME_AWAY with since when where
	 * nobody answers.
	 */
	async ask<Name extends CallName>({ name, args, caller, timeoutMs = 10_000 }: Question<Name>): Promise<Result<Name>> {
		const via = this.#via();
		if (via === null) throw this.away(name);
		try {
			const asked = { operation: name, args: JSON.parse(JSON.stringify(args)), person: caller.person };
			const answer = await this.#options.rpc.ask(via, operationMethod, asked, { timeoutMs });
			const schema: z.ZodType = operations[name].result;
			const read = readAs(schema, answer);
			if (read.success) return read.data as Result<Name>;
			throw ganglineError(
				'MALFORMED',
				`${this.name} answered ${name} otherwise than expected: ${whyInvalid(read.error)}`,
				{
					hint: 'both machines must run one version: gangline --version',
				},
			);
		} catch (error) {
			if (error instanceof GanglineError && lostContact.has(error.code)) throw this.away(name, error);
			throw error;
		}
	}

	/** HOME_AWAY, for an operation that only the home answers. */
	away(operation: string, cause?: unknown): GanglineError {
		const { project } = this.#options;
		return ganglineError('HOME_AWAY', `${operation} is answered by the home of ${project()} alone: ${this.words()}`, {
			hint: 'list, show, status and changes work here meanwhile; ask again when it is back',
			data: { home: this.name, since: this.since },
			cause,
		});
	}

	/** `home laptop away since 23:10`, or that it does not answer although it is connected. */
	words(): string {
		if (this.isConnected) return `home ${this.name} does not answer`;
		const { since } = this;
		return `home ${this.name} away${since === null ? '' : ` since ${clockTime(since)}`}`;
	}

	#via(): NodeId | null {
		const { home, gateway, links } = this.#options;
		if (links.isUp(home())) return home();
		const through = gateway();
		return through !== null && links.isUp(through) ? through : null;
	}
}

const lostContact: ReadonlySet<string> = new Set(['PEER_GONE', 'PEER_UNREACHABLE', 'HOME_AWAY', 'STOPPING']);

/** `23:10` as clocks on this machine's wall show it. */
function clockTime(ms: number): string {
	const at = new Date(ms);
	return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
}

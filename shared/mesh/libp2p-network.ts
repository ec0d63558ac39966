/**
 * The Network port over libp2p: members only, each proved by its key. Who may connect is asked when the key is proved,
 * again for every channel, and again when the registry changes; a stranger may knock at the join protocol where the
 * admission says so. It neither searches nor redials: whom to connect is told from outside.
 */
import type { Connection, MultiaddrConnection, Stream } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import type { Libp2p } from 'libp2p';
import { type Identity, nodeIdOf } from '../log/index.ts';
import {
	type Admission,
	type Channel,
	type Clock,
	type GanglineError,
	ganglineError,
	type LinkChange,
	type Log,
	type MeshProtocol,
	type Network,
	type NodeId,
	type Peer,
	type PeerAddress,
} from '../ports/index.ts';
import { LinkMeter } from './libp2p-guards.ts';
import { peerNameOf, rawKeyOf, startError, startHost } from './libp2p-host.ts';
import { dialMsMax, strangersMax, streamsPerProtocolMax } from './libp2p-limits.ts';
import { aliveProtocol, askForSign, giveSigns, Libp2pLink } from './libp2p-link.ts';
import { ExtraListeners } from './libp2p-listeners.ts';
import { writeTogether } from './libp2p-writes.ts';

export interface Libp2pNetworkOptions {
	readonly identity: Identity;
	readonly clock: Clock;
	readonly log: Log;
	/** Who may connect, by the registry as it is now. */
	readonly admission: (publicKey: Uint8Array) => Admission;
	/** Multiaddrs; default a free port on loopback. None: this node only dials. */
	readonly listen?: readonly string[];
	/** What others are told instead of what is listened on; for ports that are forwarded. */
	readonly announce?: readonly string[];
}

/** The network of a process whose addresses may change while it runs. */
export interface ListeningNetwork extends Network {
	/**
	 * Listens at these besides what it was opened with, and at no others. `unlisted`: there too, and nobody is told.
	 * Throws PORT_IN_USE or INVALID_CONFIG, and nothing has changed.
	 */
	listenAlso(addresses: readonly string[], unlisted?: readonly string[]): Promise<void>;
}

const listenDefault = ['/ip4/127.0.0.1/tcp/0'] as const;

/** Starts to listen. Throws PORT_IN_USE or INVALID_CONFIG where an address cannot be listened on. */
export async function openLibp2pNetwork(options: Libp2pNetworkOptions): Promise<ListeningNetwork> {
	const extra = new ExtraListeners();
	const meters = new WeakMap<object, LinkMeter>();
	const strangers = { now: (): number => 0 };
	const host = await startHost({
		identity: options.identity,
		listen: options.listen ?? listenDefault,
		extra,
		mayConnect: (publicKey, direction) => {
			const admission = options.admission(publicKey);
			if (admission !== 'stranger') return admission === 'member';
			return direction === 'outbound' || strangers.now() < strangersMax;
		},
		// The connection that this becomes shares the raw one's timeline, and nothing else that is public.
		connecting: (raw: MultiaddrConnection) => {
			writeTogether(raw);
			meters.set(raw.timeline, new LinkMeter(raw));
		},
		opening: (raw: MultiaddrConnection) => meters.get(raw.timeline)?.bound(Number.POSITIVE_INFINITY, 'a member'),
	});
	const network = new Libp2pNetwork({ host, extra }, options, (connection) => meters.get(connection.timeline));
	strangers.now = () => network.strangers;
	return network;
}

class Libp2pNetwork implements ListeningNetwork {
	readonly #host: Libp2p;
	readonly #extra: ExtraListeners;
	#unlisted: ReadonlySet<string> = new Set();
	readonly #options: Libp2pNetworkOptions;
	readonly #meterOf: (connection: Connection) => LinkMeter | undefined;
	/** In the order in which they came up. */
	readonly #links: Libp2pLink[] = [];
	readonly #handled = new Set<MeshProtocol>();
	readonly #listeners = new Set<(change: LinkChange) => void>();
	#stopping: Promise<void> | null = null;

	constructor(
		{ host, extra }: { readonly host: Libp2p; readonly extra: ExtraListeners },
		options: Libp2pNetworkOptions,
		meterOf: (connection: Connection) => LinkMeter | undefined,
	) {
		this.#host = host;
		this.#extra = extra;
		this.#options = options;
		this.#meterOf = meterOf;
		host.addEventListener('connection:open', ({ detail }) => {
			// One that we dialled counts when the other side has shown that it wants us: `dial` finds out. One that died
			// in its handshake must be ended by us; the library would ping it for ever.
			if (detail.direction === 'inbound' || detail.status !== 'open') this.#linkOf(detail);
		});
		host.addEventListener('connection:close', ({ detail }) => this.#closed(detail));
		this.#serve(aliveProtocol, giveSigns);
	}

	get self(): NodeId {
		return this.#options.identity.nodeId;
	}

	get strangers(): number {
		return this.#links.filter(({ admission }) => admission === 'stranger').length;
	}

	addresses(): readonly string[] {
		const { announce } = this.#options;
		const all = [...this.#host.getMultiaddrs(), ...this.#extra.addresses()];
		const plain = all.map((address) => address.toString().replace(/\/p2p\/[^/]+$/, ''));
		return announce ?? plain.filter((address) => !this.#unlisted.has(address));
	}

	async listenAlso(addresses: readonly string[], unlisted: readonly string[] = []): Promise<void> {
		try {
			await this.#extra.set([...addresses, ...unlisted]);
			this.#unlisted = new Set(unlisted);
		} catch (cause) {
			throw startError(cause, addresses);
		}
	}

	async dial(peer: PeerAddress): Promise<void> {
		this.#requireRunning();
		if (this.#to(peer.node)) return;
		if (nodeIdOf(peer.publicKey) !== peer.node) throw unreachable(peer.node, ['the key given is not its key']);
		if (this.#options.admission(peer.publicKey) === 'refused') {
			throw unreachable(peer.node, ['it is not a member by what is known here']);
		}
		const name = peerNameOf(peer.publicKey);
		const answers: string[] = [];
		for (const address of peer.addresses) {
			const answer = await this.#dialAddress(`${address}/p2p/${name}`);
			this.#requireRunning();
			if (answer === null) return;
			answers.push(`${address}: ${answer}`);
		}
		throw unreachable(peer.node, answers);
	}

	async open(node: NodeId, protocol: MeshProtocol): Promise<Channel> {
		this.#requireRunning();
		const link = this.#to(node);
		if (!link) throw ganglineError('PEER_GONE', `opened ${protocol} to ${node}, which is not connected`);
		return link.open(protocol);
	}

	handle(protocol: MeshProtocol, take: (channel: Channel) => void): void {
		if (this.#handled.has(protocol)) {
			throw ganglineError('INVALID_ARGUMENT', `${protocol} has a handler already; each protocol has one`);
		}
		this.#handled.add(protocol);
		this.#serve(protocol, (stream, connection) => {
			const key = rawKeyOf(connection.remotePeer);
			const admission = key ? this.#options.admission(key) : 'refused';
			const isAllowed = admission === 'member' || (admission === 'stranger' && protocol === '/gangline/join/1');
			const link = isAllowed ? this.#linkOf(connection) : null;
			if (link) take(link.take(stream, protocol));
			else stream.abort(new Error(`${protocol} is for members`));
		});
	}

	links(): readonly Peer[] {
		const members = this.#links.filter(({ admission }) => admission === 'member').map(({ peer }) => peer);
		return members.filter((peer, i) => members.findIndex(({ node }) => node === peer.node) === i);
	}

	subscribe(listener: (change: LinkChange) => void): () => void {
		this.#listeners.add(listener);
		return () => void this.#listeners.delete(listener);
	}

	cutOff(node: NodeId, reason: string): void {
		for (const link of this.#links.filter(({ peer }) => peer.node === node)) this.#cut(link, reason);
	}

	review(): void {
		for (const link of [...this.#links]) {
			const admission = this.#options.admission(link.peer.publicKey);
			if (admission === link.admission) continue;
			if (admission === 'member') {
				link.makeMember();
				this.#announce(link);
			} else {
				this.#cut(link, 'it may not be connected any more');
			}
		}
	}

	[Symbol.asyncDispose](): Promise<void> {
		this.#stopping ??= this.#stop();
		return this.#stopping;
	}

	async #stop(): Promise<void> {
		await this.#extra.close();
		await this.#host.stop();
		this.#listeners.clear();
		for (const link of this.#links.splice(0))
			link.end(ganglineError('PEER_GONE', `the network of ${this.self} stopped`));
	}

	/** Null: connected, and the other side wants us. Otherwise what went wrong. */
	async #dialAddress(address: string): Promise<string | null> {
		try {
			const connection = await this.#host.dial(multiaddr(address), { signal: AbortSignal.timeout(dialMsMax) });
			return await this.#confirm(connection);
		} catch (error) {
			return error instanceof Error ? reasonOf(error) : String(error);
		}
	}

	/** A peer that refuses us ends the connection after its handshake is through on our side; an answer shows that it did not. */
	async #confirm(connection: Connection): Promise<string | null> {
		let signs: Stream;
		try {
			signs = await askForSign(connection);
		} catch (error) {
			// Left open, it would be what the next dial finds in the place of a new one, dead or not, for a quarter of an hour.
			if (!this.#links.some((known) => known.connection === connection)) {
				this.#meterOf(connection)?.end(connection, error instanceof Error ? error : new Error(String(error)));
			}
			return 'it refused this node';
		}
		const link = this.#linkOf(connection);
		link?.keepSigns(signs);
		return link ? null : 'it closed the connection';
	}

	/** The link of a connection, made where it is new; null where it may not be. */
	#linkOf(connection: Connection): Libp2pLink | null {
		const known = this.#links.find((link) => link.connection === connection);
		if (known) return known;
		const publicKey = rawKeyOf(connection.remotePeer);
		const meter = this.#meterOf(connection);
		const admission = publicKey ? this.#options.admission(publicKey) : 'refused';
		if (!meter) return null;
		if (!publicKey || admission === 'refused' || connection.status !== 'open' || this.#stopping) {
			meter.end(connection, new Error('not a member'));
			return null;
		}
		const link: Libp2pLink = new Libp2pLink({
			...{ connection, meter, admission, clock: this.#options.clock },
			peer: { node: nodeIdOf(publicKey), publicKey: new Uint8Array(publicKey) },
			cut: (reason) => this.#cut(link, reason),
		});
		for (const older of this.#links.filter(({ peer }) => peer.node === link.peer.node)) older.doubt();
		this.#links.push(link);
		this.#nameWhenCut(link);
		if (admission === 'member') this.#announce(link);
		return link;
	}

	#cut(link: Libp2pLink, reason: string): void {
		link.cut(ganglineError('PEER_GONE', `the connection to ${link.peer.node} was ended here: ${reason}`));
		this.#closed(link.connection);
	}

	/** Whoever of us ends a connection for a reason, the guards below the protocols too, the peer is named. */
	#nameWhenCut({ peer, connection }: Libp2pLink): void {
		connection.addEventListener('close', ({ local, error }) => {
			if (local !== true || error === undefined) return;
			const address = connection.remoteAddr.toString();
			this.#options.log.warn('peer cut off', { peer: peer.node, address, reason: error.message });
		});
	}

	#closed(connection: Connection): void {
		const i = this.#links.findIndex((link) => link.connection === connection);
		const [link] = i < 0 ? [] : this.#links.splice(i, 1);
		if (!link) return;
		link.end(ganglineError('PEER_GONE', `the connection to ${link.peer.node} broke`));
		if (this.#to(link.peer.node)) return;
		// What the library keeps of a peer would grow with every stranger.
		this.#host.peerStore.delete(connection.remotePeer).catch(() => {});
		if (link.admission === 'member') this.#tell({ kind: 'down', peer: link.peer });
	}

	#announce(link: Libp2pLink): void {
		const others = this.#links.filter((known) => known !== link && known.admission === 'member');
		if (!others.some(({ peer }) => peer.node === link.peer.node)) this.#tell({ kind: 'up', peer: link.peer });
	}

	#tell(change: LinkChange): void {
		for (const listener of [...this.#listeners]) listener(change);
	}

	/** The newest one: an older one may be half dead. */
	#to(node: NodeId): Libp2pLink | undefined {
		return this.#links.findLast(({ peer }) => peer.node === node);
	}

	#serve(protocol: string, take: (stream: Stream, connection: Connection) => void): void {
		const limits = { maxInboundStreams: streamsPerProtocolMax, maxOutboundStreams: streamsPerProtocolMax };
		// The handler counts from here on; what is awaited is a note for others that nobody reads.
		this.#host.handle(protocol, take, limits).catch(() => {});
	}

	#requireRunning(): void {
		if (this.#stopping) throw ganglineError('STOPPING', `the network of ${this.self} has been stopped`);
	}
}

function unreachable(node: NodeId, answers: readonly string[]): GanglineError {
	const said = answers.length === 0 ? 'it has no address' : answers.join('; ');
	return ganglineError('PEER_UNREACHABLE', `dialled ${node} in vain: ${said}`, { data: { node, answers } });
}

function reasonOf(error: Error): string {
	if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no answer within ${dialMsMax / 1000} s`;
	return error.message;
}

/**
 * The other nodes of the mesh, as this one reaches them: members only, each proved by its key. A connection carries
 * channels: ordered frames of one protocol, until either side ends it or the connection breaks. Nothing here promises
 * delivery; what must arrive is kept by its sender until it is acknowledged.
 */
import type { NodeId } from './ids.ts';

/** The wires of the mesh; a new version is a new name. */
export const meshProtocols = [
	'/gangline/join/1',
	'/gangline/sync/1',
	'/gangline/rpc/1',
	'/gangline/pack/1',
	'/gangline/ssh/1',
] as const;
export type MeshProtocol = (typeof meshProtocols)[number];

/** The longest frame of any protocol; larger things come in chunks. */
export const frameBytesMax = 1024 * 1024;

/** What a stranger may send on one connection, and for how long it may stay. */
export const strangerBytesMax = 64 * 1024;
export const strangerMsMax = 10_000;

/** A node to be dialled. */
export interface PeerAddress {
	readonly node: NodeId;
	/** Ed25519, 32 bytes: the identity that must answer there. */
	readonly publicKey: Uint8Array;
	/** Multiaddrs without the peer's id, such as `/ip4/192.0.2.7/tcp/7421`; tried in this order. */
	readonly addresses: readonly string[];
}

/** Who is at the other end of a connection, proved by its key. */
export interface Peer {
	readonly node: NodeId;
	readonly publicKey: Uint8Array;
}

/** `stranger`: may speak /gangline/join/1 and nothing else, within a small budget of bytes and seconds. */
export type Admission = 'member' | 'stranger' | 'refused';

export interface Channel {
	readonly peer: Peer;
	readonly protocol: MeshProtocol;
	/** Takes a copy at once. Resolves when the channel can take more; rejects with PEER_GONE when it has ended. At most `frameBytesMax`. */
	send(frame: Uint8Array): Promise<void>;
	/** One reader. Ends when the other side closed; throws PEER_GONE when the connection broke, TOO_LARGE for a frame past the bound. */
	frames(): AsyncIterable<Uint8Array>;
	/** Ends our side after what was sent. */
	close(): Promise<void>;
	/** Ends both sides at once. */
	abort(reason: string): void;
}

export type LinkChange = { readonly kind: 'up' | 'down'; readonly peer: Peer };

export interface Network extends AsyncDisposable {
	readonly self: NodeId;
	/** Where others can dial this node now, as in `PeerAddress.addresses`. */
	addresses(): readonly string[];
	/** Connects, or does nothing where a connection is. Throws PEER_UNREACHABLE with what each address said. */
	dial(peer: PeerAddress): Promise<void>;
	/** A new channel over the connection that is there. Throws PEER_GONE where there is none or the peer refuses. */
	open(node: NodeId, protocol: MeshProtocol): Promise<Channel>;
	/** Takes incoming channels of a protocol; once per protocol. Only members reach it, except for the join protocol. */
	handle(protocol: MeshProtocol, take: (channel: Channel) => void): void;
	/** Members that are connected. */
	links(): readonly Peer[];
	/** Called when a member's first connection comes up and when its last one is gone; must not throw. */
	subscribe(listener: (change: LinkChange) => void): () => void;
	/** Ends every connection to a node. */
	cutOff(node: NodeId, reason: string): void;
	/** Looks again at who may be connected (the registry has changed) and cuts off who may not. */
	review(): void;
}

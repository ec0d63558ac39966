/**
 * Makes the libp2p node under a Libp2pNetwork: TCP, Noise, Yamux, and none of the library's own ideas of whom to connect
 * to, whom to tell of whom, or when to give up. Its identity is the node's own; the seed stays with the identity, the
 * library only has things signed. No WebSocket: the library's one cannot be aborted (it closes with 1006, which no
 * WebSocket may send, so the socket stays), and who cannot be cut off must not be let in.
 */
import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey, MultiaddrConnection, PeerId, StreamMuxerFactory } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p, type Libp2p } from 'libp2p';
import type { Identity } from '../log/index.ts';
import { assert, GanglineError, ganglineError } from '../ports/index.ts';
import { guardFrames } from './libp2p-guards.ts';
import {
	connectionOutboxBytesMax,
	connectionsMax,
	dialMsMax,
	handshakeMsMax,
	handshakesMax,
	inboundPerSecondMax,
	openMsMax,
	roundTripMs,
	streamBytesMax,
	streamsMax,
	windowBytesMax,
} from './libp2p-limits.ts';
import type { ExtraListeners } from './libp2p-listeners.ts';

export interface HostOptions {
	readonly identity: Identity;
	readonly listen: readonly string[];
	/** Listeners that come and go later. */
	readonly extra?: ExtraListeners;
	/** Asked with the proved key before anything else is said; false: the connection ends. */
	readonly mayConnect: (publicKey: Uint8Array, direction: 'inbound' | 'outbound') => boolean;
	/** A connection begins its handshake … */
	readonly connecting: (raw: MultiaddrConnection) => void;
	/** … and is through. */
	readonly opening: (raw: MultiaddrConnection) => void;
}

/** A started node. Throws PORT_IN_USE or INVALID_CONFIG with the address that could not be listened on. */
export async function startHost(options: HostOptions): Promise<Libp2p> {
	const { mayConnect, connecting, opening } = options;
	const denies = (direction: 'inbound' | 'outbound') => (peer: PeerId) => {
		const key = rawKeyOf(peer);
		return key === null || !mayConnect(key, direction);
	};
	const watch = (_: PeerId, raw: MultiaddrConnection): boolean => {
		opening(raw);
		return false;
	};
	const transport = tcp({ maxConnections: connectionsMax + handshakesMax });
	try {
		return await createLibp2p({
			privateKey: privateKeyOf(options.identity),
			addresses: { listen: [...options.listen] },
			transports: [options.extra?.wrap(transport) ?? transport],
			connectionEncrypters: [noise()],
			streamMuxers: [boundedMuxer],
			connectionMonitor: { enabled: false },
			connectionManager: {
				maxConnections: connectionsMax,
				inboundConnectionThreshold: inboundPerSecondMax,
				maxIncomingPendingConnections: handshakesMax,
				inboundUpgradeTimeout: handshakeMsMax,
				inboundStreamProtocolNegotiationTimeout: handshakeMsMax,
				outboundStreamProtocolNegotiationTimeout: openMsMax,
				dialTimeout: dialMsMax,
				addressDialTimeout: dialMsMax,
			},
			connectionGater: {
				denyInboundConnection: (raw) => {
					connecting(raw);
					return false;
				},
				denyOutboundConnection: (_, raw) => {
					connecting(raw);
					return false;
				},
				denyInboundEncryptedConnection: denies('inbound'),
				denyOutboundEncryptedConnection: denies('outbound'),
				denyInboundUpgradedConnection: watch,
				denyOutboundUpgradedConnection: watch,
				denyDialMultiaddr: () => false,
			},
		});
	} catch (cause) {
		throw startError(cause, options.listen);
	}
}

/** The Ed25519 key of a peer, 32 bytes; null for a peer with another kind of key, which no node of ours has. */
export function rawKeyOf(peer: PeerId): Uint8Array | null {
	return peer.type === 'Ed25519' ? peer.publicKey.raw : null;
}

/** The library's name for the node with this key, as it stands at the end of an address. */
export function peerNameOf(publicKey: Uint8Array): string {
	return publicKeyFromRaw(publicKey).toString();
}

function privateKeyOf(identity: Identity): Ed25519PrivateKey {
	const publicKey = publicKeyFromRaw(identity.publicKey);
	assert(publicKey.type === 'Ed25519', 'a raw key of 32 bytes is an Ed25519 key');
	return {
		type: 'Ed25519',
		publicKey,
		// The seed is not the library's business; it asks for it only to write it down.
		raw: new Uint8Array(),
		equals: (other: unknown) => other === identity,
		sign: (bytes) => identity.sign(bytes instanceof Uint8Array ? bytes : bytes.subarray()),
	};
}

/** Yamux whose connection ends when a peer lets more pile up than honest use ever does. */
function boundedMuxer(): StreamMuxerFactory {
	const make = yamux({
		maxInboundStreams: streamsMax,
		maxOutboundStreams: streamsMax,
		keepAliveInterval: roundTripMs,
		streamOptions: { maxStreamWindowSize: windowBytesMax, maxReadBufferLength: streamBytesMax },
	});
	const factory = make();
	return {
		protocol: factory.protocol,
		createStreamMuxer: (connection) => {
			connection.maxWriteBufferLength = connectionOutboxBytesMax;
			const muxer = factory.createStreamMuxer(connection);
			guardFrames(connection, muxer);
			return muxer;
		},
	};
}

/** Why listening failed, in our words. */
export function startError(cause: unknown, listen: readonly string[]): GanglineError {
	if (cause instanceof GanglineError) return cause;
	const text = cause instanceof Error ? cause.message : String(cause);
	const where = listen.join(', ');
	if (text.includes('EADDRINUSE')) {
		return ganglineError('PORT_IN_USE', `listening for other nodes on ${where}: the port is taken`, { cause });
	}
	const why = /listen (E[A-Z]+)/.exec(text)?.[1] ?? text.split('\n')[0];
	return ganglineError('INVALID_CONFIG', `listening for other nodes on ${where} failed: ${why}`, {
		hint: text.includes('EADDRNOTAVAIL')
			? 'expected an address of this machine: ip address shows them'
			: 'an address looks like /ip4/127.0.0.1/tcp/7421',
		cause,
	});
}

/**
 * Every bound of the libp2p adapter, with its reason. They suit a private mesh: tens of nodes, many of them behind one
 * address (containers of one machine, an office), and strangers who knock.
 */
import { assert, frameBytesMax } from '../ports/index.ts';

/** Of one address; a slow line needs four round trips and a key exchange. */
export const dialMsMax = 10_000;
/** How long a peer may take over its half of the handshake, and over choosing the protocol of a stream. */
export const handshakeMsMax = 10_000;
/** What a peer may send until its handshake is through; ours is below 600 bytes. */
export const handshakeBytesMax = 2048;
/** … and on a stream that it opens until its protocol is chosen; the names of ours have 20 bytes. */
export const negotiationBytesMax = 1024;
/** Until a peer has agreed to a channel. */
export const openMsMax = 10_000;

/** From one address in a second; the library's 5 refuses the members behind one NAT when they all come back at once. */
export const inboundPerSecondMax = 200;
/** Handshakes at once: what one address can begin before the first of them times out must not keep others out. */
export const handshakesMax = 2_500;
/** Members and strangers together; a mesh has tens. */
export const connectionsMax = 1_000;
/** Strangers at once; a join takes less than a second. */
export const strangersMax = 64;

/** Streams of one protocol in one direction of one connection; packs need the most. */
export const streamsPerProtocolMax = 64;
/** Streams of one connection in one direction, those that have not said what they are included. */
export const streamsMax = 300;

/** What the other side may send before it must wait for the reader; at 100 ms round trip this still carries 10 MB/s. */
export const windowBytesMax = 1024 * 1024;
/** What a channel keeps for a reader that does not read, before it stops taking more from the stream. */
export const inboxBytesMax = 256 * 1024;
/** Counted for each frame besides its bytes, so that empty frames do not come for nothing. */
export const frameOverheadBytes = 64;
/** What the stream itself keeps while it is stopped: the rest of the window, and what came while a handler was found. */
export const streamBytesMax = 4 * windowBytesMax;
/** What one channel hands to its stream before its sender waits. */
export const outboxBytesMax = 256 * 1024;
/** Unsent bytes of a whole connection, whatever they are; honest use stays below a tenth of it. */
export const connectionOutboxBytesMax = 16 * 1024 * 1024;
/** Frames from a peer since it last read all that we had for it; each may have made an answer, and honest peers read. */
export const framesWhileFullMax = 20_000;

/**
 * How often the multiplexer measures the round trip, by which it widens its windows; also at once. Whether the other side
 * lives is watched below, so that the library's every half a minute was a sixth of what an idle gateway spent.
 */
export const roundTripMs = 5 * 60_000;

/** How often each connection is looked at. */
export const watchMs = 5_000;
/** After so many looks without a byte from the other side it is asked for a sign (10 s; who was dialled asks at 15 s) … */
export const silentLooksToAsk = 2;
/** … and after so many it is gone: 20 to 25 s. */
export const silentLooksMax = 5;
/** An older connection of a peer that has come anew must show a sign within this. */
export const olderSignMsMax = 5_000;

assert(handshakesMax > (inboundPerSecondMax * handshakeMsMax) / 1000, 'one address alone cannot use up all handshakes');
assert(streamBytesMax >= 2 * windowBytesMax, 'a stopped stream holds what its window lets in');
assert(connectionOutboxBytesMax > 8 * frameBytesMax, 'honest channels do not fill the outbox of their connection');
assert(silentLooksToAsk + 3 <= silentLooksMax, 'who is asked for a sign has time to give it');

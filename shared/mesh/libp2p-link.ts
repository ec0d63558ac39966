/**
 * One connection of a Libp2pNetwork: who is there, what it has cost, whether it still gives a sign of life, and the
 * channels on it.
 */
import type { Connection, Stream } from '@libp2p/interface';
import {
	type Admission,
	type Clock,
	type GanglineError,
	ganglineError,
	type MeshProtocol,
	type Peer,
	strangerBytesMax,
	strangerMsMax,
} from '../ports/index.ts';
import { Libp2pChannel } from './libp2p-channel.ts';
import type { LinkMeter } from './libp2p-guards.ts';
import { olderSignMsMax, openMsMax, silentLooksMax, silentLooksToAsk, watchMs } from './libp2p-limits.ts';

/** A stream on which each message is answered with one byte: the sign of life that a silent peer is asked for. */
export const aliveProtocol = '/gangline/alive/1';
const anyByte = Uint8Array.of(1);

/** Opens such a stream; that it opens is a sign already. Throws when none comes. */
export async function askForSign(connection: Connection): Promise<Stream> {
	const stream = await connection.newStream(aliveProtocol, { signal: AbortSignal.timeout(openMsMax) });
	stream.addEventListener('message', () => {});
	return stream;
}

/** The other end of it. */
export function giveSigns(stream: Stream): void {
	stream.addEventListener('message', () => {
		if (stream.writeStatus === 'writable' && !stream.writableNeedsDrain) stream.send(anyByte);
	});
	stream.addEventListener('remoteCloseWrite', () => void stream.close().catch(() => {}));
}

export interface Libp2pLinkOptions {
	readonly connection: Connection;
	readonly meter: LinkMeter;
	readonly peer: Peer;
	readonly admission: Admission;
	readonly clock: Clock;
	/** The link ended itself, for this reason. */
	readonly cut: (reason: string) => void;
}

export class Libp2pLink {
	readonly connection: Connection;
	readonly peer: Peer;
	admission: Admission;
	readonly #options: Libp2pLinkOptions;
	readonly #channels = new Set<Libp2pChannel>();
	#cancelWatch: () => void = () => {};
	#cancelStranger: () => void = () => {};
	#cancelSign: () => void = () => {};
	/** Stays open: asking again costs a byte. */
	#signs: Stream | null = null;
	#bytesSeen = 0;
	#silentLooks = 0;
	#hasEnded = false;

	constructor(options: Libp2pLinkOptions) {
		this.#options = options;
		this.connection = options.connection;
		this.peer = options.peer;
		this.admission = options.admission;
		if (options.admission === 'stranger') this.#boundStranger();
		this.#watch();
	}

	/** A stranger has become a member. */
	makeMember(): void {
		this.admission = 'member';
		this.#options.meter.bound(Number.POSITIVE_INFINITY, 'a member');
		this.#cancelStranger();
	}

	/** Asks the other side to open a channel. Throws PEER_GONE where it refuses. */
	async open(protocol: MeshProtocol): Promise<Libp2pChannel> {
		try {
			const stream = await this.connection.newStream(protocol, { signal: AbortSignal.timeout(openMsMax) });
			return this.take(stream, protocol);
		} catch (cause) {
			const why = cause instanceof Error ? cause.message : String(cause);
			throw ganglineError('PEER_GONE', `${this.peer.node} did not open ${protocol}: ${why}`, { cause });
		}
	}

	/** A channel over a stream that is open. */
	take(stream: Stream, protocol: MeshProtocol): Libp2pChannel {
		const channel: Libp2pChannel = new Libp2pChannel({
			...{ stream, peer: this.peer, protocol },
			broke: (error) => this.#options.cut(error.message),
			over: () => void this.#channels.delete(channel),
		});
		if (!channel.isOver) this.#channels.add(channel);
		return channel;
	}

	/** The stream on which the peer gave its first sign. */
	keepSigns(stream: Stream): void {
		this.#signs = stream;
	}

	/** The peer has connected anew: perhaps this link is dead, and waiting for the silence to last would be long. */
	doubt(): void {
		const { clock, cut, meter } = this.#options;
		const before = meter.bytes;
		this.#ask();
		this.#cancelSign();
		this.#cancelSign = clock.after(olderSignMsMax, () => {
			if (meter.bytes === before) cut('it has connected anew, and here it gives no sign');
		});
	}

	/** Ends the connection at once; what nobody has read is gone. */
	cut(error: GanglineError): void {
		for (const channel of [...this.#channels]) channel.cut(error);
		this.#options.meter.end(this.connection, error);
	}

	/** The connection is gone. */
	end(error: GanglineError): void {
		this.#hasEnded = true;
		for (const cancel of [this.#cancelWatch, this.#cancelStranger, this.#cancelSign]) cancel();
		for (const channel of [...this.#channels]) channel.fail(error);
	}

	/** Who dialled asks first; what it is answered with is a sign for both, so an idle pair asks once. */
	get #looksToAsk(): number {
		return this.connection.direction === 'outbound' ? silentLooksToAsk : silentLooksToAsk + 1;
	}

	#ask(): void {
		if (this.#signs?.writeStatus === 'writable') {
			if (!this.#signs.writableNeedsDrain) this.#signs.send(anyByte);
			return;
		}
		askForSign(this.connection).then(
			(stream) => this.keepSigns(stream),
			() => {},
		);
	}

	#boundStranger(): void {
		const { clock, cut, meter } = this.#options;
		meter.bound(strangerBytesMax, 'a stranger');
		this.#cancelStranger = clock.after(strangerMsMax, () => cut(`a stranger stays at most ${strangerMsMax / 1000} s`));
	}

	/** Silence is counted in looks, not by the clock: after a stall of our own the bytes that came meanwhile are read first. */
	#watch(): void {
		const { clock, cut, meter } = this.#options;
		this.#cancelWatch = clock.after(watchMs, () => {
			this.#silentLooks = meter.bytes === this.#bytesSeen ? this.#silentLooks + 1 : 0;
			this.#bytesSeen = meter.bytes;
			if (this.#silentLooks >= silentLooksMax) {
				cut(`it gave no sign for ${(silentLooksMax * watchMs) / 1000} s`);
				return;
			}
			if (this.#silentLooks >= this.#looksToAsk) this.#ask();
			if (!this.#hasEnded) this.#watch();
		});
	}
}

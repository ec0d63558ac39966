/**
 * One connection between two simulated nodes, as TCP gives it: what is sent on it arrives in order or the connection
 * breaks. What a partition holds back waits; each side learns by itself that the other is gone, at once when it is told
 * and otherwise after the silence that a real node takes for the end. Knows channels, nothing of admission.
 */
import type { Clock } from '../clock.ts';
import { type GanglineError, ganglineError } from '../errors.ts';
import type { MeshProtocol, Peer } from '../network.ts';
import { SimChannel } from './sim-channel.ts';
import type { SimRandom } from './sim-random.ts';

/** Silence after which a side gives the other up: a ping every 10 s, 20 s without an answer, so 20 to 30 s. */
const silenceMsMin = 20_000;
const silenceMsSpread = 10_000;

/** What the whole net decides for the pair of nodes. */
export interface SimWeather {
	readonly clock: Clock;
	/** Whether what `from` sends reaches `to` now. */
	passes(from: Peer, to: Peer): boolean;
	latencyMs(from: Peer, to: Peer, random: SimRandom): number;
	readonly inFlightBytesMax: number;
}

/** The node at one end, as its link knows it. */
export interface SimEnd {
	readonly peer: Peer;
	/** A frame of `bytes` came in; false: it was not allowed, and the owner has ended this side. */
	received(link: SimLink, bytes: number): boolean;
	/** The other side asks for a channel; null: refused. */
	accepts(link: SimLink, protocol: MeshProtocol): ((channel: SimChannel) => void) | null;
	ended(link: SimLink): void;
	readonly sendsAnything: boolean;
}

interface Side {
	readonly end: SimEnd;
	readonly channels: Set<SimChannel>;
	/** On their way to the other side; the first goes first, whatever their times say. */
	readonly sent: { readonly due: number; readonly arrive: () => void }[];
	readonly random: SimRandom;
	lastDue: number;
	isUp: boolean;
	/** Crashed: nothing that it waits for ever comes. */
	isDead: boolean;
	giveUp: (() => void) | null;
}

export class SimLink {
	readonly #weather: SimWeather;
	readonly #sides: readonly [Side, Side];

	constructor(weather: SimWeather, ends: readonly [SimEnd, SimEnd], random: SimRandom) {
		this.#weather = weather;
		const side = (end: SimEnd, name: string): Side => ({
			...{ end, channels: new Set<SimChannel>(), sent: [], random: random.fork(name) },
			...{ lastDue: 0, isUp: true, isDead: false, giveUp: null },
		});
		this.#sides = [side(ends[0], 'out'), side(ends[1], 'back')];
	}

	other(self: SimEnd): Peer {
		return this.#otherOf(this.#sideOf(self)).end.peer;
	}

	isUpFor(self: SimEnd): boolean {
		return this.#sideOf(self).isUp;
	}

	/** A new channel, once the other side has agreed. */
	open(self: SimEnd, protocol: MeshProtocol): Promise<SimChannel> {
		const side = this.#sideOf(self);
		const other = this.#otherOf(side);
		return new Promise((resolve, reject) => {
			if (!side.isUp) {
				if (!side.isDead) reject(gone(other.end.peer));
				return;
			}
			const ours = this.#channel(side, protocol);
			ours.onBroken = reject;
			this.#send(side, () => {
				const take = other.end.accepts(this, protocol);
				if (!take) {
					this.#send(other, () => ours.fail(refusedBy(other.end.peer, protocol)));
					return;
				}
				const theirs = this.#channel(other, protocol);
				SimChannel.join(ours, theirs);
				this.#send(other, () => {
					ours.onBroken = null;
					if (!ours.isOver) resolve(ours);
				});
				take(theirs);
			});
		});
	}

	/** Ends one side with a reason, dropping what nobody has read, and tells the other if that still gets through. */
	end(self: SimEnd, reason: string): void {
		const side = this.#sideOf(self);
		if (!side.isUp) return;
		const error = ganglineError('PEER_GONE', `the connection to ${this.other(self).node} was ended here: ${reason}`);
		for (const channel of [...side.channels]) channel.cut(error);
		this.#breakSide(side, error);
		this.#reset(side);
	}

	/** The connection is lost, as by a router that forgot it; both sides notice at once. */
	lose(): void {
		for (const side of this.#sides) this.#breakSide(side, gone(this.#otherOf(side).end.peer));
	}

	/** The machine or process of one side is gone. `isSilent`: nobody is left to tell the other. */
	crash(self: SimEnd, isSilent: boolean): void {
		const side = this.#sideOf(self);
		side.isDead = true;
		side.isUp = false;
		for (const channel of side.channels) channel.die();
		side.channels.clear();
		if (isSilent) this.#watchSilence(this.#otherOf(side));
		else this.#reset(side);
	}

	/** The weather between the two has changed. */
	look(): void {
		for (const side of this.#sides) this.#watchSilence(side);
		for (const side of this.#sides) {
			if (!this.#passes(side)) continue;
			if (!side.isUp && !side.isDead) this.#reset(side);
			const first = side.sent[0];
			if (!first) continue;
			const due = Math.max(first.due, this.#weather.clock.monotonic() + this.#latency(side));
			this.#weather.clock.after(due - this.#weather.clock.monotonic(), () => this.#deliver(side));
		}
	}

	#channel(side: Side, protocol: MeshProtocol): SimChannel {
		const other = this.#otherOf(side);
		const channel: SimChannel = new SimChannel({
			...{ peer: other.end.peer, protocol, inFlightBytesMax: this.#weather.inFlightBytesMax },
			sendsAnything: side.end.sendsAnything,
			carry: (arrive) => this.#send(side, arrive),
			received: (bytes) => side.end.received(this, bytes),
			tooLarge: () => this.end(side.end, 'a frame was longer than allowed'),
			over: () => void side.channels.delete(channel),
		});
		if (side.isUp) side.channels.add(channel);
		else channel.fail(gone(other.end.peer));
		return channel;
	}

	#send(side: Side, arrive: () => void): void {
		if (!side.isUp) return;
		const { clock } = this.#weather;
		side.lastDue = Math.max(side.lastDue, clock.monotonic() + this.#latency(side));
		side.sent.push({ due: side.lastDue, arrive });
		clock.after(side.lastDue - clock.monotonic(), () => this.#deliver(side));
	}

	#deliver(from: Side): void {
		const to = this.#otherOf(from);
		for (let first = from.sent[0]; first; first = from.sent[0]) {
			if (first.due > this.#weather.clock.monotonic() || !this.#passes(from)) return;
			from.sent.shift();
			if (to.isUp) first.arrive();
		}
	}

	/** What comes after all that was sent: the other side learns that this one is gone. */
	#reset(side: Side): void {
		const other = this.#otherOf(side);
		if (!other.isUp) return;
		const tell = (): void => {
			if (!this.#passes(side)) this.#watchSilence(other);
			else this.#breakSide(other, gone(side.end.peer));
		};
		const due = Math.max(side.lastDue, this.#weather.clock.monotonic() + this.#latency(side));
		this.#weather.clock.after(due - this.#weather.clock.monotonic(), tell);
	}

	#breakSide(side: Side, error: GanglineError): void {
		if (!side.isUp) return;
		side.isUp = false;
		side.giveUp?.();
		for (const channel of [...side.channels]) channel.fail(error);
		side.channels.clear();
		side.end.ended(this);
	}

	/** Starts or stops the wait after which a side gives the other up. */
	#watchSilence(side: Side): void {
		const other = this.#otherOf(side);
		const hears = other.isUp && this.#passes(side) && this.#passes(other);
		if (hears || !side.isUp) {
			side.giveUp?.();
			side.giveUp = null;
			return;
		}
		const wait = silenceMsMin + side.random.below(silenceMsSpread);
		side.giveUp ??= this.#weather.clock.after(wait, () =>
			this.#breakSide(
				side,
				ganglineError('PEER_GONE', `${other.end.peer.node} gave no sign for ${silenceMsMin / 1000} s`),
			),
		);
	}

	#passes(from: Side): boolean {
		return this.#weather.passes(from.end.peer, this.#otherOf(from).end.peer);
	}

	#latency(from: Side): number {
		return this.#weather.latencyMs(from.end.peer, this.#otherOf(from).end.peer, from.random);
	}

	#sideOf(self: SimEnd): Side {
		return this.#sides[0].end === self ? this.#sides[0] : this.#sides[1];
	}

	#otherOf(side: Side): Side {
		return this.#sides[0] === side ? this.#sides[1] : this.#sides[0];
	}
}

function gone(peer: Peer): GanglineError {
	return ganglineError('PEER_GONE', `the connection to ${peer.node} broke`);
}

function refusedBy(peer: Peer, protocol: MeshProtocol): GanglineError {
	return ganglineError('PEER_GONE', `${peer.node} refused a channel of ${protocol}`);
}

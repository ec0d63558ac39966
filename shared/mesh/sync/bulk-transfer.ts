/**
 * Documents too large for a frame, in both directions. The owner says how large; the asker takes it when there is room
 * for it, naming anew what it has by then; the owner encodes it then and sends part by part, other frames in between.
 * The whole is checked by its hash before anything reads it. A transfer that stands still for a minute ends the channel,
 * so that a stuck peer holds no room for ever.
 */
import { createHash } from 'node:crypto';
import type { PeerLink } from './context.ts';
import { bulkBytesMax, bulkSilenceMsMax, partBytes } from './limits.ts';
import type { Replica } from './replica.ts';
import { type MessageOf, malformed, type Outgoing } from './wire.ts';

interface Leaving {
	release: () => void;
	endSilence: () => void;
}

interface Sending {
	readonly leaving: Leaving;
	readonly replica: Replica;
	readonly bytes: Uint8Array;
	readonly mayGo: () => boolean;
	readonly done: () => void;
}

interface Arriving extends Leaving {
	readonly bytes: number;
	/** Undefined while there is no room. */
	buffer: Buffer | undefined;
	digest: string | undefined;
	filled: number;
	isBegunAnew: boolean;
}

/** Takes one document at a time from the peer, and sends it one at a time of each name. */
export class BulkTransfer {
	readonly #link: PeerLink;
	readonly #arriving = new Map<string, Arriving>();
	readonly #leaving = new Map<string, Leaving>();

	constructor(link: PeerLink) {
		this.#link = link;
	}

	/** Whether parts of a document are on their way to the peer: what changes meanwhile is compared afterwards. */
	isLeaving(name: string): boolean {
		return this.#leaving.has(name);
	}

	/** The peer has a difference of so many bytes for us; one offer of a document counts at a time. */
	offered(replica: Replica, bytes: number): void {
		if (this.#arriving.has(replica.name)) return;
		const arriving: Arriving = {
			...{ bytes, buffer: undefined, digest: undefined, filled: 0, isBegunAnew: false },
			...{ release: () => {}, endSilence: () => {} },
		};
		this.#arriving.set(replica.name, arriving);
		arriving.release = this.#link.context.incoming.take(bytes, () => {
			arriving.buffer = Buffer.alloc(0);
			this.#watch(arriving);
			this.#link.outbox.mark(`take ${replica.name}`, () => [
				{ message: { k: 'take', document: replica.name }, payload: replica.stateVector },
			]);
		});
	}

	/** Takes a part (one that nobody took is dropped); answers the whole when it was the last one. Throws MALFORMED. */
	arrived(part: MessageOf<'part'>, payload: Uint8Array): Uint8Array | undefined {
		const arriving = this.#arriving.get(part.document);
		if (!arriving?.buffer) return undefined;
		// The rest of one that was given up here, such as of a project that went and came back.
		if (arriving.digest === undefined && part.at !== 0) return undefined;
		if (part.at === 0 && this.#mayBegin(arriving)) this.#begin(arriving, part);
		const isNext = part.at === arriving.filled && part.digest === arriving.digest;
		const end = part.at + payload.byteLength;
		if (!isNext || payload.byteLength === 0 || part.bytes !== arriving.buffer.byteLength || end > part.bytes) {
			throw malformed(`a part of ${part.document} at ${part.at}, expected the one at ${arriving.filled}`);
		}
		arriving.buffer.set(payload, part.at);
		arriving.filled = end;
		this.#watch(arriving);
		if (end < part.bytes) return undefined;
		const { buffer, digest } = arriving;
		if (sha256(buffer) !== digest) throw malformed(`${part.document} came with another hash than announced`);
		return buffer;
	}

	/** The document has been applied, or was of no use: its room is free. */
	settled(name: string): void {
		const arriving = this.#arriving.get(name);
		this.#arriving.delete(name);
		arriving?.endSilence();
		arriving?.release();
	}

	/**
	 * The peer takes what was offered: `size` bytes. One that is on its way to it already was given up there. `mayGo` is
	 * asked for each part; `done` runs behind the last one.
	 */
	taken(taking: {
		readonly replica: Replica;
		readonly stateVector: Uint8Array;
		readonly size: number;
		readonly mayGo: () => boolean;
		readonly done: () => void;
	}): void {
		const { replica, stateVector, size, mayGo, done } = taking;
		this.#left(replica.name);
		const leaving: Leaving = { release: () => {}, endSilence: () => {} };
		this.#leaving.set(replica.name, leaving);
		leaving.release = this.#link.context.outgoing.take(size, () => {
			this.#send({ leaving, replica, bytes: replica.differenceTo(stateVector), mayGo, done });
		});
	}

	/** Gives all room back. */
	end(): void {
		for (const name of [...this.#arriving.keys()]) this.settled(name);
		for (const name of [...this.#leaving.keys()]) this.#left(name);
	}

	/** Once more while parts of a transfer come that was given up here before this one was offered. */
	#mayBegin(arriving: Arriving): boolean {
		if (arriving.filled === 0) return true;
		const isFirst = !arriving.isBegunAnew;
		arriving.isBegunAnew = true;
		return isFirst;
	}

	#begin(arriving: Arriving, part: MessageOf<'part'>): void {
		// It may have grown since it was offered; what it has room for is what was offered, and a little more.
		if (part.bytes > Math.min(bulkBytesMax, 2 * arriving.bytes + partBytes)) {
			throw malformed(`${part.document} came with ${part.bytes} bytes instead of ${arriving.bytes}`);
		}
		arriving.buffer = Buffer.alloc(part.bytes);
		arriving.digest = part.digest;
		arriving.filled = 0;
	}

	#send({ leaving, replica, bytes, mayGo, done }: Sending): void {
		const { name } = replica;
		const digest = sha256(bytes);
		const total = bytes.byteLength;
		let at = 0;
		const next = (): readonly Outgoing[] => {
			if (this.#leaving.get(name) !== leaving) return [];
			if (!mayGo()) {
				this.#left(name);
				return [{ message: { k: 'diff', document: name } }];
			}
			this.#watch(leaving);
			const payload = bytes.subarray(at, at + partBytes);
			const message = { k: 'part', document: name, at, bytes: total, digest } as const;
			at += payload.byteLength;
			if (at < total) this.#link.outbox.mark(`part ${name}`, next);
			else {
				this.#left(name);
				done();
			}
			return [{ message, payload }];
		};
		this.#watch(leaving);
		this.#link.outbox.mark(`part ${name}`, next);
	}

	#left(name: string): void {
		const leaving = this.#leaving.get(name);
		this.#leaving.delete(name);
		leaving?.endSilence();
		leaving?.release();
	}

	#watch(transfer: Leaving | Arriving): void {
		transfer.endSilence();
		transfer.endSilence = this.#link.context.clock.after(bulkSilenceMsMax, () =>
			this.#link.give(`a document stood still for ${bulkSilenceMsMax / 1000} s`),
		);
	}
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

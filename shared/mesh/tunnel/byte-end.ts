/**
 * Bytes both ways between two ends that know nothing of each other: a channel of the mesh, a socket, this process's own
 * input and output. A slow reader slows the writer down, each half ends by itself, and when one end breaks so does the other.
 */
import type { Readable, Writable } from 'node:stream';
import { type Channel, type Clock, ganglineError } from '../../ports/index.ts';
import { deadline, orAborted } from '../deadline.ts';

export interface ByteEnd {
	/** What comes from there. Ends when that side has ended its half; throws where it broke. One reader, once. */
	bytes(): AsyncIterable<Uint8Array>;
	/** Resolves when more may be written. @throws GanglineError PEER_GONE */
	write(bytes: Uint8Array): Promise<void>;
	/** Ends our half after what was written. */
	end(): Promise<void>;
	/** Ends both halves at once. Idempotent. */
	abort(reason: string): void;
}

export interface Bridging {
	readonly clock: Clock;
	/** Without a byte in either direction for so long, it ends, ms. */
	readonly idleMsMax: number;
	/** Ends it from outside, with its reason. */
	readonly signal?: AbortSignal | undefined;
}

/** Carries bytes until both halves have ended. Whatever breaks is thrown when both ends are gone. */
export async function bridge(one: ByteEnd, other: ByteEnd, { clock, idleMsMax, signal }: Bridging): Promise<void> {
	const late = () => ganglineError('PEER_GONE', `nothing went over it for ${idleMsMax / 60_000} minutes`);
	using idle = deadline(clock, { ms: idleMsMax, signal, late });
	const carry = async (from: ByteEnd, to: ByteEnd): Promise<void> => {
		for await (const bytes of from.bytes()) {
			idle.renew();
			await to.write(bytes);
		}
		await to.end();
	};
	try {
		await orAborted(Promise.all([carry(one, other), carry(other, one)]), idle.signal);
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		one.abort(why);
		other.abort(why);
		throw error;
	}
}

/** The rest of a channel: `frames` has been read as far as it was not bytes. */
export function channelEnd(channel: Channel, frames: AsyncIterator<Uint8Array>): ByteEnd {
	return {
		bytes: () => ({ [Symbol.asyncIterator]: () => frames }),
		write: (bytes) => channel.send(bytes),
		end: () => channel.close(),
		abort: (reason) => channel.abort(reason),
	};
}

/** A socket is both of them. */
export function streamEnd(input: Readable, output: Writable = input as unknown as Writable): ByteEnd {
	// Who waits for something is told below; without anybody listening an error would end the process.
	for (const stream of [input, output]) stream.on('error', () => undefined);
	return {
		// Left to itself, the iterator of a socket would end its other half too.
		bytes: () => input.iterator({ destroyOnReturn: false }),
		async write(bytes) {
			if (!output.writable) throw gone();
			if (!output.write(bytes)) await drained(output);
		},
		async end() {
			output.end();
		},
		abort() {
			input.destroy();
			output.destroy();
		},
	};
}

function drained(output: Writable): Promise<void> {
	return new Promise((resolve, reject) => {
		const settle = (act: () => void) => (): void => {
			output.off('drain', onDrain).off('close', onEnd).off('error', onEnd);
			act();
		};
		const onDrain = settle(resolve);
		const onEnd = settle(() => reject(gone()));
		output.on('drain', onDrain).on('close', onEnd).on('error', onEnd);
	});
}

function gone() {
	return ganglineError('PEER_GONE', 'its reader is gone');
}

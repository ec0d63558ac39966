/**
 * One pull, seen from who serves it: is it allowed, what is made for it, where does it begin, and piece after piece as
 * the other side says to have written what came before. What is refused is said; what breaks the rules is thrown.
 */
import { createHash } from 'node:crypto';
import { type Environment, planBundle } from '../../git/index.ts';
import { type Channel, type Clock, GanglineError, ganglineError } from '../../ports/index.ts';
import { type Deadline, deadline, orAborted } from '../deadline.ts';
import type { MayServe } from '../pack.ts';
import { encodeError } from '../wire-error.ts';
import { piecesAtOnce, signOfLifeMs, silenceMsMax, windowBytes } from './limits.ts';
import {
	decode,
	encodeWords,
	type PullerWords,
	pieceFrame,
	pullerSchema,
	type ServerWords,
	type Want,
} from './messages.ts';
import type { ServedBundle, ServedBundles } from './served-bundles.ts';

export interface ServingOptions {
	readonly channel: Channel;
	readonly bundles: ServedBundles;
	readonly mayServe: MayServe;
	readonly environment: Environment;
	readonly clock: Clock;
	/** Something is wrong on our side that the other one learns only as INTERNAL. */
	readonly onBug: (error: unknown) => void;
	/** Why this pull cannot be served at all now, null when it can. */
	readonly busy: string | null;
}

/** Serves to the end. Throws MALFORMED when the other side broke the rules, PEER_GONE or PEER_UNREACHABLE when it left. */
export async function servePull(options: ServingOptions): Promise<void> {
	const { channel, clock } = options;
	const late = () => ganglineError('PEER_UNREACHABLE', `${channel.peer.node} took nothing for ${silenceMsMax} ms`);
	using limit = deadline(clock, { ms: silenceMsMax, late });
	limit.signal.addEventListener('abort', () => channel.abort('it was silent for too long'), { once: true });
	const puller = new Puller(channel, limit);
	try {
		const want = await puller.want();
		await serveWanted(options, puller, want).catch(async (error: unknown) => {
			if (puller.failure !== null || limit.signal.aborted) throw error;
			if (!(error instanceof GanglineError)) options.onBug(error);
			await say(channel, { kind: 'error', error: JSON.parse(Buffer.from(encodeError(error)).toString()) });
		});
		await channel.close();
		limit.renew();
		await puller.left;
	} catch (error) {
		throw limit.signal.aborted ? limit.signal.reason : error;
	}
	if (puller.failure !== null) throw puller.failure.error;
}

async function serveWanted(options: ServingOptions, puller: Puller, want: Want): Promise<void> {
	const { channel, bundles, mayServe, environment } = options;
	if (options.busy !== null) throw ganglineError('PEER_UNREACHABLE', options.busy);
	const gitDir = await mayServe(channel.peer, want.project, want.ref);
	if (gitDir === null) {
		throw ganglineError('FORBIDDEN', `${want.ref} of ${want.project} is not given to ${channel.peer.node}`);
	}
	const { ref, commit, have } = want;
	const plan = await withSigns(options, puller, planBundle({ gitDir, ref, commit, have }, environment));
	const bundle = await bundles.open(plan);
	try {
		const offset = await withSigns(options, puller, beginning(bundle, want));
		await say(channel, { kind: 'begin', offset });
		const whole = await sendPieces(options, puller, bundle, offset);
		await say(channel, { kind: 'done', ...whole });
	} finally {
		bundle.release();
	}
}

/** Where to go on: after what the other side has, if that is how this bundle begins. */
async function beginning(bundle: ServedBundle, { offset, sha256 }: Want): Promise<number> {
	while (bundle.written < offset && !bundle.isMade) await bundle.grown();
	if (bundle.written < offset) return 0;
	const hash = createHash('sha256');
	const room = Buffer.allocUnsafeSlow(beginningBytes);
	for (let at = 0; at < offset; ) {
		const part = room.subarray(0, offset - at);
		const count = await bundle.read(at, [part]);
		hash.update(part.subarray(0, count));
		at += count;
	}
	return hash.digest('hex') === sha256 ? offset : 0;
}

async function sendPieces(
	options: ServingOptions,
	puller: Puller,
	bundle: ServedBundle,
	offset: number,
): Promise<{ bytes: number; sha256: string }> {
	let at = offset;
	// Sending copies, so the same frames serve for all pieces.
	const frames = Array.from({ length: piecesAtOnce }, pieceFrame);
	const rooms = frames.map(({ room }) => room);
	while (true) {
		while (at < bundle.written) {
			await puller.credit();
			let left = await bundle.read(at, rooms);
			at += left;
			for (const { room, filled } of frames) {
				if (left === 0) break;
				await puller.credit();
				const bytes = Math.min(left, room.length);
				await puller.send(filled(bytes));
				left -= bytes;
			}
		}
		const whole = bundle.whole(at);
		if (whole !== null) return whole;
		await withSigns(options, puller, bundle.grown());
	}
}

const beginningBytes = 512 * 1024;

/** Waits for our own side, and tells the other one now and then that it is not forgotten; ends when that one leaves. */
async function withSigns<Value>(
	{ channel, clock }: ServingOptions,
	puller: Puller,
	promise: Promise<Value>,
): Promise<Value> {
	let cancel = (): void => undefined;
	const sign = (): void => {
		void say(channel, { kind: 'wait' }).catch(() => undefined);
		cancel = clock.after(signOfLifeMs, sign);
	};
	cancel = clock.after(signOfLifeMs, sign);
	try {
		return await orAborted(promise, puller.gone);
	} finally {
		cancel();
	}
}

function say(channel: Channel, words: ServerWords): Promise<void> {
	return channel.send(encodeWords(words));
}

/** What the other side says: first what it wants, then how much more may come. */
class Puller {
	/** Settled when it has left, never rejected. */
	readonly left: Promise<void>;
	failure: { readonly error: unknown } | null = null;
	readonly #channel: Channel;
	/** Runs while we wait for the other side, not while it waits for us. */
	readonly #limit: Deadline;
	readonly #wanted: Promise<Want>;
	readonly #gone = new AbortController();
	#credit = windowBytes;
	#credited: () => void = () => undefined;

	constructor(channel: Channel, limit: Deadline) {
		this.#channel = channel;
		this.#limit = limit;
		let take: (words: PullerWords) => void = () => undefined;
		this.#wanted = orAborted(
			new Promise((resolve) => {
				take = (words) => {
					if (words.kind !== 'want') throw ganglineError('MALFORMED', 'a pull begins with what is wanted');
					take = (more) => this.#take(more);
					resolve(words);
				};
			}),
			this.#gone.signal,
		);
		this.#wanted.catch(() => undefined);
		this.left = (async () => {
			for await (const frame of channel.frames()) {
				const heard = decode(pullerSchema, frame);
				if ('piece' in heard) throw ganglineError('MALFORMED', 'a puller sent bytes of a pack');
				take(heard.words);
			}
			this.#gone.abort(ganglineError('PEER_GONE', `${channel.peer.node} left`));
		})().catch((error: unknown) => {
			this.failure = { error };
			this.#gone.abort(error);
		});
	}

	/** Aborted when it has left. */
	get gone(): AbortSignal {
		return this.#gone.signal;
	}

	async want(): Promise<Want> {
		const want = await this.#wanted;
		this.#limit.hold();
		return want;
	}

	/** Resolves when a piece may be sent. */
	async credit(): Promise<void> {
		if (this.#credit <= 0) this.#limit.renew();
		while (this.#credit <= 0) {
			const more = new Promise<void>((resolve) => {
				this.#credited = resolve;
			});
			await orAborted(more, this.#gone.signal);
		}
		this.#limit.hold();
		this.#gone.signal.throwIfAborted();
	}

	async send(frame: Uint8Array): Promise<void> {
		this.#credit -= frame.length - 1;
		this.#limit.renew();
		await this.#channel.send(frame);
		this.#limit.hold();
	}

	#take(words: PullerWords): void {
		if (words.kind !== 'credit') throw ganglineError('MALFORMED', 'a pull wants one thing');
		this.#credit = Math.min(this.#credit + words.bytes, windowBytes);
		this.#credited();
	}
}

/**
 * The documents of one channel. A difference is asked for when digests differ, with what we have by then; changes follow
 * as they become durable. Nothing is kept that does not fit: an update whose predecessor is missing is dropped and the
 * difference asked for, once at a time; an answer to nothing is dropped. What a slow peer has not taken is not piled up: past a bound the two compare.
 */
import { mergeUpdates } from '../../documents/index.ts';
import { BulkTransfer } from './bulk-transfer.ts';
import { accessOf, Complaints, type PeerLink } from './context.ts';
import { gapsMax, partBytes, stateVectorBytesMax, updateBytesWaitingMax, updatesWaitingMax } from './limits.ts';
import type { Replica, ReplicaChange } from './replica.ts';
import { type MessageOf, malformed, type Outgoing } from './wire.ts';

/** Updates that wait for the peer, or the news that it must compare. */
type Waiting = { readonly kind: 'updates'; readonly updates: Uint8Array[]; bytes: number } | { readonly kind: 'stale' };

/** One question at a time. `isAnswered`: the answer is on its way to our disk. `isAgain`: ask once more then. */
interface Asking {
	isAnswered: boolean;
	isAgain: boolean;
}

export class DocumentExchange {
	readonly #link: PeerLink;
	readonly #bulk: BulkTransfer;
	readonly #complaints: Complaints;
	readonly #applied: (replica: Replica) => Promise<void>;
	readonly #waiting = new Map<string, Waiting>();
	readonly #asking = new Map<string, Asking>();
	/** Updates that lacked a predecessor since a document last changed, by its name. */
	readonly #gaps = new Map<string, { readonly digest: string; readonly count: number }>();

	/** `applied`: something of the peer has become durable here, or was here already. */
	constructor(link: PeerLink, applied: (replica: Replica) => Promise<void>) {
		this.#link = link;
		this.#bulk = new BulkTransfer(link);
		this.#complaints = new Complaints(link);
		this.#applied = applied;
	}

	/** A document changed here. */
	changed({ replica, update, from }: ReplicaChange): void {
		if (from === this.#link.peer.node || !this.#maySee(replica)) return;
		this.#waiting.set(replica.name, this.#joined(replica, update));
		this.#link.outbox.mark(`update ${replica.name}`, () => this.#takeWaiting(replica));
	}

	/** Says what is had of a document here, so that the peer compares. */
	tell(replica: Replica): void {
		if (!this.#maySee(replica)) return;
		this.#link.outbox.mark(`state ${replica.name}`, () => [stateOf(replica)]);
	}

	/** Asks for what is missing of a document, unless the peer could not give it. */
	ask(replica: Replica): void {
		if (!this.#mayGive(replica)) return;
		const asking = this.#asking.get(replica.name);
		if (asking) {
			asking.isAgain = true;
			return;
		}
		this.#asking.set(replica.name, { isAnswered: false, isAgain: false });
		this.#link.outbox.mark(`ask ${replica.name}`, () => [
			{ message: { k: 'ask', document: replica.name }, payload: replica.stateVector },
		]);
	}

	onState(replica: Replica, { digest }: MessageOf<'state'>): void {
		if (!this.#maySee(replica)) this.#refuse(replica);
		else if (digest !== replica.digest) this.ask(replica);
	}

	onAsk(replica: Replica, stateVector: Uint8Array): void {
		const bounded = boundedVector(stateVector);
		if (!this.#maySee(replica)) this.#refuse(replica);
		this.#link.outbox.mark(`diff ${replica.name}`, () => this.#answer(replica, bounded));
	}

	onTake(replica: Replica, stateVector: Uint8Array): void {
		const size = this.#maySee(replica) ? replica.differenceTo(boundedVector(stateVector)).byteLength : 0;
		if (size <= partBytes) this.onAsk(replica, stateVector);
		// What changed while the parts were on their way was not sent.
		else {
			const mayGo = (): boolean => this.#maySee(replica);
			this.#bulk.taken({ replica, stateVector, size, mayGo, done: () => this.tell(replica) });
		}
	}

	onLarge(replica: Replica, { bytes }: MessageOf<'large'>): void {
		if (this.#isAwaited(replica)) this.#bulk.offered(replica, bytes);
	}

	async onPart(replica: Replica, part: MessageOf<'part'>, payload: Uint8Array): Promise<void> {
		const whole = this.#bulk.arrived(part, payload);
		if (whole) await this.onDiff(replica, whole);
	}

	/** What comes meanwhile builds on it; only when it is durable can the next question say so. */
	async onDiff(replica: Replica, diff: Uint8Array): Promise<void> {
		const { name } = replica;
		const asking = this.#asking.get(name);
		if (!asking || asking.isAnswered) return;
		asking.isAnswered = true;
		// It may be forgotten while this is written: what is asked for by then is another question.
		const isSame = (): boolean => this.#asking.get(name) === asking;
		try {
			await this.#apply(replica, diff, 'diff');
		} finally {
			if (isSame()) this.#bulk.settled(name);
			if (isSame()) this.#asking.delete(name);
		}
		if (asking.isAgain) this.#askNow(name);
	}

	/** Of whatever has the name now: another reader may have taken the place of the one that was asked for. */
	#askNow(name: string): void {
		const replica = this.#link.context.catalog.replica(name);
		if (replica) this.ask(replica);
	}

	/** While an answer is awaited updates are dropped: it will hold them, or the peer says that they differ still. */
	async onUpdate(replica: Replica, update: Uint8Array): Promise<void> {
		if (!this.#isAwaited(replica)) await this.#apply(replica, update, 'update');
	}

	/** Asked for a document that is not here: nobody waits for it. */
	answerNothing(document: string): void {
		this.#link.outbox.mark(`diff ${document}`, () => [{ message: { k: 'diff', document } }]);
	}

	/** What was asked for is not kept here any more: its answer is of no use, and takes no room. */
	forget(document: string): void {
		this.#bulk.settled(document);
		this.#asking.delete(document);
		this.#gaps.delete(document);
	}

	end(): void {
		this.#bulk.end();
		this.#asking.clear();
		this.#waiting.clear();
		this.#gaps.clear();
	}

	#isAwaited({ name }: Replica): boolean {
		return this.#asking.get(name)?.isAnswered === false;
	}

	async #apply(replica: Replica, update: Uint8Array, as: 'diff' | 'update'): Promise<void> {
		if (!this.#mayGive(replica)) return this.#refuse(replica);
		const { peer } = this.#link;
		const outcome = update.byteLength === 0 ? 'known' : await replica.apply(update, peer.node);
		if (outcome !== 'gap') return this.#applied(replica);
		this.#countGap(replica);
		// An answer that does not help is not asked for again, or two would ask each other for ever.
		if (as === 'update') this.ask(replica);
		else this.#complaints.note('sync.gap', replica.name);
	}

	/** Each gap costs us a look at the whole document; an honest peer closes it with its next answer. */
	#countGap({ name, digest }: Replica): void {
		const before = this.#gaps.get(name);
		const count = before?.digest === digest ? before.count + 1 : 1;
		if (count > gapsMax) throw malformed(`${count} updates of ${name} came without those before them`);
		this.#gaps.set(name, { digest, count });
	}

	#joined(replica: Replica, update: Uint8Array): Waiting {
		const waiting = this.#waiting.get(replica.name) ?? { kind: 'updates', updates: [], bytes: 0 };
		if (waiting.kind === 'stale' || this.#bulk.isLeaving(replica.name)) return { kind: 'stale' };
		waiting.updates.push(update);
		waiting.bytes += update.byteLength;
		const isTooMuch = waiting.updates.length > updatesWaitingMax || waiting.bytes > updateBytesWaitingMax;
		return isTooMuch ? { kind: 'stale' } : waiting;
	}

	#takeWaiting(replica: Replica): readonly Outgoing[] {
		const waiting = this.#waiting.get(replica.name);
		this.#waiting.delete(replica.name);
		if (!waiting || !this.#maySee(replica)) return [];
		if (waiting.kind === 'stale') return [stateOf(replica)];
		return [{ message: { k: 'update', document: replica.name }, payload: mergeUpdates(waiting.updates) }];
	}

	#answer(replica: Replica, stateVector: Uint8Array): readonly Outgoing[] {
		// Nothing for a peer without the right, but an answer: it would wait for ever, also when it has the right again.
		const payload = this.#maySee(replica) ? replica.differenceTo(stateVector) : new Uint8Array();
		if (payload.byteLength <= partBytes) return [{ message: { k: 'diff', document: replica.name }, payload }];
		return [{ message: { k: 'large', document: replica.name, bytes: payload.byteLength } }];
	}

	#maySee({ place }: Replica): boolean {
		return place.kind === 'mesh' || accessOf(this.#link, place.project) !== 'none';
	}

	/** Signed documents may come from anyone who may see them; texts from who may write them. */
	#mayGive({ place }: Replica): boolean {
		if (place.kind === 'mesh') return true;
		const access = accessOf(this.#link, place.project);
		return place.kind === 'text' ? access === 'write' : access !== 'none';
	}

	/** Not cut off: the peer may not have heard yet that its rights have changed. */
	#refuse(replica: Replica): void {
		this.#complaints.note('sync.refused', replica.name, { why: 'the peer has no right to it' });
	}
}

const stateOf = (replica: Replica): Outgoing => ({
	message: { k: 'state', document: replica.name, digest: replica.digest },
});

function boundedVector(stateVector: Uint8Array): Uint8Array {
	if (stateVector.byteLength <= stateVectorBytesMax) return stateVector;
	throw malformed(`a state vector of ${stateVector.byteLength} bytes`);
}

/**
 * One reader (and writer) of one document. It is sent what it lacks, then every change; what it sends goes to the
 * document first and comes back to the others when it is durable. A reader without the right to write is never asked
 * for changes, and when it sends some, it is told so and closed.
 */
import { GanglineError, ganglineError, type Log } from '../../shared/ports/index.ts';
import type { FirstAnswers } from './first-answers.ts';
import type { Participant, PresenceRoom } from './presence-room.ts';
import { closeCodes, type Refusal, type ServedDocument } from './served-document.ts';
import {
	type EdgeMessage,
	readMessage,
	writeAwareness,
	writeDifference,
	writeStateVector,
	writeUpdate,
} from './wire.ts';

/** The socket, as far as it is needed. */
export interface EdgeSocket {
	send(bytes: Uint8Array): void;
	/** Bytes that wait for the reader. */
	readonly waitingBytes: number;
	/** Reads nothing more until `goOn`. */
	hold(): void;
	goOn(): void;
	close(refusal: Refusal): void;
}

export interface ConnectionOptions {
	readonly socket: EdgeSocket;
	readonly document: ServedDocument;
	readonly mayWrite: boolean;
	readonly person: string;
	/** Names the connection to the document, for its log. */
	readonly from: string;
	readonly room: PresenceRoom;
	readonly first: FirstAnswers;
	readonly log: Log;
}

/** More than that waiting for a reader: it connects again and gets the state at once. */
const waitingBytesMax = 16 * 1024 * 1024;
/** A difference that needs changes of which we know nothing is asked for this often. */
const asksMax = 8;

export class Connection implements Participant {
	readonly #options: ConnectionOptions;
	readonly #unsubscribe: () => void;
	/** What is being applied, one after another; while the disk is behind, nothing more is read. */
	#applying: Promise<void> = Promise.resolve();
	/** How many of them: one packet brings many, and the first that ends must not bring the next packet. */
	#waiting = 0;
	#asked = 0;
	#isClosed = false;

	constructor(options: ConnectionOptions) {
		this.#options = options;
		const { document, mayWrite, room } = options;
		this.#unsubscribe = document.subscribe((update) => this.#send(writeUpdate(update)));
		if (mayWrite) this.#askForChanges();
		room.join(this);
	}

	get person(): string {
		return this.#options.person;
	}

	receive(states: Parameters<Participant['receive']>[0]): void {
		this.#send(writeAwareness(states));
	}

	/** One message of the other side. */
	take(bytes: Uint8Array): void {
		if (this.#isClosed) return;
		try {
			this.#answer(readMessage(bytes));
		} catch (error) {
			this.#refuse(error);
		}
	}

	/** The socket is gone. Idempotent. */
	end(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#unsubscribe();
		this.#options.room.leave(this);
	}

	close(refusal: Refusal): void {
		if (this.#isClosed) return;
		this.end();
		this.#options.socket.close(refusal);
	}

	#answer(message: EdgeMessage): void {
		const { document, room, first } = this.#options;
		switch (message.kind) {
			case 'stateVector':
				this.#send(first.answer(document, message.vector) ?? writeDifference(document.difference(message.vector)));
				return;
			case 'update':
				this.#take(message.update);
				return;
			case 'awareness':
				room.say(this, message.states);
				return;
			case 'queryAwareness':
				this.receive(room.present());
				return;
		}
	}

	#take(update: Uint8Array): void {
		const { socket, document, mayWrite, from } = this.#options;
		const { apply } = document;
		if (!mayWrite || !apply) {
			const what = apply
				? 'you may look at this document, not change it'
				: 'this document is written by its home alone';
			this.close({ code: closeCodes.readOnly, reason: what });
			return;
		}
		this.#waiting += 1;
		socket.hold();
		this.#applying = this.#applying
			.then(async () => {
				if (this.#isClosed) return;
				if ((await apply.call(document, update, from)) === 'gap') this.#askForChanges();
			})
			.catch((error: unknown) => this.#refuse(error))
			.finally(() => {
				this.#waiting -= 1;
				if (this.#waiting === 0) socket.goOn();
			});
	}

	#askForChanges(): void {
		this.#asked += 1;
		if (this.#asked > asksMax) throw ganglineError('MALFORMED', 'its changes build on changes that it does not send');
		this.#send(writeStateVector(this.#options.document.stateVector));
	}

	#send(bytes: Uint8Array): void {
		if (this.#isClosed) return;
		const { socket } = this.#options;
		if (socket.waitingBytes > waitingBytesMax) {
			this.close({ code: closeCodes.tryAgain, reason: 'too much waits for this reader: connect again' });
			return;
		}
		socket.send(bytes);
	}

	#refuse(error: unknown): void {
		const { log, from, document } = this.#options;
		const isPeers = error instanceof GanglineError && error.disposition === 'peer';
		if (isPeers) log.warn('edge.refused', { from, document: document.name, code: error.code, why: error.message });
		else log.error('edge.failed', { from, document: document.name, error });
		const code =
			error instanceof GanglineError && error.code === 'TOO_LARGE' ? closeCodes.tooLarge : closeCodes.malformed;
		this.close(
			isPeers
				? { code, reason: error.message.slice(0, 100) }
				: { code: closeCodes.tryAgain, reason: 'the change could not be stored: connect again' },
		);
	}
}

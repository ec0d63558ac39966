/**
 * The answer to who has nothing yet, kept per document until it changes: a hundred pages that open at once cost one
 * encoding, not a hundred.
 */
import type { ServedDocument } from './served-document.ts';
import { writeDifference } from './wire.ts';

/** The state vector of an empty document: no clients. */
const isEmpty = (vector: Uint8Array): boolean => vector.byteLength === 1 && vector[0] === 0;

export class FirstAnswers {
	readonly #answers = new Map<string, Uint8Array>();

	/** The whole state as a message, or undefined where the other side has something already. */
	answer(document: ServedDocument, vector: Uint8Array): Uint8Array | undefined {
		if (!isEmpty(vector)) return undefined;
		const kept = this.#answers.get(document.name);
		if (kept) return kept;
		const made = writeDifference(document.difference());
		this.#answers.set(document.name, made);
		return made;
	}

	/** The document has changed, or nobody reads it any more. */
	forget(name: string): void {
		this.#answers.delete(name);
	}
}

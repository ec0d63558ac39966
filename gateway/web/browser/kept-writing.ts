/**
 * Writings that nobody has confirmed yet, as text for the browser's storage, and what others say of their carets. What
 * was kept may be cut off or of another time: it is laid over a document only when it has been read whole. Pure.
 */
import * as decoding from 'lib0/decoding';
import * as Y from 'yjs';
import { z } from 'zod';
import { readAs } from '../../../shared/ports/read-as.ts';

const presenceSchema = z.object({ person: z.string(), caret: z.int().min(0).nullable().default(null) });

/** An update as text. */
export function writingToText(update: Uint8Array): string {
	return btoa(Array.from(update, (byte) => String.fromCharCode(byte)).join(''));
}

/** Null for what is no update that a document of one text takes whole. */
export function writingOf(text: string | null): Uint8Array | null {
	if (text === null) return null;
	const doc = new Y.Doc();
	try {
		const update = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
		Y.applyUpdate(doc, update);
		doc.getText('text').toString();
		return update;
	} catch {
		return null;
	} finally {
		doc.destroy();
	}
}

/** Both writings as one; what is in both counts once. */
export function together(one: Uint8Array | null, other: Uint8Array): Uint8Array {
	return one === null ? other : Y.mergeUpdates([one, other]);
}

/** The first step of the sync protocol, of who has nothing: it is answered with the whole document. */
export const wholeAsked = Uint8Array.of(0, 0, 1, 0);

/** The update in an answer to a first step, given what follows the kind of the message; null for every other one. */
export function differenceIn(bytes: Uint8Array): Uint8Array | null {
	try {
		const decoder = decoding.createDecoder(bytes);
		return decoding.readVarUint(decoder) === 1 ? decoding.readVarUint8Array(decoder) : null;
	} catch {
		return null;
	}
}

/** Whether a document in that state, an update as well, has everything of a writing. */
export function hasWriting(state: Uint8Array, writing: Uint8Array): boolean {
	const doc = new Y.Doc();
	let lacked = false;
	try {
		Y.applyUpdate(doc, state);
		doc.on('update', () => {
			lacked = true;
		});
		Y.applyUpdate(doc, writing);
		return !lacked && doc.store.pendingStructs === null && doc.store.pendingDs === null;
	} catch {
		return false;
	} finally {
		doc.destroy();
	}
}

/** Who is there and where their caret is; null where somebody says neither. */
export function presenceOf(said: unknown): { readonly person: string; readonly caret: number | null } | null {
	const read = readAs(presenceSchema, said);
	return read.success ? read.data : null;
}

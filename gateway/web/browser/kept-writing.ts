/**
 * Writings that nobody has confirmed yet, as text for the browser's storage, and what others say of their carets. What
 * was kept may be cut off or of another time: it is laid over a document only when it has been read whole. Pure.
 */
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

/** Who is there and where their caret is; null where somebody says neither. */
export function presenceOf(said: unknown): { readonly person: string; readonly caret: number | null } | null {
	const read = readAs(presenceSchema, said);
	return read.success ? read.data : null;
}

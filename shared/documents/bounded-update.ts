/**
 * Looks at an update before Yjs does. Yjs trusts what it is given: ten bytes can claim 33 million structures and get the
 * memory for them, any root type named is made and never freed, garbage-collected ranges can occupy the clocks of
 * others. Here each structure is read one by one (an empty claim ends with the bytes), and only what our documents can
 * contain passes. V1 encoding only: one of V2 can hang its decoder for ever.
 */
import * as Y from 'yjs';
import { type GanglineError, ganglineError } from '../ports/index.ts';
import { recordCharactersMax, textCharactersMax, updateBytesMax, updateStructsMax } from './limits.ts';

/** What a document may hold: one root, and under it either records by key or one text. */
export interface DocumentShape {
	readonly root: string;
	readonly kind: 'records' | 'text';
}

const clientMax = 2 ** 32;
const clockMax = 2 ** 40;

/** Throws MALFORMED or TOO_LARGE; a peer that sends such an update broke the rules. */
export function checkUpdate(update: Uint8Array, shape: DocumentShape): void {
	if (update.byteLength > updateBytesMax) {
		throw ganglineError('TOO_LARGE', `an update has ${update.byteLength} bytes, at most ${updateBytesMax} are read`);
	}
	const { structs, ds } = decode(update);
	if (structs.length > updateStructsMax) throw malformed(`has ${structs.length} structures`);
	for (const struct of structs) {
		checkRange(struct.id.client, struct.id.clock, struct.length);
		if (!(struct instanceof Y.Item)) throw malformed('has a structure that stands for nothing');
		checkItem(struct, shape);
	}
	for (const [client, deletions] of ds.clients) {
		for (const { clock, len } of deletions) checkRange(client, clock, len);
	}
}

function decode(update: Uint8Array): ReturnType<typeof Y.decodeUpdate> {
	try {
		return Y.decodeUpdate(update);
	} catch (cause) {
		throw ganglineError('MALFORMED', `an update of ${update.byteLength} bytes cannot be decoded`, { cause });
	}
}

function checkRange(client: number, clock: number, length: number): void {
	const isSane = client > 0 && client < clientMax && clock >= 0 && length > 0 && clock + length < clockMax;
	if (!isSane) throw malformed(`names the range ${client}:${clock}+${length}`);
}

function checkItem(item: Y.Item, shape: DocumentShape): void {
	// As decoded, the parent is the name of a root, an id, or null where a neighbour tells it.
	const parent: unknown = item.parent;
	if (parent !== null && parent !== shape.root) throw malformed(`writes outside of ${shape.root}`);
	const hasKey = item.parentSub !== null;
	if (parent !== null && hasKey !== (shape.kind === 'records')) throw malformed('holds an entry of another kind');
	if (item.content instanceof Y.ContentDeleted) return;
	if (shape.kind === 'records') checkRecord(item.content);
	else checkText(item.content);
}

function checkRecord(content: unknown): void {
	const [value, ...more] = content instanceof Y.ContentAny ? content.arr : [];
	if (typeof value !== 'string' || more.length > 0) throw malformed('holds a record that is no text');
	if (value.length > recordCharactersMax) throw malformed(`holds a record of ${value.length} characters`);
}

function checkText(content: unknown): void {
	if (!(content instanceof Y.ContentString)) throw malformed('holds something that is no text');
	if (content.str.length > textCharactersMax) throw malformed(`holds a text of ${content.str.length} characters`);
}

const malformed = (what: string): GanglineError => ganglineError('MALFORMED', `an update ${what}`);

/**
 * Updates of Yjs: written by the library, spoilt, and written by hand after the grammar of its V1 encoding, so that
 * structures, ids, parents and deletions are each well-formed and together are not.
 */
import * as Y from 'yjs';
import { spoilBytes } from './bytes.ts';
import type { Dice } from './dice.ts';

export type UpdateKind = 'records' | 'text';

/** As documents of ours send them. */
export function sampleUpdates(kind: UpdateKind): readonly Uint8Array[] {
	return kind === 'records' ? recordSamples : textSamples;
}

/** Updates around those of one kind; some of the other, some as many structures as fit. */
export function updatesFrom(kind: UpdateKind, bytesMax: number): (dice: Dice) => Uint8Array {
	const samples = [...sampleUpdates(kind), ...sampleUpdates(kind === 'text' ? 'records' : 'text').slice(0, 1)];
	return (dice) => {
		if (dice.once(24)) return dice.pick(samples);
		if (dice.once(2)) return spoilBytes(dice, dice.pick(samples), samples).subarray(0, bytesMax);
		const written = writeUpdate(dice, kind, dice.once(1_500) ? bytesMax : 400);
		return dice.once(3) ? spoilBytes(dice, written, samples) : written;
	};
}

function updateOf(client: number, edit: (document: Y.Doc) => void): Uint8Array {
	const document = new Y.Doc();
	document.clientID = client;
	edit(document);
	return Y.encodeStateAsUpdate(document);
}

const recordSamples = [
	Uint8Array.of(0, 0),
	updateOf(11, (document) => {
		const map = document.getMap('facts');
		map.set('meta', '{"v":1}');
		map.set('i/a', '{"title":"é"}');
		map.set('i/a', '{}');
		map.delete('i/a');
	}),
];
const textSamples = [
	Uint8Array.of(0, 0),
	updateOf(12, (document) => {
		const text = document.getText('text');
		text.insert(0, 'hello 😀 world');
		text.insert(5, ' wide');
		text.delete(0, 3);
	}),
];

const clients = [0, 1, 11, 12, 13, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52];
const clocks = [0, 0, 1, 2, 5, 100, 2 ** 31, 2 ** 40, 2 ** 53 - 1];

/** One update after the grammar, of about `bytesMax` bytes at most. */
function writeUpdate(dice: Dice, kind: UpdateKind, bytesMax: number): Uint8Array {
	const out: number[] = [];
	const own = 1 + dice.below(3);
	const isMany = bytesMax > 1_000;
	varint(out, own);
	for (let client = 0; client < own; client++) {
		const structs = isMany ? Math.floor(bytesMax / own / 14) : dice.size(6);
		varint(out, dice.once(12) ? structs + dice.size(1_000_000) : structs);
		varint(out, isMany ? 20 + client : dice.pick(clients));
		varint(out, isMany ? 0 : dice.pick(clocks));
		for (let i = 0; i < structs; i++) struct(out, dice, { kind, at: i, isMany });
	}
	const deleting = dice.size(3);
	varint(out, deleting);
	for (let i = 0; i < deleting; i++) {
		varint(out, dice.pick(clients));
		const ranges = dice.size(4);
		varint(out, ranges);
		for (let range = 0; range < ranges; range++) {
			varint(out, dice.pick(clocks));
			varint(out, dice.pick(clocks));
		}
	}
	return Uint8Array.from(out);
}

function struct(
	out: number[],
	dice: Dice,
	as: { readonly kind: UpdateKind; readonly at: number; readonly isMany: boolean },
): void {
	const own = as.kind === 'text' ? 4 : 8;
	const content = as.isMany || !dice.once(6) ? own : dice.below(12);
	const around = as.isMany ? (as.at === 0 || as.kind === 'records' ? 0 : 0x80) : dice.pick([0, 0, 0x80, 0x40, 0xc0]);
	const keyed = as.kind === 'records' && (as.isMany || !dice.once(8)) ? 0x20 : 0;
	out.push(content | around | keyed);
	for (const flag of [0x80, 0x40]) {
		if (!(around & flag)) continue;
		varint(out, as.isMany ? 20 : dice.pick(clients));
		varint(out, as.isMany ? as.at - 1 : dice.pick(clocks));
	}
	if (around === 0) {
		varint(out, dice.once(20) ? 0 : 1);
		text(
			out,
			dice.once(12) && !as.isMany
				? dice.pick(['', 'text', 'facts', '__proto__', 'x'.repeat(300)])
				: as.kind === 'text'
					? 'text'
					: 'facts',
		);
		if (keyed) text(out, dice.pick(['meta', 'i/a', '__proto__', 'k'.repeat(dice.size(220))]));
	}
	if (content === 8) {
		varint(out, dice.once(12) ? dice.size(1_000_000) : 1);
		out.push(dice.once(12) ? dice.below(256) : 119);
	}
	if (content === 1) varint(out, dice.pick(clocks));
	else text(out, as.isMany ? 'x' : 'y'.repeat(dice.size(12)));
}

function text(out: number[], value: string): void {
	const bytes = Buffer.from(value);
	varint(out, bytes.length);
	out.push(...bytes);
}

function varint(out: number[], value: number): void {
	let rest = value;
	for (; rest >= 128; rest = Math.floor(rest / 128)) out.push(128 | (rest % 128));
	out.push(rest);
}

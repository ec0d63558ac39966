/** The door for updates: hostile bytes cost little and change nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { checkUpdate } from '../../../shared/documents/bounded-update.ts';
import { GanglineError } from '../../../shared/ports/index.ts';

const records = { root: 'facts', kind: 'records' } as const;
const text = { root: 'text', kind: 'text' } as const;

function updateOf(edit: (document: Y.Doc) => void): Uint8Array {
	const document = new Y.Doc();
	edit(document);
	return Y.encodeStateAsUpdate(document);
}

const goodRecords = updateOf((document) => {
	const map = document.getMap('facts');
	map.set('a', '1');
	map.set('a', '2');
	map.set('b', '3');
	map.delete('b');
});
const goodText = updateOf((document) => {
	const ytext = document.getText('text');
	ytext.insert(0, 'hello world');
	ytext.insert(5, ' wide');
	ytext.delete(0, 3);
});

describe('checkUpdate', () => {
	it('passes what our documents write', () => {
		checkUpdate(goodRecords, records);
		checkUpdate(goodText, text);
		checkUpdate(Uint8Array.of(0, 0), records);
	});

	it('passes whatever people write, and reads it as Yjs does', () => {
		const edit = fc.record({
			at: fc.nat(30),
			remove: fc.nat(4),
			insert: fc.string({ unit: 'grapheme', maxLength: 6 }),
		});
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.nat(2), edit), { maxLength: 30 }), (edits) => {
				const documents = [new Y.Doc(), new Y.Doc(), new Y.Doc()];
				for (const [who, { at, remove, insert }] of edits) {
					const document = documents[who] ?? new Y.Doc();
					const ytext = document.getText('text');
					const place = Math.min(at, ytext.length);
					if (insert !== '') ytext.insert(place, insert);
					ytext.delete(place, Math.min(remove, ytext.length - place));
					for (const other of documents) if (at % 3 === 0) Y.applyUpdate(other, Y.encodeStateAsUpdate(document));
				}
				for (const document of documents) checkUpdate(Y.encodeStateAsUpdate(document), text);
				checkUpdate(Y.mergeUpdates(documents.map((document) => Y.encodeStateAsUpdate(document))), text);
			}),
			{ numRuns: 300, seed: 1 },
		);
	});

	it.each([
		['no bytes', new Uint8Array()],
		['33 million structures in ten bytes', Uint8Array.of(1, 0xff, 0xff, 0xff, 0x0f, 1, 0, 0, 0, 0)],
		['a truncated update', goodText.subarray(0, -2)],
		['a garbage-collected range of another', Uint8Array.of(1, 1, 5, 0, 0, 100, 0)],
		['a skipped range', Uint8Array.of(1, 1, 5, 0, 10, 100, 0)],
		['records for a text', goodRecords],
		['another root', updateOf((document) => document.getText('x').insert(0, 'y'))],
		['formatting', updateOf((document) => document.getText('text').insert(0, 'y', { bold: true }))],
		['an embedded object', updateOf((document) => document.getText('text').insertEmbed(0, { a: 1 }))],
		['a nested type', updateOf((document) => document.getMap('text').set('a', new Y.Map()))],
		['a nested document', updateOf((document) => document.getMap('text').set('a', new Y.Doc()))],
		['bytes behind its end', Uint8Array.of(...goodText, 0)],
		['an update in V2 encoding', Y.encodeStateAsUpdateV2(new Y.Doc())],
		['a text that is no UTF-8', Uint8Array.of(1, 1, 5, 0, 4, 1, 4, 116, 101, 120, 116, 2, 0xc3, 0x28, 0)],
		['a number without end', new Uint8Array(40).fill(0xff)],
		['more deletions than there can be', Uint8Array.of(0, 1, 5, 0xff, 0xff, 0xff, 0x7f, 0, 1)],
	])('refuses %s', (_, update) => {
		expect(() => checkUpdate(update, text)).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
	});

	it('[I15] counts before anything is made', () => {
		const count = 2 ** 20;
		const update = Buffer.alloc(4 * count, Uint8Array.of(0x81, 7, 0, 1));
		const whole = Buffer.concat([Uint8Array.of(1, 0x80, 0x80, 0x40, 7, 0), update, Uint8Array.of(0)]);
		const refusal = { code: 'MALFORMED', message: expect.stringContaining('more than 500000 structures') };
		expect(() => checkUpdate(whole, records)).toThrow(expect.objectContaining(refusal));
	});

	it('answers every mutation of a valid update with a pass or one of our errors, at once', () => {
		const mutation = fc.record({ at: fc.nat(goodText.length - 1), byte: fc.nat(255), cut: fc.nat(goodText.length) });
		fc.assert(
			fc.property(mutation, fc.boolean(), ({ at, byte, cut }, isCut) => {
				const update = Uint8Array.from(isCut ? goodText.subarray(0, cut) : goodText);
				if (at < update.length) update[at] = byte;
				try {
					checkUpdate(update, text);
				} catch (error) {
					expect(error).toBeInstanceOf(GanglineError);
					return;
				}
				// What passes can be decoded, and holds nothing that was not looked at.
				const { structs } = Y.decodeUpdate(update);
				expect(structs.every((struct) => struct instanceof Y.Item)).toBe(true);
			}),
			{ numRuns: 3000, seed: 1 },
		);
	});
});

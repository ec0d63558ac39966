/** A segment is what the index names, or it is refused. */
import { describe, expect, it } from 'vitest';
import { decodeSegment, encodeSegment } from '../../../shared/documents/index.ts';
import { segmentBytesMax } from '../../../shared/documents/limits.ts';
import { makeItem, projectOne as project } from '../../support/facts.ts';

const closed = (number: number, description = '') =>
	makeItem(`K${number}`, { number, description, stage: { kind: 'archived', reason: 'completed', at: 5 } });

describe('a segment', () => {
	it('reads back as it was written', () => {
		const items = [closed(1), closed(2, 'ümlaut')];
		const { bytes, hash, taken } = encodeSegment(project, 3, items);
		expect(taken).toBe(2);
		expect(decodeSegment(bytes, { project, hash })).toMatchObject({ number: 3, items });
	});

	it('[I15] takes as many items as fit, and at least one', () => {
		const large = Array.from({ length: 40 }, (_, i) => closed(i + 1, 'x'.repeat(10_000)));
		const { bytes, taken } = encodeSegment(project, 1, large);
		expect(taken).toBeGreaterThan(10);
		expect(taken).toBeLessThan(40);
		expect(bytes.byteLength).toBeLessThan(segmentBytesMax + 1_000);
		expect(encodeSegment(project, 1, [closed(1, 'x'.repeat(16_000))]).taken).toBe(1);
	});

	it('[I13] is refused under another hash or for another project', () => {
		const { bytes, hash } = encodeSegment(project, 1, [closed(1)]);
		const other = encodeSegment(project, 2, [closed(1)]);
		expect(() => decodeSegment(bytes, { project, hash: other.hash })).toThrow('is not the one that the index names');
		const foreign = encodeSegment('01JZZZZZZZZZZZZZZZZZZZZZZ2', 1, [closed(1)]);
		expect(() => decodeSegment(foreign.bytes, { project, hash: foreign.hash })).toThrow('is not as expected');
		expect(hash).toMatch(/^[0-9a-f]{64}$/);
	});
});

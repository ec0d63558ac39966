/** Frames on a byte stream, however the bytes are cut up. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameDecoder } from '../../../shared/mesh/frame-decoder.ts';

const header = (length: number): Uint8Array => {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setUint32(0, length);
	return bytes;
};

describe('FrameDecoder', () => {
	it('gives back the frames that were encoded, wherever the bytes are cut', () => {
		fc.assert(
			fc.property(
				fc.array(fc.uint8Array({ maxLength: 200 })),
				fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1 }),
				(frames, cuts) => {
					const all = Buffer.concat(frames.map(encodeFrame));
					const decoder = new FrameDecoder(200);
					const decoded: Uint8Array[] = [];
					for (let at = 0, i = 0; at < all.length || i < cuts.length; i++) {
						const end = i < cuts.length * 50 ? at + (cuts[i % cuts.length] ?? 0) : all.length;
						decoded.push(...decoder.decode(all.subarray(at, end)));
						at = Math.min(end, all.length);
					}
					expect(decoded.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]));
					expect(decoder.isInside).toBe(false);
				},
			),
		);
	});

	it('[I15] refuses a longer length than allowed before it keeps anything', () => {
		for (const length of [201, 2 ** 31, 2 ** 32 - 1]) {
			const decoder = new FrameDecoder(200);
			expect(() => [...decoder.decode(header(length))]).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
		}
		expect([...new FrameDecoder(200).decode(Buffer.concat([header(200), Buffer.alloc(200)]))]).toHaveLength(1);
	});

	it('[I15] keeps no more for a frame that is announced than has come of it', () => {
		const before = process.memoryUsage().arrayBuffers;
		const decoders = Array.from({ length: 200 }, () => new FrameDecoder(1024 * 1024));
		for (const decoder of decoders)
			expect([...decoder.decode(Buffer.concat([header(1024 * 1024), Buffer.alloc(9)]))]).toEqual([]);
		expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
		expect(decoders.every(({ isInside }) => isInside)).toBe(true);
	});

	it('copies, so that a frame does not change with the bytes it came in', () => {
		const bytes = Buffer.from(encodeFrame(Buffer.from('frame')));
		const [frame] = [...new FrameDecoder(200).decode(bytes)];
		bytes.fill(0);
		expect(Buffer.from(frame ?? []).toString()).toBe('frame');
	});
});

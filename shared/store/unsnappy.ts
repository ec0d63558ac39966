/** Unpacks a Snappy block, the form in which LevelDB packs. Throws RangeError for bytes that are none. */
const unpackedBytesMax = 64 * 1024 * 1024;

export function unsnappy(packed: Buffer): Buffer {
	let at = 0;
	let size = 0;
	for (let shift = 0, more = true; more; shift += 7) {
		const byte = packed.readUInt8(at++);
		size += (byte & 127) * 2 ** shift;
		more = byte > 127;
	}
	if (size > unpackedBytesMax) throw new RangeError(`it says that it unpacks to ${size} bytes`);
	const out = Buffer.alloc(size);
	let end = 0;
	while (at < packed.length) {
		const tag = packed.readUInt8(at++);
		if ((tag & 3) === 0) {
			const extra = Math.max(0, (tag >> 2) - 59);
			const length = 1 + (extra === 0 ? tag >> 2 : packed.readUIntLE(at, extra));
			at += extra;
			if (at + length > packed.length || end + length > size) throw new RangeError('a literal past the end');
			packed.copy(out, end, at, at + length);
			at += length;
			end += length;
			continue;
		}
		const { length, back, used } = copyOf(packed, tag, at);
		at += used;
		if (back === 0 || back > end || end + length > size) throw new RangeError('a copy from nowhere');
		// Byte by byte: it may copy what it has just written.
		for (let step = 0; step < length; step++, end++) out[end] = out[end - back] ?? 0;
	}
	if (end !== size) throw new RangeError(`it unpacks to ${end} bytes, said were ${size}`);
	return out;
}

function copyOf(packed: Buffer, tag: number, at: number): { length: number; back: number; used: number } {
	if ((tag & 3) === 1) {
		return { length: 4 + ((tag >> 2) & 7), back: ((tag >> 5) << 8) | packed.readUInt8(at), used: 1 };
	}
	const used = (tag & 3) === 2 ? 2 : 4;
	return { length: 1 + (tag >> 2), back: packed.readUIntLE(at, used), used };
}

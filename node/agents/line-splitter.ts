/** Cuts a stream of bytes into lines. A line beyond the bound is dropped and counted, never kept in part [I15]. */
export interface LineSplitter {
	push(bytes: Uint8Array): void;
	/** The last line has no newline. */
	end(): void;
}

const newline = 0x0a;

export function splitLines(limitBytes: number, onLine: (line: string) => void, onDropped: () => void): LineSplitter {
	let pieces: Uint8Array[] = [];
	let size = 0;
	let isOver = false;

	const finish = (): void => {
		if (isOver) onDropped();
		else if (size > 0) onLine(Buffer.concat(pieces).toString('utf8'));
		pieces = [];
		size = 0;
		isOver = false;
	};
	const keep = (piece: Uint8Array): void => {
		if (isOver || piece.byteLength === 0) return;
		size += piece.byteLength;
		if (size <= limitBytes) {
			// A copy: the stream may reuse its buffer, and a slice would keep the whole of it alive.
			pieces.push(Uint8Array.from(piece));
			return;
		}
		isOver = true;
		pieces = [];
	};

	return {
		push(bytes) {
			let from = 0;
			for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
				keep(bytes.subarray(from, at));
				finish();
				from = at + 1;
			}
			keep(bytes.subarray(from));
		},
		end: finish,
	};
}

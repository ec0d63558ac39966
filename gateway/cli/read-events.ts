/**
 * Server-sent events from a response body: blocks apart by an empty line, of each the `data:` lines. Bounded. What
 * `parse` answers null of is passed over.
 */

/** Longer than any event the node sends; what exceeds it is no event stream. */
const blockCharactersMax = 4 * 1024 * 1024;

export async function* readEvents<Event>(
	body: ReadableStream<Uint8Array>,
	parse: (data: string) => Event | null,
	signal: AbortSignal,
): AsyncGenerator<Event> {
	let waiting = '';
	const decoder = new TextDecoder();
	try {
		for await (const bytes of body) {
			waiting += decoder.decode(bytes, { stream: true });
			const blocks = waiting.split('\n\n');
			waiting = blocks.pop() ?? '';
			if (waiting.length > blockCharactersMax) throw new Error('an event without an end');
			for (const block of blocks) {
				const data = dataOf(block);
				const event = data === '' ? null : parse(data);
				if (event !== null) yield event;
			}
		}
	} catch (error) {
		// The reader left (Ctrl-C); a stream that the node ended just ends.
		if (!signal.aborted && !(error instanceof TypeError)) throw error;
	}
}

function dataOf(block: string): string {
	return block
		.split('\n')
		.filter((line) => line.startsWith('data:'))
		.map((line) => line.slice(5).trimStart())
		.join('\n');
}

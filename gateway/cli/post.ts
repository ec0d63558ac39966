/**
 * One question over HTTP, for the command line. Not `fetch`: loading that takes a quarter of the time that most commands
 * take, and all it would bring is what a question on loopback never needs.
 */
import { request } from 'node:http';

export interface Answer {
	readonly status: number;
	readonly text: string;
}

/** No answer takes this long: what takes longer is asked for and then looked at again. */
const silenceMsMax = 300_000;

/** Posts JSON and resolves with whatever was answered. Rejects where nobody answers, or no longer does, or on `signal`. */
export function post(
	url: string,
	headers: Readonly<Record<string, string>>,
	input: unknown,
	signal?: AbortSignal,
): Promise<Answer> {
	const { promise, resolve, reject } = Promise.withResolvers<Answer>();
	const body = JSON.stringify(input);
	const length = String(Buffer.byteLength(body));
	const sent = request(url, {
		method: 'POST',
		headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
		timeout: silenceMsMax,
		...(signal === undefined ? {} : { signal }),
	});
	sent.on('response', (response) => {
		let text = '';
		response.setEncoding('utf8');
		response.on('data', (piece: string) => {
			text += piece;
		});
		response.on('error', reject);
		response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
	});
	sent.on('timeout', () => sent.destroy(new Error(`no word for ${silenceMsMax / 1000} s`)));
	sent.on('error', reject);
	sent.end(body);
	return promise;
}

/**
 * How a question goes over the engine's socket, in the place of docker-modem's own way, which throws out of an event
 * when an answer is not what it expects, keeps all of it, and never calls back when the engine dies in the middle of
 * one. Here each question ends exactly once: with an answer, or with an error, whatever the other side does.
 */
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';

/** What docker-modem says about a question besides its address. */
interface Question {
	readonly isStream?: boolean;
	/** Status → true where it is an answer, otherwise what it means. */
	readonly statusCodes: Readonly<Record<number, unknown>>;
}
type Body = string | Buffer | Readable | undefined;
type Answered = (error: Error | null, answer: unknown) => void;

const answerBytesMax = 32 * 1024 * 1024;
const lineCharsMax = 256 * 1024;
/** A stop waits half a minute for the container, an image's removal for a slow disk. */
const answerMsMax = 180_000;
/** A build may say nothing while it fetches some hundred megabytes. */
const streamMsMax = 30 * 60_000;

/** Everything that is asked of this engine from now on goes this way. */
export function guardEngine(docker: Docker): Docker {
	Object.assign(docker.modem, { buildRequest: ask });
	return docker;
}

function ask(options: RequestOptions, question: Question, body: Body, answered: Answered): void {
	let isOver = false;
	const end = (error: Error | null, answer: unknown): void => {
		if (isOver) return;
		isOver = true;
		try {
			answered(error, answer);
		} catch (cause) {
			// dockerode looks into an answer while it takes it.
			answered(cause instanceof Error ? cause : new Error(String(cause)), null);
		}
	};
	const fail = (error: Error): void => end(error, null);
	const silentMsMax = question.isStream ? streamMsMax : answerMsMax;
	let sent: ClientRequest;
	try {
		sent = request({ ...options, timeout: silentMsMax });
	} catch (cause) {
		// A name that the engine gave may be none that can be asked for.
		fail(cause instanceof Error ? cause : new Error(String(cause)));
		return;
	}
	sent.once('timeout', () => sent.destroy(new Error(`the engine said nothing for ${silentMsMax / 60_000} minutes`)));
	sent.once('error', fail);
	sent.once('response', (response) => {
		const { statusCode = 0 } = response;
		// Whoever follows a stream listens for errors of its own; without anybody, one would end the process.
		response.on('error', fail);
		if (question.isStream && question.statusCodes[statusCode] === true) return end(null, response);
		readAll(response).then((text) => {
			const read = jsonOf(text);
			if (question.statusCodes[statusCode] === true) return end(null, read ?? text);
			const message = wordsIn(read) ?? text.toString('utf8', 0, 2_000);
			return fail(Object.assign(new Error(message || `status ${statusCode}`), { statusCode }));
		}, fail);
	});
	if (typeof body === 'string' || Buffer.isBuffer(body) || body === undefined) {
		sent.end(body);
		return;
	}
	body.once('error', (error: Error) => sent.destroy(error));
	body.pipe(sent);
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
	const pieces: Buffer[] = [];
	let size = 0;
	for await (const piece of response) {
		const bytes = Buffer.from(piece);
		size += bytes.length;
		if (size > answerBytesMax) throw new Error(`the engine answered with more than ${answerBytesMax} bytes`);
		pieces.push(bytes);
	}
	return Buffer.concat(pieces);
}

/**
 * Reads what an engine tells of a build or of fetching an image: an object a line, each told to `onEvent`.
 * @throws Error with the engine's words where one of them says that it failed, or the engine broke off
 */
export async function followEngine(stream: AsyncIterable<unknown>, onEvent: (event: object) => void): Promise<void> {
	let failed: string | undefined;
	const take = (line: string): void => {
		const event = jsonOf(line);
		if (typeof event !== 'object' || event === null) return;
		const error = Reflect.get(event, 'error');
		if (error !== undefined) failed = typeof error === 'string' ? error : 'it did not say why';
		onEvent(event);
	};
	const decoder = new TextDecoder();
	let rest = '';
	for await (const piece of stream) {
		if (!(piece instanceof Uint8Array)) throw new Error('the engine answered with no bytes');
		const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
		rest = (lines.pop() ?? '').slice(-lineCharsMax);
		for (const line of lines) take(line);
	}
	take(rest);
	if (failed !== undefined) throw new Error(failed);
}

function jsonOf(text: string | Buffer): unknown {
	try {
		return JSON.parse(String(text));
	} catch {
		return undefined;
	}
}

/** What the engine calls its reason. */
function wordsIn(answer: unknown): string | undefined {
	if (typeof answer !== 'object' || answer === null) return undefined;
	const message: unknown = Reflect.get(answer, 'message');
	return typeof message === 'string' ? message : undefined;
}

/**
 * One message to a topic of an ntfy server, as JSON posted to the server's root: titles in any language, which its
 * headers cannot carry. The answer must be the server's own word that it took the message.
 */
import { z } from 'zod';
import { ganglineError } from '../../shared/ports/errors.ts';
import { readAs } from '../../shared/ports/read-as.ts';

export interface NtfyTarget {
	/** Server and topic: `https://ntfy.sh/my-secret-topic`. */
	readonly url: string;
	readonly token: string | null;
}

export interface NtfyMessage {
	readonly title: string;
	readonly text: string;
	/** What a tap opens; null: nothing. */
	readonly click: string | null;
}

const takenSchema = z.object({ id: z.string().min(1), event: z.literal('message') });
const withinMs = 10_000;
/** The server cuts longer ones and sends them as a file. */
const textCharactersMax = 3_000;
/** The real answer repeats the message; what is longer is of something else [I15]. */
const answerBytesMax = 64 * 1024;

/** @throws GanglineError REMOTE_FAILED in words for people */
export async function sendNtfy({ url, token }: NtfyTarget, { title, text, click }: NtfyMessage): Promise<void> {
	const { server, topic } = splitTopic(url);
	const body = {
		topic,
		title: title.slice(0, 200),
		message: text.slice(0, textCharactersMax) || title,
		...(click === null ? {} : { click }),
	};
	const response = await fetch(server, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
		body: JSON.stringify(body),
		redirect: 'error',
		signal: AbortSignal.timeout(withinMs),
	}).catch((cause: unknown) => {
		throw failed(server, cause instanceof Error ? String(cause.cause ?? cause.message) : String(cause), cause);
	});
	const answer = await beginningOf(response);
	if (!response.ok) throw failed(server, `it answered ${response.status}: ${answer.slice(0, 200)}`);
	if (!readAs(takenSchema, json(answer)).success) throw failed(server, 'what it answered is not of an ntfy server');
}

/** The topic is the last part of the path; a server may stand below one. */
export function splitTopic(url: string): { readonly server: string; readonly topic: string } {
	const { origin, pathname } = new URL(url);
	const parts = pathname.split('/').filter(Boolean);
	const topic = parts.pop() ?? '';
	return { server: `${origin}/${parts.map((part) => `${part}/`).join('')}`, topic };
}

/** Empty where it is longer than any answer of an ntfy server, or breaks off. */
async function beginningOf({ body }: Response): Promise<string> {
	const parts: Uint8Array[] = [];
	let bytes = 0;
	try {
		for await (const part of body ?? []) {
			bytes += part.byteLength;
			if (bytes > answerBytesMax) return '';
			parts.push(part);
		}
		return Buffer.concat(parts).toString('utf8');
	} catch {
		return '';
	}
}

function failed(server: string, why: string, cause?: unknown): Error {
	return ganglineError('REMOTE_FAILED', `ntfy at ${server} took no message: ${why}`, {
		hint: 'look at address, topic and token: gangline notify --test',
		cause,
	});
}

function json(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

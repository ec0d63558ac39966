/**
 * What is said over `/gangline/ssh/1` before it is bytes alone: whoever opens the channel says to what, for whom, and
 * with which key that person comes; the other side says that it is open, or why not.
 */
import { z } from 'zod';
import { parseJson } from '../../log/index.ts';
import { ganglineError, whyInvalid } from '../../ports/index.ts';
import { readAs } from '../../ports/read-as.ts';
import { decodeError, encodeError } from '../wire-error.ts';

/** Far more than a head has. */
const headBytesMax = 4_096;

/** The public half of an ed25519 key as OpenSSH writes it, without a comment: nothing that could be an option of a line. */
export const sshKeySchema = z
	.string()
	.regex(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5[A-Za-z0-9+/]{48}$/, 'expected an ssh-ed25519 key without a comment');

const headSchema = z.strictObject({
	/** Id or name. */
	project: z.string().min(1).max(100),
	/** For whom it is opened: who asks must be allowed to say so. */
	person: z.string().min(1).max(64),
	/** Counts inside for as long as it is open; null: the person has a key that counts there. */
	key: sshKeySchema.nullable(),
});
export type TunnelHead = Readonly<z.output<typeof headSchema>>;

const [isOpen, isRefused] = [0, 1];

export function encodeHead(head: TunnelHead): Uint8Array {
	return Buffer.from(JSON.stringify(head));
}

/** @throws GanglineError MALFORMED */
export function decodeHead(frame: Uint8Array): TunnelHead {
	const parts = frame.byteLength > headBytesMax ? null : parseJson(Buffer.from(frame).toString());
	const parsed = readAs(headSchema, parts);
	if (parsed.success) return parsed.data;
	throw ganglineError('MALFORMED', `what a login is wanted for is not as expected: ${whyInvalid(parsed.error)}`);
}

export function encodeOpen(): Uint8Array {
	return Uint8Array.of(isOpen);
}

export function encodeRefusal(error: unknown): Uint8Array {
	return Buffer.concat([Uint8Array.of(isRefused), encodeError(error)]);
}

/** @throws what the other side refused it with, or GanglineError MALFORMED */
export function requireOpen(frame: Uint8Array): void {
	if (frame[0] === isOpen && frame.byteLength === 1) return;
	if (frame[0] === isRefused) throw decodeError(frame.subarray(1));
	throw ganglineError('MALFORMED', `a frame of ${frame.byteLength} bytes says neither that it is open nor why not`);
}

/**
 * Errors on the wire: code, message, hint and data, never the cause or a stack. What is no GanglineError is our bug: its
 * words stay in our log and the other side learns only that. A code that we do not know (a newer peer's) becomes INTERNAL.
 */

import { z } from 'zod';
import { parseJson } from '../log/index.ts';
import { type ErrorCode, errorKinds, GanglineError, ganglineError, whyInvalid } from '../ports/index.ts';
import { readAs } from '../ports/read-as.ts';
import { redact, redactText } from '../ports/system/redact.ts';

/** More would be somebody's output, which belongs into an answer. */
const errorMessageMax = 4_096;
const errorDataBytesMax = 64 * 1024;

const schema = z.object({
	code: z.string().max(64),
	message: z.string().max(errorMessageMax),
	hint: z.string().max(errorMessageMax).optional(),
	data: z.record(z.string(), z.unknown()).optional(),
});

export function encodeError(error: unknown): Uint8Array {
	if (!(error instanceof GanglineError)) {
		return encoded({ code: 'INTERNAL', message: 'an unexpected error; the log of that node says which' });
	}
	const { code, message, hint, data } = error;
	const said = {
		code,
		message: redactText(message).slice(0, errorMessageMax),
		...(hint === undefined ? {} : { hint: redactText(hint).slice(0, errorMessageMax) }),
	};
	const full = encoded({ ...said, data: redact(data) });
	return full.length <= errorDataBytesMax ? full : encoded(said);
}

/** Throws MALFORMED for what is no error of ours. */
export function decodeError(body: Uint8Array): GanglineError {
	const parsed = readAs(schema, parseJson(Buffer.from(body).toString()));
	if (!parsed.success) throw ganglineError('MALFORMED', `an error is not as expected: ${whyInvalid(parsed.error)}`);
	const { code, message, hint, data = {} } = parsed.data;
	const details = hint === undefined ? {} : { hint };
	if (isErrorCode(code)) return ganglineError(code, message, { ...details, data });
	return ganglineError('INTERNAL', message, { ...details, data: { ...data, code } });
}

function isErrorCode(code: string): code is ErrorCode {
	return Object.hasOwn(errorKinds, code);
}

function encoded(value: object): Uint8Array {
	return Buffer.from(JSON.stringify(value));
}

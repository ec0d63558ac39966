/**
 * How failures look on the wire: `{error: {code, message, hint, data}}` with the HTTP status of the code. What is not
 * one of our errors is a bug: its text stays in the log and the answer names the line to look for.
 */
import { errorKinds, GanglineError, ganglineError } from '../ports/errors.ts';

export interface ErrorReply {
	readonly status: number;
	readonly body: {
		readonly error: {
			readonly code: string;
			readonly message: string;
			readonly hint: string | null;
			readonly data: Readonly<Record<string, unknown>>;
		};
	};
}

export function errorReply(error: GanglineError): ErrorReply {
	const { code, message, hint, data } = error;
	return { status: errorKinds[code].http, body: { error: { code, message, hint: hint ?? null, data } } };
}

/** Our error for whatever was thrown while a request was read; null when it is a bug of ours. */
export function asGanglineError(error: unknown): GanglineError | null {
	if (error instanceof GanglineError) return error;
	if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return null;
	if (error.statusCode === 413)
		return ganglineError('TOO_LARGE', 'the request is larger than 256 KiB', { cause: error });
	if (error.statusCode < 400 || error.statusCode >= 500) return null;
	return ganglineError('INVALID_ARGUMENT', `the request cannot be read: ${error.message}`, {
		hint: 'send a JSON object with `Content-Type: application/json`',
		cause: error,
	});
}

/**
 * What the gateway answered, read: by the registry's own schema where it did what it was asked, otherwise as an error of
 * ours. Whatever came, also from a proxy between, it is one or the other. Pure.
 */
import { z } from 'zod';
import { type CallName, operations, type Result } from '../../../shared/operations/index.ts';
import { type ErrorCode, errorKinds, type GanglineError, ganglineError } from '../../../shared/ports/errors.ts';
import { readAs } from '../../../shared/ports/read-as.ts';

const errorSchema = z.object({
	error: z.object({
		code: z.string(),
		message: z.string(),
		hint: z.string().nullable(),
		data: z.record(z.string(), z.unknown()).optional(),
	}),
});

/** @throws GanglineError MALFORMED */
export function readAnswer<Name extends CallName>(name: Name, body: unknown): Result<Name> {
	const read = readAs(operations[name].result, body);
	if (read.success) return read.data as Result<Name>;
	throw ganglineError('MALFORMED', `the answer to ${name} is not what this page expects`, {
		hint: 'The gateway may have been updated: load the page again.',
		cause: read.error,
	});
}

/** The error that an answer with such a status tells. */
export function readFailure(status: number, body: unknown): GanglineError {
	const read = readAs(errorSchema, body);
	if (!read.success) {
		return ganglineError('NOT_RUNNING', `something between this page and the gateway answered ${status}`, {
			hint: 'Is a proxy in front of the gateway? It must pass v1/ and sync/ on.',
		});
	}
	const { code, message, hint, data } = read.data.error;
	const known = isCode(code) ? code : 'INTERNAL';
	return ganglineError(known, message, { ...(hint !== null && { hint }), ...(data && { data }) });
}

function isCode(text: string): text is ErrorCode {
	return Object.hasOwn(errorKinds, text);
}
